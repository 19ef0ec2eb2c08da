"""Input and output parameters of activities, and the variables that go to a called process and come back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from engine_telemetry.engine.bpmn.code import Code
from engine_telemetry.engine.bpmn.view import View
from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.engine.expressions import bounded_value

Content = str | Code | Sequence["Content"] | Mapping[str, "Content"] | None
"""What a parameter is made of: a text with expressions, a script, lists and maps of them; ``None`` for nothing."""


class Readable(Protocol):
    """Where variables are handed over from."""

    def value(self, text: str) -> object:
        """The value of a text that may have expressions."""

    def typed(self, *, local: bool) -> dict[str, TypedValue]:
        """All variables, or those of the very place."""


@dataclass(frozen=True)
class Parameter:
    """A variable that is made when an activity starts or ends."""

    name: str
    content: Content

    def value(self, view: View) -> object:
        """Its value, as seen from there.

        Raises:
            ExpressionException: It has too much in it: in a loop, a list of two that are the list would double it.
        """
        value = _value(self.content, view)
        return bounded_value(value) if isinstance(self.content, list | dict) else value


def _value(content: Content, view: View) -> object:
    if isinstance(content, str):
        return view.value(content)
    if isinstance(content, Code):
        return content.execute(view)
    if isinstance(content, Mapping):
        return {key: _value(one, view) for key, one in content.items()}
    return None if content is None else [_value(one, view) for one in content]


@dataclass(frozen=True)
class CallVariable:
    """A variable that is handed over.

    Attributes:
        source: The variable to hand over; ``None`` for all of them, unless there is an expression.
        expression: What to hand over instead.
        target: Its name on the other side.
        local: Whether only the activity's own scope is looked at, or set.
    """

    source: str | None = None
    expression: str | None = None
    target: str | None = None
    local: bool = False

    def read(self, view: Readable) -> dict[str, object]:
        """What is handed over, by the names on the other side. A variable that is not there is null."""
        if self.expression is not None:
            return {self.target or "": view.value(self.expression)}
        if self.source is None:
            return dict(view.typed(local=self.local))
        return {self.target or self.source: view.typed(local=self.local).get(self.source)}
