"""Reads the values of variables as people write them, for each type."""

import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from engine_telemetry.engine.entities import TypedValue
from webapps.variable_texts import content_of

TYPES = (
    *("String", "Boolean", "Integer", "Long", "Short", "Double", "Date", "Json", "Xml", "Object"),
    *("Bytes", "File", "Null"),
)
FILES = ("Bytes", "File")

_BITS = {"Short": 16, "Integer": 32, "Long": 64}
_WHOLE = re.compile(r"[+-]?\d{1,19}", re.ASCII)


def fingerprint_of(value: TypedValue) -> str:
    """Tells whether a value is still the one that somebody saw."""
    content = value.type.encode() + b"\0" + content_of(value) + json.dumps(dict(value.value_info)).encode()
    return hashlib.sha256(content).hexdigest()


def value_of(kind: str, text: str, before: TypedValue | None) -> TypedValue:
    """The value that a text is, for a type that is no file.

    Args:
        kind: One of the types.
        text: As somebody wrote it.
        before: What it replaces; what kind of Object that was is kept, and no other can be written.

    Raises:
        ValueError: It is none; the message is for who wrote it.
    """
    if kind in _READINGS:
        return TypedValue(kind, _READINGS[kind](text))
    if kind in _BITS:
        return TypedValue(kind, _whole(text, _BITS[kind]))
    if kind == "Object" and before is not None and before.type == kind:
        return TypedValue(kind, _object(text, before.value_info), before.value_info)
    raise ValueError(f"Choose one of the types, not {kind!r}.")


def _whole(text: str, bits: int) -> int:
    least, most = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
    if not _WHOLE.fullmatch(text.strip()) or not least <= int(text) <= most:
        raise ValueError(f"Write a whole number from {least} to {most}.")
    return int(text)


def _double(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("Write a number with a point, as in 250.5 or 1e6.")
    return number


def _boolean(text: str) -> bool:
    word = text.strip().lower()
    if word not in {"true", "false"}:
        raise ValueError("Write true or false.")
    return word == "true"


def _date(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("Write a date as in 2026-11-24T08:30:00Z; without a zone it is in UTC.") from None


def _json(text: str) -> str:
    try:
        json.loads(text)
    except json.JSONDecodeError as exc:
        raise ValueError(f"This is no JSON: {exc.msg}, in line {exc.lineno}, column {exc.colno}.") from None
    except (ValueError, RecursionError):
        raise ValueError("This JSON cannot be read: a number in it is too long, or it is nested too deeply.") from None
    return text


def _object(text: str, info: Mapping[str, object]) -> str:
    return _json(text) if info.get("serializationDataFormat") == "application/json" else text


_READINGS: dict[str, Callable[[str], object]] = {
    "String": str,
    "Boolean": _boolean,
    "Double": _double,
    "Date": _date,
    "Json": _json,
    "Xml": str,
    "Null": lambda _: None,
}
