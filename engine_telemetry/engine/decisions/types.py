"""The types of inputs and outputs of decisions, by the names in ``typeRef``."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from engine_telemetry.engine.expressions.operators import to_number, to_text
from engine_telemetry.engine.expressions.problem import EvaluationError


def convert(value: object, kind: str | None) -> object:
    """The value as one of this type; null, and any value of no type, as they are.

    Raises:
        EvaluationError: It cannot be taken as that.
    """
    if value is None or kind is None:
        return value
    try:
        return TYPES[kind](value)
    except (EvaluationError, ValueError, OverflowError) as exc:
        raise EvaluationError(f"the value cannot be taken as {kind}: {exc}") from exc


def _to_whole(value: object) -> int:
    number = to_number(value)
    if int(number) != number:
        raise EvaluationError("no whole number")
    return int(number)


def _to_double(value: object) -> float:
    return float(to_number(value))


def _to_boolean(value: object) -> bool:
    found = _BOOLEANS.get(to_text(value).lower())
    if found is None:
        raise EvaluationError("no boolean")
    return found


def _to_date(value: object) -> datetime:
    """A date without an offset is in UTC."""
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    if not isinstance(moment, datetime):
        raise EvaluationError("no date")
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


_BOOLEANS = {"true": True, "false": False}

TYPES: Mapping[str, Callable[[object], object]] = {
    "boolean": _to_boolean,
    "date": _to_date,
    "double": _to_double,
    "integer": _to_whole,
    "long": _to_whole,
    "number": to_number,
    "string": to_text,
}
