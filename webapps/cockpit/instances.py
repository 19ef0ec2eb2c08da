"""The list of process instances, and the search in it."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from webapps.cockpit.instance_list import ListedInstances, list_of_ended, list_of_instances
from webapps.cockpit.instance_search import MOST_CONDITIONS, OPERATORS, STATES, Condition, InstanceSearch, search_of
from webapps.pages import Pages

_MOST_CHOICES = 500


def instance_list_routes(engine: ProcessEngine, pages: Pages) -> list[BaseRoute]:
    """The page with the list, below Cockpit."""

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
        )

    return [Route("/instances", show)]


def _listed(engine: ProcessEngine, request: Request, search: InstanceSearch) -> ListedInstances:
    find = list_of_ended if search.ended else list_of_instances
    return find(engine, request, search.criteria())


def process_choices(engine: ProcessEngine, chosen: str) -> list[tuple[str, str]]:
    """Processes to choose from: by key, with their names."""
    newest = engine.repository_service.process_definitions(
        latest_version=True, sort_by="name", max_results=_MOST_CHOICES
    )
    names = {definition.key: definition.name or definition.key for definition in newest}
    unknown = {chosen: chosen} if chosen and chosen not in names else {}
    return [("", "All processes"), *(unknown | names).items()]
