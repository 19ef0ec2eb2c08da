"""The pages of process definitions: which there are, and what goes on in one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import ModelActivity
from engine_telemetry.engine.runtime_entities import ActivityStatistics
from webapps.cockpit.downloads import download
from webapps.cockpit.instances import list_of_instances
from webapps.cockpit.standing import incident_badges
from webapps.lists import here, part_of, searched
from webapps.pages import Pages
from webapps.visitor import visitor_of

_MOST_VERSIONS = 200


@dataclass(frozen=True)
class Busy:
    """An activity in which something goes on."""

    id: str
    name: str
    instances: int
    incidents: int
    address: str


def definition_routes(engine: ProcessEngine, pages: Pages) -> list[BaseRoute]:
    """The pages of process definitions, below Cockpit."""

    def show_all(request: Request) -> Response:
        text = searched(request, "q")
        part = part_of(
            request, engine.repository_service.count_process_definitions(latest_version=True, containing=text or None)
        )
        found = engine.management_service.definition_statistics(
            all_versions=True,
            containing=text or None,
            sort_by="name",
            first_result=part.first,
            max_results=part.size,
        )
        return pages.render(request, "cockpit/processes.html", found=found, part=part, text=text)

    def show(request: Request) -> Response:
        definition = engine.repository_service.process_definition(request.path_params["id"])
        versions = engine.repository_service.process_definitions(
            key=definition.key, sort_by="version", sort_order="desc", max_results=_MOST_VERSIONS
        )
        activities = engine.repository_service.model_activities(definition.id)
        busy = _busy(request, engine.management_service.activity_statistics(definition.id), activities)
        chosen = searched(request, "activity") or None
        listed = list_of_instances(
            engine, request, definition_id=definition.id, activity_ids=[chosen] if chosen else None
        )
        return pages.render(
            request,
            "cockpit/process.html",
            definition=definition,
            deployments=engine.repository_service.deployments(deployment_id=definition.deployment_id),
            versions=versions,
            busy=busy,
            badges={one.id: _badges(one) for one in busy},
            chosen=chosen,
            chosen_name=_name(activities, chosen) if chosen else None,
            running=engine.runtime_service.count_process_instances(definition_id=definition.id),
            listed=listed,
        )

    def choose_version(request: Request) -> Response:
        visitor = visitor_of(request)
        wanted = request.query_params.get("version", "")
        return pages.redirect(request, visitor.url(f"/cockpit/process/{quote(wanted, safe='')}"))

    def model(request: Request) -> Response:
        definition = engine.repository_service.process_definition(request.path_params["id"])
        return download(engine.repository_service.process_model(definition.id), definition.resource, "application/xml")

    return [
        Route("/processes", show_all),
        Route("/process", choose_version),
        Route("/process/{id}", show),
        Route("/process/{id}/model", model),
    ]


def _busy(
    request: Request, statistics: Sequence[ActivityStatistics], activities: Mapping[str, ModelActivity]
) -> list[Busy]:
    return [
        Busy(
            id=one.activity_id,
            name=_name(activities, one.activity_id),
            instances=one.instances,
            incidents=sum(one.incidents.values()),
            address=here(request, activity=one.activity_id, page=None) + "#instances",
        )
        for one in statistics
        if one.activity_id in activities  # the body of a loop has an id of its own, and its passes count already
    ]


def _name(activities: Mapping[str, ModelActivity], activity_id: str) -> str:
    activity = activities.get(activity_id)
    return (activity.name if activity else None) or activity_id


def _badges(busy: Busy) -> list[dict[str, str]]:
    running = [{"text": str(busy.instances), "title": f"{busy.instances} running"}] if busy.instances else []
    return [*running, *incident_badges(busy.incidents)]
