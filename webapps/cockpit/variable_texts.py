"""The values of variables as text."""

import json
from datetime import UTC, datetime

from engine_telemetry.engine.entities import TypedValue

CUT = 160  # characters of a value that are shown in a list


def text_of(value: TypedValue) -> str:
    """The whole value as text; for bytes, how many there are."""
    match value.value:
        case str() as text:
            return text
        case bytes() as content:
            return f"{len(content)} bytes"
        case datetime() as time:
            return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case other:
            return json.dumps(other, ensure_ascii=False)


def content_of(value: TypedValue) -> bytes:
    """The whole value as a file."""
    return value.value if isinstance(value.value, bytes) else text_of(value).encode()
