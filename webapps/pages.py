"""Makes pages out of templates. The one place that knows Jinja.

What a template finds: ``visitor`` (who asks), ``url`` and ``asset`` (addresses), ``csrf()`` (the hidden field of a
form), ``product``, ``theme``, ``page_path`` and ``page_address`` (of this page, without and with its query),
``question`` (what is asked besides, or ``None``), and what the handler gives it.
"""

import json
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import cache
from http import HTTPStatus
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response

from engine_telemetry.configuration import Configuration
from engine_telemetry.exceptions import ProcessEngineException, TooManyFailedChecksException
from webapps.assets import has_asset, version_of
from webapps.security import PAGE_POLICY
from webapps.sessions import FLASH_COOKIE, VISITOR_COOKIE, Sessions
from webapps.statuses import status_of
from webapps.visitor import has_visitor, own_path, theme_of, visitor_of

logger = logging.getLogger("engine_telemetry.engine")

_IN_THE_LOG = "The log of the server has the details."
_HEADLINES = {
    HTTPStatus.BAD_REQUEST: "That cannot be done",
    HTTPStatus.FORBIDDEN: "This is not for you",
    HTTPStatus.NOT_FOUND: "There is nothing here",
    HTTPStatus.CONFLICT: "That cannot be done now",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "That is too large",
    HTTPStatus.TOO_MANY_REQUESTS: "Please wait",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong",
}


class Pages:
    """Renders templates for who asks.

    Args:
        configuration: Names the product.
        sessions: Carries messages from one page to the next.
        ask: What a page that shows what was wanted asks as well, as ``base.html`` has it; mostly ``None``.
    """

    def __init__(
        self, configuration: Configuration, sessions: Sessions, ask: Callable[[Request], object] = lambda _: None
    ) -> None:
        """Take the collaborators; read no template yet."""
        self._sessions = sessions
        self._ask = ask
        self._product = {name: getattr(configuration, f"product_{name}") for name in ("name", "version", "edition")}

    def render(
        self,
        request: Request,
        template: str,
        *,
        status_code: int = HTTPStatus.OK,
        headers: dict[str, str] | None = None,
        **values: object,
    ) -> Response:
        """A page.

        Args:
            request: Who asks.
            template: Below ``templates/``.
            status_code: Of HTTP.
            headers: Of HTTP.
            **values: For the template.
        """
        question = self._ask(request) if status_code == HTTPStatus.OK else None
        surroundings = self._surroundings(request) | {"question": question}
        html = _templates().get_template(template).render(**surroundings, **values)
        whole = html.encode(errors="replace")  # a variable's text may have half a character (a lone surrogate)
        response = HTMLResponse(whole, status_code, headers)
        response.headers["Content-Security-Policy"] = PAGE_POLICY
        if visitor_of(request).messages:
            response.delete_cookie(FLASH_COOKIE, path=cookie_path(request))
        if request.method == "HEAD":
            response.body = b""  # the headers stay those of the whole page (RFC 9110, 9.3.2)
        return self._finished(request, response)

    def redirect(self, request: Request, address: str, *, said: str = "", kind: str = "status") -> Response:
        """Lead on to another page, by GET.

        Args:
            request: Who asks.
            address: As ``visitor.url`` makes it, or a checked path.
            said: A message for the next page.
            kind: Of the message: ``status`` for what went well, ``alert`` for what did not.
        """
        response: Response = RedirectResponse(address, HTTPStatus.SEE_OTHER)
        if request.headers.get("HX-Request"):  # a redirect would be followed, and its page shown inside of this one
            response = Response(status_code=HTTPStatus.OK, headers={"HX-Redirect": address})
        if said:
            value = self._sessions.flash_cookie(visitor_of(request).presence, [(kind, said[:1000])])
            set_cookie(request, response, FLASH_COOKIE, value)
        return self._finished(request, response)

    def _finished(self, request: Request, response: Response) -> Response:
        """Keep it out of caches; give a new browser the cookie that its forms belong to."""
        response.headers["Cache-Control"] = "no-store"
        presence = visitor_of(request).presence
        if presence.new:
            set_cookie(request, response, VISITOR_COOKIE, self._sessions.cookie(VISITOR_COOKIE, presence.token))
        return response

    def error(self, request: Request, status: int, message: str, headers: dict[str, str] | None = None) -> Response:
        """A page that says what went wrong; a line of text where there are no pages."""
        if not has_visitor(request):
            return PlainTextResponse(f"{message}\n", status, headers)
        headline = _HEADLINES.get(HTTPStatus(status), HTTPStatus(status).phrase)
        return self.render(
            request, "error.html", status_code=status, headers=headers, headline=headline, message=message
        )

    def _surroundings(self, request: Request) -> dict[str, Any]:
        visitor = visitor_of(request)
        return {
            "visitor": visitor,
            "product": self._product,
            "url": visitor.url,
            "asset": lambda path: visitor.url(f"/static/{path}", v=version_of(path)),
            "csrf": lambda: Markup('<input type="hidden" name="csrf_token" value="{}">').format(visitor.form_token),
            "theme": theme_of(request),
            "page_path": own_path(request).partition("?")[0],
            "page_address": own_path(request),
        }


@cache
def _templates() -> Environment:
    """All templates; each is read when it is first needed, once in a process."""
    templates = Environment(
        loader=PackageLoader("webapps"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"moment": moment, "instant": instant, "pretty_json": pretty_json}
    templates.globals["has_asset"] = has_asset
    return templates


def set_cookie(request: Request, response: Response, name: str, value: str, *, seconds: int | None = None) -> None:
    """Have the browser keep a cookie for the web apps alone, until it ends or for these seconds.

    Lax, not Strict: who follows a link to a task in a message is logged in; forms have a token of their own.
    """
    secure = request.scope["scheme"] == "https"
    response.set_cookie(
        name, value, max_age=seconds, path=cookie_path(request), secure=secure, httponly=True, samesite="lax"
    )


def cookie_path(request: Request) -> str:
    """Where the web apps are mounted."""
    return visitor_of(request).url("") or "/"


def moment(time: str | datetime) -> str:
    """A time as people read it, in UTC; ``times.js`` turns it into the time of where they are."""
    aware = _aware(time)
    return f"{aware.day} {aware:%B %Y, %H:%M} UTC"


def instant(time: str | datetime) -> str:
    """A time as the attribute ``datetime`` has it."""
    return _aware(time).isoformat(timespec="seconds").replace("+00:00", "Z")


def pretty_json(value: object) -> str:
    """A value as JSON, for people."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def _aware(time: str | datetime) -> datetime:
    return (datetime.fromisoformat(time) if isinstance(time, str) else time).astimezone(UTC)


def error_handlers(pages: Pages) -> dict[Any, Callable[[Request, Exception], Awaitable[Response]]]:
    """What Starlette calls for errors that a handler does not answer itself."""

    async def refused(request: Request, exc: Exception) -> Response:
        status, message, headers = _explained(exc)
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:  # such as a database's error, which may name hosts and users
            logger.error("A page failed: %s", exc, exc_info=exc)
            message = _IN_THE_LOG
        return pages.error(request, status, message, headers)

    async def failed(request: Request, _: Exception) -> Response:
        return pages.error(request, HTTPStatus.INTERNAL_SERVER_ERROR, _IN_THE_LOG)

    return {HTTPException: refused, ProcessEngineException: refused, 500: failed}


def _explained(exc: Exception) -> tuple[int, str, dict[str, str]]:
    if isinstance(exc, HTTPException):
        phrases = {HTTPStatus.NOT_FOUND: "The address leads to no page. It may have been removed meanwhile."}
        return exc.status_code, phrases.get(HTTPStatus(exc.status_code), exc.detail), dict(exc.headers or {})
    headers = {"Retry-After": str(exc.retry_after)} if isinstance(exc, TooManyFailedChecksException) else {}
    return status_of(exc), str(exc), headers
