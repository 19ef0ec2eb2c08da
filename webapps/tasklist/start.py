"""The first page of Tasklist."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from webapps.pages import Pages
from webapps.visitor import visitor_of


def tasklist_routes(engine: ProcessEngine, pages: Pages) -> list[BaseRoute]:
    """The pages of Tasklist, below ``/tasklist``."""

    def show(request: Request) -> Response:
        tasks = engine.task_service.tasks(assignee=visitor_of(request).user_id)
        return pages.render(request, "tasklist/start.html", tasks=tasks)

    return [Route("/", show)]
