"""Requests that no browser makes of our pages: each is refused as what it is, and none is the server's fault."""

import asyncio
import logging
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import ProcessEngineException
from tests.integration.webapps.people import Person, form_token
from tests.integration.webapps.rest_client import MODEL, TestClient
from tests.integration.webapps.test_guard import routers


def client(app: Any, **scope: Any) -> TestClient:
    """A browser whose requests have something that no browser sends."""

    async def changed(original: Any, receive: Any, send: Any) -> None:
        await app(original | scope if original["type"] == "http" else original, receive, send)

    return TestClient(changed, follow_redirects=False, raise_server_exceptions=False)


@pytest.mark.parametrize("path", ["/login", "/tasklist/task/", "/cockpit/instance/", "/cockpit/process/x/model"])
@pytest.mark.parametrize("character", ["%00", "%0A", "%1F", "%7F"])
def test_an_address_has_no_control_characters(as_admin: Person, path: str, character: str) -> None:
    for response in (as_admin.http.get(path + character), as_admin.http.post(path + character)):
        assert (response.status_code, response.text) == (400, "The address has control characters.\n")
        assert "location" not in response.headers


def test_a_search_leaves_them_out(as_user: Person, engine: ProcessEngine) -> None:
    engine.repository_service.deploy({"order.bpmn": MODEL})
    page = as_user.get("/tasklist/start?search=%00ord%00er")
    assert 'value="order"' in page
    assert ">Order</a>" in page


def test_a_query_is_percent_encoded(app: Starlette) -> None:
    assert client(app, query_string=b"next=\xff").get("/login").status_code == 400


@pytest.mark.parametrize("charset", ["punycode", "undefined", "utf-7", "x"])
def test_a_form_is_sent_in_no_encoding_of_the_clients_choice(http: TestClient, charset: str) -> None:
    kind = f"multipart/form-data; boundary=b; charset={charset}"
    body = b'--b\r\nContent-Disposition: form-data; name="user"\r\n\r\n\xff-.\r\n--b--\r\n'
    response = http.post("/login", content=body, headers={"Content-Type": kind})
    assert (response.status_code, response.text) == (400, "Forms are sent as UTF-8.\n")
    assert http.post("/login", headers={"Content-Type": "text/plain;charset=UTF-8"}).status_code == 303


@pytest.mark.parametrize("fields", [{"user": "a\0b"}, {"a\0b": "x"}])
def test_a_form_has_no_text_that_no_database_takes(http: TestClient, as_admin: Person, fields: dict[str, str]) -> None:
    token = form_token(http.get("/setup").text) if http.get("/setup").status_code == 200 else ""
    response = http.post("/login", data={"csrf_token": token, "password": "x", **fields})
    assert response.status_code == 400
    assert "U+0000" in response.text
    sent = as_admin.act("/cockpit/deployments", files={"files": ("order.bpmn", MODEL + b"<!-- \0 -->")})
    assert sent.status_code == 422  # a file may have it; a model may not, and that is said of the model
    multipart = b'--b\r\nContent-Disposition: form-data; name="files"; filename="\0"\r\n\r\nx\r\n--b--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b", "X-CSRF-Token": as_admin.token()}
    assert as_admin.http.post("/cockpit/deployments", content=multipart, headers=headers).status_code == 400


@pytest.mark.parametrize("origin", ["http://[::", "http://", "testserver", ""])
def test_an_origin_that_is_none_is_anothers(as_user: Person, origin: str) -> None:
    assert as_user.act("/logout", headers={"Origin": origin}).status_code == 403


def test_who_goes_in_the_middle_of_a_form_is_no_error(app: Starlette) -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/x-www-form-urlencoded"), (b"content-length", b"9")]
    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": "/login",
        "raw_path": b"/login",
    }
    scope |= {"root_path": "", "query_string": b"", "scheme": "http", "headers": headers}
    asyncio.run(app(scope, receive, send))
    assert sent == []


def test_a_date_that_no_clock_in_utc_shows_is_said_at_its_field(as_user: Person, engine: ProcessEngine) -> None:
    engine.repository_service.deploy({"order.bpmn": MODEL})
    [definition] = engine.repository_service.process_definitions()
    row = {"variable-0-name": "due", "variable-0-type": "Date", "variable-0-value": "0001-01-01T00:00+14:00"}
    response = as_user.act(f"/tasklist/start/{definition.id}", row)
    assert response.status_code == 422
    assert "Enter a date, for example" in response.text


def test_a_model_is_no_page_and_is_not_kept(as_user: Person, engine: ProcessEngine) -> None:
    engine.repository_service.deploy({"order.bpmn": MODEL})
    [definition] = engine.repository_service.process_definitions()
    headers = as_user.http.get(f"/tasklist/process/{definition.id}/model").headers
    assert headers["content-disposition"].startswith("attachment;")
    assert headers["cache-control"] == "no-store"


def test_what_a_database_says_is_for_the_log(app: Starlette, as_user: Person, caplog: pytest.LogCaptureFixture) -> None:
    def failing(_: Request) -> Response:
        raise ProcessEngineException("The database refuses: no entry for user engine at 192.0.2.7")

    tasklist = next(router for prefix, router in routers(app.routes) if prefix == "/tasklist")
    tasklist.routes.append(Route("/failing", failing))
    with caplog.at_level(logging.ERROR, "engine_telemetry.engine"):
        page = as_user.get("/tasklist/failing", status=500)
    assert "192.0.2.7" not in page
    assert "192.0.2.7" in caplog.text


def test_an_error_that_nobody_foresaw_has_the_headers_of_every_answer(app: Starlette, as_user: Person) -> None:
    def failing(_: Request) -> Response:
        raise ZeroDivisionError

    tasklist = next(router for prefix, router in routers(app.routes) if prefix == "/tasklist")
    tasklist.routes.append(Route("/failing", failing))
    headers = as_user.http.get("/tasklist/failing").headers
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "same-origin")
