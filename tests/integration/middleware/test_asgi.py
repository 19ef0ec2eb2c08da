"""The ASGI middleware, in real servers and in test clients."""

import asyncio
import inspect
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module, metadata
from typing import Any

import httpx
import pytest
import uvicorn
from a2wsgi import ASGIMiddleware
from uvicorn.lifespan.on import LifespanOn

from engine_telemetry.application_server import ApplicationServer
from engine_telemetry.middleware.asgi import Application, Receive, Scope, Send, TelemetryMiddleware
from engine_telemetry.middleware.recognition import ATTEMPTS
from engine_telemetry.registry import Registry
from tests.integration.middleware.conftest import Listener, ServeWsgi, asgi_app

UVICORN = ApplicationServer("uvicorn", f"uvicorn/{metadata.version('uvicorn')}")


@contextmanager
def serve(app: Application) -> Iterator[str]:
    """Run an ASGI application in uvicorn, in a thread of this process; the address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join()


def test_the_first_request_notes_the_server(registry: Registry) -> None:
    with serve(TelemetryMiddleware(asgi_app, registry=registry)) as address:
        assert registry.application_server is None
        assert httpx.get(address, headers={"Server": "nginx/6.6.6", "wsgi_environ": "nginx"}).text == "ok"
        assert registry.application_server == UVICORN


async def idle(scope: Scope, receive: Receive, send: Send) -> None:
    """An application that does nothing."""


def test_what_the_lifespan_showed_is_used_where_a_request_shows_nothing(registry: Registry) -> None:
    app = TelemetryMiddleware(idle, registry=registry)
    lifespan: Any = object.__new__(LifespanOn)
    asyncio.run(app({"type": "lifespan"}, lifespan.receive, lifespan.send))
    assert registry.application_server is None
    nothing: asyncio.Queue[Scope] = asyncio.Queue()
    asyncio.run(app({"type": "http"}, nothing.get, nothing.put))
    assert registry.application_server == UVICORN


def test_an_asgi_application_in_a_wsgi_server_is_run_by_the_wsgi_server(
    listener: Listener, registry: Registry, werkzeug: ServeWsgi
) -> None:
    app: Any = ASGIMiddleware(TelemetryMiddleware(asgi_app, registry=registry))  # type: ignore[arg-type]  # own types
    with werkzeug(app) as address:
        assert httpx.get(address).text == "ok"
    assert listener.server().vendor == "Werkzeug"


@pytest.mark.filterwarnings("ignore:Using `httpx` with")  # Starlette's, when it is imported first
def test_starlettes_test_client_is_no_server(registry: Registry) -> None:
    with import_module("starlette.testclient").TestClient(TelemetryMiddleware(asgi_app, registry=registry)) as client:
        assert [client.get("/").text for _ in range(ATTEMPTS + 1)] == ["ok"] * (ATTEMPTS + 1)
    assert registry.application_server is None


def test_httpx_is_no_server(registry: Registry) -> None:
    app = TelemetryMiddleware(asgi_app, registry=registry)

    async def ask() -> str:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as client:
            return (await client.get("/")).text

    assert [asyncio.run(ask()) for _ in range(ATTEMPTS + 1)] == ["ok"] * (ATTEMPTS + 1)
    assert registry.application_server is None


def test_servers_see_a_coroutine_function(registry: Registry) -> None:
    assert inspect.iscoroutinefunction(TelemetryMiddleware(asgi_app, registry=registry).__call__)
