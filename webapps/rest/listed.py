"""The two resources of everything that can be searched: the list, and how many there are."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import GenericAlias, MappingProxyType
from typing import Any

from engine_telemetry.engine import ProcessEngine
from webapps.rest.exchange import Request
from webapps.rest.queries import Query
from webapps.rest.resource import Operation, Resource
from webapps.rest.values import Converter


@dataclass(frozen=True)
class CountResultDto:
    """How many there are."""

    count: int


def listed(
    path: str,
    query: Query,
    find: Callable[[ProcessEngine], Callable[..., Iterable[object]]],
    count: Callable[[ProcessEngine], Callable[..., int]],
    view: type[Any],
    *,
    methods: tuple[str, ...] = ("GET", "POST"),
    parameters: Mapping[str, Converter] = MappingProxyType({}),
) -> tuple[Resource, Resource]:
    """The resources ``path`` and ``path/count``.

    Args:
        path: Where.
        query: What can be asked for.
        find: The method of a service that finds.
        count: The method of a service that counts.
        view: The dataclass whose ``of`` makes what is answered of each.
        methods: GET with parameters, POST with a body.
        parameters: Further parameters of the list.
    """

    def list_all(engine: ProcessEngine, request: Request) -> object:
        return [view.of(thing) for thing in find(engine)(**query.search_of(request))]

    def count_all(engine: ProcessEngine, request: Request) -> CountResultDto:
        return CountResultDto(count(engine)(**query.criteria_of(request)))

    lists = Operation(
        list_all,
        query=query,
        parameters=parameters,
        pages=True,
        gives=GenericAlias(list, (view,)),
        summary=f"Find by criteria: {view.__name__.removesuffix('Dto')}.",
    )
    counts = Operation(count_all, query=query, summary=f"Count by criteria: {view.__name__.removesuffix('Dto')}.")
    return Resource(path, dict.fromkeys(methods, lists)), Resource(f"{path}/count", dict.fromkeys(methods, counts))
