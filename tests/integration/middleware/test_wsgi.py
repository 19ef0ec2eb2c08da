"""The WSGI middleware, in real servers and in test clients."""

import subprocess
import sys
import threading
from collections.abc import Callable
from importlib import metadata
from typing import Any
from wsgiref.types import WSGIApplication

import httpx
import pytest
from werkzeug.serving import WSGIRequestHandler
from werkzeug.test import Client

from engine_telemetry.application_server import ApplicationServer
from engine_telemetry.middleware.recognition import ATTEMPTS
from engine_telemetry.middleware.wsgi import TelemetryMiddleware
from engine_telemetry.registry import Registry
from tests.integration.middleware.conftest import Listener, ServeWsgi, wsgi_app

WERKZEUG = f"Werkzeug/{metadata.version('werkzeug')}"


def test_the_first_request_notes_the_server(registry: Registry, listener: Listener, werkzeug: ServeWsgi) -> None:
    with werkzeug(TelemetryMiddleware(wsgi_app, registry=registry)) as address:
        assert listener.noted == []
        assert httpx.get(address).text == "ok"
        assert registry.application_server == ApplicationServer("Werkzeug", WERKZEUG)
    assert len(listener.noted) == 1


class NamelessHandler(WSGIRequestHandler):
    """A server that does not tell its version."""

    server_version = "nginx"


def test_a_version_that_must_be_looked_up_is_looked_up_beside_the_request(
    registry: Registry, listener: Listener, werkzeug: ServeWsgi
) -> None:
    with werkzeug(TelemetryMiddleware(wsgi_app, registry=registry), NamelessHandler) as address:
        assert httpx.get(address).text == "ok"
    assert listener.server() == ApplicationServer("Werkzeug", WERKZEUG)
    assert listener.noted[0][1] == "engine-telemetry-recognition"


def test_what_a_client_says_is_not_believed(listener: Listener, registry: Registry, werkzeug: ServeWsgi) -> None:
    headers = {"Server": "nginx/6.6.6", "Server-Software": "nginx/6.6.6", "Werkzeug.Socket": "x", "Via": "1.1 nginx"}
    with werkzeug(TelemetryMiddleware(wsgi_app, registry=registry)) as address:
        httpx.get(address, headers=headers)
    assert listener.server().version == WERKZEUG


def test_a_second_server_in_the_process_changes_nothing(
    listener: Listener, registry: Registry, werkzeug: ServeWsgi
) -> None:
    registry.note_application_server(ApplicationServer("gunicorn", "gunicorn/27.0.1"))
    with werkzeug(TelemetryMiddleware(wsgi_app, registry=registry)) as address:
        httpx.get(address)
    assert [server.vendor for server, _ in listener.noted] == ["gunicorn"]


def with_werkzeugs_client(app: WSGIApplication) -> str:
    return Client(app).get("/").text


def with_httpx(app: WSGIApplication) -> str:
    with httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://test") as client:
        return client.get("/").text


@pytest.mark.parametrize("ask", [with_werkzeugs_client, with_httpx])
def test_a_test_client_is_no_server(ask: Callable[[WSGIApplication], str], registry: Registry) -> None:
    app = TelemetryMiddleware(wsgi_app, registry=registry)
    assert [ask(app) for _ in range(ATTEMPTS + 1)] == ["ok"] * (ATTEMPTS + 1)
    assert registry.application_server is None


def test_a_server_that_starts_after_a_test_client_is_recognised(
    listener: Listener, registry: Registry, werkzeug: ServeWsgi
) -> None:
    app = TelemetryMiddleware(wsgi_app, registry=registry)
    for _ in range(ATTEMPTS - 1):
        with_werkzeugs_client(app)
    with werkzeug(app) as address:
        httpx.get(address)
    assert listener.server().vendor == "Werkzeug"


def test_after_some_calls_without_a_server_no_more_attempts_are_made(registry: Registry, werkzeug: ServeWsgi) -> None:
    app = TelemetryMiddleware(wsgi_app, registry=registry)
    for _ in range(ATTEMPTS):
        with_werkzeugs_client(app)
    with werkzeug(app) as address:
        assert httpx.get(address).text == "ok"
    assert registry.application_server is None


def test_without_a_thread_for_the_look_up_the_server_is_noted_without_its_version(registry: Registry) -> None:
    def start_response(*_: object) -> Callable[[bytes], object]:
        return len

    start_response.__module__ = "waitress.task"
    usual = threading.stack_size(1 << 46)  # more than there is
    try:
        assert list(TelemetryMiddleware(wsgi_app, registry=registry)({}, start_response)) == [b"ok"]
    finally:
        threading.stack_size(usual)
    assert registry.application_server == ApplicationServer("waitress")


class _RaisingType(type):
    def __getattribute__(cls, name: str) -> Any:
        if name == "__mro__":
            raise RuntimeError("A type that cannot be asked")
        return super().__getattribute__(name)


class Strange(metaclass=_RaisingType):
    """A start_response whose class raises."""

    def __call__(self, *_: object) -> Callable[[bytes], object]:
        """Take whatever comes."""
        return len


def test_a_failed_recognition_is_logged_once_and_fails_no_request(
    registry: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    app = TelemetryMiddleware(wsgi_app, registry=registry)
    for _ in range(3):
        assert list(app({}, Strange())) == [b"ok"]
    records = [(record.name, record.levelname, record.getMessage()) for record in caplog.records]
    assert records == [("engine_telemetry.telemetry", "WARNING", "Recognising the application server failed")]


FORK = """
import os, sys, threading
from werkzeug.serving import make_server
from urllib.request import urlopen
from engine_telemetry.middleware.wsgi import TelemetryMiddleware
from engine_telemetry.registry import process_registry
from tests.integration.middleware.conftest import wsgi_app

app = TelemetryMiddleware(wsgi_app)

def serve():
    server = make_server("127.0.0.1", 0, app)
    client = threading.Thread(target=lambda: urlopen(f"http://127.0.0.1:{server.server_port}/").read())
    client.start()
    server.handle_request()
    client.join()
    server.server_close()
    return process_registry.application_server

before = process_registry.application_server
in_parent = serve()
if (child := os.fork()) == 0:
    inherited = process_registry.application_server
    os._exit(0 if inherited is None and serve() == in_parent else 1)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
print(before, in_parent.version, status)
"""


def test_a_forked_child_recognises_its_server_itself(pytestconfig: pytest.Config) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FORK], cwd=pytestconfig.rootpath, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout.split() == ["None", WERKZEUG, "0"], done.stderr
