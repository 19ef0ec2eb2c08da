"""Processes and sub processes, which other things go on in, and calls of other processes."""

from collections.abc import Mapping, Sequence

from SpiffWorkflow.bpmn.specs import BpmnProcessSpec
from SpiffWorkflow.task import Task

from engine_telemetry.engine.bpmn.activities import read_binding
from engine_telemetry.engine.bpmn.nodes import Element, Flow, Node, run_of
from engine_telemetry.engine.bpmn.parameters import CallVariable
from engine_telemetry.engine.bpmn.view import View
from engine_telemetry.engine.bpmn.waits import Call
from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.engine.expressions import evaluate
from engine_telemetry.engine.scopes import plain
from engine_telemetry.engine.variables import typed_variables


class SubProcess(Node):
    """Something that other things go on in; it is done when nothing does any more.

    Attributes:
        start: Where it begins, if nothing says otherwise.
    """

    start: Node | None = None

    def execute(self, token: Task) -> None:
        """Begin inside."""
        run = run_of(token)
        for start in self.event_starts:
            start.wait_on(token)
        interrupting = {start.name for start in self.event_starts if start.interrupting}
        if any(child.internal_data.get("start") in interrupting for child in token.children):
            return  # a condition held at once
        named = run.spec.task_specs.get(token.internal_data.pop("start", None))
        run.enter(named or self.start, token)


class Process(SubProcess):
    """A process as a whole: the root of all tokens."""

    def leave(self, token: Task, flows: Sequence[Flow]) -> None:  # noqa: ARG002  there are none
        """There is nowhere to go."""
        run_of(token).discard(token)


class CallActivity(Node):
    """Another process is called."""

    def __init__(
        self,
        spec: BpmnProcessSpec,
        element: Element,
        business_key: str | None,
        inputs: Sequence[CallVariable],
        outputs: Sequence[CallVariable],
    ) -> None:
        """Take what was read."""
        super().__init__(spec, element)
        self.business_key = business_key
        self.call_inputs = inputs
        self.call_outputs = outputs

    def execute(self, token: Task) -> None:
        """Wait for the other process, which whoever runs this one starts."""
        run, view = run_of(token), run_of(token).view(token)
        variables: dict[str, object] = {}
        for one in self.call_inputs:
            variables |= one.read(view)
        call = Call(
            token.id,
            self.bpmn_id,
            view.text(self.settings["calledElement"]) or "",
            read_binding(self.settings, "calledElement", view),
            view.text(self.business_key),
            typed_variables(variables),
        )
        run.open(token, "call", call)

    def returned(self, token: Task, variables: Mapping[str, TypedValue]) -> None:
        """The other process has ended with these variables."""
        view = run_of(token).view(token)
        for one in self.call_outputs:
            set_one = view.set_local if one.local else view.set
            for name, value in one.read(_Called(view, variables)).items():
                set_one(name, value)
        token.complete()


class _Called:
    """The variables of a process that has been called."""

    def __init__(self, caller: View, variables: Mapping[str, TypedValue]) -> None:
        self._caller = caller
        self._variables = variables

    def value(self, text: str) -> object:
        names = {name: plain(value) for name, value in self._variables.items()}
        return evaluate(text, names, beans=self._caller.delegates.beans, now=self._caller.now)

    def typed(self, *, local: bool) -> dict[str, TypedValue]:  # noqa: ARG002  it has one scope left
        return dict(self._variables)
