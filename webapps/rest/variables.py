"""Variables as JSON: ``{"type", "value", "valueInfo"}``, and back."""

import base64
import binascii
import math
from collections.abc import Callable, Mapping
from datetime import datetime

from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.exceptions import InvalidRequestException
from webapps.rest.dates import date_from_json, date_to_json
from webapps.rest.values import an_object, boolean, text, value_of


def variables_to_json(variables: Mapping[str, TypedValue]) -> dict[str, object]:
    """All variables by name."""
    return {name: variable_to_json(value) for name, value in variables.items()}


def variable_to_json(variable: TypedValue) -> dict[str, object]:
    """One variable; a date in Camunda's form, bytes in base64, and of a file only what it is called."""
    value = None if variable.type == "File" else _plain(variable.value)
    return {"type": variable.type, "value": value, "valueInfo": dict(variable.value_info)}


def variables_from_json(values: Mapping[str, object], member: str = "variables") -> dict[str, object]:
    """The variables in this member of a body: typed values, or plain ones where no type is given; ``{}`` if null.

    Raises:
        InvalidRequestException: One has another form, or its value does not fit its type.
    """
    return value_of(values, member, variables_in) or {}


def variables_in(value: object) -> dict[str, object]:
    """Variables by name, each as below.

    Raises:
        ValueError: It is no JSON object.
        InvalidRequestException: One has another form, or its value does not fit its type.
    """
    return {name: variable_from_json(name, variable) for name, variable in an_object(value).items()}


def variable_from_json(name: str, variable: object) -> object:
    """One variable: a typed value, or a plain one if no type is given.

    Raises:
        InvalidRequestException: It has another form, or its value does not fit its type.
    """
    if not isinstance(variable, dict):
        raise InvalidRequestException(
            f'The variable {name!r} is {variable!r}; expected is {{"value": ..., "type": ...}}.'
        )
    value, kind = variable.get("value"), value_of(variable, "type", text)
    if kind is None:
        return value
    kind = kind[:1].upper() + kind[1:]
    convert = _CONVERTERS.get(kind)
    if convert is None:
        raise InvalidRequestException(
            f"The variable {name!r} has the type {kind!r}; known types are {', '.join(_CONVERTERS)}."
        )
    info = value_of(variable, "valueInfo", an_object) or {}
    return TypedValue(kind, None if value is None else _converted(name, kind, value, convert), info)


def _converted(name: str, kind: str, value: object, convert: Callable[[object], object]) -> object:
    try:
        return convert(value)
    except (ValueError, InvalidRequestException) as exc:
        raise InvalidRequestException(f"The variable {name!r} has the value {value!r}, which is no {kind}.") from exc


def _plain(value: object) -> object:
    match value:
        case datetime():
            return date_to_json(value)
        case bytes():
            return base64.b64encode(value).decode("ascii")
    return value


def _null(value: object) -> None:
    raise ValueError(value)


def _integer_of(bits: int) -> Callable[[object], int]:
    def convert(value: object) -> int:
        number = int(text(value))
        if not -(2 ** (bits - 1)) <= number < 2 ** (bits - 1):
            raise ValueError(value)
        return number

    return convert


def _double(value: object) -> float:
    number = float(text(value))
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _string(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else text(value)


def _bytes(value: object) -> bytes:
    try:
        return base64.b64decode(text(value), validate=True)
    except binascii.Error as exc:
        raise ValueError(value) from exc


_CONVERTERS: dict[str, Callable[[object], object]] = {
    "Null": _null,
    "Boolean": boolean,
    "Short": _integer_of(16),
    "Integer": _integer_of(32),
    "Long": _integer_of(64),
    "Double": _double,
    "String": _string,
    "Date": date_from_json,
    "Bytes": _bytes,
    "File": _bytes,
    "Json": text,
    "Xml": text,
    "Object": text,
}
TYPES = tuple(_CONVERTERS)
"""The types of variables."""
