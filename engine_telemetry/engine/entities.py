"""What the engine's services return, and the two values they take: frozen, free of any database or BPMN library.

Times are aware UTC datetimes, ids are UUID texts, except a process definition's: ``key:version:uuid``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True)
class TypedValue:
    """The value of a variable.

    Attributes:
        type: Camunda's name: Null, Boolean, Short, Integer, Long, Double, String, Date, Bytes, Json or Object.
        value: The Python value: an aware datetime for a Date, the JSON text for a Json, the text for an Object.
        value_info: More about the value, for example the ``objectTypeName`` of an Object.
    """

    type: str
    value: object
    value_info: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Resource:
    """A file of a deployment."""

    id: str
    name: str
    deployment_id: str


@dataclass(frozen=True)
class ProcessDefinition:
    """One version of a process that can be started.

    Attributes:
        id: ``key:version:uuid``.
        key: The id of the process in its model.
        version: 1 for the first deployed under this key.
        resource: The name of the file that holds the model.
    """

    id: str
    key: str
    version: int
    name: str | None
    version_tag: str | None
    deployment_id: str
    resource: str


@dataclass(frozen=True)
class Deployment:
    """Files that were deployed together.

    Attributes:
        process_definitions: What the deployment made. Only ``deploy`` fills it; a duplicate makes none.
    """

    id: str
    name: str | None
    source: str | None
    deployment_time: datetime
    process_definitions: tuple[ProcessDefinition, ...] = ()


@dataclass(frozen=True)
class ProcessInstance:
    """A run of a process.

    Attributes:
        ended: Whether it has reached its end already, so that no query finds it.
        variables: Only ``start_process_instance`` fills them.
    """

    id: str
    definition_id: str
    definition_key: str
    business_key: str | None
    ended: bool = False
    variables: Mapping[str, TypedValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Task:
    """A user task that waits for a person.

    Attributes:
        task_definition_key: The id of the user task in the model.
    """

    id: str
    name: str | None
    task_definition_key: str
    instance_id: str
    definition_id: str
    created: datetime
    assignee: str | None
    candidate_users: tuple[str, ...]
    candidate_groups: tuple[str, ...]
    form_key: str | None
    priority: int


@dataclass(frozen=True)
class ExternalTask:
    """A service task that waits for an external worker.

    Attributes:
        activity_id: The id of the service task in the model.
        worker_id: Who locked it last; ``None`` if nobody has.
        lock_expiration_time: Until when; may have passed.
    """

    id: str
    topic_name: str
    activity_id: str
    instance_id: str
    definition_id: str
    definition_key: str
    business_key: str | None
    priority: int
    create_time: datetime
    worker_id: str | None
    lock_expiration_time: datetime | None


@dataclass(frozen=True)
class LockedExternalTask(ExternalTask):
    """An external task as its worker gets it, with the variables the worker asked for."""

    variables: Mapping[str, TypedValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Topic:
    """What a worker asks for.

    Attributes:
        lock_duration: For how long nobody else shall get the tasks.
        variables: The names of the variables wanted; ``None`` for all.
    """

    name: str
    lock_duration: timedelta
    variables: Sequence[str] | None = None
    business_key: str | None = None
    definition_id: str | None = None
    definition_key: str | None = None


@dataclass(frozen=True)
class User:
    """A person, or a program, that may log in. Nothing that is read has the password."""

    id: str
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class Group:
    """Users with something in common."""

    id: str
    name: str | None = None
