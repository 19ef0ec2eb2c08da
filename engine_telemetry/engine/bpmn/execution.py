"""A running process: from one wait state to the next, and its state as text.

The text holds neither the model, which is stored once with its definition, nor variables, which are rows; and what has
happened and has no effect any more is cut out of it, so that it does not grow with the age of an instance.
"""

import json
import logging
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.task import Task

from engine_telemetry.engine.bpmn.process_model import ProcessModel, activity_id, require_version
from engine_telemetry.engine.bpmn.script_engine import RefusingScriptEngine
from engine_telemetry.engine.bpmn.task_specs import ExternalTask, PersonTask, TokenGateway, cut


@dataclass(frozen=True)
class WaitState:
    """A point where a process waits for somebody outside.

    Attributes:
        id: The same until it is completed.
        activity_id: The id of the node in the model.
        external: Whether it waits for a worker, not for a person.
        settings: The node's attributes in Camunda's namespace.
    """

    id: str
    activity_id: str
    name: str | None
    external: bool
    settings: dict[str, str]


class Execution:
    """A running process. Belongs to one thread."""

    def __init__(self, workflow: BpmnWorkflow) -> None:
        """Wrap; ``start`` and ``restore`` make one."""
        self._workflow = workflow

    @classmethod
    def start(cls, model: ProcessModel) -> "Execution":
        """Start a process and run it to where it waits."""
        _silence_spiff()
        execution = cls(BpmnWorkflow(model.spec, script_engine=RefusingScriptEngine()))
        execution._run()
        return execution

    @classmethod
    def restore(cls, model: ProcessModel, state: str, serializer_version: str) -> "Execution":
        """Go on with a process from its stored state.

        Raises:
            ProcessEngineException: It was stored in another version's form.
        """
        _silence_spiff()
        require_version(f"An instance of {model.key!r}", serializer_version)
        return cls(_load(model, json.loads(state)))

    @property
    def ended(self) -> bool:
        """Whether all its paths have reached an end event."""
        return not any(task.has_state(TaskState.NOT_FINISHED_MASK) for task in self._workflow.tasks.values())

    def state(self) -> str:
        """The state as text, for ``restore``."""
        tasks = [_dump(task) for task in self._workflow.tasks.values()]
        return json.dumps({"root": str(self._workflow.task_tree.id), "tasks": tasks}, separators=(",", ":"))

    def wait_states(self) -> dict[str, WaitState]:
        """Where it waits now, by id."""
        return {str(task.id): _wait_state(task) for task in self._workflow.tasks.values() if _waits(task)}

    def complete(self, wait_state_id: str) -> bool:
        """Complete a wait state and run on to the next ones; false, and nothing done, if it does not wait there."""
        task = self._workflow.tasks.get(UUID(wait_state_id))
        if task is None or not _waits(task):
            return False
        task.complete()
        self._run()
        return True

    def _run(self) -> None:
        while ready := [task for task in self._workflow.tasks.values() if _can_run(task)]:
            for task in ready:
                if _can_run(task):
                    task.run()
        _compact(self._workflow)


def _can_run(task: Task) -> bool:
    return bool(task.state == TaskState.READY and not task.task_spec.manual)


def _waits(task: Task) -> bool:
    kind = task.task_spec
    return (isinstance(kind, PersonTask) and task.state == TaskState.READY) or (
        isinstance(kind, ExternalTask) and task.state == TaskState.STARTED
    )


def _wait_state(task: Task) -> WaitState:
    kind = task.task_spec
    return WaitState(
        str(task.id), activity_id(kind.name), kind.bpmn_name, isinstance(kind, ExternalTask), kind.extensions
    )


def _compact(workflow: BpmnWorkflow) -> None:
    """Cut out finished tasks, but not the parent of a token, which says by which flow it came to its gateway."""
    tasks = workflow.tasks
    while finished := [task for task in tasks.values() if _is_over(workflow, task)]:
        for task in finished:
            if task.id in tasks and _is_over(workflow, task):
                cut(task)


def _is_over(workflow: BpmnWorkflow, task: Task) -> bool:
    if task is workflow.task_tree or not task.has_state(TaskState.FINISHED_MASK):
        return False
    children = task.children
    return not children or (len(children) == 1 and not _is_token(children[0]))


def _is_token(task: Task) -> bool:
    return isinstance(task.task_spec, TokenGateway) and task.state == TaskState.WAITING


def _dump(task: Task) -> list[Any]:
    parent = task.parent
    return [
        str(task.id),
        parent and str(parent.id),
        task.task_spec.name,
        task.state,
        task.triggered,
        task.internal_data,
    ]


def _load(model: ProcessModel, stored: dict[str, Any]) -> BpmnWorkflow:
    """The parents come before their children, and siblings are in order, as in SpiffWorkflow's own list of tasks."""
    workflow = BpmnWorkflow(model.spec, script_engine=RefusingScriptEngine(), deserializing=True)
    for task_id, parent_id, spec_name, state, triggered, internal_data in stored["tasks"]:
        parent = workflow.tasks[UUID(parent_id)] if parent_id else None
        task = Task(workflow, model.spec.task_specs[spec_name], parent, state, UUID(task_id))
        task.triggered = triggered
        task.internal_data = internal_data
    workflow.task_tree = workflow.tasks[UUID(stored["root"])]
    return workflow


@cache
def _silence_spiff() -> None:
    """Keep SpiffWorkflow's record of each step out of the host's log, unless the host has set a level for it."""
    logger = logging.getLogger("spiff")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.WARNING)
