"""What somebody fills in to try a decision: names, each with a value of a type."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest

from webapps.visitor import Visitor

MOST_ROWS = 50
BLANK_ROWS = 2  # for names that cannot be seen in the expressions of the inputs

TYPES = (("", "As it looks"), ("text", "Text"), ("number", "Number"), ("boolean", "Yes or no"), ("date", "Date"))
"""The types that a value can be of, each with what people call it."""

_OF_TYPE_REFS = {
    "boolean": "boolean",
    "date": "date",
    "double": "number",
    "integer": "number",
    "long": "number",
    "number": "number",
    "string": "text",
}
_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,15})?", re.ASCII)
_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}


@dataclass(frozen=True)
class TrialRow:
    """One value as it was filled in."""

    name: str = ""
    type: str = ""
    text: str = ""


@dataclass(frozen=True)
class Trial:
    """All values.

    Attributes:
        variables: What they are to the engine.
        errors: What is wrong with which row.
    """

    rows: Sequence[TrialRow]
    variables: Mapping[str, object] = field(default_factory=dict)
    errors: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of_names(cls, names: Iterable[tuple[str, str]]) -> "Trial":
        """Rows to be filled in, for names with their types in a DMN file."""
        rows = [TrialRow(name, _OF_TYPE_REFS.get(kind, "")) for name, kind in names]
        return cls([*rows[:MOST_ROWS], *[TrialRow()] * BLANK_ROWS])


def trial_of(visitor: Visitor) -> Trial:
    """What was filled in; rows without a name are nothing."""
    columns = (
        [text for text in visitor.form.getlist(name) if isinstance(text, str)] for name in ("name", "type", "value")
    )
    filled = [TrialRow(*row) for row in zip_longest(*columns, fillvalue="")][: MOST_ROWS + BLANK_ROWS]
    rows = [row for row in filled if row.name.strip()]
    variables: dict[str, object] = {}
    errors: dict[int, str] = {}
    for place, row in enumerate(rows):
        try:
            variables[row.name.strip()] = _value(row)
        except ValueError:
            errors[place] = _EXPECTED[row.type]
    return Trial([*rows, *[TrialRow()] * BLANK_ROWS], variables, errors)


def _value(row: TrialRow) -> object:
    if row.type == "text":
        return row.text
    return _READERS.get(row.type, _as_it_looks)(row.text.strip()) if row.text.strip() else None


def _as_it_looks(text: str) -> object:
    if text in {"true", "false"}:
        return text == "true"
    return _number(text) if _NUMBER.fullmatch(text) else text


def as_text(value: object) -> str:
    """A value of the result as people read it: as JSON, dates as ISO 8601 has them."""
    return json.dumps(value, ensure_ascii=False, default=str)


def _number(text: str) -> int | float:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return float(text) if "." in text else int(text)


def _boolean(text: str) -> bool:
    if text.lower() not in _BOOLEANS:
        raise ValueError(text)
    return _BOOLEANS[text.lower()]


def _date(text: str) -> datetime:
    """In the time zone of the server, if it has none of its own."""
    return datetime.fromisoformat(text).astimezone()


_READERS: Mapping[str, Callable[[str], object]] = {
    "number": _number,
    "boolean": _boolean,
    "date": _date,
}
_EXPECTED = {
    "number": "Write a number, as in 12 or 0.5.",
    "boolean": "Write yes or no.",
    "date": "Write a date, as in 2026-12-24 or 2026-12-24T18:00.",
}
