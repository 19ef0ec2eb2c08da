"""What the operators do with values of any kind: the conversions of Java's Unified Expression Language (JSR 341, 1.23).

One rule is our own: ``+`` with a text on either side joins texts. Numbers are whole ones of 64 bits, or doubles.
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from functools import partial

from engine_telemetry.engine.expressions.problem import EvaluationError

MAX_TEXT = 1_000_000
_MAX_NUMERAL = 400  # characters of a text that is read as a number
_NUMERAL = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)


def to_boolean(value: object) -> bool:
    """Null and the empty text are false, and so is every text but ``true``."""
    if value is None or isinstance(value, bool):
        return bool(value)
    if isinstance(value, str):
        return value.lower() == "true"
    raise _cannot_coerce(value, "a boolean")


def to_text(value: object) -> str:
    """Null is the empty text; dates are in ISO 8601, collections in JSON."""
    match value:
        case str():
            return value
        case None | bool():
            return _WORDS[value]
        case int() | float() | Decimal():
            return str(value)
        case datetime():
            return value.isoformat()
        case dict() | list():
            return bounded(json.dumps(value, default=to_text))
    raise _cannot_coerce(value, "a text")


def to_number(value: object) -> int | float:
    """Null and the empty text are 0."""
    match value:
        case None | "":
            return 0
        case bool():
            pass
        case int() | float():
            return value
        case Decimal():
            return float(value)
        case str() if len(value) <= _MAX_NUMERAL:
            return _parse_number(value)
    raise _cannot_coerce(value, "a number")


def bounded(text: str) -> str:
    """The text, if it is not too long to go on with."""
    if len(text) > MAX_TEXT:
        raise EvaluationError(f"it makes a text of {len(text)} characters; at most {MAX_TEXT} are allowed")
    return text


def bounded_value(value: object) -> object:
    """The value, if it has not too much in it to go on with; the same list may be in it many times over."""
    size, rest = 0, [value]
    while rest:
        one = rest.pop()
        size += 1 + (len(one) if isinstance(one, str | bytes) else 0)
        if size > MAX_TEXT:
            raise EvaluationError(f"it makes a value of more than {MAX_TEXT} characters and items")
        if isinstance(one, list | dict):
            rest.extend(one.values() if isinstance(one, dict) else one)
    return value


def is_empty(value: object) -> bool:
    """Whether it is null, or a text or collection with nothing in it."""
    return value is None or (isinstance(value, str | list | dict) and not value)


def equals(left: object, right: object) -> bool:
    """As ``==``: null equals nothing but null; a number, a boolean or a text makes the other side one too."""
    if left is None or right is None:
        return left is right
    for kinds, convert in _CONVERSIONS:
        if _is(left, kinds) or _is(right, kinds):
            return convert(left) == convert(right)
    return left == right


def compare(left: object, right: object) -> int | None:
    """Less than, equal to or more than 0 as left is to right; nothing where one of them alone is null."""
    if left is None or right is None:
        return 0 if left is right else None
    if _is(left, _NUMBER) or _is(right, _NUMBER):
        return _order(to_number(left), to_number(right))
    if isinstance(left, str) or isinstance(right, str):
        return _order(to_text(left), to_text(right))
    if isinstance(left, datetime) and isinstance(right, datetime):
        return _order(left.timestamp(), right.timestamp())
    raise EvaluationError(f"{kind_of(left)} and {kind_of(right)} cannot be compared")


def add(left: object, right: object) -> object:
    """The sum, or the two texts one after the other."""
    if isinstance(left, str) or isinstance(right, str):
        return bounded(to_text(left) + to_text(right))
    return to_number(left) + to_number(right)


def divide(left: object, right: object) -> object:
    """Always a double, as in Java: ``7 / 2`` is 3.5."""
    return to_number(left) / to_number(right)


def modulo(left: object, right: object) -> object:
    """The remainder, with the sign of the left side, as in Java."""
    dividend, divisor = to_number(left), to_number(right)
    if isinstance(dividend, int) and isinstance(divisor, int):
        rest = abs(dividend) % abs(divisor)
        return -rest if dividend < 0 else rest
    return math.fmod(dividend, divisor)


def calculate(operation: Callable[[object, object], object], left: object, right: object) -> object:
    """Do it, and see that the result is a number of a size that variables have."""
    try:
        result = operation(left, right)
    except (ArithmeticError, ValueError) as exc:
        raise EvaluationError(f"it cannot be calculated: {exc}") from exc
    if isinstance(result, int) and not -(2**63) <= result < 2**63:
        raise EvaluationError("its result has more than 64 bits")
    if isinstance(result, float) and not math.isfinite(result):
        raise EvaluationError("its result is no finite number")
    return result


ARITHMETIC: Mapping[str, Callable[[object, object], object]] = {
    "+": add,
    "-": lambda left, right: to_number(left) - to_number(right),
    "*": lambda left, right: to_number(left) * to_number(right),
    "/": divide,
    "%": modulo,
}

OPERATORS: Mapping[str, Callable[[object, object], object]] = {
    "==": equals,
    "!=": lambda left, right: not equals(left, right),
    "<": lambda left, right: (order := compare(left, right)) is not None and order < 0,
    "<=": lambda left, right: (order := compare(left, right)) is not None and order <= 0,
    ">": lambda left, right: (order := compare(left, right)) is not None and order > 0,
    ">=": lambda left, right: (order := compare(left, right)) is not None and order >= 0,
    **{sign: partial(calculate, operation) for sign, operation in ARITHMETIC.items()},
}


def kind_of(value: object) -> str:
    """What a value is, for a message."""
    for kind, name in _NAMES.items():
        if isinstance(value, kind):
            return name
    return f"an object of type {type(value).__name__!r}"


def _order(left: float | str, right: float | str) -> int:
    return (left > right) - (left < right)  # type: ignore[operator]  # both are numbers, or both are texts


def _is(value: object, kinds: tuple[type, ...]) -> bool:
    return isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))


def _parse_number(text: str) -> int | float:
    if not _NUMERAL.fullmatch(text):
        raise _cannot_coerce(text, "a number")
    return int(text) if text.lstrip("+-").isdigit() else float(text)


def _cannot_coerce(value: object, kind: str) -> EvaluationError:
    shown = f" ({value[:50]!r})" if isinstance(value, str) else ""
    return EvaluationError(f"{kind_of(value)}{shown} cannot be taken as {kind}")


_WORDS: Mapping[bool | None, str] = {None: "", True: "true", False: "false"}
_NUMBER = (int, float, Decimal)
_CONVERSIONS: tuple[tuple[tuple[type, ...], Callable[[object], object]], ...] = (
    (_NUMBER, to_number),
    ((bool,), to_boolean),
    ((str,), to_text),
)
_NAMES: Mapping[type, str] = {
    type(None): "null",
    bool: "a boolean",
    str: "a text",
    int: "a number",
    float: "a number",
    Decimal: "a number",
    datetime: "a date",
    list: "a list",
    dict: "a map",
    bytes: "a file",
}
