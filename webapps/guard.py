"""Lets nobody through who may not pass: the door of all pages.

What lies behind ``LoggedIn`` is refused to who is not logged in, what lies behind ``Administrators`` to who is none,
whatever is added there later. An action (any method but GET, HEAD and OPTIONS) must come from one of our own pages, by
what the browser says (Fetch Metadata; the header ``Origin``) and by the token that was in the form.
"""

from dataclasses import replace
from http import HTTPStatus

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose
from werkzeug.http import parse_options_header

from engine_telemetry.engine import ProcessEngine
from webapps.exposure import refuse_strangers
from webapps.origin import foreign_origin
from webapps.pages import Pages
from webapps.sessions import Sessions
from webapps.visitor import Visitor, announce, own_path, visitor_of

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LARGEST_FORM, _STRANGERS_LARGEST_FORM = 10 * 1024 * 1024, 64 * 1024  # bytes


class Guard:
    """Finds out who asks, and reads and checks what they send, before any page; what pages do is done by that user."""

    def __init__(self, app: ASGIApp, engine: ProcessEngine, sessions: Sessions, pages: Pages) -> None:
        """Stand before this application."""
        self._app = app
        self._engine = engine
        self._sessions = sessions
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI HTTP connection scope); there are no WebSockets here."""
        if scope["type"] != "http":
            await WebSocketClose()(scope, receive, send)
            return
        request = Request(scope, receive)
        _refuse_unreadable(request)
        refuse_strangers(self._engine, (scope.get("server") or ("",))[0])
        visitor = await run_in_threadpool(self._visitor, request)
        announce(request, visitor)
        app = self._app if request.method in _SAFE_METHODS else self._act
        try:
            with self._engine.identity_service.acting_as(visitor.user_id or None):
                await app(scope, receive, send)
        except ClientDisconnect:
            return  # in the middle of a form; nobody is left to answer

    async def _act(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        visitor = visitor_of(request)
        if reason := _foreign(request):
            raise HTTPException(HTTPStatus.FORBIDDEN, reason)
        limit = _LARGEST_FORM if visitor.user else _STRANGERS_LARGEST_FORM
        async with Request(scope, _limited(receive, limit)).form() as form:
            _refuse_nul(form)
            announce(request, replace(visitor, form=form))
            token = request.headers.get("X-CSRF-Token") or visitor_of(request).field("csrf_token")
            fits = await run_in_threadpool(self._sessions.is_form_token, visitor.presence, token)
            app = self._app if fits else self._out_of_date(request, visitor)
            await app(scope, receive, send)

    def _visitor(self, request: Request) -> Visitor:
        presence = self._sessions.find(request.cookies)
        messages = tuple(self._sessions.flashed(presence, request.cookies))
        root = request.scope.get("root_path", "")
        return Visitor(presence, root, FormData(), self._sessions.form_token(presence), messages)

    def _out_of_date(self, request: Request, visitor: Visitor) -> Response:
        if visitor.user is not None:
            message = "The form was not made for this session. Go back, load the page again, and send it once more."
            raise HTTPException(HTTPStatus.FORBIDDEN, message)
        said = "That was not done: the page was open for too long. Please try again."
        return self._pages.redirect(request, visitor.url("/login"), said=said, kind="alert")


class LoggedIn:
    """Lets through who is logged in; leads all others to the log-in."""

    def __init__(self, app: ASGIApp, pages: Pages) -> None:
        """Stand before this application."""
        self._app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI HTTP connection scope)."""
        request = Request(scope, receive)
        visitor = visitor_of(request)
        if visitor.user is not None:
            await self._app(scope, receive, send)
            return
        path = own_path(request)
        wanted = path if request.method in _SAFE_METHODS and path != "/" else None
        address = visitor.url("/login", next=wanted)
        await self._pages.redirect(request, address)(scope, receive, send)


class Administrators:
    """Lets through administrators; all others get a page that says so."""

    def __init__(self, app: ASGIApp) -> None:
        """Stand before this application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI HTTP connection scope)."""
        if visitor_of(Request(scope)).administrator:
            await self._app(scope, receive, send)
            return
        message = "It is for administrators, the members of the group camunda-admin. One of them can make you one."
        raise HTTPException(HTTPStatus.FORBIDDEN, message)


def _refuse_unreadable(request: Request) -> None:
    """Let an address pass that a page can be behind, and a form that is written as browsers write it.

    No id has control characters. Routes take a line feed at the end of a path for none, and PostgreSQL refuses U+0000.
    A client's own choice of a codec (RFC 7578, 5.1.2 leaves none) is one for codecs that fail, or that take minutes.

    Raises:
        HTTPException: It does not pass (400).
    """
    if any(character < " " or character == "\x7f" for character in request.scope["path"]):
        raise HTTPException(HTTPStatus.BAD_REQUEST, "The address has control characters.")
    if not request.scope.get("query_string", b"").isascii():
        raise HTTPException(HTTPStatus.BAD_REQUEST, "The address has characters that are not percent-encoded.")
    if parse_options_header(request.headers.get("Content-Type"))[1].get("charset", "utf-8").lower() != "utf-8":
        raise HTTPException(HTTPStatus.BAD_REQUEST, "Forms are sent as UTF-8.")


def _refuse_nul(form: FormData) -> None:
    for name, value in form.multi_items():
        text = (value.filename or "") if isinstance(value, UploadFile) else value
        if "\0" in name or "\0" in text:
            raise HTTPException(HTTPStatus.BAD_REQUEST, "The form has the character U+0000, which no text may have.")


def _foreign(request: Request) -> str | None:
    """Why the request is not taken for one of our own pages'; ``None`` if it is."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    host = request.headers.get("Host", "")
    if not foreign_origin(site, origin, host):
        return None
    if site:
        return "The form was sent by a page of another site."
    return (
        f"The form was sent by a page of {origin!r}, and this is {host!r}. If both are right, the reverse proxy between"
        " them must pass the header Host on as it came."
    )


def _limited(receive: Receive, limit: int) -> Receive:
    """What is received, up to this many bytes."""
    left = limit

    async def receive_limited() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"More than {limit // 1024} kB cannot be sent.")
        return message

    return receive_limited
