"""The tokens of a running process as SpiffWorkflow's tree of tasks, and that tree as text.

A token is a task. It stands below the scope that it runs in: the process, a sub process, a loop over many instances, an
activity with boundary events. What has ended is taken out at once, so the tree is as large as what goes on now, however
long that has been. The states of SpiffWorkflow that occur, and what they mean here:

READY    has just come and runs next; never stored
STARTED  goes on: an activity that waits, a scope, an event that waits, a token at a gateway that joins
WAITING  a boundary event, the start of an event sub process, or one of several events behind a gateway: it has not
         come there, it would if the event occurred
FUTURE   the job executor shall let it in, or out
"""

import json
import logging
from collections.abc import Iterator

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.specs import BpmnProcessSpec
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task

from engine_telemetry.engine.bpmn.script_engine import RefusingScriptEngine
from engine_telemetry.engine.ids import new_id

_log = logging.getLogger("spiff.task")


class Token(Task):
    """A task that says nothing of its changes to a log that nobody reads; to gather what it says takes longest."""

    def _set_state(self, value: int) -> None:
        if _log.isEnabledFor(logging.INFO):
            super()._set_state(value)
        self._state = value


class TokenTree(BpmnWorkflow):
    """The tokens of one process instance. The root's id is the instance's."""

    def __init__(self, spec: BpmnProcessSpec) -> None:
        """Make an empty tree."""
        super().__init__(spec, script_engine=RefusingScriptEngine(), deserializing=True)

    def add(self, node: TaskSpec, parent: Task | None, state: int = TaskState.READY, **data: object) -> Task:
        """Put a token below a scope."""
        token = Token(self, node, parent, state, new_id())  # a text: SpiffWorkflow's UUIDs take longer to read and find
        token.internal_data = data
        return token

    def take_out(self, token: Task) -> None:
        """Take a token without children out of the tree."""
        if token.parent is not None:
            siblings = token.parent._children  # noqa: SLF001  as SpiffWorkflow's own removal, without its events
            at = next(number for number in reversed(range(len(siblings))) if siblings[number] == token.id)
            del siblings[at]  # of many, the last come goes first
        del self.tasks[token.id]

    def chain(self, token: Task) -> list[str]:
        """The ids of a token and all scopes around it, from the inside out."""
        return [one.id for one in ancestry(token)]

    def dump(self) -> str:
        """The tree as text. Parents come before their children."""
        at = {token_id: number for number, token_id in enumerate(self.tasks)}
        rows = [
            [token.id, at.get(token._parent), token.task_spec.name, token.state, token.internal_data]  # noqa: SLF001
            for token in self.tasks.values()
        ]
        return json.dumps(rows, separators=(",", ":"))

    def load(self, text: str) -> None:
        """Fill an empty tree with what ``dump`` has written."""
        tokens: list[Task] = []
        for token_id, parent, node, state, data in json.loads(text):
            token = Token(self, self.spec.task_specs[node], None if parent is None else tokens[parent], state, token_id)
            token.internal_data = data
            tokens.append(token)
        self.task_tree = tokens[0] if tokens else None

    def plant(self, node: TaskSpec, instance_id: str) -> Task:
        """Make the root."""
        self.task_tree = Token(self, node, None, TaskState.READY, instance_id)
        return self.task_tree


def ancestry(token: Task) -> Iterator[Task]:
    """A token and all scopes around it, from the inside out."""
    at: Task | None = token
    while at is not None:
        yield at
        at = at.parent


def is_pending(token: Task) -> bool:
    """Whether it stands for an event that has not occurred."""
    return bool(token.state == TaskState.WAITING)


def is_postponed(token: Task) -> bool:
    """Whether it waits for the job executor to let it in or out."""
    return bool(token.state == TaskState.FUTURE)


def is_going_on(token: Task) -> bool:
    """Whether it is an activity instance."""
    return bool(token.state == TaskState.STARTED)


def has_begun(token: Task) -> bool:
    """Whether it is an activity instance, or has just stopped being one."""
    return bool(token.has_state(TaskState.STARTED | TaskState.COMPLETED | TaskState.ERROR))


def is_body(token: Task) -> bool:
    """Whether it is a loop as a whole."""
    return "body" in token.internal_data


def is_instance(token: Task) -> bool:
    """Whether it is one of the instances of a loop."""
    return "loop" in token.internal_data
