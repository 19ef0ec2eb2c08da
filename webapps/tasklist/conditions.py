"""What a variable must be like: as people write it, and as Camunda's task queries have it."""

import json
from dataclasses import dataclass
from math import isfinite
from typing import Any, NoReturn

LONGEST = 255  # characters of a text that is searched

OPERATORS = {
    "eq": "is",
    "neq": "is not",
    "like": "contains",
    "gt": "is more than",
    "gteq": "is at least",
    "lt": "is less than",
    "lteq": "is at most",
}


@dataclass(frozen=True)
class Condition:
    """What a variable must be like.

    Attributes:
        text: As somebody writes it: a number, true, false, null, a text; in quotes, whatever it is like, a text.
    """

    name: str
    operator: str
    text: str

    @property
    def error(self) -> str:
        """What is wrong with it, if anything."""
        if not self.name:
            return "Say which variable has this value."
        if not self.text:
            return "Say what the variable is compared with."
        if len(self.name) > LONGEST or len(self.text) > LONGEST:
            return f"Names and values of more than {LONGEST} characters cannot be searched."
        if self.operator not in {"eq", "neq", "like"} and isinstance(_meant(self.text), bool | None):
            return "Only numbers and texts are more or less than others."
        return ""

    @property
    def query(self) -> dict[str, object]:
        """As Camunda's queries have it."""
        value = pattern_of(self.text) if self.operator == "like" else _meant(self.text)
        return {"name": self.name, "operator": self.operator, "value": value}


def condition_of(asked: Any) -> Condition | None:  # noqa: ANN401 - JSON
    """The condition that a query has; ``None`` if people cannot write it so."""
    condition = Condition(str(asked["name"]), asked["operator"], _text_of(asked["operator"], asked["value"]))
    return condition if condition.operator in OPERATORS and condition.query == asked else None


def pattern_of(text: str) -> str:
    """A pattern of SQL: as it is written, or else whatever contains the text."""
    return text if "%" in text else f"%{text}%"


def text_of_pattern(pattern: str) -> str:
    """What somebody writes for a pattern that has a ``%`` somewhere."""
    inner = pattern[1:-1]
    return inner if inner and "%" not in inner and pattern == f"%{inner}%" else pattern


def _text_of(operator: str, value: object) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    if operator == "like":
        return text_of_pattern(value)
    return value if _meant(value) == value else json.dumps(value, ensure_ascii=False)


def _meant(text: str) -> str | float | bool | None:
    """The value that somebody means: what JSON has a notation for, or else a text."""
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return text
    if isinstance(value, float) and not isfinite(value):
        return text
    return value if isinstance(value, str | int | float | None) else text


def _refuse(constant: str) -> NoReturn:
    """NaN and the infinities are Python's, not JSON's (RFC 8259, 6)."""
    raise ValueError(constant)
