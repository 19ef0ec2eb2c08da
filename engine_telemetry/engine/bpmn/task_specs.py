"""The kinds of BPMN nodes that this engine executes, on top of SpiffWorkflow's, whose hooks they use.

SpiffWorkflow predicts the whole future of a process as a tree: exponentially large where parallel gateways follow each
other, and endless where a flow leads back. Here a node makes its successors when its turn has come.
"""

from collections import Counter

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.specs.defaults import EndEvent, ParallelGateway, ServiceTask, StartEvent, UserTask
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task


class _ShortSighted(TaskSpec):
    """Makes the tasks that follow when this one is ready, not before."""

    def _predict(self, my_task: Task, *_: object, **__: object) -> None:
        """Predict nothing."""

    def _on_ready_hook(self, my_task: Task) -> None:
        self._predict_hook(my_task)
        super()._on_ready_hook(my_task)


class PlainStart(_ShortSighted, StartEvent):
    """A start event without a trigger."""


class PlainEnd(_ShortSighted, EndEvent):
    """An end event that does nothing but end its path."""


class PersonTask(_ShortSighted, UserTask):
    """A user task: it waits, ready, until a person says that it is done."""


class ExternalTask(_ShortSighted, ServiceTask):
    """A service task that waits, started, until a worker says that it is done."""

    def _run_hook(self, my_task: Task) -> None:
        """Start, and do not complete."""


class TokenGateway(_ShortSighted, ParallelGateway):
    """A parallel gateway that takes one token from each incoming sequence flow, and leaves the others where they are.

    A token is a waiting task of this spec; its parent says by which flow it came. SpiffWorkflow's own gateway counts
    tokens again that an earlier pass took already, so that in a loop it goes on too early.
    """

    def _update_hook(self, my_task: Task) -> bool:
        missing = Counter(spec.name for spec in self.inputs)
        taken = []
        for token in (my_task, *self._waiting_beside(my_task)):
            if missing[_came_from(token)]:
                missing[_came_from(token)] -= 1
                taken.append(token)
        if missing.total():
            my_task.state = TaskState.WAITING
            return False
        for token in taken[1:]:
            cut(token)
        return True

    def _waiting_beside(self, my_task: Task) -> list[Task]:
        tasks = my_task.workflow.tasks.values()
        return [one for one in tasks if one.task_spec is self and one.state == TaskState.WAITING and one is not my_task]

    def _run_hook(self, _: Task) -> bool:
        return True


def _came_from(token: Task) -> str:
    return str(token.parent.task_spec.name)


def cut(task: Task) -> None:
    """Take a task out of its tree; its children, if any, become its parent's."""
    parent, children = task.parent, task.children
    for child in children:
        child.parent = parent
    siblings = parent.children
    at = siblings.index(task)
    parent.children = [*siblings[:at], *children, *siblings[at + 1 :]]
    del task.workflow.tasks[task.id]
