"""What a process waits for: values with everything that a row of it needs, expressions evaluated."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine_telemetry.engine.entities import TypedValue


@dataclass(frozen=True)
class Wait:
    """Something that a process waits for.

    Attributes:
        id: The same until it is over.
        activity_id: The id of the element in the model.
    """

    id: str
    activity_id: str


@dataclass(frozen=True)
class UserTask(Wait):
    """A person."""

    name: str | None
    description: str | None = None
    assignee: str | None = None
    candidate_users: tuple[str, ...] = ()
    candidate_groups: tuple[str, ...] = ()
    due: datetime | None = None
    follow_up: datetime | None = None
    priority: int = 50
    form_key: str | None = None


@dataclass(frozen=True)
class ExternalTask(Wait):
    """A worker."""

    topic: str
    priority: int = 0


@dataclass(frozen=True)
class Subscription(Wait):
    """A message, a signal, or a condition.

    Attributes:
        kind: ``message``, ``signal`` or ``conditional``.
        event_name: The name of the message or signal.
    """

    kind: str
    event_name: str | None


@dataclass(frozen=True)
class Job(Wait):
    """The job executor.

    Attributes:
        kind: ``timer``, ``async-before`` or ``async-after``.
        due: When; ``None`` for now.
        retry_cycle: What the model says of retries, as in ``R5/PT5M``.
        exclusive: Whether it must not run beside another job of the same instance.
    """

    kind: str
    due: datetime | None = None
    retry_cycle: str | None = None
    priority: int = 0
    exclusive: bool = True


@dataclass(frozen=True)
class Binding:
    """Which version of a called process or decision is meant.

    Attributes:
        kind: ``latest``, ``deployment``, ``version`` or ``versionTag``.
        value: The version or tag, for these two kinds.
    """

    kind: str = "latest"
    value: str | None = None


@dataclass(frozen=True)
class Call(Wait):
    """Another process.

    Attributes:
        key: Of the process that is called.
        variables: What it starts with.
    """

    key: str
    binding: Binding
    business_key: str | None = None
    variables: Mapping[str, TypedValue] = field(default_factory=dict)
