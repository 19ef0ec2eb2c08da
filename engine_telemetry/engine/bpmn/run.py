"""Moves the tokens of a process instance from one wait state to the next.

Nodes say what happens at them; this is what they say it with: let a token in, let it go on, cancel it, open and close
what waits, write the journal.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn.specs import BpmnProcessSpec
from SpiffWorkflow.specs.base import TaskSpec
from SpiffWorkflow.task import Task

from engine_telemetry.engine.bpmn.handlers import find_handler
from engine_telemetry.engine.bpmn.host import Host, Thrown
from engine_telemetry.engine.bpmn.journal import ActivityEvent
from engine_telemetry.engine.bpmn.tree import (
    TokenTree,
    has_begun,
    is_body,
    is_going_on,
    is_instance,
    is_pending,
    is_postponed,
)
from engine_telemetry.engine.bpmn.view import View
from engine_telemetry.engine.bpmn.waits import Job, UserTask, Wait
from engine_telemetry.engine.scopes import Scopes
from engine_telemetry.exceptions import BpmnError, ModelExecutionException

MAX_STEPS = 10_000


class Run(TokenTree):
    """A process instance in motion. Belongs to one thread.

    Attributes:
        opened: What waits now and did not when it was restored, by id.
        closed: The kind of what waited then and does not any more, by id.
        journal: What happened.
        stopped: Whether something thrown to the caller has ended this instance.
    """

    def __init__(self, spec: BpmnProcessSpec, host: Host, scopes: Scopes) -> None:
        """Stand still."""
        super().__init__(spec)
        self.host = host
        self.scopes = scopes
        self.opened: dict[str, Wait] = {}
        self.closed: dict[str, str] = {}
        self.journal: list[ActivityEvent] = []
        self.stopped = False
        self._agenda: list[Task] = []
        self._conditions: dict[str, Task] = {}

    def load(self, text: str) -> None:
        """Fill the tree with what ``dump`` has written."""
        super().load(text)
        tokens = self.tasks.values()
        self._conditions = {one.id: one for one in tokens if one.internal_data.get("waits") == "conditional"}

    def view(self, token: Task, event: str | None = None) -> View:
        """Variables, expressions and delegates, as they are seen from a token."""
        return View(self.host, self.scopes, token, event)

    def enter(self, node: TaskSpec, scope: Task | None, **data: object) -> Task:
        """Let a token come to a node; it runs when its turn has come."""
        token = self.add(node, scope, TaskState.READY, **data)
        self._agenda.append(token)
        return token

    def enter_later(self, node: TaskSpec, scope: Task, flow_ids: list[str]) -> Task:
        """A token that shall leave a node by these flows when the job executor says so."""
        return self.add(node, scope, TaskState.FUTURE, after=flow_ids)

    def add_pending(self, node: TaskSpec, scope: Task) -> Task:
        """A token for an event that has not occurred."""
        return self.add(node, scope, TaskState.WAITING)

    def start(self, token: Task) -> None:
        """Have a token go on, as an activity instance."""
        token._set_state(TaskState.STARTED)  # noqa: SLF001  the setter is for other tasks
        self.record("started", token)

    def begin(self, root: Task) -> None:
        """Start with the root."""
        self._agenda.append(root)

    def to_rest(self) -> None:
        """Run until everything waits.

        Raises:
            ModelExecutionException: That takes more than 10 000 steps.
        """
        for _ in range(MAX_STEPS):
            if not self._agenda:
                self._wake()
            if self.stopped or not self._agenda:
                return
            self._step(self._agenda.pop())
        where = self._agenda[-1].task_spec.bpmn_id if self._agenda else self.spec.name
        raise ModelExecutionException(
            f"The process does not come to rest within {MAX_STEPS} steps; it was at {where!r}. Look for a loop without"
            " a task that waits, or make one of its activities asynchronous"
        )

    def guarded(self, token: Task, act: Callable[..., object], *arguments: object) -> None:
        """Do something for a token; a BPMN error that its delegate raises is thrown from there."""
        try:
            act(*arguments)
        except BpmnError as exc:
            self.throw_error(token, exc.error_code, exc.error_message)

    def _step(self, token: Task) -> None:
        if token.id not in self.tasks:
            return
        if is_going_on(token):
            if not any(not is_pending(child) for child in token.children):
                self.guarded(token, token.complete)
        elif token.task_spec.is_async_before(token):
            self.postpone(token, "async-before")
        else:
            self.guarded(token, token.run)

    def _wake(self) -> None:
        """Have go on what can because nothing else does: joins that wait for nobody, conditions that hold now."""
        for token in [one for one in self.tasks.values() if one.task_spec.joins_at_rest and is_going_on(one)]:
            if token.id in self.tasks:
                self.guarded(token, token.task_spec.join_at_rest, token)
        if not self._agenda:
            self.look_at_conditions()

    def look_at_conditions(self) -> None:
        """Have those events occur whose condition a change of variables has come to meet."""
        if not self.scopes.is_touched:
            return
        if not self._conditions:
            self.scopes.forget_touched()
            return
        touched = self.scopes.take_touched()
        for token in list(self._conditions.values()):
            if token.id in self.tasks and token.task_spec.event.concerns(touched):
                self.guarded(token, token.task_spec.wake, token)

    def may_leave(self, token: Task) -> bool:
        """Whether a token is still there when the conditions have been looked at."""
        self.look_at_conditions()
        return token.id in self.tasks

    def look_at(self, scope: Task) -> None:
        """See, when its turn has come, whether anything goes on in a scope; if not, it is complete."""
        self._agenda.append(scope)

    def depart(self, token: Task, targets: Iterable[TaskSpec]) -> None:
        """Leave for these nodes; without any, the path ends here."""
        scope, going = token.parent, list(targets)
        self.discard(token)
        for node in reversed(going):
            self.enter(node, scope)
        if not going:
            self.look_at(scope)

    def discard(self, token: Task) -> None:
        """Take out a token that has ended, with what was pending on it, and its local variables."""
        for child in token.children:
            self.cancel(child)
        self.close(token)
        self.take_out(token)
        if token.internal_data.get("local"):
            self.scopes.drop(token.id)

    def cancel(self, token: Task) -> None:
        """End a token, and all in it, before its time."""
        for child in token.children:
            self.cancel(child)
        if has_begun(token):
            token.task_spec.on_canceled(token)
            self.record("canceled", token)
        self.discard(token)

    def cancel_alone(self, token: Task) -> bool:
        """Cancel a token that nothing follows, and what it leaves empty around it; false if nothing is left at all."""
        if is_instance(token):
            for child in token.children:
                self.cancel(child)
            self.record("canceled", token)
            token.task_spec.loop.instance_ended(token)
            return True
        scope = token.parent
        self.cancel(token)
        if any(not is_pending(child) for child in scope.children):
            return True
        return scope is not self.task_tree and self.cancel_alone(scope)

    def cancel_inside(self, scope: Task) -> None:
        """Cancel everything in a scope but the boundary events on it."""
        for child in scope.children:
            if not (is_pending(child) and child.task_spec.is_boundary):
                self.cancel(child)

    def postpone(self, token: Task, kind: str) -> None:
        """Have the job executor let a token in or out."""
        token._set_state(TaskState.FUTURE)  # noqa: SLF001  back from READY, which the state's setter forbids
        self.open_job(token, kind, None)

    def open_job(self, token: Task, kind: str, due: datetime | None) -> None:
        """Have a job for a token."""
        node, view = token.task_spec, self.view(token)
        priority = view.integer("jobPriority", node.settings.get("jobPriority"), 0)
        retries = view.text(node.retry_cycle)
        self.open(token, kind, Job(token.id, node.bpmn_id, kind, due, retries, priority, node.exclusive))

    def open(self, token: Task, kind: str, wait: Wait) -> None:
        """Wait at a token."""
        token.internal_data["waits"] = kind
        self.opened[wait.id] = wait
        if kind == "conditional":
            self._conditions[wait.id] = token

    def close(self, token: Task) -> None:
        """Wait no longer there."""
        kind = token.internal_data.pop("waits", None)
        self._conditions.pop(token.id, None)
        if kind is not None and self.opened.pop(token.id, None) is None:
            self.closed[token.id] = kind

    def trigger(self, token: Task) -> None:
        """What a token waits for has occurred: a job, a message, a signal, a condition."""
        if is_postponed(token):
            self.close(token)
            after = token.internal_data.pop("after", None)
            if after is None:
                token.internal_data["go"] = True
                token._set_state(TaskState.READY)  # noqa: SLF001  on from FUTURE
                self._agenda.append(token)
            else:
                self.guarded(token, self._depart_late, token, after)
        else:
            self.guarded(token, token.task_spec.occurred, token)

    def throw_error(self, token: Task, code: str | None, message: str | None = None) -> None:
        """Throw an error from a token to who catches it; if nobody does, the token's path ends, as in Camunda."""
        handler = find_handler(token, "error", code)
        if handler is not None:
            handler.node.fire(handler.host, code, message)
        elif self.host.escaped(Thrown("error", code, message)):
            self.stopped = True
        else:
            token.task_spec.give_up(token)

    def throw_escalation(self, token: Task, code: str | None) -> None:
        """Throw an escalation from a token. It may be gone then; if nobody catches it, nothing happens."""
        handler = find_handler(token, "escalation", code)
        if handler is not None:
            handler.node.fire(handler.host, code)
        elif self.host.escaped(Thrown("escalation", code)):
            self.stopped = True

    def _depart_late(self, token: Task, flow_ids: list[str]) -> None:
        self.depart(token, token.task_spec.take(token, flow_ids))

    def record(self, kind: str, token: Task) -> None:
        """Write the journal."""
        if token.parent is None:
            return
        node, body = token.task_spec, is_body(token)
        event = ActivityEvent(
            kind,
            token.id,
            token.parent.id,
            f"{node.bpmn_id}#multiInstanceBody" if body else node.bpmn_id,
            node.bpmn_name,
            "multiInstanceBody" if body else node.activity_type,
        )
        self.journal.append(event)

    def change_task(self, task: UserTask) -> None:
        """Keep a user task that was opened just now, and tell the journal of it."""
        self.opened[task.id] = task
        for number in reversed(range(len(self.journal))):
            if self.journal[number].id == task.id:
                self.journal[number] = replace(self.journal[number], task=task)
                return
