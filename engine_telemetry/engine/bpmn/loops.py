"""Activities that are executed many times, one after the other or at once: BPMN's multi-instance loops.

The loop as a whole is a token of its own, the body; one token below it stands for each instance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.task import Task

from engine_telemetry.engine.bpmn.code import Code
from engine_telemetry.engine.bpmn.nodes import holds, run_of
from engine_telemetry.engine.expressions import is_expression
from engine_telemetry.exceptions import ModelExecutionException

MAX_AT_ONCE = 10_000
_VARIABLES = ("nrOfInstances", "nrOfActiveInstances", "nrOfCompletedInstances")


@dataclass(frozen=True)
class Loop:
    """How an activity is looped.

    Attributes:
        cardinality: How often, perhaps by an expression; else as often as the collection has elements.
        collection: The name of a variable, or an expression.
        element_variable: Where each instance finds its element.
        completion: What is asked after each instance: whether that is enough.
        async_before: Whether the job executor must let each instance in.
    """

    sequential: bool
    cardinality: str | None = None
    collection: str | None = None
    element_variable: str | None = None
    completion: Code | None = None
    async_before: bool = False

    def begin(self, body: Task) -> bool:
        """Begin; true if there is nothing to do."""
        run, node = run_of(body), body.task_spec
        body.internal_data["body"] = [0, 0]
        run.start(body)
        if not node.open_boundaries(body):
            return False
        count = self._count(body)
        if count > MAX_AT_ONCE and not self.sequential:
            raise ModelExecutionException(
                f"The loop {node.bpmn_id!r} has {count} instances at once; at most {MAX_AT_ONCE} can run"
            )
        self._note(body, count, 0, 1 if self.sequential and count else count)
        for number in reversed(range(min(count, 1) if self.sequential else count)):
            self._enter(body, number)
        return count == 0

    def instance_ended(self, instance: Task) -> None:
        """One instance has ended."""
        run, body = run_of(instance), instance.parent
        number = instance.internal_data["loop"]
        count, ended = body.internal_data["body"]
        ended += 1
        active = int(ended < count) if self.sequential else count - ended
        run.discard(instance)
        self._note(body, count, ended, active)
        if ended >= count or (self.completion is not None and holds(self.completion, run.view(body))):
            run.cancel_inside(body)
            run.look_at(body)
        elif self.sequential:
            self._enter(body, number + 1)

    def _enter(self, body: Task, number: int) -> None:
        run = run_of(body)
        instance = run.enter(body.task_spec, body, loop=number)
        view = run.view(instance)
        view.set_local("loopCounter", number)
        if self.collection is not None and self.element_variable:
            elements = self._elements(body)
            view.set_local(self.element_variable, elements[number] if number < len(elements) else None)

    def _note(self, body: Task, count: int, ended: int, active: int) -> None:
        body.internal_data["body"] = [count, ended]
        view = run_of(body).view(body)
        for name, value in zip(_VARIABLES, (count, active, ended), strict=True):
            view.set_local(name, value)

    def _count(self, body: Task) -> int:
        if self.cardinality is None:
            return len(self._elements(body))
        count = run_of(body).view(body).integer("loopCardinality", self.cardinality, 0)
        if count < 0:
            raise ModelExecutionException(
                f"Invalid number of instances of {body.task_spec.bpmn_id!r}: must be non-negative integer value, but"
                f" was {count}"
            )
        return count

    def _elements(self, body: Task) -> Sequence[Any]:
        view, text = run_of(body).view(body), self.collection or ""
        found = view.value(text) if is_expression(text) else text
        if isinstance(found, str):
            found = view.get(found)
        if not isinstance(found, list | tuple):
            raise ModelExecutionException(
                f"The collection {text!r} of {body.task_spec.bpmn_id!r} is no list, but {type(found).__name__}"
            )
        return found
