"""What expressions can ask of values: properties, indices, methods by Java's names, and the functions.

Nothing here looks up an attribute by a name from a model, except a public method of a bean, which the embedding program
has registered to be called.
"""

import json
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import MAXYEAR, MINYEAR, datetime, timedelta

from engine_telemetry.engine.expressions.operators import (
    MAX_TEXT,
    bounded,
    is_empty,
    kind_of,
    to_boolean,
    to_number,
    to_text,
)
from engine_telemetry.engine.expressions.problem import EvaluationError, UnresolvedError


@dataclass(frozen=True)
class Subject:
    """An ``execution`` in an expression.

    Attributes:
        properties: What ``execution.name`` and ``execution.getName()`` read.
        variables: What ``execution.getVariable('name')`` reads.
        handle: What a bean gets in the place of this.
        set_variable: What ``execution.setVariable('name', value)`` does; refused without it.
    """

    properties: Mapping[str, object]
    variables: Mapping[str, object] = field(default_factory=dict)
    handle: object = None
    set_variable: Callable[[str, object], None] | None = None


@dataclass(frozen=True)
class Bean:
    """An object that the embedding program has registered."""

    name: str
    content: object


def get_property(base: object, name: object) -> object:
    """``base.name`` or ``base[name]``; null of null, and of a map or list that has no such entry, as in Java."""
    match base, name:
        case (None, _) | (_, None):
            return None
        case (dict(), _):
            return base.get(to_text(name))
        case (list(), int()) if not isinstance(name, bool):
            return base[name] if 0 <= name < len(base) else None
        case (Subject(properties), str()) if name in properties:
            return properties[name]
    raise UnresolvedError(f"{_kind(base)} has no property {to_text(name)[:50]!r}")


def call_method(base: object, name: str, arguments: Sequence[object]) -> object:
    """``base.name(arguments)``."""
    if isinstance(base, Bean):
        return _call_bean(base, name, arguments)
    if isinstance(base, Subject):
        return _call_subject(base, name, arguments)
    if base is None:
        raise EvaluationError(f"{name}() is called on null")
    for kind, methods in _METHODS:
        if isinstance(base, kind) and not (kind is int and isinstance(base, bool)) and name in methods:
            return call_function(name, methods[name], (base, *arguments))
    raise EvaluationError(f"{_kind(base)} has no method {name!r}")


def call_function(name: str, function: Callable[..., object], arguments: Sequence[object]) -> object:
    """``name(arguments)``; a wrong number or kind of arguments is the expression's fault."""
    try:
        return function(*arguments)
    except (TypeError, ValueError, OverflowError) as exc:
        raise EvaluationError(f"{name}() cannot be called like that: {str(exc)[:200]}") from exc


def can_call(base: str | None, name: str) -> bool:
    """Whether there is a method of this name for the value of a name, or of anything else."""
    if base in _SUBJECTS and (name.startswith("get") or name in _SUBJECT_METHODS):
        return True
    return any(name in methods for _, methods in _METHODS)


def _call_bean(bean: Bean, name: str, arguments: Sequence[object]) -> object:
    method = None if name.startswith("_") else getattr(bean.content, name, None)
    if not callable(method):
        raise EvaluationError(f"the bean {bean.name!r} has no public method {name!r}")
    return method(*(_for_bean(argument) for argument in arguments))


def _for_bean(argument: object) -> object:
    match argument:
        case Bean(_, content):
            return content
        case Subject():
            return argument.handle
    return argument


def _call_subject(subject: Subject, name: str, arguments: Sequence[object]) -> object:
    match name, arguments:
        case ("getVariable" | "getVariableLocal", [str() as variable]):
            return subject.variables.get(variable)
        case ("hasVariable" | "hasVariableLocal", [str() as variable]):
            return variable in subject.variables
        case ("setVariable", [str() as variable, value]) if subject.set_variable:
            subject.set_variable(variable, value)
            return None
        case (_, []) if name.startswith("get"):
            return get_property(subject, name[3:4].lower() + name[4:])
    raise EvaluationError(f"{name}() with {len(arguments)} arguments cannot be called here")


def _kind(value: object) -> str:
    match value:
        case Bean(name):
            return f"the bean {name!r}"
        case Subject():
            return "the execution"
    return kind_of(value)


def _same(one: object, other: object) -> bool:
    """As Java's ``equals``, but that numbers of different types may be equal."""
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{kind_of(value)} is given, where a text is needed")
    return value


def _whole(value: object) -> int:
    number = to_number(value)
    if not isinstance(number, int):
        raise TypeError(f"{number!r} is given, where a whole number is needed")
    return number


def _substring(text: str, begin: object, end: object = None) -> str:
    first, last = _whole(begin), len(text) if end is None else _whole(end)
    if not 0 <= first <= last <= len(text):
        raise ValueError(f"a text of {len(text)} characters has no part from {first} to {last}")
    return text[first:last]


def _replace(text: str, old: object, new: object) -> str:
    before, after = _text(old), _text(new)
    if len(text) + text.count(before) * (len(after) - len(before)) > MAX_TEXT:
        raise ValueError(f"it makes a text of more than {MAX_TEXT} characters")
    return text.replace(before, after)


def _item(items: list[object], index: object) -> object:
    position = _whole(index)
    if not 0 <= position < len(items):
        raise ValueError(f"a list of {len(items)} items has none at {position}")
    return items[position]


def _moved(unit: str, sign: int) -> Callable[[datetime, object], datetime]:
    return lambda moment, count: moment + timedelta(**{unit: sign * _whole(count)})


def _moved_by_months(months: int) -> Callable[[datetime, object], datetime]:
    """The same day of another month, or that month's last day, as in Joda-Time."""

    def move(moment: datetime, count: object) -> datetime:
        year, month = divmod(moment.year * 12 + moment.month - 1 + months * _whole(count), 12)
        if not MINYEAR <= year <= MAXYEAR:
            raise OverflowError(f"{year} is no year of a date")
        return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))

    return move


def _parse_json(_: datetime, text: object) -> object:
    return json.loads(text) if isinstance(text, str) else text


FUNCTIONS: Mapping[str, Callable[..., object]] = {
    "now": lambda now: now,
    "dateTime": lambda now: now,
    "JSON": _parse_json,
    "S": _parse_json,
}

_ANY: Mapping[str, Callable[..., object]] = {"equals": _same, "toString": to_text}
_STRING: Mapping[str, Callable[..., object]] = {
    "charAt": lambda text, index: _substring(text, index, _whole(index) + 1),
    "concat": lambda text, other: bounded(text + _text(other)),
    "contains": lambda text, other: _text(other) in text,
    "endsWith": lambda text, other: text.endswith(_text(other)),
    "equalsIgnoreCase": lambda text, other: isinstance(other, str) and text.lower() == other.lower(),
    "indexOf": lambda text, other: text.find(_text(other)),
    "isEmpty": is_empty,
    "length": len,
    "replace": _replace,
    "startsWith": lambda text, other: text.startswith(_text(other)),
    "substring": _substring,
    "toLowerCase": str.lower,
    "toUpperCase": str.upper,
    "trim": str.strip,
}
_NUMBER: Mapping[str, Callable[..., object]] = {
    "doubleValue": float,
    "intValue": int,
    "longValue": int,
}
_BOOLEAN: Mapping[str, Callable[..., object]] = {"booleanValue": to_boolean}
_LIST: Mapping[str, Callable[..., object]] = {
    "contains": lambda items, item: any(_same(one, item) for one in items),
    "elements": lambda items: items,
    "get": _item,
    "isEmpty": is_empty,
    "size": len,
}
_MAP: Mapping[str, Callable[..., object]] = {
    "containsKey": lambda entries, key: to_text(key) in entries,
    "get": lambda entries, key: entries.get(to_text(key)),
    "hasProp": lambda entries, key: to_text(key) in entries,
    "isEmpty": is_empty,
    "keySet": list,
    "prop": lambda entries, key: entries.get(to_text(key)),
    "size": len,
    "values": lambda entries: list(entries.values()),
}
_DATE: Mapping[str, Callable[..., object]] = {
    "after": lambda moment, other: moment > other,
    "before": lambda moment, other: moment < other,
    "getTime": lambda moment: int(moment.timestamp() * 1000),
    "toDate": lambda moment: moment,
    **{
        f"{word}{unit.capitalize()}": _moved(unit, sign)
        for word, sign in (("plus", 1), ("minus", -1))
        for unit in ("seconds", "minutes", "hours", "days", "weeks")
    },
    "plusMonths": _moved_by_months(1),
    "minusMonths": _moved_by_months(-1),
    "plusYears": _moved_by_months(12),
    "minusYears": _moved_by_months(-12),
}
# What Spin's JSON nodes are asked for; ours are plain values.
_SPIN: Mapping[str, Callable[..., object]] = dict.fromkeys(
    ("value", "stringValue", "numberValue", "boolValue"), lambda value: value
)

_METHODS: Sequence[tuple[type, Mapping[str, Callable[..., object]]]] = (
    (str, _STRING),
    (bool, _BOOLEAN),
    (int, _NUMBER),
    (float, _NUMBER),
    (list, _LIST),
    (dict, _MAP),
    (datetime, _DATE),
    (object, {**_ANY, **_SPIN}),
)
_SUBJECTS = frozenset({"execution"})
_SUBJECT_METHODS = {"hasVariable", "hasVariableLocal", "setVariable"}
