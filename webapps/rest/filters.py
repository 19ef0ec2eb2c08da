"""The filter resource: queries for user tasks that are saved under a name."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.commands.filter import TASK
from engine_telemetry.engine.tasklist_entities import Filter
from engine_telemetry.exceptions import InvalidRequestException, NotFoundException
from webapps.rest.exchange import Request
from webapps.rest.listed import CountResultDto
from webapps.rest.queries import Query
from webapps.rest.resource import Operation, Resource
from webapps.rest.shapes import Body, Content
from webapps.rest.task import TASK_QUERY, TaskDto
from webapps.rest.values import boolean, text, value_of

_QUERY = Query(
    criteria={
        "filterId": ("filter_id", text),
        "resourceType": ("resource_type", text),
        "name": ("name", text),
        "nameLike": ("name_like", text),
        "owner": ("owner", text),
    },
    orders="filterId resourceType name owner",
)
_ITEM_COUNT = {"itemCount": boolean}


@dataclass(frozen=True, kw_only=True)
class FilterDto:
    """A saved filter; with how many tasks it finds, if that was asked for."""

    id: str
    resource_type: str
    name: str
    owner: str | None
    query: Mapping[str, object]
    properties: Mapping[str, object]
    item_count: int | None

    @classmethod
    def of(cls, one: Filter, item_count: int | None = None) -> Self:
        """The view of a filter."""
        return cls(**vars(one), item_count=item_count)


@dataclass(frozen=True, kw_only=True)
class SaveFilterDto(Body):
    """What a filter shall be like."""

    resource_type: str = TASK
    name: str
    owner: str | None = None
    query: Content = field(default_factory=dict)
    properties: Content = field(default_factory=dict)


def list_filters(engine: ProcessEngine, request: Request) -> list[FilterDto]:
    """Find saved filters."""
    found = engine.filter_service.filters(**_QUERY.search_of(request))
    counts = _counts(engine, request, [one.id for one in found])
    return [FilterDto.of(one, counts.get(one.id)) for one in found]


def count_filters(engine: ProcessEngine, request: Request) -> CountResultDto:
    """Count saved filters."""
    return CountResultDto(engine.filter_service.count_filters(**_QUERY.criteria_of(request)))


def create(engine: ProcessEngine, _: Request, body: SaveFilterDto) -> FilterDto:
    """Save a query under a name."""
    return FilterDto.of(engine.filter_service.create(**_values(body)))


def get_filter(engine: ProcessEngine, request: Request) -> FilterDto:
    """One saved filter."""
    found = _of_filter(request, engine.filter_service.filter)
    return FilterDto.of(found, _counts(engine, request, [found.id]).get(found.id))


def save(engine: ProcessEngine, request: Request, body: SaveFilterDto) -> None:
    """Change a saved filter, as a whole."""
    _of_filter(request, engine.filter_service.save, **_values(body))


def delete(engine: ProcessEngine, request: Request) -> None:
    """Delete a saved filter; its tasks stay."""
    _of_filter(request, engine.filter_service.delete)


def list_tasks(engine: ProcessEngine, request: Request) -> list[TaskDto]:
    """Find the tasks of a filter that meet further criteria."""
    found = _of_filter(request, engine.filter_service.tasks, **TASK_QUERY.search_of(request))
    return [TaskDto.of(task) for task in found]


def count_tasks(engine: ProcessEngine, request: Request) -> CountResultDto:
    """Count the tasks of a filter that meet further criteria."""
    return CountResultDto(_of_filter(request, engine.filter_service.count_tasks, **TASK_QUERY.criteria_of(request)))


def get_single(engine: ProcessEngine, request: Request) -> TaskDto | None:
    """The only task of a filter; none is 204, more are an error."""
    criteria = TASK_QUERY.criteria_of(request)
    found = _of_filter(request, engine.filter_service.tasks, **criteria, max_results=2)
    if len(found) > 1:
        raise InvalidRequestException("The filter finds more than one task; use its list.")
    return TaskDto.of(found[0]) if found else None


def _values(body: SaveFilterDto) -> dict[str, Any]:
    if body.resource_type != TASK:
        raise InvalidRequestException(f"There are no filters for {body.resource_type!r}; use {TASK!r}.")
    return {"name": body.name, "owner": body.owner, "query": body.query, "properties": body.properties}


def _counts(engine: ProcessEngine, request: Request, filter_ids: list[str]) -> dict[str, int]:
    wanted = value_of(request.query, "itemCount", boolean)
    return engine.filter_service.counts(filter_ids) if wanted else {}


def _of_filter(request: Request, do: Callable[..., Any], **arguments: Any) -> Any:  # noqa: ANN401 - of any service
    """Do something with the filter in the path.

    Raises:
        InvalidRequestException: There is none (404).
    """
    try:
        return do(request.path["filter_id"], **arguments)
    except NotFoundException as exc:
        raise InvalidRequestException(str(exc), status=404) from exc


_LIST = Operation(list_tasks, query=TASK_QUERY, pages=True)
_COUNT = Operation(count_tasks, query=TASK_QUERY)
_SINGLE = Operation(get_single, query=TASK_QUERY, gives=TaskDto, may_be_empty=True)

RESOURCES = (
    Resource("/filter", {"GET": Operation(list_filters, query=_QUERY, pages=True, parameters=_ITEM_COUNT)}),
    Resource("/filter/count", {"GET": Operation(count_filters, query=_QUERY)}),
    Resource("/filter/create", {"POST": create}),
    Resource(
        "/filter/{filter_id}",
        {"GET": Operation(get_filter, parameters=_ITEM_COUNT), "PUT": save, "DELETE": delete},
    ),
    Resource("/filter/{filter_id}/list", {"GET": _LIST, "POST": _LIST}),
    Resource("/filter/{filter_id}/count", {"GET": _COUNT, "POST": _COUNT}),
    Resource("/filter/{filter_id}/singleResult", {"GET": _SINGLE, "POST": _SINGLE}),
)
