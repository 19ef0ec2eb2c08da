"""The composition root: what is made, when it is opened, and how it is served."""

import asyncio
import io
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.types import Message, Receive, Scope, Send
from werkzeug.test import Client, TestResponse

import webapps.main
from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import ProcessEngineException
from engine_telemetry.middleware import asgi, wsgi
from tests.integration.webapps.rest_client import MODEL, TestClient
from webapps.main import create_wsgi_app
from webapps.wsgi_adapter import AsgiInWsgi


def run(program: str, directory: Path) -> str:
    """What the program prints, in a process of its own."""
    environment = {**os.environ, "ENGINE_DATABASE_URL": f"sqlite:///{directory / 'engine.db'}"}
    command = [sys.executable, "-W", "error", "-c", program]
    done = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_making_the_applications_opens_no_file_and_starts_no_thread(tmp_path: Path) -> None:
    program = """
import os, threading, webapps.main
applications = webapps.main.app, webapps.main.wsgi_app
assert applications == (webapps.main.app, webapps.main.wsgi_app), "made anew"
print(threading.active_count(), os.listdir())
"""
    assert run(program, tmp_path) == "1 []\n"


def test_the_module_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="'application'"):
        webapps.main.application  # noqa: B018 - the look-up is what is tested


def test_the_lifespan_opens_the_engine_and_closes_it(app: Starlette, engine: ProcessEngine, tmp_path: Path) -> None:
    with TestClient(app):
        assert (tmp_path / "engine.db").exists()
    with pytest.raises(ProcessEngineException, match="closed"):
        engine.task_service.tasks()


def test_without_a_lifespan_the_first_command_opens_the_engine(app: Starlette, engine: ProcessEngine) -> None:
    assert TestClient(app).get("/engine-rest/task").json() == []
    engine.close()


def test_the_telemetry_middleware_is_outermost(app: Starlette, settings: dict[str, Any]) -> None:
    with TestClient(app):
        assert isinstance(app.middleware_stack, asgi.TelemetryMiddleware)
    assert isinstance(create_wsgi_app(**settings), wsgi.TelemetryMiddleware)


def test_a_client_that_goes_away_in_the_middle_of_a_request_is_no_error(app: Starlette) -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    async def request() -> None:
        headers = [(b"content-type", b"application/json")]
        scope = {"type": "http", "method": "POST", "path": "/engine-rest/task", "query_string": b"", "headers": headers}
        await app(scope, receive, send)

    asyncio.run(request())
    assert sent == []


class ServerLike(Client):
    """Takes each answer to its end and closes it, as servers do."""

    def open(self, *args: Any, **arguments: Any) -> TestResponse:
        return super().open(*args, buffered=True, **arguments)


@pytest.fixture
def wsgi_client(settings: dict[str, Any]) -> Client:
    return ServerLike(create_wsgi_app(**settings))


def test_an_answer_that_a_server_does_not_take_is_ended_all_the_same() -> None:
    ended = threading.Event()

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"one", "more_body": True})
        await send({"type": "http.response.body", "body": b"two"})
        ended.set()

    response = Client(AsgiInWsgi(app)).get("/")
    assert next(response.iter_encoded()) == b"one"
    assert not ended.is_set()
    response.close()
    assert ended.wait(5)


def test_the_wsgi_application_is_the_same(wsgi_client: Client) -> None:
    form = {"data": (io.BytesIO(MODEL), "order.bpmn")}
    assert wsgi_client.post("/engine-rest/deployment/create", data=form).status_code == 200
    assert wsgi_client.post("/engine-rest/process-definition/key/order/start", json={}).status_code == 200
    assert wsgi_client.get("/engine-rest/telemetry/configuration").json == {"enableTelemetry": None}
    assert wsgi_client.get("/engine-rest/engine/default/telemetry/configuration").json == {"enableTelemetry": None}
    assert wsgi_client.get("/").headers["Location"] == "/login"


@pytest.mark.parametrize(
    "path", ["/setup", "/engine-rest/version", "/engine-rest/telemetry/schema", "/engine-rest/engine/no/task"]
)
def test_head_has_the_headers_of_get_and_no_body(wsgi_client: Client, path: str) -> None:
    get, head = wsgi_client.get(path), wsgi_client.head(path)
    assert head.data == b""
    assert head.headers["Content-Length"] == str(len(get.data))


def test_a_chunked_request_arrives_whole_at_the_wsgi_application(wsgi_client: Client) -> None:
    body = io.BytesIO(b'{"processInstanceIds": {"not": "a list"}}')
    reply = wsgi_client.post(
        "/engine-rest/process-instance/count",
        input_stream=body,
        content_type="application/json",
        environ_overrides={"wsgi.input_terminated": True, "CONTENT_LENGTH": ""},
    )
    assert reply.status_code == 400
    assert "processInstanceIds" in reply.text


@pytest.mark.parametrize("override", [{"PATH_INFO": "/\xff"}, {"QUERY_STRING": "name=\xe4"}])
def test_an_address_that_is_not_utf_8_is_a_400(wsgi_client: Client, override: dict[str, str]) -> None:
    assert wsgi_client.get("/", environ_overrides=override).status_code == 400


def test_the_wsgi_application_starts_its_event_loop_in_the_process_that_serves(tmp_path: Path) -> None:
    program = """
import os, threading
from werkzeug.test import Client, TestResponse
from webapps.main import wsgi_app

def status():
    return Client(wsgi_app).get("/engine-rest/engine").status_code

child = os.fork()
if child == 0:
    os._exit(0 if status() == 200 else 1)
print(os.waitpid(child, 0)[1], threading.active_count(), status())
"""
    assert run(program, tmp_path) == "0 1 200\n"
