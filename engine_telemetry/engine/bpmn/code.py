"""What a model may have executed: delegates, expressions, and scripts of registered formats."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine_telemetry.engine.bpmn.view import View
from engine_telemetry.engine.delegates import DelegateExecution
from engine_telemetry.exceptions import ModelExecutionException


@dataclass(frozen=True)
class Code:
    """Something a model has executed: a delegate, an expression, or a script of a registered format.

    Attributes:
        kind: ``class``, ``delegateExpression``, ``expression``, or ``script:`` and the format.
    """

    kind: str
    text: str

    def execute(self, view: View) -> object:
        """Execute it, and return its result."""
        return self.call(view, view.execution())

    def call(self, view: View, argument: DelegateExecution) -> object:
        """Execute it with more than an execution."""
        match self.kind:
            case "expression":
                return view.value(self.text)
            case "class":
                return view.delegates.callable(self.text)(argument)
            case "delegateExpression":
                return _require_callable(self.text, view.value(self.text))(argument)
        return view.delegates.script(self.kind.removeprefix("script:"))(self.text, argument)


def _require_callable(text: str, found: object) -> Callable[[Any], object]:
    if not callable(found):
        raise ModelExecutionException(f"The delegate expression {text!r} is no callable, but {type(found).__name__}")
    return found
