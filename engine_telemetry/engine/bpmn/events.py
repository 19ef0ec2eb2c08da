"""Events: what starts, interrupts and ends things, and what is waited for."""

from SpiffWorkflow.bpmn.specs import BpmnProcessSpec
from SpiffWorkflow.task import Task

from engine_telemetry.engine.bpmn.event_definitions import CodeEvent, EventDefinition, SignalEvent
from engine_telemetry.engine.bpmn.nodes import Element, Node, run_of
from engine_telemetry.engine.bpmn.tree import is_pending


class StartEvent(Node):
    """Where a process or a sub process begins."""

    def execute(self, token: Task) -> bool:  # noqa: ARG002  nothing to do
        """It has begun."""
        return True


class EndEvent(Node):
    """Where a path ends, or a throw event that does nothing."""

    def execute(self, token: Task) -> bool:  # noqa: ARG002  nothing to do
        """It has ended."""
        return True


class TerminateEndEvent(EndEvent):
    """Where everything in the scope ends."""

    def _on_complete_hook(self, my_task: Task) -> None:
        run, scope = run_of(my_task), my_task.parent
        self.end(my_task)
        run.discard(my_task)
        run.cancel_inside(scope)
        run.look_at(scope)


class ErrorEndEvent(Node):
    """Where a path ends with an error."""

    def __init__(self, spec: BpmnProcessSpec, element: Element, code: str | None, message: str | None) -> None:
        """Take what was read: the error's code and message, which may have expressions."""
        super().__init__(spec, element)
        self.code = code
        self.message = message

    def execute(self, token: Task) -> None:
        """Throw it."""
        view = run_of(token).view(token)
        run_of(token).throw_error(token, view.text(self.code), view.text(self.message))


class EscalationThrow(Node):
    """Where an escalation is thrown."""

    def __init__(self, spec: BpmnProcessSpec, element: Element, code: str | None) -> None:
        """Take what was read."""
        super().__init__(spec, element)
        self.code = code

    def execute(self, token: Task) -> bool | None:
        """Throw it, and go on if that has interrupted nothing around here."""
        run = run_of(token)
        run.throw_escalation(token, run.view(token).text(self.code))
        return None if run.stopped or token.id not in run.tasks else True


class SignalThrow(Node):
    """Where a signal is sent."""

    def __init__(self, spec: BpmnProcessSpec, element: Element, event: SignalEvent) -> None:
        """Take what was read."""
        super().__init__(spec, element)
        self.event = event

    def execute(self, token: Task) -> bool:
        """Send it."""
        view = run_of(token).view(token)
        run_of(token).host.signal(view.text(self.event.name) or "", self.event.variables(view))
        return True


class _Waiting(Node):
    """What waits for an event."""

    def __init__(self, spec: BpmnProcessSpec, element: Element, event: EventDefinition) -> None:
        """Take what was read."""
        super().__init__(spec, element)
        self.event = event

    def wake(self, token: Task) -> None:
        """Variables have changed that its condition may depend on."""
        if self.event.has_occurred(token):
            self.occurred(token)


class Catching(_Waiting):
    """What waits for an event in the middle of a path."""

    def execute(self, token: Task) -> bool | None:
        """Wait for it, unless it has occurred behind a gateway already."""
        return "fired" in token.internal_data or self.event.wait(token) or None

    def wait_on(self, gateway: Task) -> None:
        """Wait for it behind an event-based gateway."""
        pending = run_of(gateway).add_pending(self, gateway)
        if self.event.wait(pending):
            self.occurred(pending)

    def occurred(self, token: Task) -> None:
        """It has occurred."""
        if is_pending(token):
            token.parent.task_spec.chosen(token.parent, self)
        else:
            token.complete()


class CatchEvent(Catching):
    """An intermediate catch event."""


class _Attached(_Waiting):
    """An event that is waited for as long as something goes on, and may interrupt that."""

    def __init__(self, spec: BpmnProcessSpec, element: Element, event: EventDefinition, *, interrupting: bool) -> None:
        """Take what was read."""
        super().__init__(spec, element, event)
        self.interrupting = interrupting

    def execute(self, token: Task) -> bool:  # noqa: ARG002  a token comes when the event has occurred
        """It has occurred."""
        return True

    def wait_on(self, host: Task) -> None:
        """Wait for it; errors and escalations find their way themselves."""
        if self.event.kind not in CodeEvent.KINDS:
            pending = run_of(host).add_pending(self, host)
            if self.event.wait(pending):
                self.occurred(pending)

    def occurred(self, token: Task) -> None:
        """It has occurred; if it interrupts nothing, it may occur again."""
        host = token.parent
        if not self.interrupting:
            self.event.wait_again(token, host)
        self.fire(host)

    def fire(self, host: Task, code: str | None = None, message: str | None = None) -> None:
        """Interrupt, if it does, and let a token come."""
        raise NotImplementedError


class BoundaryEvent(_Attached):
    """An event on the boundary of an activity."""

    is_boundary = True

    def fire(self, host: Task, code: str | None = None, message: str | None = None) -> None:
        """Go on from here, beside the activity or in its place."""
        run, scope = run_of(host), host.parent
        if self.interrupting:
            run.cancel(host)
        self.event.tell(run.view(scope), code, message)
        run.enter(self, scope, fired=True)


class EventStart(_Attached):
    """The start event of an event sub process.

    Attributes:
        sub_process: The event sub process.
    """

    sub_process: Node

    def fire(self, host: Task, code: str | None = None, message: str | None = None) -> None:
        """Start the event sub process, beside what goes on or in its place."""
        run = run_of(host)
        if self.interrupting:
            run.cancel_inside(host)
        self.event.tell(run.view(host), code, message)
        run.enter(self.sub_process, host, start=self.name)
