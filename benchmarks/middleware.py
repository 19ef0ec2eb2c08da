"""What middleware adds to a request, ours and others'."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, MutableMapping
from contextlib import closing
from typing import Any

import sentry_sdk
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware as OpenTelemetryAsgi
from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware as OpenTelemetryWsgi
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware
from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.requests import Request
from starlette.responses import Response
from starlette_exporter import PrometheusMiddleware

from benchmarks.rounds import Contestant, Effort, bare_loop, calling, interleaved, less, ratios
from benchmarks.tables import Row, at_most, shown
from engine_telemetry.middleware import asgi, wsgi
from engine_telemetry.registry import Registry

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_UNIT = "empty calls"
_REASON = "a call of an object takes CPython three times as long as one of a function"
_BODY = [b"ok"]
_ENVIRON = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "SERVER_NAME": "localhost", "SERVER_PORT": "80"}
_ENVIRON |= {"wsgi.url_scheme": "http", "SERVER_PROTOCOL": "HTTP/1.1"}
_SCOPE: dict[str, Any] = {
    "type": "http",
    "method": "GET",
    "path": "/",
    "raw_path": b"/",
    "root_path": "",
    "scheme": "http",
}
_SCOPE |= {"query_string": b"", "headers": [], "http_version": "1.1", "asgi": {"version": "3.0"}}
_SCOPE |= {"client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80)}


def rows(effort: Effort) -> Iterator[Row]:
    """WSGI and ASGI."""
    with closing(asyncio.new_event_loop()) as loop:
        sentry_sdk.init(dsn="http://key@127.0.0.1:9/1", default_integrations=False, auto_enabling_integrations=False)
        yield from _wsgi_rows(effort)
        yield from _asgi_rows(effort, loop)


def empty() -> None:
    """What the cost of middleware is counted in."""


def _wsgi_rows(effort: Effort) -> Iterator[Row]:
    ours = wsgi.TelemetryMiddleware(_answer, registry=Registry())
    direct = {"alone": calling(_answer, _ENVIRON, _start_response), "ours": calling(ours, _ENVIRON, _start_response)}
    yield at_most(6, "WSGI middleware after recognition", _added(direct, effort)["ours"], _UNIT, _REASON)
    peers: dict[str, Any] = {
        "OpenTelemetry's WSGI middleware, SDK": OpenTelemetryWsgi(
            wsgi_app, tracer_provider=_tracers(), meter_provider=_meters()
        ),
        "Sentry's WSGI middleware, tracing off": SentryWsgiMiddleware(wsgi_app),
    }
    yield from _peers({name: calling(_serve, app) for name, app in {"alone": wsgi_app, **peers}.items()}, effort)


def _asgi_rows(effort: Effort, loop: asyncio.AbstractEventLoop) -> Iterator[Row]:
    ours = asgi.TelemetryMiddleware(_do_nothing, registry=Registry())
    direct = {"alone": _serving(_do_nothing, loop), "ours": _serving(ours, loop)}
    yield at_most(12, "ASGI middleware after recognition", _added(direct, effort)["ours"], _UNIT, _REASON)
    peers: dict[str, Any] = {
        "OpenTelemetry's ASGI middleware, SDK": OpenTelemetryAsgi(
            asgi_app, tracer_provider=_tracers(), meter_provider=_meters()
        ),
        "Sentry's ASGI middleware, tracing off": SentryAsgiMiddleware(asgi_app),
        "starlette_exporter's `PrometheusMiddleware`": PrometheusMiddleware(asgi_app),
        "Starlette's `BaseHTTPMiddleware`, passing on": BaseHTTPMiddleware(asgi_app, _pass_on),
    }
    yield from _peers({name: _serving(app, loop) for name, app in {"alone": asgi_app, **peers}.items()}, effort)


def _peers(contestants: dict[str, Contestant], effort: Effort) -> Iterator[Row]:
    added = _added(contestants, effort)
    del added["alone"]
    for name, costs in added.items():
        yield shown(name, costs, _UNIT)


def _added(contestants: dict[str, Contestant], effort: Effort) -> dict[str, list[float]]:
    """What each adds to the application alone, in empty calls."""
    seconds = interleaved({"loop": bare_loop(), "empty": calling(empty), **contestants}, effort)
    calls = less(seconds["empty"], seconds["loop"])
    return {name: ratios(less(seconds[name], seconds["alone"]), calls) for name in contestants}


def _tracers() -> TracerProvider:
    return TracerProvider(shutdown_on_exit=False)


def _meters() -> MeterProvider:
    return MeterProvider(metric_readers=[InMemoryMetricReader()], shutdown_on_exit=False)


# -- WSGI -------------------------------------------------------------------------------------------------------------


def _answer(_: dict[str, Any], __: Callable[..., object]) -> Iterable[bytes]:
    return _BODY


def wsgi_app(_: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """Answers at once."""
    start_response("200 OK", [("Content-Length", "2")])
    return _BODY


def _start_response(*_: object) -> None:
    """The server's part."""


def _serve(app: Callable[..., Iterable[bytes]]) -> None:
    body = app(_ENVIRON.copy(), _start_response)
    deque(body, maxlen=0)
    close = getattr(body, "close", None)
    if close is not None:
        close()


# -- ASGI -------------------------------------------------------------------------------------------------------------


async def _do_nothing(_: Message, __: Receive, ___: Send) -> None:
    pass


async def asgi_app(_: Message, receive: Receive, send: Send) -> None:
    """Answers at once."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


async def _receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(_: Message) -> None:
    """The server's part."""


async def _pass_on(request: Request, call_next: RequestResponseEndpoint) -> Response:
    return await call_next(request)


def _serving(app: Callable[..., Awaitable[None]], loop: asyncio.AbstractEventLoop) -> Contestant:
    async def serve(requests: int) -> None:
        for _ in range(requests):
            await app(_SCOPE.copy(), _receive, _send)

    def seconds(requests: int) -> float:
        began = time.thread_time()
        loop.run_until_complete(serve(requests))
        return time.thread_time() - began

    return seconds
