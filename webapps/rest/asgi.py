"""The REST API as an ASGI application."""

import asyncio
import re
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import quote
from weakref import WeakKeyDictionary

from anyio import CapacityLimiter, to_thread
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import InvalidRequestException, ProcessEngineException, RestException
from webapps.authentication import Authentication
from webapps.exposure import refuse_strangers
from webapps.rest import fetch_and_lock
from webapps.rest.errors import answer_error, no_resource
from webapps.rest.exchange import Answer, Request, ok
from webapps.rest.fetch_and_lock import Fetch, FetchExternalTasksDto, views
from webapps.rest.long_poll import LongPolls, Tasks, Wait
from webapps.rest.resource import Resource, perform, refuse_cross_site
from webapps.rest.resources import OF_ALL_ENGINES, OF_AN_ENGINE
from webapps.rest.shapes import to_json

_USER = "engine_telemetry.user"  # in the scope
_METHODS_WITH_BODY = frozenset({"POST", "PUT"})
_LONGEST_WAIT_IN_WSGI = timedelta(seconds=2)
_MOST_WAITING_IN_WSGI = 2


def rest_app(engine: ProcessEngine, authentication: Authentication) -> ASGIApp:
    """The API, to be mounted; each resource also lies below ``/engine/{name}``, as Camunda's JavaScript client asks."""
    routes = [_route(engine, resource) for resource in OF_AN_ENGINE]
    engines = [_route(engine, resource) for resource in OF_ALL_ENGINES]
    named = AnyPathMount("/engine/{engine_name}", Router(routes, redirect_slashes=False, default=_nothing_here))
    router = Router([*engines, named, *routes], redirect_slashes=False, default=_nothing_here)
    return _ForKnownUsers(engine, authentication, _WithoutTrailingSlash(router))


def _route(engine: ProcessEngine, resource: Resource) -> Route:
    # An object is no function: Starlette then leaves all methods to it, and its own plain-text answers out.
    kind = _WaitingEndpoint if resource.path == fetch_and_lock.PATH else _Endpoint
    return Route(resource.path, kind(engine, resource))


class AnyPathMount(Mount):
    """A mount that takes each path below it; Starlette's own leaves out those with a line feed in them."""

    def __init__(self, path: str, app: ASGIApp) -> None:
        """Mount the application there."""
        super().__init__(path, app)
        self.path_regex = re.compile(self.path_regex.pattern, re.DOTALL)


class _Endpoint:
    """One resource: reads the request, has it done by a thread of the pool, sends the answer."""

    def __init__(self, engine: ProcessEngine, resource: Resource) -> None:
        self._engine = engine
        self._resource = resource

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI HTTP connection scope)."""
        request = HttpRequest(scope, receive)
        try:
            answer = await self._answer(request)
        except ClientDisconnect:
            return  # nobody is left to answer
        except RestException as exc:
            answer = answer_error(exc)
        await _response(answer, request.method)(scope, receive, send)

    async def _answer(self, request: HttpRequest) -> Answer:
        return await run_in_threadpool(perform, self._engine, self._resource, await self._read(request))

    async def _read(self, request: HttpRequest) -> Request:
        engine_name = request.path_params.get("engine_name", self._engine.name)
        if engine_name != self._engine.name:
            raise InvalidRequestException(f"No process engine available of the name {engine_name!r}.")
        body = b""
        if request.method in _METHODS_WITH_BODY:
            body = await _body(request, self._resource.body_limit)
        return _plain_request(request, body)


class _WaitingEndpoint(_Endpoint):
    """The resource at which workers fetch external tasks: the answer may take its time, and no thread waits for it."""

    def __init__(self, engine: ProcessEngine, resource: Resource) -> None:
        super().__init__(engine, resource)
        self._polls: WeakKeyDictionary[asyncio.AbstractEventLoop, LongPolls] = WeakKeyDictionary()

    async def _answer(self, request: HttpRequest) -> Answer:
        if request.method != "POST":
            return await super()._answer(request)
        plain = await self._read(request)
        try:
            refuse_cross_site(self._engine, plain)
            fetch = Fetch(self._engine, FetchExternalTasksDto.read(plain.json_object()))
            return ok(to_json(views(await self._fetched(fetch, request))))
        except Exception as exc:  # noqa: BLE001 - as ``perform``
            return answer_error(exc)

    async def _fetched(self, fetch: Fetch, request: HttpRequest) -> Tasks:
        polls, longest = self._of_this_loop(), fetch.longest
        if "wsgi_environ" in request.scope:
            longest = _longest_in_wsgi(request.scope["wsgi_environ"], longest, len(polls))
        gone = asyncio.ensure_future(_disconnected(request))
        try:
            return await polls.fetch(Wait(fetch.topics, fetch.attempt, fetch.give_back, gone), longest)
        finally:
            gone.cancel()

    def _of_this_loop(self) -> LongPolls:
        loop = asyncio.get_running_loop()
        if loop not in self._polls:
            service = self._engine.external_task_service
            self._polls[loop] = LongPolls(service.available_topics, self._engine.external_tasks_available)
        return self._polls[loop]


def _longest_in_wsgi(environ: Mapping[str, object], longest: timedelta, waiting: int) -> timedelta:
    """In a WSGI server a thread of the server waits too, so a few may wait for a short time; its only one may not."""
    if not environ.get("wsgi.multithread") or waiting >= _MOST_WAITING_IN_WSGI:
        return timedelta(0)
    return min(longest, _LONGEST_WAIT_IN_WSGI)


async def _disconnected(request: HttpRequest) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


class _ForKnownUsers:
    """Lets a request pass when it is known who asks, if that must be known; before its body is read.

    What is done then is done by that user; without passwords, by nobody.
    """

    def __init__(self, engine: ProcessEngine, authentication: Authentication, app: ASGIApp) -> None:
        self._engine = engine
        self._authentication = authentication
        self._app = app
        self._one_at_a_time = CapacityLimiter(1)  # passwords are checked so in a process; no thread of others waits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = HttpRequest(scope)
        try:
            refuse_strangers(self._engine, (scope.get("server") or ("",))[0])
            user_id = await self._user(request.headers.get("Authorization", ""))
        except ProcessEngineException as exc:
            await _response(answer_error(exc), request.method)(scope, receive, send)
        else:
            with self._engine.identity_service.acting_as(user_id):
                await self._app({**scope, _USER: user_id}, receive, send)

    async def _user(self, authorization: str) -> str | None:
        if not self._authentication.required:
            return None
        remembered = self._authentication.remembered_user(authorization)
        if remembered is not None:
            return remembered
        return await to_thread.run_sync(self._authentication.user, authorization, limiter=self._one_at_a_time)


class _WithoutTrailingSlash:
    """Serves ``/task/`` as ``/task``: clients do not follow a redirect on POST."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "path": scope["path"].rstrip("/")}, receive, send)


async def _nothing_here(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await WebSocketClose()(scope, receive, send)
    else:
        await _response(no_resource(scope["method"], scope["path"]), scope["method"])(scope, receive, send)


async def _body(request: HttpRequest, limit: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise RestException(413, f"The body is larger than {limit} bytes.")
    return bytes(body)


def _plain_request(request: HttpRequest, body: bytes) -> Request:
    if any("\0" in value for value in (*request.path_params.values(), *request.query_params.values())):
        raise InvalidRequestException("The address has the character U+0000, which no database stores in a text.")
    return Request(
        method=request.method,
        path=request.path_params,
        query=dict(request.query_params),
        content_type=request.headers.get("Content-Type", ""),
        fetch_site=request.headers.get("Sec-Fetch-Site", ""),
        origin=request.headers.get("Origin"),
        host=request.headers.get("Host", ""),
        body=body,
        user_id=request.scope[_USER],
        base_url=f"{request.url.scheme}://{request.url.netloc}{quote(request.scope['root_path'])}",
    )


def _response(answer: Answer, method: str) -> Response:
    response = Response(answer.body, answer.status, answer.headers, answer.media_type)
    if method == "HEAD":
        response.body = b""  # the headers stay those of the whole answer (RFC 9110, 9.3.2)
    return response
