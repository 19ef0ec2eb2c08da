"""Variables: which values there are, how Python's become typed ones, and their text for the database."""

import base64
import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.exceptions import BadUserRequestException

MAX_NAME_LENGTH = 255

_BITS = {"Short": 16, "Integer": 32, "Long": 64}
_KINDS = {type(None): "Null", bool: "Boolean", float: "Double", str: "String", datetime: "Date", bytes: "Bytes"}


def typed_variables(values: Mapping[str, object]) -> dict[str, TypedValue]:
    """Typed values for plain ones; those that are typed are checked.

    Raises:
        BadUserRequestException: A value, or a name, cannot be stored.
    """
    for name in values:
        if not name or len(name) > MAX_NAME_LENGTH:
            raise BadUserRequestException(
                f"A variable is called {name[:50]!r}; a name has between 1 and {MAX_NAME_LENGTH} characters"
            )
    return {name: _typed(name, value) for name, value in values.items()}


def encode(value: TypedValue) -> dict[str, str]:
    """The columns of a variable's row."""
    content: object = value.value
    if isinstance(content, datetime):
        content = content.isoformat()
    elif isinstance(content, bytes):
        content = base64.b64encode(content).decode()
    return {"type": value.type, "value": json.dumps(content), "value_info": json.dumps(dict(value.value_info))}


def decode(kind: str, value: str, value_info: str) -> TypedValue:
    """The variable of a row."""
    content = json.loads(value)
    if content is not None:
        match kind:
            case "Date":
                content = datetime.fromisoformat(content)
            case "Bytes" | "File":
                content = base64.b64decode(content)
    return TypedValue(kind, content, json.loads(value_info))


def _typed(name: str, value: object) -> TypedValue:
    typed = value if isinstance(value, TypedValue) else _infer(name, value)
    if typed.type not in _CHECKS:
        raise BadUserRequestException(
            f"The type of variable {name!r} is {typed.type!r}; use one of {', '.join(_CHECKS)}"
        )
    if typed.value is not None and not _CHECKS[typed.type](typed.value):
        raise BadUserRequestException(f"The value of variable {name!r} is no {typed.type}: {_abridged(typed.value)}")
    if typed.type == "Double" and isinstance(typed.value, int):
        return TypedValue("Double", float(typed.value), typed.value_info)
    return typed


def _infer(name: str, value: object) -> TypedValue:
    if isinstance(value, dict | list):
        return TypedValue("Json", _to_json(name, value))
    if isinstance(value, int) and not isinstance(value, bool):
        return TypedValue("Integer" if _fits(value, _BITS["Integer"]) else "Long", value)
    for python_type, kind in _KINDS.items():
        if isinstance(value, python_type):
            return TypedValue(kind, value)
    raise BadUserRequestException(
        f"The value of variable {name!r} is a {type(value).__name__}, which cannot be stored; give a TypedValue, or"
        " None, bool, int, float, str, bytes, datetime, or a dict or list that JSON can hold"
    )


def _to_json(name: str, value: object) -> str:
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as exc:
        raise BadUserRequestException(f"The value of variable {name!r} is no JSON: {exc}") from exc


def _fits(value: object, bits: int) -> bool:
    return type(value) is int and -(2 ** (bits - 1)) <= value < 2 ** (bits - 1)


def _abridged(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:100]}…"  # noqa: PLR2004  enough to recognise it


def _is_json(value: object) -> bool:
    try:
        return isinstance(value, str) and json.loads(value) is not json
    except (ValueError, RecursionError):  # the latter for what is nested too deeply
        return False


def _is_moment(value: datetime) -> bool:
    """Whether it is one in UTC too: where years begin or end, an offset may lead out of what dates can hold."""
    try:
        return value.tzinfo is not None and value.astimezone(UTC).tzinfo is UTC
    except OverflowError:
        return False


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "Null": lambda _: False,
    "Boolean": lambda value: isinstance(value, bool),
    "Short": lambda value: _fits(value, _BITS["Short"]),
    "Integer": lambda value: _fits(value, _BITS["Integer"]),
    "Long": lambda value: _fits(value, _BITS["Long"]),
    "Double": lambda value: type(value) in {int, float} and math.isfinite(value),
    "String": lambda value: isinstance(value, str),
    "Date": lambda value: isinstance(value, datetime) and _is_moment(value),
    "Bytes": lambda value: isinstance(value, bytes),
    "File": lambda value: isinstance(value, bytes),
    "Json": _is_json,
    "Xml": lambda value: isinstance(value, str),
    "Object": lambda value: isinstance(value, str),
}
