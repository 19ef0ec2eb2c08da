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
from engine_telemetry.engine.entities import ProcessDefinition, ProcessInstance
from engine_telemetry.engine.runtime_entities import Incident
from webapps.cockpit.instance_list import definitions_of
from webapps.cockpit.instances import process_choices
from webapps.cockpit.retried import Failed, tried_again
from webapps.lists import Order, Part, order_of, part_of, searched
from webapps.pages import Pages
from webapps.visitor import local_path, visitor_of

_FIELDS = ("message", "process", "activity")
_ORDERS = ("incidentTimestamp", "incidentMessage", "activityId")
_KINDS = {"failedJob", "failedExternalTask"}  # that can be tried again
_MOST_RETRIES = 1000


@dataclass(frozen=True)
class ListedIncident:
    """An incident in the list.

    Attributes:
        process: Of the incident; ``None`` if there is none.
        instance_id: The instance that people know: the one at the top, or the one in which this incident is a mirror.
        business_key: Of that one.
        inside: The instance, called by that one, in which the failure is; ``None`` if it is that one itself.
        inside_process: The name of its process, or the key.
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
    inside: str | None
    inside_process: str | None
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
            # In all processes each failure is listed where it happened; of one process, whatever it waits for.
            "root_cause": None if fields["process"] or fields["activity"] else True,
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
    places = [_place(engine, one) for one in found]
    instances = _instances(engine, {place for each in places for place in each})
    instances |= _instances(engine, {each.root_id for each in instances.values()} - instances.keys())
    known = {one.definition_id for one in found} | {one.definition_id for one in instances.values()}
    definitions = definitions_of(engine, {each for each in known if each})
    listed = [_listed(one, place, definitions, instances) for one, place in zip(found, places, strict=True)]
    return ListedIncidents(listed, part, order)


def _place(engine: ProcessEngine, one: Incident) -> tuple[str | None, str | None]:
    """The ids of the instances in which an incident is, and in which the failure is."""
    if one.root_cause_incident_id == one.id:
        return one.instance_id, one.instance_id
    cause = engine.runtime_service.incidents(incident_id=one.root_cause_incident_id)
    return one.instance_id, cause[0].instance_id if cause else one.instance_id


def _instances(engine: ProcessEngine, ids: set[str | None]) -> dict[str, ProcessInstance]:
    wanted = {each for each in ids if each}
    found = engine.runtime_service.process_instances(instance_ids=wanted) if wanted else []
    return {one.id: one for one in found}


def _listed(
    one: Incident,
    place: tuple[str | None, str | None],
    definitions: Mapping[str, ProcessDefinition],
    instances: Mapping[str, ProcessInstance],
) -> ListedIncident:
    here, failed = (instances.get(each or "") for each in place)
    if here is not None and here is failed:
        here = instances.get(here.root_id or "", here)
    inside = failed if failed is not here else None
    called = definitions.get(inside.definition_id) if inside else None
    return ListedIncident(
        one.id,
        one.message,
        one.kind,
        one.activity_id,
        definitions.get(one.definition_id or ""),
        here.id if here else one.instance_id,
        here.business_key if here else None,
        one.time,
        inside.id if inside else None,
        (called.name or called.key) if called else None,
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
    elsewhere = None if cause.id == incident.id else cause.instance_id
    return tried_again(engine, [Failed(incident, cause.kind, cause.configuration, elsewhere)]), "status"
