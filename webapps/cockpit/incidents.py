"""The list of open incidents, and another try for what failed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import ProcessDefinition
from engine_telemetry.engine.runtime_entities import Incident
from webapps.cockpit.instance_list import definitions_of
from webapps.cockpit.instances import process_choices
from webapps.lists import Order, Part, order_of, part_of, searched
from webapps.pages import Pages
from webapps.visitor import local_path, visitor_of

_FIELDS = ("message", "process", "activity")
_ORDERS = ("incidentTimestamp", "incidentMessage", "activityId")
_KINDS = {"failedJob": "job", "failedExternalTask": "external task"}
_MOST_RETRIES = 1000


@dataclass(frozen=True)
class ListedIncident:
    """An incident in the list.

    Attributes:
        process: The name of the process, or its key; ``None`` if there is none.
        called: Whether it comes from an instance that this one called.
        again: Whether what failed can be tried again.
    """

    id: str
    message: str | None
    kind: str
    activity_id: str | None
    process: ProcessDefinition | None
    instance_id: str | None
    business_key: str | None
    since: datetime
    called: bool
    again: bool


@dataclass(frozen=True)
class ListedIncidents:
    """A part of the open incidents."""

    incidents: list[ListedIncident]
    part: Part
    order: Order


def incident_routes(engine: ProcessEngine, pages: Pages) -> list[BaseRoute]:
    """The page with the list, and the action in it, below Cockpit."""

    def show(request: Request) -> Response:
        fields = {name: searched(request, name) for name in _FIELDS}
        criteria = {
            "message_containing": fields["message"] or None,
            "definition_keys": [fields["process"]] if fields["process"] else None,
            "activity_id": fields["activity"] or None,
        }
        return pages.render(
            request,
            "cockpit/incidents.html",
            fields=fields,
            processes=process_choices(engine, fields["process"]),
            listed=list_of_incidents(engine, request, criteria),
        )

    def retry(request: Request) -> Response:
        visitor = visitor_of(request)
        found = engine.runtime_service.incidents(incident_id=request.path_params["id"])
        if not found:
            raise HTTPException(404)
        said, kind = _try_again(engine, found[0], visitor.field("retries"))
        address = local_path(visitor.field("next")) or visitor.url("/cockpit/incidents")
        return pages.redirect(request, address, said=said, kind=kind)

    return [Route("/incidents", show), Route("/incident/{id}/retry", retry, methods=["POST"])]


def retries_of(text: str) -> int | None:
    """How often something is to be tried, as people write it; ``None`` if it is no such number."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < len(str(10**9)) else 0
    return number if 1 <= number <= _MOST_RETRIES else None


def list_of_incidents(engine: ProcessEngine, request: Request, criteria: Mapping[str, Any]) -> ListedIncidents:
    """The part and the order of the open incidents that a request asks for."""
    runtime = engine.runtime_service
    part = part_of(request, runtime.count_incidents(**criteria))
    order = order_of(request, _ORDERS, ("incidentTimestamp", "desc"))
    found = runtime.incidents(
        **criteria, sort_by=order.by, sort_order=order.direction, first_result=part.first, max_results=part.size
    )
    definitions = definitions_of(engine, {one.definition_id for one in found if one.definition_id})
    ids = {one.instance_id for one in found if one.instance_id}
    instances = runtime.process_instances(instance_ids=ids) if ids else []
    keys = {instance.id: instance.business_key for instance in instances}
    return ListedIncidents([_listed(one, definitions, keys) for one in found], part, order)


def _listed(
    one: Incident, definitions: Mapping[str, ProcessDefinition], keys: Mapping[str, str | None]
) -> ListedIncident:
    return ListedIncident(
        one.id,
        one.message,
        one.kind,
        one.activity_id,
        definitions.get(one.definition_id or ""),
        one.instance_id,
        keys.get(one.instance_id or ""),
        one.time,
        called=one.root_cause_incident_id != one.id,
        again=one.kind in _KINDS,
    )


def _try_again(engine: ProcessEngine, incident: Incident, retries: str) -> tuple[str, str]:
    """Give what failed retries again; the message for who asked, and its kind."""
    number = retries_of(retries or "1")
    cause = next(iter(engine.runtime_service.incidents(incident_id=incident.root_cause_incident_id)), None)
    if number is None:
        return f"Retries are a number from 1 to {_MOST_RETRIES}, not {retries!r}.", "alert"
    if cause is None or cause.kind not in _KINDS or cause.configuration is None:
        return f"An incident of the kind {incident.kind!r} is not about something that can be tried again.", "alert"
    if cause.kind == "failedJob":
        engine.management_service.set_job_retries(cause.configuration, number)
    else:
        engine.external_task_service.set_retries(cause.configuration, number)
    return f"The {_KINDS[cause.kind]} is tried again.", "status"
