"""The page at ``/``: where people go on from."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine_telemetry.engine import ProcessEngine
from webapps.pages import Pages
from webapps.visitor import visitor_of

RESOURCES = ("deployment", "process-definition", "process-instance", "task", "external-task", "engine", "version")


def home_routes(engine: ProcessEngine, pages: Pages) -> list[Route]:
    """The page."""

    def show(request: Request) -> Response:
        user_id, now = visitor_of(request).user_id, datetime.now(UTC)
        tasks = engine.task_service.count_tasks(
            assignee=user_id, follow_up_before_or_none=now
        )  # as "My tasks" has them
        return pages.render(request, "home.html", resources=RESOURCES, tasks=tasks)

    return [Route("/", show)]
