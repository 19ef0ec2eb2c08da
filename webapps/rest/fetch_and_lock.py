"""The resource at which workers fetch external tasks, or wait for some."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import LockedExternalTask, Topic, TypedValue, VariableCondition
from engine_telemetry.exceptions import InvalidRequestException, NotFoundException
from webapps.rest.conditions import equalities
from webapps.rest.exchange import Request
from webapps.rest.external_task import ExternalTaskDto
from webapps.rest.resource import Resource
from webapps.rest.shapes import Body, Count

PATH = "/external-task/fetchAndLock"
_LONGEST_WAIT = timedelta(minutes=30)  # Camunda's limit
_SORT_ORDERS = ("asc", "desc")


@dataclass(frozen=True, kw_only=True)
class LockedExternalTaskDto(ExternalTaskDto):
    """An external task as its worker gets it."""

    error_details: str | None
    variables: Mapping[str, TypedValue]
    extension_properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class FetchExternalTaskTopicDto(Body):
    """What a worker asks for; the criteria narrow it."""

    topic_name: str
    lock_duration: timedelta
    variables: tuple[str, ...] | None = None
    local_variables: bool = False
    business_key: str | None = None
    process_definition_id: str | None = None
    process_definition_id_in: tuple[str, ...] | None = None
    process_definition_key: str | None = None
    process_definition_key_in: tuple[str, ...] | None = None
    process_definition_version_tag: str | None = None
    process_variables: Annotated[tuple[VariableCondition, ...], equalities] = ()
    tenant_id_in: tuple[str, ...] = ()
    without_tenant_id: bool = False
    deserialize_values: bool = False
    include_extension_properties: bool = False

    def topic(self) -> Topic:
        """The same for the service.

        Raises:
            InvalidRequestException: Tenants are asked for.
        """
        if self.tenant_id_in:
            raise InvalidRequestException("This engine cannot fetch tasks by 'tenantIdIn'; leave it out.")
        return Topic(
            name=self.topic_name,
            lock_duration=self.lock_duration,
            variables=self.variables,
            local_variables=self.local_variables,
            business_key=self.business_key,
            definition_id=self.process_definition_id,
            definition_ids=self.process_definition_id_in,
            definition_key=self.process_definition_key,
            definition_keys=self.process_definition_key_in,
            version_tag=self.process_definition_version_tag,
            process_variables=self.process_variables,
        )


@dataclass(frozen=True, kw_only=True)
class FetchSortingDto(Body):
    """In which order tasks of the same priority come; ``createTime`` is the only one."""

    sort_by: str
    sort_order: str


@dataclass(frozen=True, kw_only=True)
class FetchExternalTasksDto(Body):
    """What a worker fetches."""

    worker_id: str
    max_tasks: Count
    use_priority: bool = False
    async_response_timeout: timedelta = timedelta(0)
    topics: tuple[FetchExternalTaskTopicDto, ...] = ()
    sorting: tuple[FetchSortingDto, ...] = ()


@dataclass(frozen=True)
class Fetch:
    """What one request wants.

    Raises:
        InvalidRequestException: It makes no sense.
    """

    engine: ProcessEngine
    body: FetchExternalTasksDto

    def __post_init__(self) -> None:
        """Check what the body's types do not tell."""
        if self.longest > _LONGEST_WAIT:
            longest = _LONGEST_WAIT // timedelta(milliseconds=1)
            raise InvalidRequestException(
                f"The value of 'asyncResponseTimeout' is {self.longest // timedelta(milliseconds=1)};"
                f" the longest is {longest} milliseconds."
            )
        for order in self.body.sorting:
            if order.sort_by != "createTime" or order.sort_order not in _SORT_ORDERS:
                raise InvalidRequestException(
                    f"'sorting' has {order.sort_by!r}, {order.sort_order!r}; it takes 'createTime', 'asc' or 'desc'."
                )

    @property
    def longest(self) -> timedelta:
        """For how long the request would wait."""
        return self.body.async_response_timeout

    @property
    def topics(self) -> tuple[Topic, ...]:
        """What the request asks for."""
        return tuple(topic.topic() for topic in self.body.topics)

    def attempt(self) -> list[LockedExternalTask]:
        """Lock what is there now."""
        return self.engine.external_task_service.fetch_and_lock(
            worker_id=self.body.worker_id,
            max_tasks=self.body.max_tasks,
            topics=self.topics,
            use_priority=self.body.use_priority,
            newest_first=any(order.sort_order == "desc" for order in self.body.sorting),
        )

    def give_back(self, tasks: Sequence[LockedExternalTask]) -> None:
        """Unlock what an attempt has locked. That is no operation of the worker's, so nobody acts."""
        with self.engine.identity_service.acting_as(None):
            for task in tasks:
                with suppress(NotFoundException):  # completed or deleted meanwhile
                    self.engine.external_task_service.unlock(task.id)


def fetch_and_lock(engine: ProcessEngine, _: Request, body: FetchExternalTasksDto) -> list[LockedExternalTaskDto]:
    """Lock tasks for a worker; with ``asyncResponseTimeout`` the answer may take that long."""
    return views(Fetch(engine, body).attempt())


def views(tasks: Sequence[LockedExternalTask]) -> list[LockedExternalTaskDto]:
    """What a worker gets."""
    return [
        LockedExternalTaskDto(
            **vars(ExternalTaskDto.of(task)), error_details=task.error_details, variables=task.variables
        )
        for task in tasks
    ]


RESOURCES = (Resource(PATH, {"POST": fetch_and_lock}),)
