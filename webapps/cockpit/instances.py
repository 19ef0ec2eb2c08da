"""The list of running process instances, and the search in it."""

from dataclasses import dataclass
from typing import Unpack

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import ProcessDefinition, ProcessInstance
from engine_telemetry.engine.runtime_criteria import ProcessInstanceCriteria
from webapps.cockpit.instance_search import FIELDS, InstanceSearch
from webapps.lists import Order, Part, order_of, part_of, searched
from webapps.pages import Pages

_ORDERS = ("startTime", "businessKey", "definitionKey")
_MOST_CHOICES, _MOST_INCIDENTS = 500, 1000


@dataclass(frozen=True)
class ListedInstances:
    """A part of the running instances.

    Attributes:
        definitions: Those of the instances, by id.
        troubled: The ids of instances with incidents.
    """

    instances: list[ProcessInstance]
    definitions: dict[str, ProcessDefinition]
    troubled: set[str]
    part: Part
    order: Order


def instance_list_routes(engine: ProcessEngine, pages: Pages) -> list[BaseRoute]:
    """The page with the list, below Cockpit."""

    def show(request: Request) -> Response:
        search = InstanceSearch({name: searched(request, name) for name in FIELDS})
        criteria, errors = search.criteria()
        return pages.render(
            request,
            "cockpit/instances.html",
            status_code=422 if errors else 200,
            search=search,
            errors=errors,
            processes=_choices(engine, search.fields["process"]),
            listed=None if errors else list_of_instances(engine, request, **criteria),
        )

    return [Route("/instances", show)]


def list_of_instances(
    engine: ProcessEngine, request: Request, **criteria: Unpack[ProcessInstanceCriteria]
) -> ListedInstances:
    """The part and the order of the running instances that a request asks for."""
    part = part_of(request, engine.runtime_service.count_process_instances(**criteria))
    order = order_of(request, _ORDERS, ("startTime", "desc"))
    instances = engine.runtime_service.process_instances(
        **criteria, sort_by=order.by, sort_order=order.direction, first_result=part.first, max_results=part.size
    )
    return ListedInstances(
        instances,
        _definitions(engine, {instance.definition_id for instance in instances}),
        _troubled(engine, [instance.id for instance in instances]),
        part,
        order,
    )


def _definitions(engine: ProcessEngine, ids: set[str]) -> dict[str, ProcessDefinition]:
    found = engine.repository_service.process_definitions(definition_ids=ids) if ids else []
    return {definition.id: definition for definition in found}


def _troubled(engine: ProcessEngine, ids: list[str]) -> set[str]:
    found = engine.runtime_service.incidents(instance_ids=ids, max_results=_MOST_INCIDENTS) if ids else []
    return {incident.instance_id for incident in found if incident.instance_id is not None}


def _choices(engine: ProcessEngine, chosen: str) -> list[tuple[str, str]]:
    """Processes to choose from: by key, with their names."""
    newest = engine.repository_service.process_definitions(
        latest_version=True, sort_by="name", max_results=_MOST_CHOICES
    )
    names = {definition.key: definition.name or definition.key for definition in newest}
    unknown = {chosen: chosen} if chosen and chosen not in names else {}
    return [("", "All processes"), *(unknown | names).items()]
