"""What the queries about running instances return, beside ``entities``: frozen, free of any database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from engine_telemetry.engine.entities import ProcessDefinition, ProcessInstance, TypedValue


@dataclass(frozen=True)
class Execution:
    """Something that can be triggered: a process instance, or what waits in it for a message or a signal."""

    id: str
    instance_id: str


@dataclass(frozen=True)
class Correlation:
    """Where a message went.

    Attributes:
        execution: Who waited for it; ``None`` if it started the instance.
        variables: The instance's, after that.
    """

    execution: Execution | None
    instance: ProcessInstance
    variables: Mapping[str, TypedValue]


@dataclass(frozen=True)
class VariableInstance:
    """A variable with its place.

    Attributes:
        scope_id: The id of its process instance, or of the activity instance that it is local to.
        task_id: The user task that it is local to.
    """

    id: str
    name: str
    value: TypedValue
    instance_id: str
    definition_id: str
    scope_id: str
    task_id: str | None


@dataclass(frozen=True)
class EventSubscription:
    """Somebody waits for an event.

    Attributes:
        kind: ``message``, ``signal`` or ``conditional``.
        event_name: The name of the message or signal.
        instance_id: Who waits; ``None`` for a start event.
    """

    id: str
    kind: str
    event_name: str | None
    activity_id: str
    definition_id: str
    instance_id: str | None
    created: datetime


@dataclass(frozen=True)
class Job:
    """Work for the job executor.

    Attributes:
        kind: ``timer``, ``async-before`` or ``async-after``.
        due: When it is to be done; ``None`` for as soon as possible.
        instance_id: The instance that goes on then; ``None`` for a start event.
        retries: How often it is still tried.
        error_message: Of its last failure.
        failed_activity_id: The activity at fault.
    """

    id: str
    kind: str
    due: datetime | None
    instance_id: str | None
    definition_id: str
    definition_key: str
    activity_id: str
    retries: int
    priority: int
    suspended: bool
    created: datetime
    error_message: str | None
    failed_activity_id: str | None


@dataclass(frozen=True)
class Incident:
    """Something does not go on without help.

    Attributes:
        kind: ``failedJob``, ``failedExternalTask``, or what a program made up.
        configuration: The id of the job or of the external task.
        cause_incident_id: The incident in the called instance that caused this one; its own id, if none did.
        root_cause_incident_id: The first one in that chain.
    """

    id: str
    kind: str
    time: datetime
    message: str | None
    instance_id: str | None
    definition_id: str | None
    activity_id: str | None
    failed_activity_id: str | None
    configuration: str | None
    cause_incident_id: str
    root_cause_incident_id: str
    annotation: str | None


@dataclass(frozen=True)
class ActivityStatistics:
    """What goes on in an activity, in all instances of a process definition.

    Attributes:
        instances: How often it goes on now.
        failed_jobs: How many jobs there are without retries.
        incidents: How many there are of each kind.
    """

    activity_id: str
    instances: int
    failed_jobs: int
    incidents: Mapping[str, int]


@dataclass(frozen=True)
class DefinitionStatistics:
    """What goes on in the instances of a process definition, or of all versions of its key.

    Attributes:
        definition: The definition; the newest version, if this is about all.
        instances: How many run.
        failed_jobs: How many jobs there are without retries.
        incidents: How many there are of each kind.
    """

    definition: ProcessDefinition
    instances: int
    failed_jobs: int
    incidents: Mapping[str, int]
