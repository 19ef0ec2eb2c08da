"""What events are about: a message, a signal, a time, a condition, an error, an escalation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from SpiffWorkflow.task import Task

from engine_telemetry.engine.bpmn.code import Code
from engine_telemetry.engine.bpmn.nodes import holds, run_of
from engine_telemetry.engine.bpmn.parameters import CallVariable
from engine_telemetry.engine.bpmn.timers import Duration, parse_cycle, parse_date
from engine_telemetry.engine.bpmn.view import View
from engine_telemetry.engine.bpmn.waits import Subscription
from engine_telemetry.engine.expressions.problem import UnresolvedError
from engine_telemetry.exceptions import ExpressionException, ModelExecutionException


@dataclass(frozen=True)
class EventDefinition:
    """What an event is about."""

    kind: ClassVar[str] = "none"

    def wait(self, token: Task) -> bool:
        """Wait for it at a token; true if it has occurred already."""
        raise NotImplementedError

    def wait_again(self, token: Task, scope: Task) -> None:
        """It has occurred at a token, which is taken out; wait for it again below the scope, if it can occur again."""

    def has_occurred(self, token: Task) -> bool:  # noqa: ARG002  only conditions know
        """Whether a condition holds."""
        return False

    def tell(self, view: View, code: str | None, message: str | None) -> None:
        """Put what was caught into variables, if the model says so."""


@dataclass(frozen=True)
class MessageEvent(EventDefinition):
    """A message.

    Attributes:
        name: Its name, which may have expressions.
    """

    kind = "message"
    name: str

    def wait(self, token: Task) -> bool:
        """Subscribe."""
        run = run_of(token)
        name = run.view(token).text(self.name)
        run.open(token, self.kind, Subscription(token.id, token.task_spec.bpmn_id, self.kind, name))
        return False


@dataclass(frozen=True)
class SignalEvent(MessageEvent):
    """A signal.

    Attributes:
        payload: The variables that are sent with it.
    """

    kind = "signal"
    payload: Sequence[CallVariable] = ()

    def variables(self, view: View) -> Mapping[str, object]:
        """The variables to send with it."""
        found: dict[str, object] = {}
        for one in self.payload:
            found |= one.read(view)
        return found


@dataclass(frozen=True)
class TimerEvent(EventDefinition):
    """A time.

    Attributes:
        form: ``date``, ``duration`` or ``cycle``.
        text: Which, perhaps by an expression.
    """

    kind = "timer"
    form: str
    text: str

    def wait(self, token: Task) -> bool:
        """Have a job for it."""
        view = run_of(token).view(token)
        value = view.value(self.text)
        due, cycle = self.first(value, view.now)
        self._wait_until(token, due, {"start": view.now.isoformat(), "cycle": cycle} if cycle else None)
        return False

    def first(self, value: object, now: datetime) -> tuple[datetime, str | None]:
        """When it is due first, and the cycle if it may be due again.

        Raises:
            ModelExecutionException: The value is no time of this form.
        """
        if self.form == "cycle":
            due = parse_cycle(str(value)).due(now, now)
            if due is None:
                raise ModelExecutionException(f"The cycle {value!r} is over before it begins")
            return due, str(value)
        if isinstance(value, datetime) or self.form == "date":
            return parse_date(value), None
        return Duration.parse(str(value)).after(now), None

    def wait_again(self, token: Task, scope: Task) -> None:
        """Wait for the next time of a cycle; what was missed is not made up for."""
        run, timer = run_of(token), token.internal_data.get("timer")
        run.discard(token)
        if timer is None:
            return
        start, last = (datetime.fromisoformat(timer[name]) for name in ("start", "due"))
        due = parse_cycle(timer["cycle"]).due(start, max(last, run.host.now))
        if due is not None:
            self._wait_until(run.add_pending(token.task_spec, scope), due, timer)

    def _wait_until(self, token: Task, due: datetime, timer: dict[str, str] | None) -> None:
        if timer:
            token.internal_data["timer"] = {**timer, "due": due.isoformat()}
        run_of(token).open_job(token, "timer", due)


@dataclass(frozen=True)
class ConditionalEvent(EventDefinition):
    """A condition that variables may come to meet.

    Attributes:
        variable: The only variable whose changes matter.
        changes: The only kinds of changes that do: ``create``, ``update``, ``delete``.
    """

    kind = "conditional"
    condition: Code
    variable: str | None = None
    changes: frozenset[str] = frozenset()

    def wait(self, token: Task) -> bool:
        """Look at once, and whenever variables have changed."""
        run = run_of(token)
        run.open(token, self.kind, Subscription(token.id, token.task_spec.bpmn_id, self.kind, None))
        return self.has_occurred(token)

    def has_occurred(self, token: Task) -> bool:
        """Whether the condition holds; it does not while a variable in it is missing, as in Camunda."""
        try:
            return holds(self.condition, run_of(token).view(token))
        except ExpressionException as exc:
            if isinstance(exc.__cause__, UnresolvedError):
                return False
            raise

    def concerns(self, touched: set[tuple[str, str]]) -> bool:
        """Whether any of these changes matters."""
        return any(
            self.variable in {None, name} and (not self.changes or change in self.changes) for name, change in touched
        )


@dataclass(frozen=True)
class CodeEvent(EventDefinition):
    """An error or an escalation that is caught.

    Attributes:
        code: Which; every one without it.
        code_variable: Where its code goes.
        message_variable: Where its message goes.
    """

    KINDS: ClassVar[frozenset[str]] = frozenset({"error", "escalation"})
    code: str | None = None
    code_variable: str | None = None
    message_variable: str | None = None

    def tell(self, view: View, code: str | None, message: str | None) -> None:
        """Put code and message into their variables."""
        for variable, value in ((self.code_variable, code), (self.message_variable, message)):
            if variable:
                view.set(variable, value)


@dataclass(frozen=True)
class ErrorEvent(CodeEvent):
    """An error that is caught."""

    kind = "error"


@dataclass(frozen=True)
class EscalationEvent(CodeEvent):
    """An escalation that is caught."""

    kind = "escalation"
