"""The list of process instances, and the search in it."""

from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from webapps.cockpit.instance_list import ListedInstances, list_of_instances, list_of_past
from webapps.cockpit.instance_search import MOST_CONDITIONS, OPERATORS, STATES, Condition, InstanceSearch, search_of
from webapps.lists import here, searched
from webapps.pages import Pages
from webapps.visitor import visitor_of

_MOST_CHOICES = 500


def instance_list_routes(engine: ProcessEngine, pages: Pages) -> list[BaseRoute]:
    """The page with the list, and the way to a single instance, below Cockpit."""

    def show(request: Request) -> Response:
        search = search_of(request.query_params)
        errors = search.errors()
        return pages.render(
            request,
            "cockpit/instances.html",
            status_code=422 if errors else 200,
            search=search,
            errors=errors,
            rows=[*search.conditions, Condition()][:MOST_CONDITIONS],
            most=MOST_CONDITIONS,
            states=list(STATES.items()),
            operators=list(OPERATORS.items()),
            processes=process_choices(engine, search.fields["process"]),
            listed=None if errors else _listed(engine, request, search),
            today=here(request, **{"from": str(datetime.now(UTC).date()), "to": None, "state": "all", "page": None}),
            with_past=here(request, state="all", page=None),
        )

    def find(request: Request) -> Response:
        text = searched(request, "q")
        hits = _hits(engine, text) if text else []
        if len(hits) == 1:
            return pages.redirect(request, visitor_of(request).url(f"/cockpit/instance/{hits[0]}"))
        address = visitor_of(request).url("/cockpit/instances", business_key=text or None, state="all")
        return pages.redirect(request, address)

    return [Route("/instances", show), Route("/find", find)]


def _hits(engine: ProcessEngine, text: str) -> list[str]:
    """The ids of up to two instances that run or have ended; those that are exactly called so before all others."""
    ways: list[dict[str, Any]] = [{name: text} for name in ("instance_id", "business_key", "business_key_containing")]
    found = (engine.history_service.process_instances(**way, max_results=2) for way in ways)
    return [one.id for one in next(filter(None, found), [])]


def _listed(engine: ProcessEngine, request: Request, search: InstanceSearch) -> ListedInstances:
    find = list_of_instances if search.runs else list_of_past
    return find(engine, request, search.criteria())


def process_choices(engine: ProcessEngine, chosen: str) -> list[tuple[str, str]]:
    """Processes to choose from: by key, with their names."""
    newest = engine.repository_service.process_definitions(
        latest_version=True, sort_by="name", max_results=_MOST_CHOICES
    )
    names = {definition.key: definition.name or definition.key for definition in newest}
    unknown = {chosen: chosen} if chosen and chosen not in names else {}
    return [("", "All processes"), *(unknown | names).items()]
