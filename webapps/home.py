"""The page at ``/``: what telemetry does here, in plain words, and where the REST API is."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from shlex import quote
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import (
    AuthenticationException,
    ProcessEngineException,
    RestException,
    TooManyFailedChecksException,
)
from webapps.authentication import Authentication
from webapps.exposure import refuse_strangers

_RESOURCES = ("deployment", "process-definition", "process-instance", "task", "external-task", "engine", "version")
_TELEMETRY_RESOURCES = ("configuration", "data", "status", "schema")


def home_page(engine: ProcessEngine, authentication: Authentication) -> Callable[[Request], Awaitable[Response]]:
    """The page about this engine, as an endpoint. Telemetry is on it for administrators, if it is known who asks."""
    templates = Environment(
        loader=PackageLoader("webapps"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"moment": _moment}

    def answer(request: Request) -> Response:
        try:
            refuse_strangers(engine, (request.scope.get("server") or ("",))[0])
            user_id = authentication.user(request.headers.get("Authorization", ""))
        except (RestException, TooManyFailedChecksException) as exc:
            return _refusal(exc)
        administrator = user_id is None or engine.identity_service.is_admin(user_id)
        return _page(engine, templates, request, telemetry=administrator)

    async def show(request: Request) -> Response:
        response = await run_in_threadpool(answer, request)
        if request.method == "HEAD":
            response.body = b""  # the headers stay those of the whole page (RFC 9110, 9.3.2)
        return response

    return show


def _refusal(error: ProcessEngineException) -> Response:
    headers = {"Cache-Control": "no-store"}
    match error:
        case AuthenticationException():
            return PlainTextResponse(f"{error}\n", error.status, headers | {"WWW-Authenticate": error.challenge})
        case TooManyFailedChecksException():
            return PlainTextResponse(f"{error}\n", 429, headers | {"Retry-After": str(error.retry_after)})
    return PlainTextResponse(f"{error}\n", 403, headers)


def _page(engine: ProcessEngine, templates: Environment, request: Request, *, telemetry: bool) -> HTMLResponse:
    settings = engine.configuration
    about = _about_telemetry(engine, request) if telemetry else {}
    html = templates.get_template("home.html").render(
        root=request.scope.get("root_path", ""),
        product={name: getattr(settings, f"product_{name}") for name in ("name", "version", "edition")},
        telemetry=telemetry,
        resources=_RESOURCES,
        **about,
    )
    return HTMLResponse(html, headers={"Cache-Control": "no-store"})


def _about_telemetry(engine: ProcessEngine, request: Request) -> dict[str, Any]:
    root = str(request.base_url).rstrip("/")
    user = "" if engine.configuration.rest_authentication == "none" else "-u NAME "
    report = engine.management_service.get_telemetry_data().to_dict()
    return {
        "status": engine.management_service.get_telemetry_status().to_dict(),
        "report": json.dumps(report, indent=2, ensure_ascii=False),
        "commands": {state: _switch(root, user, on=state == "on") for state in ("on", "off")},
        "telemetry_resources": _TELEMETRY_RESOURCES,
    }


def _switch(root: str, user: str, *, on: bool) -> str:
    body = json.dumps({"enableTelemetry": on})
    url = f"{root}/engine-rest/telemetry/configuration"
    return f"curl {user}-X POST -H 'Content-Type: application/json' \\\n  -d '{body}' \\\n  {quote(url)}"


def _moment(rfc3339: str) -> str:
    """A date as people read it; the page has no JavaScript, so it cannot know their zone."""
    time = datetime.fromisoformat(rfc3339).astimezone(UTC)
    return f"{time.day} {time:%B %Y, %H:%M} UTC"
