"""What the engine's services return, and the two values they take: frozen, free of any database or BPMN library.

Times are aware UTC datetimes, ids are UUID texts, except a process definition's: ``key:version:uuid``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(frozen=True)
class TypedValue:
    """The value of a variable.

    Attributes:
        type: Camunda's name: Null, Boolean, Short, Integer, Long, Double, String, Date, Bytes, File, Json, Xml, Object.
        value: The Python value: an aware datetime for a Date, bytes for a File, the text for a Json, Xml or Object.
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
        suspended: Whether no instance can be started.
        history_time_to_live: For how many days its history is to be kept.
        startable_in_tasklist: Whether people are to be offered to start it.
    """

    id: str
    key: str
    version: int
    name: str | None
    version_tag: str | None
    deployment_id: str
    resource: str
    suspended: bool = False
    history_time_to_live: int | None = None
    startable_in_tasklist: bool = True


@dataclass(frozen=True)
class ModelActivity:
    """An activity, event or gateway in the model of a process.

    Attributes:
        type: Camunda's: userTask, startEvent, exclusiveGateway and so on.
        calls: The key of the process that it calls, or the expression that gives it.
        decides: The same for the decision that it asks.
    """

    name: str | None
    type: str
    calls: str | None = None
    decides: str | None = None


@dataclass(frozen=True)
class DecisionDefinition:
    """One version of a decision that can be evaluated.

    Attributes:
        id: ``key:version:uuid``.
        key: The id of the decision in its model.
        resource: The name of the file that holds the model.
        history_time_to_live: For how many days its history is to be kept.
    """

    id: str
    key: str
    version: int
    name: str | None
    version_tag: str | None
    deployment_id: str
    resource: str
    history_time_to_live: int | None = None


@dataclass(frozen=True)
class Deployment:
    """Files that were deployed together.

    Attributes:
        process_definitions: What the deployment made. Only ``deploy`` fills it; a duplicate makes none.
        decision_definitions: The same for decisions.
    """

    id: str
    name: str | None
    source: str | None
    deployment_time: datetime
    process_definitions: tuple[ProcessDefinition, ...] = ()
    decision_definitions: tuple[DecisionDefinition, ...] = ()


@dataclass(frozen=True)
class ProcessInstance:
    """A run of a process.

    Attributes:
        ended: Whether it has reached its end already, so that no query finds it.
        variables: Only ``start_process_instance`` fills them.
        suspended: Whether nothing can be done in it.
        start_time: When it was started.
        root_id: The instance at the top of those that called one another; its own id, if no other called it.
        super_instance_id: The instance that called it.
    """

    id: str
    definition_id: str
    definition_key: str
    business_key: str | None
    ended: bool = False
    variables: Mapping[str, TypedValue] = field(default_factory=dict)
    suspended: bool = False
    start_time: datetime | None = None
    root_id: str | None = None
    super_instance_id: str | None = None


@dataclass(frozen=True)
class Task:
    """A user task that waits for a person.

    Attributes:
        task_definition_key: The id of the user task in the model.
        delegation_state: ``PENDING`` while a delegate works on it for its owner, ``RESOLVED`` after that.
        last_updated: When somebody changed it last, if ever.
    """

    id: str
    name: str | None
    task_definition_key: str
    instance_id: str
    definition_id: str
    created: datetime
    assignee: str | None
    form_key: str | None
    priority: int
    owner: str | None = None
    delegation_state: str | None = None
    due: datetime | None = None
    follow_up: datetime | None = None
    description: str | None = None
    last_updated: datetime | None = None
    suspended: bool = False


@dataclass(frozen=True)
class IdentityLink:
    """What a user or a group has to do with a task.

    Attributes:
        type: ``candidate``, ``assignee``, ``owner``, or what somebody made up.
    """

    type: str
    user_id: str | None = None
    group_id: str | None = None


@dataclass(frozen=True)
class Comment:
    """What somebody said about a task, or about its process instance."""

    id: str
    message: str
    time: datetime
    user_id: str | None = None
    task_id: str | None = None
    instance_id: str | None = None


@dataclass(frozen=True)
class VariableCondition:
    """What the value of a variable must be like.

    Attributes:
        operator: Camunda's: eq, neq, gt, gteq, lt, lteq, like or notLike.
    """

    name: str
    operator: str
    value: object


@dataclass(frozen=True)
class ExternalTask:
    """A service task that waits for an external worker.

    Attributes:
        activity_id: The id of the service task in the model.
        worker_id: Who locked it last; ``None`` if nobody has.
        lock_expiration_time: Until when; may have passed.
        retries: How often it may still fail; ``None`` before it has failed first.
        error_message: Of its last failure.
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
    definition_version_tag: str | None = None
    retries: int | None = None
    error_message: str | None = None
    suspended: bool = False


@dataclass(frozen=True)
class LockedExternalTask(ExternalTask):
    """An external task as its worker gets it, with the variables the worker asked for."""

    error_details: str | None = None
    variables: Mapping[str, TypedValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Topic:
    """What a worker asks for.

    Attributes:
        lock_duration: For how long nobody else shall get the tasks.
        variables: The names of the variables wanted; ``None`` for all.
        local_variables: Whether only the variables of the task itself are wanted, not those of its process instance.
        process_variables: Conditions about the variables of the process instance.
    """

    name: str
    lock_duration: timedelta
    variables: tuple[str, ...] | None = None
    local_variables: bool = False
    business_key: str | None = None
    definition_id: str | None = None
    definition_ids: tuple[str, ...] | None = None
    definition_key: str | None = None
    definition_keys: tuple[str, ...] | None = None
    version_tag: str | None = None
    process_variables: tuple[VariableCondition, ...] = ()


@dataclass(frozen=True)
class User:
    """A person, or a program, that may log in. Nothing that is read has the password."""

    id: str
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None


@dataclass(frozen=True)
class UserSession:
    """The time from a user's log-in to the log-out.

    Attributes:
        administrator: Whether the user belongs to the group ``camunda-admin`` now.
        last_seen: When it was used last, to the minute.
        expires: When it ends, however much it is used.
    """

    user: User
    administrator: bool
    last_seen: datetime
    expires: datetime


@dataclass(frozen=True)
class Group:
    """Users with something in common."""

    id: str
    name: str | None = None
