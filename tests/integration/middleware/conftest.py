"""Applications that answer with what is known of their server, and real servers in threads to run them."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from engine_telemetry.application_server import ApplicationServer
from engine_telemetry.middleware.asgi import Receive, Scope, Send
from engine_telemetry.registry import Registry

ServeWsgi = Callable[..., AbstractContextManager[str]]


class Listener:
    """Notes which server was noted, and in which thread."""

    def __init__(self) -> None:
        """Wait for nothing yet."""
        self.noted: list[tuple[ApplicationServer, str]] = []
        self._told = threading.Event()

    def application_server_noted(self, server: ApplicationServer) -> None:
        """Take it down."""
        self.noted.append((server, threading.current_thread().name))
        self._told.set()

    def server(self) -> ApplicationServer:
        """The server, as soon as it is noted."""
        assert self._told.wait(10), "no server was noted"
        return self.noted[0][0]


@pytest.fixture
def registry() -> Registry:
    """A registry of this test's own."""
    return Registry()


@pytest.fixture
def listener(registry: Registry) -> Listener:
    """Somebody who is told."""
    listener = Listener()
    registry.listen(listener)
    return listener


def wsgi_app(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """A WSGI application."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]


async def asgi_app(scope: Scope, receive: Receive, send: Send) -> None:
    """An ASGI application."""
    if scope["type"] == "lifespan":
        for event in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{event}.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def werkzeug() -> ServeWsgi:
    """Run a WSGI application in Werkzeug's server, in a thread of this process; the address."""

    @contextmanager
    def serve(app: WSGIApplication, handler: type[WSGIRequestHandler] = WSGIRequestHandler) -> Iterator[str]:
        server = make_server("127.0.0.1", 0, app, request_handler=handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    return serve
