"""Reads single values out of query strings and JSON bodies, and says which one is wrong and what is expected."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from engine_telemetry.exceptions import InvalidRequestException
from webapps.rest.dates import date_from_json

T = TypeVar("T")
Converter = Callable[[object], Any]
"""Makes a value of what JSON or a query string has; a ``ValueError`` says what it expects."""

_BOOLEANS = {"true": True, "false": False}


def value_of(values: Mapping[str, object], name: str, convert: Callable[[object], T]) -> T | None:
    """The value of this name; ``None`` if it is missing or null.

    Raises:
        InvalidRequestException: The converter refuses it.
    """
    value = values.get(name)
    if value is None:
        return None
    try:
        return convert(value)
    except ValueError as exc:
        raise InvalidRequestException(f"The value of {name!r} is {value!r}; expected is {exc}.") from exc


def required(values: Mapping[str, object], name: str, convert: Callable[[object], T]) -> T:
    """The value of this name.

    Raises:
        InvalidRequestException: It is missing, null, or the converter refuses it.
    """
    value = value_of(values, name, convert)
    if value is None:
        raise InvalidRequestException(f"The value of {name!r} is missing.")
    return value


def anything(value: object) -> object:
    """Any JSON value."""
    return value


def text(value: object) -> str:
    """A text; a JSON number is one too, as for Camunda."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("a text")  # noqa: TRY004 - every converter says ValueError
    return str(value)


def integer(value: object) -> int:
    """A whole number of 32 bits."""
    return _number(value, -(2**31), 2**31 - 1, "a whole number")


def long_integer(value: object) -> int:
    """A whole number of 64 bits."""
    return _number(value, -(2**63), 2**63 - 1, "a whole number")


def count(value: object) -> int:
    """A whole number of 32 bits that is not negative."""
    return _number(value, 0, 2**31 - 1, "a whole number from 0")


def duration(value: object) -> timedelta:
    """A number of milliseconds, of 100 years at most."""
    years = timedelta(days=36_525) // timedelta(milliseconds=1)
    return timedelta(milliseconds=_number(value, 0, years, "a number of milliseconds"))


def boolean(value: object) -> bool:
    """``true`` or ``false``."""
    known = _BOOLEANS.get(str(value).lower())
    if known is None:
        raise ValueError("true or false")
    return known


@dataclass(frozen=True)
class TrueMeans:
    """A criterion that only ``true`` switches on, and that has this value then."""

    value: object

    def __call__(self, value: object) -> object:
        """The value, or nothing."""
        return self.value if boolean(value) else None


def only_true(value: object) -> bool | None:
    """A criterion that only ``true`` switches on: ``false`` is the same as not given."""
    return boolean(value) or None


def not_true(value: object) -> bool | None:
    """The contrary of a criterion, which only ``true`` switches on."""
    return False if boolean(value) else None


def texts(value: object) -> tuple[str, ...]:
    """A list: a JSON array, or a text with commas."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if not isinstance(value, list):
        raise ValueError("a list of texts")  # noqa: TRY004 - every converter says ValueError
    return tuple(text(item) for item in value)


def date(value: object) -> datetime:
    """A date in Camunda's form."""
    return date_from_json(value)


def objects(value: object) -> list[dict[str, object]]:
    """A JSON array of objects."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise ValueError("a list of objects")
    return value


def an_object(value: object) -> dict[str, object]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise ValueError("an object")  # noqa: TRY004 - every converter says ValueError
    return value


def _number(value: object, low: int, high: int, expected: str) -> int:
    try:
        number = int(text(value))
    except ValueError:
        raise ValueError(expected) from None
    if not low <= number <= high:
        raise ValueError(expected)
    return number
