"""All addresses of Tasklist."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from webapps.pages import Pages
from webapps.tasklist.filters import FilterPages
from webapps.tasklist.listed import list_tasks
from webapps.tasklist.place import place_of
from webapps.tasklist.shortcuts import shortcut_routes
from webapps.tasklist.starting import StartPages
from webapps.tasklist.task import TaskPages


def tasklist_routes(engine: ProcessEngine, pages: Pages) -> list[BaseRoute]:
    """The pages of Tasklist, below ``/tasklist``."""

    def show(request: Request) -> Response:
        place = place_of(request)
        if "" in dict(request.query_params).values() and not place.search.errors:
            return pages.redirect(request, place.address())  # the fields of a search that nobody filled in
        return pages.render(request, "tasklist/tasks.html", listed=list_tasks(engine, request), chosen=None)

    def refresh(request: Request) -> Response:
        chosen = request.query_params.get("task")
        return pages.render(request, "tasklist/refreshed.html", listed=list_tasks(engine, request), chosen=chosen)

    def model(request: Request) -> Response:
        content = engine.repository_service.process_model(request.path_params["id"])
        headers = {"Cache-Control": "no-store", "Content-Disposition": 'attachment; filename="process.bpmn"'}
        return Response(content, media_type="application/xml", headers=headers)

    def processes(request: Request) -> Response:
        found = engine.repository_service.process_definitions(latest_version=True)
        names = sorted({definition.name for definition in found if definition.name}, key=str.casefold)
        return pages.render(request, "tasklist/names.html", names=[(name, "") for name in names])

    return [
        Route("/", show),
        Route("/list", refresh),
        Route("/processes", processes),
        Route("/process/{id}/model", model),
        *FilterPages(engine, pages).routes,
        *shortcut_routes(engine, pages),
        *StartPages(engine, pages).routes,
        *TaskPages(engine, pages).routes,
    ]
