"""The page about telemetry: what it does here, in plain words, and what the next report says."""

import json
from shlex import quote
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine_telemetry.engine import ProcessEngine
from webapps.pages import Pages
from webapps.visitor import visitor_of

_RESOURCES = ("configuration", "data", "status", "schema")


def telemetry_routes(engine: ProcessEngine, pages: Pages) -> list[Route]:
    """The page, below Cockpit."""

    def show(request: Request) -> Response:
        return pages.render(request, "cockpit/telemetry.html", **_about(engine, request))

    return [Route("/telemetry", show)]


def _about(engine: ProcessEngine, request: Request) -> dict[str, Any]:
    visitor = visitor_of(request)
    root = f"{request.url.scheme}://{request.url.netloc}{visitor.url('')}"
    user = "" if engine.configuration.rest_authentication == "none" else "-u NAME "
    return {
        "status": engine.management_service.get_telemetry_status().to_dict(),
        "report": engine.management_service.get_telemetry_data().to_dict(),
        "commands": {state: _switch(root, user, on=state == "on") for state in ("on", "off")},
        "telemetry_resources": _RESOURCES,
    }


def _switch(root: str, user: str, *, on: bool) -> str:
    body = json.dumps({"enableTelemetry": on})
    url = f"{root}/engine-rest/telemetry/configuration"
    return f"curl {user}-X POST -H 'Content-Type: application/json' \\\n  -d '{body}' \\\n  {quote(url)}"
