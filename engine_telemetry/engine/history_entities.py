"""What the history service returns: frozen, free of any database. What has not ended has no ``end_time``."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from engine_telemetry.engine.entities import TypedValue


@dataclass(frozen=True)
class _Ending:
    """Something with a beginning and, when it is over, an end."""

    start_time: datetime
    end_time: datetime | None

    @property
    def duration(self) -> timedelta | None:
        """How long it took; ``None`` while it goes on."""
        return None if self.end_time is None else self.end_time - self.start_time


@dataclass(frozen=True)
class HistoricProcessInstance(_Ending):
    """A process instance that runs or ran.

    Attributes:
        definition_name: ``None`` too, if the definition has been deleted; the same holds for its version.
        state: Camunda's: ACTIVE, SUSPENDED, COMPLETED, EXTERNALLY_TERMINATED or INTERNALLY_TERMINATED.
        delete_reason: Why it was deleted, if it was.
    """

    id: str
    root_id: str
    super_instance_id: str | None
    definition_id: str
    definition_key: str
    definition_name: str | None
    definition_version: int | None
    business_key: str | None
    start_user_id: str | None
    start_activity_id: str | None
    end_activity_id: str | None
    delete_reason: str | None
    state: str


@dataclass(frozen=True)
class HistoricActivityInstance(_Ending):
    """An activity, event or gateway that goes on, or that a process instance passed.

    Attributes:
        parent_id: The activity instance around it, or the process instance.
        task_id: Of a user task.
        called_instance_id: Of a call activity.
        canceled: Whether it was ended from outside.
    """

    id: str
    parent_id: str
    activity_id: str
    activity_name: str | None
    activity_type: str
    definition_id: str
    definition_key: str
    instance_id: str
    root_id: str
    task_id: str | None
    assignee: str | None
    called_instance_id: str | None
    canceled: bool
    complete_scope: bool


@dataclass(frozen=True)
class HistoricActivityStatistics:
    """How often an activity goes on in a process instance, and how often it has ended.

    Attributes:
        finished: How often it has ended, in whatever way.
        canceled: How often it was ended from outside.
    """

    activity_id: str
    running: int
    finished: int
    canceled: int


@dataclass(frozen=True)
class HistoricTaskInstance(_Ending):
    """A user task that waits, or that was done or deleted."""

    id: str
    definition_id: str
    definition_key: str
    instance_id: str
    root_id: str
    task_definition_key: str
    name: str | None
    description: str | None
    owner: str | None
    assignee: str | None
    priority: int
    due: datetime | None
    follow_up: datetime | None
    delete_reason: str | None


@dataclass(frozen=True)
class HistoricVariableInstance:
    """A variable as it is, or as it was last.

    Attributes:
        scope_id: The process instance, or the activity instance that it is local to.
        task_id: The user task that it is local to.
        deleted: Whether somebody removed it.
    """

    id: str
    name: str
    value: TypedValue
    definition_id: str
    definition_key: str
    instance_id: str
    root_id: str
    scope_id: str
    task_id: str | None
    created: datetime
    deleted: bool


@dataclass(frozen=True)
class HistoricIncident:
    """An incident that is open or was.

    Attributes:
        state: ``open``, ``resolved``, or ``deleted`` with what it was about.
    """

    id: str
    kind: str
    created: datetime
    end_time: datetime | None
    message: str | None
    definition_id: str | None
    definition_key: str | None
    instance_id: str | None
    root_id: str | None
    activity_id: str | None
    failed_activity_id: str | None
    configuration: str | None
    cause_incident_id: str
    root_cause_incident_id: str
    annotation: str | None
    state: str


@dataclass(frozen=True)
class Operation:
    """What somebody did, for one property that was changed by it.

    Attributes:
        operation_id: Shared by what was changed at once.
        operation: Camunda's name, for example ``Claim``.
        entity_type: Camunda's name of what was changed, for example ``Task``.
        definition_key: ``None`` too, if the definition has been deleted.
        property: What was changed; of a variable, its name.
        old_value: As a text; a date in RFC 3339. Values of variables are not kept.
    """

    id: str
    operation_id: str
    time: datetime
    user_id: str
    operation: str
    entity_type: str
    definition_id: str | None
    definition_key: str | None
    instance_id: str | None
    task_id: str | None
    job_id: str | None
    external_task_id: str | None
    deployment_id: str | None
    batch_id: str | None
    property: str | None
    old_value: str | None
    new_value: str | None


@dataclass(frozen=True)
class Hour:
    """What happened in an hour.

    Attributes:
        start: When it began, UTC.
        started: How many process instances started in it.
        ended: How many ended, in whatever way.
        incidents: How many incidents came up; what callers have of them is not counted once more.
    """

    start: datetime
    started: int
    ended: int
    incidents: int
