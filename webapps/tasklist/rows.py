"""Variables that people enter one by one, each with name, type and value."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count

from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.engine.variables import MAX_NAME_LENGTH, typed_variables
from engine_telemetry.exceptions import BadUserRequestException

TYPES = {
    "String": "Text",
    "Long": "Whole number",
    "Double": "Decimal number",
    "Boolean": "Yes or no",
    "Date": "Date and time",
    "Json": "JSON",
}

_ROWS = 100  # more than this in one form are no work of a person


@dataclass(frozen=True)
class VariableRow:
    """A variable as it is entered.

    Attributes:
        name_error: What is wrong with its name.
        error: What is wrong with its value.
    """

    name: str = ""
    type: str = "String"
    text: str = ""
    name_error: str = ""
    error: str = ""

    @property
    def empty(self) -> bool:
        """Whether nobody has written anything."""
        return not self.name and not self.text

    @property
    def types(self) -> list[tuple[str, str]]:
        """What it can be: types and their titles."""
        return [*TYPES.items()]

    @property
    def value(self) -> TypedValue:
        """The variable's value.

        Raises:
            ValueError: The text is no value of this type.
        """
        return TypedValue(self.type, _READERS[self.type](self.text))


def entered_rows(sent: Mapping[str, object]) -> list[VariableRow]:
    """The rows that were sent, and what is wrong with them."""
    rows: list[VariableRow] = []
    for index in count():
        if index == _ROWS or f"variable-{index}-name" not in sent:
            return rows
        name, kind, text = (str(sent.get(f"variable-{index}-{part}", "")) for part in ("name", "type", "value"))
        row = VariableRow(name.strip(), kind if kind in TYPES else "String", text.replace("\r\n", "\n"))
        rows.append(row if row.empty else _checked(row, {other.name for other in rows}))
    return rows


def _checked(row: VariableRow, others: set[str]) -> VariableRow:
    if not row.name:
        return replace(row, name_error="Give it a name.")
    if len(row.name) > MAX_NAME_LENGTH:
        return replace(row, name_error=f"A name has at most {MAX_NAME_LENGTH} characters.")
    if row.name in others:
        return replace(row, name_error="This name is there twice.")
    try:
        typed_variables({row.name: row.value})
    except (ValueError, BadUserRequestException):
        return replace(row, error=_WANTED[row.type])
    return row


def _to_boolean(text: str) -> bool:
    word = text.strip().lower()
    if word not in _WORDS:
        raise ValueError(text)
    return _WORDS[word]


def _to_date(text: str) -> datetime:
    """Without an offset, it is in UTC."""
    time = datetime.fromisoformat(text.strip())
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _to_json(text: str) -> str:
    try:
        json.loads(text)
    except RecursionError as exc:
        raise ValueError(text) from exc
    return text


_WORDS = {"true": True, "yes": True, "false": False, "no": False}
_READERS: Mapping[str, Callable[[str], object]] = {
    "String": str,
    "Long": int,
    "Double": float,
    "Boolean": _to_boolean,
    "Date": _to_date,
    "Json": _to_json,
}
_WANTED = {
    "String": "This text cannot be stored.",
    "Long": "Enter a whole number.",
    "Double": "Enter a number, for example 1.5.",
    "Boolean": "Enter yes or no.",
    "Date": "Enter a date, for example 2026-12-24 or 2026-12-24T18:00.",
    "Json": "This is no JSON.",
}
