"""What people can search process instances by, and what that asks of the engine."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from starlette.datastructures import ImmutableMultiDict

from engine_telemetry.engine.entities import VariableCondition

FIELDS = ("business_key", "process", "version", "instance", "activity", "state", "from", "to", "incidents")
STATES = {
    "": "Running",
    "active": "Running, not suspended",
    "suspended": "Suspended",
    "all": "All: running and ended",
    "ended": "Ended",
    "completed": "Completed",
    "cancelled": "Cancelled",
}
OPERATORS = {
    "eq": "is",
    "neq": "is not",
    "gt": "is more than",
    "gteq": "is at least",
    "lt": "is less than",
    "lteq": "is at most",
    "like": "has",
}
MOST_CONDITIONS = 10

_HOW_ENDED = {"completed": ["COMPLETED"], "cancelled": ["EXTERNALLY_TERMINATED", "INTERNALLY_TERMINATED"]}
_SUSPENDED = {"active": False, "suspended": True}
_VERSION = re.compile(r"[1-9][0-9]{0,8}")
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_LONGEST_VALUE = 255  # of what the engine finds variables by
_MOMENT = timedelta(microseconds=1)

Fields = ImmutableMultiDict[str, Any]


@dataclass(frozen=True)
class Condition:
    """What a variable must be like, as it is filled in; without a value, any will do."""

    name: str = ""
    operator: str = "eq"
    value: str = ""

    @property
    def problem(self) -> str:
        """What is wrong with it, if anything is."""
        if len(self.value) > _LONGEST_VALUE:
            return f"Values of more than {_LONGEST_VALUE} characters cannot be searched."
        if self.value and not self.name:
            return "Say which variable has this value."
        if self.operator not in {"eq", "neq", "like"} and self.value in _WORDS:
            return f"Nothing is more or less than {self.value}."
        return ""

    def meanings(self) -> list[VariableCondition]:
        """What is written may be a text, a number or another value; one of these must be met."""
        if not self.value:
            return [VariableCondition(self.name, operator, None) for operator in ("eq", "neq")]
        if self.operator == "like":
            return [VariableCondition(self.name, "like", f"%{self.value}%")]
        meant: list[object] = [self.value]
        if _NUMBER.fullmatch(self.value):
            meant.append(float(self.value) if "." in self.value else int(self.value))
        if self.value in _WORDS:
            meant.append(_WORDS[self.value])
        return [VariableCondition(self.name, self.operator, value) for value in meant]


@dataclass(frozen=True)
class InstanceSearch:
    """A search as people fill it in.

    Attributes:
        fields: The text of each field; empty if nothing is asked.
        conditions: About variables; all must be met.
    """

    fields: dict[str, str]
    conditions: tuple[Condition, ...] = ()

    @property
    def runs(self) -> bool:
        """Whether it is only about instances that run; else it is about the history."""
        return self.fields["state"] in {"", *_SUSPENDED}

    @property
    def detailed(self) -> bool:
        """Whether something is asked that is seldom asked."""
        return bool(self.conditions) or any(self.fields[name] for name in ("version", "activity", "instance"))

    @property
    def empty(self) -> bool:
        """Whether nothing is asked."""
        return not any(self.fields.values()) and not self.conditions

    def pairs(self) -> Iterator[tuple[str, str]]:
        """What is asked, as the fields of a form or the parameters of an address."""
        yield from ((name, text) for name, text in self.fields.items() if text)
        for one in self.conditions:
            yield from (("variable", one.name), ("operator", one.operator), ("value", one.value))

    def errors(self) -> dict[str, str]:
        """What is wrong with which field; those of a condition have its number behind their name."""
        errors = {f"value-{number}": one.problem for number, one in enumerate(self.conditions) if one.problem}
        for name in ("from", "to"):
            try:
                _day(self.fields[name])
            except ValueError:
                errors[name] = "This is no date. Write year-month-day, as in 2026-11-24."
        if self.fields["activity"] and self.fields["state"] == "all":
            errors["activity"] = "Say as the state whether they run or have ended: an activity goes on, or was passed."
        if self.fields["version"] and not _VERSION.fullmatch(self.fields["version"]):
            errors["version"] = "This is no version. Write a number, as in 2."
        return errors

    def criteria(self) -> dict[str, Any]:
        """What is asked of the engine's runtime service about those that run, or else of its history service.

        The search must have no errors.
        """
        asked = {name: text or None for name, text in self.fields.items()}
        common = {
            "business_key_containing": asked["business_key"],
            "instance_id": asked["instance"],
            "definition_key": asked["process"],
            "definition_version": int(asked["version"]) if asked["version"] else None,
            "any_variables": [one.meanings() for one in self.conditions] or None,
            "with_incidents": True if asked["incidents"] else None,
        }
        return common | (self._of_running() if self.runs else self._of_history())

    def _of_running(self) -> dict[str, Any]:
        begin, end = (_day(self.fields[name]) for name in ("from", "to"))
        return {
            "activity_ids": [self.fields["activity"]] if self.fields["activity"] else None,
            "suspended": _SUSPENDED.get(self.fields["state"]),
            "started_after": begin - _MOMENT if begin else None,
            "started_before": end + timedelta(days=1) if end else None,
        }

    def _of_history(self) -> dict[str, Any]:
        begin, end = (_day(self.fields[name]) for name in ("from", "to"))
        return {
            "finished": None if self.fields["state"] == "all" else True,
            "states": _HOW_ENDED.get(self.fields["state"]),
            "executed_activity_ids": [self.fields["activity"]] if self.fields["activity"] else None,
            "started_after": begin,
            "started_before": end + timedelta(days=1) - _MOMENT if end else None,
        }


def search_of(fields: Fields) -> InstanceSearch:
    """The search in the parameters of an address, or in the fields of a form."""
    texts = {name: _clean(fields.get(name, "")) for name in FIELDS}
    texts["state"] = texts["state"] if texts["state"] in STATES else ""
    names, operators, values = (fields.getlist(name)[:MOST_CONDITIONS] for name in ("variable", "operator", "value"))
    width = max(len(names), len(values))
    columns = [[*map(_clean, given), *[""] * (width - len(given))] for given in (names, operators, values)]
    conditions = (
        Condition(name, operator if operator in OPERATORS else "eq", value)
        for name, operator, value in zip(*columns, strict=False)
        if name or value
    )
    return InstanceSearch(texts, tuple(conditions))


def _clean(text: object) -> str:
    """A text without NUL, which no database takes; a file is none."""
    return text.replace("\0", "").strip() if isinstance(text, str) else ""


def _day(text: str) -> datetime | None:
    """The beginning of a day, in UTC.

    Raises:
        ValueError: The text is no date, or one at the end of time.
    """
    day = date.fromisoformat(text) if text else None
    if day is not None and not date.min < day < date.max:
        raise ValueError(text)
    return datetime.combine(day, time(), UTC) if day else None
