"""A process instance in memory during one command, and what it asks of the engine around it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Protocol

from engine_telemetry.engine.bpmn.execution import Execution
from engine_telemetry.engine.bpmn.host import Thrown
from engine_telemetry.engine.bpmn.process_model import SERIALIZER_VERSION, ProcessModel
from engine_telemetry.engine.bpmn.waits import Binding, Call, ExternalTask, Job, Subscription
from engine_telemetry.engine.commands import decision
from engine_telemetry.engine.context import CommandContext
from engine_telemetry.engine.delegates import Delegates
from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.engine.persistence import history, instances, tasks, variables, wait_states
from engine_telemetry.engine.persistence.instances import InstanceRow
from engine_telemetry.engine.persistence.owner import Owner
from engine_telemetry.engine.scopes import Scopes
from engine_telemetry.exceptions import NullValueException

_EVENTS_OF_A_COMMAND = 1_000_000


class Callers(Protocol):
    """Finds the instance that called another one."""

    def caller_of(self, running: "Running") -> "Running | None":
        """It, locked and in memory; ``None`` if no other instance called this one."""


@dataclass(frozen=True)
class Start:
    """How an instance was started.

    Attributes:
        activity_id: The start event.
        user_id: Who started it, if that is known.
    """

    activity_id: str | None = None
    user_id: str | None = None


@dataclass(frozen=True)
class Deletion:
    """How an instance ended before its time.

    Attributes:
        state: Camunda's name for it, for the history.
        reason: Why.
    """

    state: str
    reason: str | None


@dataclass(eq=False)
class Running:
    """A process instance in memory: the host of its execution.

    Attributes:
        row: As it is stored, or will be.
        started: How it was started, if it is not stored yet.
        thrown: What the caller catches.
        signals: What was sent.
        called: The instances that were called in this command, by the id of the call.
        over: Whether it has ended.
        told: Whether its caller has been told of that.
        deletion: How it was ended before its time, if it was.
    """

    context: CommandContext
    callers: Callers
    row: InstanceRow
    model: ProcessModel
    scopes: Scopes
    started: Start | None = None
    thrown: list[Thrown] = field(default_factory=list)
    signals: list[tuple[str, Mapping[str, object]]] = field(default_factory=list)
    called: dict[str, str] = field(default_factory=dict)
    over: bool = False
    told: bool = False
    deletion: Deletion | None = None
    execution: Execution = field(init=False)
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        """All of a command happens at one time."""
        self.now = self.context.clock()

    @classmethod
    def restore(cls, context: CommandContext, callers: Callers, row: InstanceRow) -> "Running":
        """Go on with a stored one."""
        model = context.models.get(context.connection, row.definition_id)
        scopes = Scopes(row.id, partial(variables.read_scopes, context.connection, row.id))
        running = cls(context, callers, row, model, scopes)
        running.execution = Execution.restore(model, row.state, row.serializer_version, running, scopes)
        return running

    def start(self, activity_id: str) -> None:
        """Start a new one."""
        self.execution = Execution.start(self.model, self, self.scopes, activity_id)

    def put(self, values: Mapping[str, TypedValue], at: str | None = None) -> None:
        """Set the innermost variables that can be seen from a wait state, or those of the instance."""
        chain = [self.row.id] if at is None or not values else self.execution.scope_of(at)
        for name, value in values.items():
            self.scopes.put(chain, name, value)

    def put_local(self, values: Mapping[str, TypedValue], at: str) -> None:
        """Set variables of one scope."""
        if values and at != self.row.id:
            self.execution.mark_local(at)
        for name, value in values.items():
            self.scopes.put_local(at, name, value)

    def end(self, deletion: Deletion) -> None:
        """End it before its time."""
        self.execution.cancel()
        self.deletion, self.over = deletion, True

    def new_calls(self) -> list[Call]:
        """The calls that nothing was started for yet."""
        opened = [wait for wait in self.execution.opened.values() if isinstance(wait, Call)]
        return [call for call in opened if call.id not in self.called]

    def ended_calls(self) -> list[str]:
        """The ids of calls that are over."""
        ended = [wait_id for wait_id, kind in self.execution.closed.items() if kind == "call"]
        return ended + [wait_id for wait_id in self.called if wait_id not in self.execution.opened]

    def new_subscriptions(self, kind: str, event_name: str) -> list[str]:
        """The ids of subscriptions to an event that are not stored yet."""
        opened = [wait for wait in self.execution.opened.values() if isinstance(wait, Subscription)]
        return [wait.id for wait in opened if (wait.kind, wait.event_name) == (kind, event_name)]

    def write(self) -> None:
        """Store what has changed."""
        connection, owner = self.context.connection, self.owner
        self._write_instance()
        variables.write_changes(connection, owner, self.scopes.changes(), self.now, running=not self.over)
        if not self.over:
            wait_states.insert(connection, owner, self.model.version_tag, self.execution.opened, self.now)
        wait_states.delete_ended(connection, self.execution.closed, self.now, with_instance=self.over)
        sequence = (self.row.revision + self.over) * _EVENTS_OF_A_COMMAND  # the last one is not stored in the row
        history.record(connection, owner, self.execution.journal, self.now, sequence=sequence, called=self.called)
        if self.over:
            self._write_end()
        self._settle()

    def _write_instance(self) -> None:
        if self.started is not None:
            history.instance_started(
                self.context.connection,
                self.owner,
                self.now,
                root_id=self.row.root_id,
                super_instance_id=self.row.super_instance_id,
                start_activity_id=self.started.activity_id,
                start_user_id=self.started.user_id,
            )
        if self.over:
            return
        connection, stored, state = self.context.connection, self.row, self.execution.state()
        if self.started is not None:
            self.row = replace(stored, state=state)
            instances.insert_instance(connection, self.row, self.now)
        elif state != stored.state or self.execution.journal:
            instances.update_instance(connection, stored, state, SERIALIZER_VERSION)
            revision = stored.revision + 1
            self.row = replace(stored, revision=revision, state=state, serializer_version=SERIALIZER_VERSION)

    def _write_end(self) -> None:
        if self.started is None:
            instances.delete_instance(self.context.connection, self.row.id)
        ends = [event.activity_id for event in self.execution.journal if event.activity_type.endswith("EndEvent")]
        deletion = self.deletion or Deletion(history.COMPLETED, None)
        history.instance_ended(
            self.context.connection,
            self.row.id,
            self.now,
            state=deletion.state,
            reason=deletion.reason,
            end_activity_id=ends[-1] if ends and self.deletion is None else None,
        )

    def _settle(self) -> None:
        opened = self.execution.opened.values()
        if any(isinstance(wait, ExternalTask) for wait in opened):
            self.context.after_commit(self.context.external_tasks_available.notify)
        if any(isinstance(wait, Job) for wait in opened):
            self.context.after_commit(self.context.jobs_available.notify)
        self.execution.settled()
        self.scopes.settled()
        self.started, self.called = None, {}

    @property
    def owner(self) -> Owner:
        """What its rows say of it."""
        return Owner(self.row.id, self.row.definition_id, self.model.key, self.row.business_key)

    @property
    def delegates(self) -> Delegates:
        """What the embedding program registered."""
        return self.context.delegates

    @property
    def definition_id(self) -> str:
        """Its process definition."""
        return self.row.definition_id

    @property
    def business_key(self) -> str | None:
        """Its business key."""
        return self.row.business_key

    def escaped(self, thrown: Thrown) -> bool:
        """Something is thrown to the caller: whether that ends this instance."""
        caught, ends = self._caught_outside(thrown)
        if caught:
            self.thrown.append(thrown)
        return ends

    def _caught_outside(self, thrown: Thrown) -> tuple[bool, bool]:
        caller = self.callers.caller_of(self)
        if caller is None:
            return False, False
        found = caller.execution.catches(self.row.super_wait_id or "", thrown.kind, thrown.code)
        return found if found[0] else caller._caught_outside(thrown)  # noqa: SLF001  of the same class

    def signal(self, name: str, variables: Mapping[str, object]) -> None:
        """Send a signal when this has come to rest."""
        self.signals.append((name, variables))

    def task(self, task_id: str) -> Mapping[str, Any]:
        """The attributes of a user task that waits."""
        found = tasks.find_task(self.context.connection, task_id)
        if found is None:
            raise NullValueException(f"Cannot find task with id {task_id}: task is null")
        return vars(found)

    def decide(self, key: str, binding: Binding, names: Mapping[str, object]) -> list[dict[str, object]]:
        """The results of a decision."""
        return decision.decide(self.context, self.row.definition_id, key, binding, names)
