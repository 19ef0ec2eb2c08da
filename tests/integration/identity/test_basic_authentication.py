"""The REST API and the page with ``restAuthentication=basic``."""

import logging
import sqlite3
import threading
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest
from starlette.applications import Starlette
from werkzeug.test import Client

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import AuthenticationException
from tests.integration.identity.conftest import Basic
from tests.integration.webapps.rest_client import TestClient
from webapps.authentication import REMEMBERED_SECONDS, Authentication
from webapps.main import create_app, create_wsgi_app
from webapps.rest.asgi import AnyPathMount, rest_app
from webapps.rest.telemetry_wsgi import telemetry_app

CHALLENGE = 'Basic realm="default", charset="UTF-8"'
THREADS_OF_A_SERVER = 40  # that Starlette has for requests
TELEMETRY = ["configuration", "data", "status", "schema"]


@pytest.fixture
def http(app: Starlette, engine: ProcessEngine) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False) as client:
        assert engine.identity_service.count_users() == 2
        yield client


@pytest.fixture
def wsgi(settings: dict[str, Any], engine: ProcessEngine) -> Client:
    assert engine.identity_service.count_users() == 2
    return Client(create_wsgi_app(**settings))


@pytest.mark.parametrize(
    "path", ["/version", "/engine", "/task", "/engine/default/task", "/telemetry/status", "/no/such/resource"]
)
def test_every_path_of_the_api_asks_who_asks(http: TestClient, wsgi: Client, path: str) -> None:
    for response in (http.get(f"/engine-rest{path}"), wsgi.get(f"/engine-rest{path}")):
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == CHALLENGE
        assert response.headers["Content-Type"] == "application/json"
        assert '"type":"AuthenticationException"' in response.text
        assert '"code":null' in response.text


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer abc",
        "Basic",
        "Basic !!!",
        "Basic " + b64encode(b"ann").decode(),
        "Basic " + b64encode(b"ann:\xff\xfe").decode(),
        "Basic " + b64encode(b"ann:wrong password").decode(),
        "Basic " + b64encode(b"nobody:correct horse").decode(),
        "Basic " + b64encode(b":").decode(),
        "Basic " + b64encode("änn:correct horse".encode()).decode(),
    ],
)
def test_what_is_no_credentials_of_a_user_is_a_401(http: TestClient, wsgi: Client, header: str) -> None:
    for response in (
        http.get("/engine-rest/task", headers={"Authorization": header}),
        wsgi.get("/engine-rest/telemetry/data", headers={"Authorization": header}),
    ):
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == CHALLENGE


def test_the_scheme_may_be_written_in_any_case(http: TestClient, basic: Basic) -> None:
    header = basic("bob")["Authorization"].replace("Basic", "bASIC")
    assert http.get("/engine-rest/task", headers={"Authorization": header}).json() == []


def test_a_user_may_do_everything_but_see_and_switch_telemetry(http: TestClient, wsgi: Client, basic: Basic) -> None:
    headers = basic("bob")
    assert http.get("/engine-rest/task", headers=headers).json() == []
    refused = [
        *(http.get(f"/engine-rest/telemetry/{name}", headers=headers) for name in TELEMETRY),
        *(wsgi.get(f"/engine-rest/telemetry/{name}", headers=headers) for name in TELEMETRY),
        http.get("/engine-rest/engine/default/telemetry/data", headers=headers),
        http.post("/engine-rest/telemetry/configuration", json={"enableTelemetry": True}, headers=headers),
        wsgi.post("/engine-rest/telemetry/configuration", json={"enableTelemetry": True}, headers=headers),
    ]
    for response in refused:
        assert response.status_code == 403
        assert '"type":"AuthorizationException"' in response.text
        assert "camunda-admin" in response.text
        assert "WWW-Authenticate" not in response.headers


@pytest.mark.parametrize("interface", ["http", "wsgi"])
def test_an_administrator_switches_telemetry_and_is_named(
    interface: str, request: pytest.FixtureRequest, basic: Basic
) -> None:
    client = request.getfixturevalue(interface)
    headers = basic("ann")
    path = "/engine-rest/telemetry/configuration"
    assert client.post(path, json={"enableTelemetry": True}, headers=headers).status_code == 204
    assert "by ann with the REST API" in client.get("/engine-rest/telemetry/status", headers=headers).text


def test_who_is_no_administrator_any_more_is_refused_at_once(
    http: TestClient, engine: ProcessEngine, basic: Basic
) -> None:
    assert http.get("/engine-rest/telemetry/data", headers=basic("ann")).status_code == 200
    engine.identity_service.remove_from_group("ann", "camunda-admin")
    assert http.get("/engine-rest/telemetry/data", headers=basic("ann")).status_code == 403


def test_a_body_is_not_read_of_who_is_not_known(http: TestClient) -> None:
    def body() -> Iterator[bytes]:
        yield b"x" * (12 * 1024 * 1024)

    assert http.post("/engine-rest/deployment/create", content=body()).status_code == 401


def test_after_ten_failures_the_answer_says_when_to_come_back(http: TestClient, wsgi: Client, basic: Basic) -> None:
    wrong = basic("ann", "wrong password")
    refused = [http.get("/engine-rest/task", headers=wrong) for _ in range(11)]
    assert refused[-1].status_code == 429
    assert 0 < int(refused[-1].headers["Retry-After"]) <= 60
    answers = [wsgi.get("/engine-rest/telemetry/data", headers=wrong) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [401] * 10 + [429]
    assert '"type":"TooManyFailedChecksException"' in answers[-1].text


def test_a_password_is_checked_once_for_many_requests_and_again_after_a_while(
    engine: ProcessEngine, basic: Basic
) -> None:
    engine.management_service.toggle_telemetry(enabled=True)
    now = 1000.0
    authentication = Authentication(engine, lambda: now)
    header = basic("bob")["Authorization"]

    def checks() -> int:
        report = engine.management_service.get_telemetry_data().to_dict()
        count: int = report["product"]["internals"]["commands"]["CheckPassword"]["count"]
        return count

    assert [authentication.user(header) for _ in range(20)] == ["bob"] * 20
    assert checks() == 1
    engine.identity_service.set_password("bob", "another password")
    now += REMEMBERED_SECONDS - 1
    assert authentication.user(header) == "bob"
    now += 1
    with pytest.raises(AuthenticationException):
        authentication.user(header)
    assert checks() == 2


def test_what_is_remembered_shows_no_password_and_is_bounded(
    engine: ProcessEngine, basic: Basic, password: str
) -> None:
    authentication = Authentication(engine)
    authentication.user(basic("bob")["Authorization"])
    shown = repr(vars(authentication))
    assert password not in shown
    assert basic("bob")["Authorization"].partition(" ")[2] not in shown
    for number in range(5000):
        authentication._remember(str(number).encode())  # noqa: SLF001 - as 5000 users would
    assert len(authentication._known) <= 1024  # noqa: SLF001
    assert authentication.user(basic("bob")["Authorization"]) == "bob"


def test_no_password_appears_in_a_log(
    http: TestClient, basic: Basic, password: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    for headers in (basic("ann"), basic("ann", "wrong password")):
        http.get("/engine-rest/telemetry/data", headers=headers)
        assert headers["Authorization"].partition(" ")[2] not in caplog.text
    assert password not in caplog.text
    assert "wrong password" not in caplog.text


def test_a_database_that_fails_lets_nobody_in(http: TestClient, settings: dict[str, Any], basic: Basic) -> None:
    with closing(sqlite3.connect(settings["database_url"].removeprefix("sqlite:///"))) as connection:
        connection.execute("ALTER TABLE engine_user RENAME TO gone")
        connection.commit()
    response = http.get("/engine-rest/version", headers=basic("ann"))
    assert response.status_code == 500
    assert response.json()["type"] == "ProcessEngineException"


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("path", ["/login", "/engine-rest/version"])
def test_without_a_password_requests_from_beyond_this_machine_are_refused(settings: dict[str, Any], path: str) -> None:
    open_app = create_app(**settings | {"rest_authentication": "none"})
    try:
        assert TestClient(open_app, base_url="http://127.0.0.1").get(path).status_code == 200
        assert TestClient(open_app, base_url="http://localhost").get(path).status_code == 200
        refused = TestClient(open_app, base_url="http://192.0.2.7").get(path)
        assert refused.status_code == 403
        assert "ENGINE_REST_AUTHENTICATION=basic" in refused.text
    finally:
        open_app.state.engine.close()


def test_a_word_lets_them_in(settings: dict[str, Any]) -> None:
    open_app = create_app(**settings | {"rest_authentication": "none", "rest_allow_unauthenticated": True})
    assert TestClient(open_app, base_url="http://192.0.2.7").get("/engine-rest/version").status_code == 200
    open_app.state.engine.close()


@pytest.mark.parametrize(("name", "status"), [("127.0.0.1", 200), ("example.com", 200), ("192.0.2.7", 403)])
def test_the_telemetry_resource_alone_looks_at_the_servers_address_too(
    settings: dict[str, Any], name: str, status: int
) -> None:
    with ProcessEngine(None, **settings | {"rest_authentication": "none"}) as engine:
        response = Client(telemetry_app(engine)).get("/configuration", environ_overrides={"SERVER_NAME": name})
    assert response.status_code == status


def test_the_telemetry_resource_alone_asks_for_the_same_users(engine: ProcessEngine, basic: Basic) -> None:
    client = Client(telemetry_app(engine))
    assert client.get("/configuration").status_code == 401
    assert client.get("/configuration", headers=basic("bob")).status_code == 403
    assert client.get("/configuration", headers=basic("ann")).json == {"enableTelemetry": None}


class SlowAuthentication(Authentication):
    """Checks no password before it is let."""

    def __init__(self, engine: ProcessEngine) -> None:
        super().__init__(engine)
        self.checks, self.let = threading.Semaphore(0), threading.Event()

    def user(self, authorization: str) -> str | None:
        self.checks.release()
        assert self.let.wait(20)
        return super().user(authorization)


@pytest.mark.usefixtures("http")
def test_passwords_that_are_checked_hold_up_nobody_who_is_known(engine: ProcessEngine) -> None:
    slow = SlowAuthentication(engine)
    slow.let.set()
    app = Starlette(routes=[AnyPathMount("/engine-rest", rest_app(engine, slow))])
    with TestClient(app) as client, ThreadPoolExecutor(THREADS_OF_A_SERVER + 1) as people:
        known = {"Authorization": "Basic " + b64encode(b"ann:correct horse").decode()}
        assert client.get("/engine-rest/task/count", headers=known).status_code == 200
        slow.let.clear()
        wrong = {"Authorization": "Basic " + b64encode(b"ann:wrong").decode()}
        waiting = [
            people.submit(client.get, "/engine-rest/task", headers=wrong) for _ in range(THREADS_OF_A_SERVER + 1)
        ]
        try:
            while slow.checks.acquire(timeout=1):
                pass  # until no more of them comes to be checked
            assert client.get("/engine-rest/task/count", headers=known).status_code == 200
            assert not any(one.done() for one in waiting)
        finally:
            slow.let.set()
