"""What all elements of a process have in common: how a token comes, goes on and leaves.

Each kind of element is a task spec of SpiffWorkflow's with its hooks: ``_run_hook`` when a token has come,
``_on_complete_hook`` when it is done.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from SpiffWorkflow.bpmn.specs import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.mixins.bpmn_spec_mixin import BpmnSpecMixin
from SpiffWorkflow.task import Task

from engine_telemetry.engine.bpmn.code import Code
from engine_telemetry.engine.bpmn.parameters import Parameter
from engine_telemetry.engine.bpmn.run import Run
from engine_telemetry.engine.bpmn.tree import is_body, is_instance
from engine_telemetry.engine.bpmn.view import View
from engine_telemetry.exceptions import ModelExecutionException

NODE = "node:"
"""Before the id of each element, as the spec's name: SpiffWorkflow has specs of its own, called "Start" and "End"."""


@dataclass(frozen=True)
class Listener:
    """Code that is executed when something happens."""

    event: str
    code: Code


@dataclass(frozen=True)
class Flow:
    """A sequence flow."""

    id: str
    target: "Node"
    condition: Code | None = None
    listeners: Sequence[Listener] = ()


@dataclass(frozen=True)
class Element:
    """What is read of an element, whatever its kind.

    Attributes:
        type: Camunda's name for the history.
        settings: Its attributes without their namespace.
    """

    id: str
    name: str | None
    type: str
    settings: Mapping[str, str] = field(default_factory=dict)
    documentation: str | None = None
    listeners: Sequence[Listener] = ()
    inputs: Sequence[Parameter] = ()
    outputs: Sequence[Parameter] = ()
    retry_cycle: str | None = None


class Node(BpmnSpecMixin):
    """An element that tokens come to. It is connected when everything is read, and does not change any more."""

    is_boundary = False
    joins_at_rest = False

    def __init__(self, spec: BpmnProcessSpec, element: Element) -> None:
        """Take what was read."""
        super().__init__(spec, NODE + element.id, bpmn_name=element.name)
        self.bpmn_id = element.id
        self.element = element
        self.settings = element.settings
        self.activity_type = element.type
        self.retry_cycle = element.retry_cycle
        self.exclusive = element.settings.get("exclusive") != "false"
        self.async_before = "true" in {element.settings.get("asyncBefore"), element.settings.get("async")}
        self.async_after = element.settings.get("asyncAfter") == "true"
        self.flows: list[Flow] = []
        self.incoming = 0
        self.boundaries: list[Any] = []
        self.event_starts: list[Any] = []
        self.loop: Any = None

    @cached_property
    def reach(self) -> frozenset["Node"]:
        """The nodes that sequence flows lead to from here, near and far."""
        found: set[Node] = set()
        left: list[Node] = [self]
        while left:
            new = {flow.target for flow in left.pop().flows} - found
            found |= new
            left += new
        return frozenset(found)

    def is_async_before(self, token: Task) -> bool:
        """Whether the job executor must let a token in."""
        data = token.internal_data
        if "go" in data or "fired" in data:
            return False
        return bool(self.loop.async_before) if is_instance(token) else self.async_before

    def _run_hook(self, my_task: Task) -> bool | None:
        """A token has come."""
        if self.loop is not None and not is_instance(my_task):
            return bool(self.loop.begin(my_task)) or None
        return self.execute(my_task) if self.begin(my_task) else None

    def begin(self, token: Task) -> bool:
        """Become an activity instance; false if an event on its boundary has interrupted it at once."""
        run = run_of(token)
        run.start(token)
        if not is_instance(token) and not self.open_boundaries(token):
            return False
        for parameter in self.element.inputs:
            run.view(token).set_local(parameter.name, parameter.value(run.view(token)))
        self.listen(token, "start")
        return True

    def execute(self, token: Task) -> bool | None:
        """Do what the element is for: true if that is done, ``None`` if the token waits."""
        raise NotImplementedError

    def open_boundaries(self, token: Task) -> bool:
        """Wait for the events attached to this activity; false if one of them has interrupted it at once."""
        alive = run_of(token).tasks
        for boundary in self.boundaries:
            if token.id in alive:
                boundary.wait_on(token)
        return token.id in alive

    def listen(self, token: Task, event: str) -> None:
        """Execute the listeners for an event."""
        for listener in self.element.listeners:
            if listener.event == event:
                listener.code.execute(run_of(token).view(token, event))

    def _on_complete(self, my_task: Task) -> None:
        """As SpiffWorkflow, which would ask everything in the process besides whether it can go on now."""
        self._on_complete_hook(my_task)

    def _on_complete_hook(self, my_task: Task) -> None:
        """A token is done: leave, unless a condition that holds now interrupts it, as in Camunda."""
        if not run_of(my_task).may_leave(my_task):
            return
        if is_instance(my_task):
            self.end(my_task)
            self.loop.instance_ended(my_task)
            return
        flows = self.choose(my_task)
        if is_body(my_task):
            run_of(my_task).record("ended", my_task)
        else:
            self.end(my_task)
        self.leave(my_task, flows)

    def end(self, token: Task) -> None:
        """Stop being an activity instance."""
        run = run_of(token)
        for parameter in self.element.outputs:
            run.view(token.parent).set(parameter.name, parameter.value(run.view(token)))
        self.listen(token, "end")
        run.record("ended", token)

    def give_up(self, token: Task) -> None:
        """Nobody catches an error from here: the path ends, and the process goes on without it, as in Camunda."""
        run = run_of(token)
        for child in token.children:
            run.cancel(child)
        self.listen(token, "end")
        run.record("ended", token)
        if is_instance(token):
            self.loop.instance_ended(token)
        else:
            run.depart(token, ())

    def on_canceled(self, token: Task) -> None:
        """It is canceled."""
        if not is_body(token):
            self.listen(token, "end")

    def leave(self, token: Task, flows: Sequence[Flow]) -> None:
        """Leave by these flows, now or when the job executor says so."""
        run = run_of(token)
        if self.async_after:
            after = run.enter_later(self, token.parent, [flow.id for flow in flows])
            run.discard(token)
            run.postpone(after, "async-after")
        else:
            run.depart(token, self.take(token, [flow.id for flow in flows]))

    def take(self, token: Task, flow_ids: Sequence[str]) -> list["Node"]:
        """Go along these flows; the nodes they lead to."""
        flows = [flow for flow in self.flows if flow.id in flow_ids]
        for flow in flows:
            for listener in flow.listeners:
                listener.code.execute(run_of(token).view(token, "take"))
        return [flow.target for flow in flows]

    def choose(self, token: Task) -> list[Flow]:
        """The flows that a token leaves by: all whose condition holds; the default flow if none does.

        Raises:
            ModelExecutionException: There are flows, and none can be taken.
        """
        default = self.settings.get("default")
        view = run_of(token).view(token)
        chosen = [flow for flow in self.flows if flow.id != default and holds(flow.condition, view)]
        return chosen or self.default_flow()

    def default_flow(self) -> list[Flow]:
        """The default flow, when there is no other way.

        Raises:
            ModelExecutionException: There are flows, and none is the default.
        """
        chosen = [flow for flow in self.flows if flow.id == self.settings.get("default")]
        if self.flows and not chosen:
            raise ModelExecutionException(
                f"ENGINE-02004 No outgoing sequence flow for the element with id '{self.bpmn_id}' could be selected for"
                " continuing the process."
            )
        return chosen

    def occurred(self, token: Task) -> None:
        """What a token waits for here has occurred."""
        token.complete()


def run_of(token: Task) -> Run:
    """The run that a token belongs to."""
    run: Run = token.workflow
    return run


def holds(condition: Code | None, view: View) -> bool:
    """Whether a condition holds; none does.

    Raises:
        ModelExecutionException: Its value is neither true nor false.
    """
    if condition is None:
        return True
    if condition.kind == "expression":
        return view.holds(condition.text)
    value = condition.execute(view)
    if not isinstance(value, bool):
        raise ModelExecutionException(f"A condition's value is {value!r}; true or false is expected")
    return value
