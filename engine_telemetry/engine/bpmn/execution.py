"""A process instance: from one wait state to the next, and its state as text.

The text holds neither the model nor variables, and nothing of what is over, so that it does not grow with the age of an
instance.
"""

import logging
from collections.abc import Mapping
from functools import cache

from SpiffWorkflow.task import Task

from engine_telemetry.engine.bpmn.handlers import find_handler
from engine_telemetry.engine.bpmn.host import Host
from engine_telemetry.engine.bpmn.journal import ActivityEvent, ActivityInstance
from engine_telemetry.engine.bpmn.process_model import ProcessModel, require_version
from engine_telemetry.engine.bpmn.run import Run
from engine_telemetry.engine.bpmn.tree import is_body, is_going_on, is_postponed
from engine_telemetry.engine.bpmn.waits import Wait
from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.engine.scopes import Scopes

_TASKS = frozenset({"task", "external"})
_TRIGGERED = frozenset({"message", "signal", "conditional", "timer", "async-before", "async-after"})


class Execution:
    """A process instance. Belongs to one thread.

    Each method that lets it go on returns false, and has done nothing, if it does not wait there.
    """

    def __init__(self, run: Run) -> None:
        """Wrap; ``start`` and ``restore`` make one."""
        self._run = run

    @classmethod
    def start(cls, model: ProcessModel, host: Host, scopes: Scopes, start_activity: str | None = None) -> "Execution":
        """Start a process and run it to where it waits.

        Args:
            model: The process.
            host: The engine around it.
            scopes: Its variables, with those that it starts with; their instance's id becomes the execution's.
            start_activity: The start event, if it is not the plain one.

        Raises:
            ProcessEngineException: It cannot go on, or does not come to rest.
        """
        _silence_spiff()
        scopes.forget_touched()  # no condition has been looking yet
        run = Run(model.spec, host, scopes)
        root = run.plant(model.root, scopes.instance_id)
        if start_activity is not None:
            root.internal_data["start"] = model.node(start_activity).name
        run.begin(root)
        run.to_rest()
        return cls(run)

    @classmethod
    def restore(
        cls, model: ProcessModel, state: str, serializer_version: str, host: Host, scopes: Scopes
    ) -> "Execution":
        """Go on with a process from its stored state.

        Raises:
            ProcessEngineException: It was stored in another version's form.
        """
        _silence_spiff()
        require_version(f"An instance of {model.key!r}", serializer_version)
        run = Run(model.spec, host, scopes)
        run.load(state)
        return cls(run)

    @property
    def ended(self) -> bool:
        """Whether all its paths have ended."""
        return not self._run.tasks

    @property
    def stopped(self) -> bool:
        """Whether the caller has caught what was thrown here, so that this must not go on."""
        return self._run.stopped

    @property
    def opened(self) -> Mapping[str, Wait]:
        """What waits now and did not when it was started or restored, by id."""
        return self._run.opened

    @property
    def closed(self) -> Mapping[str, str]:
        """The kind of what waited then and does not any more, by id.

        ``task``, ``external``, ``call``, ``message``, ``signal``, ``conditional``, ``timer``, ``async-before`` or
        ``async-after``.
        """
        return self._run.closed

    @property
    def journal(self) -> list[ActivityEvent]:
        """What has happened since then."""
        return self._run.journal

    def state(self) -> str:
        """The state as text, for ``restore``."""
        return self._run.dump()

    def settled(self) -> None:
        """What was opened, closed and written to the journal has been stored: begin anew."""
        self._run.opened, self._run.closed, self._run.journal = {}, {}, []

    def complete(self, wait_id: str) -> bool:
        """A user task or an external task is done."""
        return self._go_on(wait_id, _TASKS)

    def trigger(self, wait_id: str) -> bool:
        """A job is due, or an event that is subscribed to has occurred."""
        return self._go_on(wait_id, _TRIGGERED)

    def throw_error(self, wait_id: str, code: str | None, message: str | None = None) -> bool:
        """Throw an error from a task or a call; if nothing catches it, the path ends."""
        token = self._waiting(wait_id, _TASKS | {"call"})
        if token is None:
            return False
        self._run.guarded(token, self._run.throw_error, token, code, message)
        self._run.to_rest()
        return True

    def throw_escalation(self, wait_id: str, code: str | None) -> bool:
        """Throw an escalation from a task or a call; if nothing catches it, nothing happens."""
        token = self._waiting(wait_id, _TASKS | {"call"})
        if token is None:
            return False
        self._run.guarded(token, self._run.throw_escalation, token, code)
        self._run.to_rest()
        return True

    def catches(self, wait_id: str, kind: str, code: str | None) -> tuple[bool, bool]:
        """Whether something thrown from a call is caught, and whether that interrupts the call."""
        token = self._waiting(wait_id, {"call"})
        handler = token and find_handler(token, kind, code)
        return (False, False) if handler is None else (True, handler.node.interrupting)

    def returned(self, wait_id: str, variables: Mapping[str, TypedValue]) -> bool:
        """A process that was called has ended with these variables."""
        token = self._waiting(wait_id, {"call"})
        if token is None:
            return False
        self._run.guarded(token, token.task_spec.returned, token, variables)
        self._run.to_rest()
        return True

    def call_deleted(self, wait_id: str) -> bool:
        """A process that was called has been deleted: so is the call; false if nothing is left then."""
        token = self._waiting(wait_id, {"call"})
        left = token is None or self._run.cancel_alone(token)
        if left:
            self._run.to_rest()
        return left

    def variables_changed(self) -> None:
        """Variables were changed from outside: see what that concerns."""
        self._run.to_rest()

    def notify(self, task_id: str, event: str, attributes: Mapping[str, object]) -> None:
        """Execute the listeners of a user task that waits."""
        token = self._waiting(task_id, {"task"})
        if token is not None:
            token.task_spec.notify(token, event, attributes)

    def cancel(self) -> None:
        """End it before its time."""
        if self._run.tasks:
            self._run.cancel(self._run.task_tree)

    def scope_of(self, wait_id: str) -> list[str]:
        """The ids of the scopes around something that waits, from the inside out; else the instance's alone."""
        token = self._token(wait_id)
        return [self._run.scopes.instance_id] if token is None else self._run.chain(token)

    def mark_local(self, wait_id: str) -> None:
        """Remember that something that waits has variables of its own."""
        token = self._token(wait_id)
        if token is not None and token.parent is not None:
            token.internal_data["local"] = True

    def activity_tree(self) -> ActivityInstance:
        """What is going on."""
        return _activity(self._run.task_tree)

    def _go_on(self, wait_id: str, kinds: frozenset[str]) -> bool:
        token = self._waiting(wait_id, kinds)
        if token is None:
            return False
        self._run.trigger(token)
        self._run.to_rest()
        return True

    def _waiting(self, wait_id: str, kinds: set[str] | frozenset[str]) -> Task | None:
        token = self._token(wait_id)
        return token if token is not None and token.internal_data.get("waits") in kinds else None

    def _token(self, wait_id: str) -> Task | None:
        return self._run.tasks.get(wait_id)


def _activity(token: Task) -> ActivityInstance:
    node, body = token.task_spec, is_body(token)
    return ActivityInstance(
        token.id,
        None if token.parent is None else token.parent.id,
        f"{node.bpmn_id}#multiInstanceBody" if body else node.bpmn_id,
        node.bpmn_name,
        "multiInstanceBody" if body else node.activity_type,
        tuple(_activity(child) for child in token.children if is_going_on(child)),
        tuple(_activity(child) for child in token.children if is_postponed(child)),
    )


@cache
def _silence_spiff() -> None:
    """Keep SpiffWorkflow's record of each step out of the host's log, unless the host has set a level for it."""
    logger = logging.getLogger("spiff")
    if logger.level == logging.NOTSET:
        logger.setLevel(logging.WARNING)
