"""The first page of Cockpit, and what leads to the others."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from webapps.cockpit.telemetry import telemetry_routes
from webapps.pages import Pages


def cockpit_routes(engine: ProcessEngine, pages: Pages) -> list[BaseRoute]:
    """The pages of Cockpit, below ``/cockpit``."""

    def show(request: Request) -> Response:
        definitions = engine.repository_service.process_definitions(latest_version=True)
        return pages.render(request, "cockpit/start.html", definitions=definitions)

    return [Route("/", show), *telemetry_routes(engine, pages)]
