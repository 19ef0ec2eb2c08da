"""The page for the first administrator, and who gets to see it."""

from typing import Any

import pytest
from httpx import Response
from starlette.applications import Starlette

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import BadUserRequestException
from tests.integration.webapps.people import form_token, make_user
from tests.integration.webapps.rest_client import TestClient

PASSWORD = "correct horse"  # noqa: S105 - of users that live for one test
HERE = "http://127.0.0.1:8080"


def client(app: Starlette, url: str = HERE, address: str = "127.0.0.1") -> TestClient:
    return TestClient(app, base_url=url, client=(address, 50000), follow_redirects=False)


def fill(http: TestClient, token: str = "", **fields: str) -> Response:
    token = token or form_token(http.get("/setup").text)
    data = {"csrf_token": token, "user": "ann", "password": PASSWORD, "again": PASSWORD, **fields}
    response: Response = http.post("/setup", data=data)
    return response


def test_the_first_to_come_is_led_there_and_becomes_the_administrator(app: Starlette, engine: ProcessEngine) -> None:
    http = client(app)
    assert http.get("/", follow_redirects=True).url.path == "/setup"
    response = fill(http)
    assert (response.status_code, response.headers["location"]) == (303, "/")
    assert http.get("/cockpit/").status_code == 200
    assert engine.identity_service.is_admin("ann")
    assert http.get("/setup").status_code == 404
    assert http.post("/setup", data={"csrf_token": form_token(http.get("/").text)}).status_code == 404


@pytest.mark.parametrize("url", ["http://localhost:8080", "http://[::1]:8080", "http://127.0.0.1", "http://LOCALHOST"])
def test_names_of_this_machine_are_accepted(app: Starlette, url: str) -> None:
    assert client(app, url).get("/setup").status_code == 200


@pytest.mark.parametrize(
    ("url", "address", "headers"),
    [
        ("http://engine.example", "127.0.0.1", {}),  # another site's name that leads to 127.0.0.1
        ("http://localhost.evil.example", "127.0.0.1", {}),
        ("http://127.0.0.1.evil.example:8080", "127.0.0.1", {}),
        (HERE, "192.0.2.7", {}),
        (HERE, "", {}),
        (HERE, "127.0.0.1", {"Forwarded": "for=192.0.2.7"}),
        (HERE, "127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}),
        (HERE, "127.0.0.1", {"X-Forwarded-Proto": "https"}),
        (HERE, "127.0.0.1", {"X-Real-IP": "192.0.2.7"}),
        (HERE, "127.0.0.1", {"Via": "1.1 proxy"}),
        (HERE, "127.0.0.1", [("Host", "localhost"), ("Host", "engine.example")]),
        (HERE, "127.0.0.1", {"Host": ""}),
    ],
)
def test_from_anywhere_else_the_page_says_how_it_is_done(
    app: Starlette, engine: ProcessEngine, url: str, address: str, headers: Any
) -> None:
    http = client(app, url, address)
    seen = http.get("/setup", headers=headers)
    assert seen.status_code == 403
    assert "engine-telemetry create-admin NAME" in seen.text
    token = form_token(client(app).get("/setup").text)
    assert fill(http, token, user="eve").status_code in {303, 403}
    assert not engine.identity_service.has_administrator()


def test_an_old_proxy_is_no_browser(app: Starlette) -> None:
    async def old(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "http_version": "1.0"} if scope["type"] == "http" else scope, receive, send)

    http = TestClient(old, base_url=HERE, client=("127.0.0.1", 1), follow_redirects=False)
    assert http.get("/setup").status_code == 403


def test_of_two_at_once_one_wins(app: Starlette, engine: ProcessEngine) -> None:
    one, other = client(app), client(app)
    token = form_token(other.get("/setup").text)
    assert fill(one).status_code == 303
    assert fill(other, token, user="eve").status_code == 404
    with pytest.raises(BadUserRequestException, match="administrator already"):
        engine.identity_service.create_first_administrator("eve", PASSWORD)
    assert engine.identity_service.count_users() == 1


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"again": "something else"}, "The two passwords differ."),
        ({"password": "short", "again": "short"}, "The password has 5 characters"),
        ({"user": "<b>"}, "The id &#39;&lt;b&gt;&#39; cannot be used"),
        ({"user": "bob"}, "There is a user &#39;bob&#39; already."),
    ],
)
def test_what_cannot_be_used_is_said_at_its_field(
    app: Starlette, engine: ProcessEngine, fields: dict[str, str], message: str
) -> None:
    make_user(engine, "bob")
    response = fill(client(app), **fields)
    assert response.status_code == 422
    assert f'-error">{message}' in response.text
    assert 'aria-invalid="true"' in response.text
    assert PASSWORD not in response.text
    assert not engine.identity_service.has_administrator()


def test_with_users_but_no_administrator_people_log_in(app: Starlette, engine: ProcessEngine) -> None:
    make_user(engine, "bob")
    http = client(app)
    assert http.get("/login").status_code == 200
    assert http.get("/setup").status_code == 200
