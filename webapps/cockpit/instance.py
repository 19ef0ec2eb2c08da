"""The page of a process instance: why it does not go on, where it stands and what is in it."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.history_entities import HistoricProcessInstance
from webapps.cockpit.instance_tabs import tabs_of
from webapps.cockpit.standing import Chosen, Standing, legend, standing_of
from webapps.cockpit.tab_details import details_of
from webapps.cockpit.why import why_of
from webapps.lists import here, part_of, searched
from webapps.pages import Pages

_MOST_CALLERS = 20


def instance_routes(engine: ProcessEngine, pages: Pages) -> list[BaseRoute]:
    """The page of an instance, whether it runs or has ended, below Cockpit."""

    def show(request: Request) -> Response:
        instance = find_instance(engine, request.path_params["id"])
        standing = standing_of(engine, instance)
        chosen = standing.chosen(searched(request, "activity"))
        tabs = tabs_of(engine, instance, standing, chosen)
        wanted = searched(request, "show")
        shown = wanted if wanted in tabs else next(iter(tabs))
        part = part_of(request, tabs[shown].count())
        rows = tabs[shown].find(first_result=part.first, max_results=part.size)
        return pages.render(
            request,
            "cockpit/instance.html",
            instance=instance,
            runs=instance.end_time is None,
            callers=_callers(engine, instance),
            standing=standing,
            why=why_of(engine, instance, standing),
            diagram=_diagram(request, instance, standing, chosen),
            chosen=chosen,
            tabs=[(tab.title, _address(request, show=name), name == shown, tab.number) for name, tab in tabs.items()],
            tab=tabs[shown],
            part=part,
            rows=rows,
            here=lambda **changes: _address(request, **changes),
            **details_of(engine, instance, tabs[shown].template, rows),
        )

    return [Route("/instance/{id}", show)]


def find_instance(engine: ProcessEngine, instance_id: str) -> HistoricProcessInstance:
    """An instance that runs or has ended.

    Raises:
        HTTPException: Nothing is known of it (404).
    """
    found = engine.history_service.process_instances(instance_id=instance_id)
    if not found:
        raise HTTPException(404)
    return found[0]


def _callers(engine: ProcessEngine, instance: HistoricProcessInstance) -> list[HistoricProcessInstance]:
    """Those that called one another down to this one, the first of all first."""
    callers: list[HistoricProcessInstance] = []
    above = instance.super_instance_id
    while above is not None and len(callers) < _MOST_CALLERS:
        found = engine.history_service.process_instances(instance_id=above)
        callers = [*found, *callers]
        above = found[0].super_instance_id if found else None
    return callers


def _diagram(
    request: Request, instance: HistoricProcessInstance, standing: Standing, chosen: Chosen | None
) -> dict[str, object]:
    """Marks, badges and links, as the macro takes them; and what the marks mean."""
    marks = standing.marks(instance.end_activity_id, chosen)
    return {
        "marks": marks,
        "legend": legend(marks),
        "badges": standing.badges(lambda **changes: _address(request, **changes)),
        "links": {one.activity_id: _address(request, activity=one.activity_id) for one in standing.counts},
    }


def _address(request: Request, **changes: object) -> str:
    """This page with other parameters, at its tabs; on their first part."""
    return here(request, **{"page": None, **changes}) + "#shown"
