"""The page at ``/``: what telemetry does here, in plain words, and where the REST API is."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from shlex import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse

from engine_telemetry.engine import ProcessEngine

_RESOURCES = ("deployment", "process-definition", "process-instance", "task", "external-task", "engine", "version")
_TELEMETRY_RESOURCES = ("configuration", "data", "status", "schema")


def home_page(engine: ProcessEngine) -> Callable[[Request], Awaitable[HTMLResponse]]:
    """The page about this engine, as an endpoint."""
    templates = Environment(
        loader=PackageLoader("webapps"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"moment": _moment}

    async def show(request: Request) -> HTMLResponse:
        response = await run_in_threadpool(_page, engine, templates, request)
        if request.method == "HEAD":
            response.body = b""  # the headers stay those of the whole page (RFC 9110, 9.3.2)
        return response

    return show


def _page(engine: ProcessEngine, templates: Environment, request: Request) -> HTMLResponse:
    status = engine.management_service.get_telemetry_status().to_dict()
    report = engine.management_service.get_telemetry_data().to_dict()
    root = str(request.base_url).rstrip("/")
    html = templates.get_template("home.html").render(
        root=request.scope.get("root_path", ""),
        status=status,
        product=report["product"],
        report=json.dumps(report, indent=2, ensure_ascii=False),
        commands={state: _switch(root, on=state == "on") for state in ("on", "off")},
        resources=_RESOURCES,
        telemetry_resources=_TELEMETRY_RESOURCES,
    )
    return HTMLResponse(html, headers={"Cache-Control": "no-store"})


def _switch(root: str, *, on: bool) -> str:
    body = json.dumps({"enableTelemetry": on})
    url = f"{root}/engine-rest/telemetry/configuration"
    return f"curl -X POST -H 'Content-Type: application/json' \\\n  -d '{body}' \\\n  {quote(url)}"


def _moment(rfc3339: str) -> str:
    """A date as people read it; the page has no JavaScript, so it cannot know their zone."""
    time = datetime.fromisoformat(rfc3339).astimezone(UTC)
    return f"{time.day} {time:%B %Y, %H:%M} UTC"
