"""The telemetry resource, once in the REST API (ASGI) and once alone (WSGI): the same tests."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.applications import Starlette
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client
from werkzeug.wrappers import Response

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.rest_client import TestClient
from webapps.rest.telemetry_wsgi import telemetry_app


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Ask = Callable[..., Reply]


@pytest.fixture(params=["asgi", "wsgi"])
def ask(request: pytest.FixtureRequest, app: Starlette) -> Iterator[Ask]:
    engine: ProcessEngine = app.state.engine
    if request.param == "asgi":
        with TestClient(app, follow_redirects=False) as client:
            yield _asgi(client)
    else:
        with engine:
            yield _wsgi(engine)


def _asgi(client: TestClient) -> Ask:
    def ask(method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
        response = client.request(method, f"/engine-rest/telemetry{path}", content=body, headers=_dashed(headers))
        return Reply(response.status_code, dict(response.headers), response.content)

    return ask


def _wsgi(engine: ProcessEngine) -> Ask:
    mounts = {"/engine-rest/telemetry": telemetry_app(engine)}
    client = Client(DispatcherMiddleware(Response("the host's own page"), mounts))

    def ask(method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
        response = client.open(f"/engine-rest/telemetry{path}", method=method, data=body, headers=_dashed(headers))
        lower = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status_code, lower, response.data)

    return ask


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def switch(ask: Ask, body: str, content_type: str = "application/json") -> Reply:
    return ask("POST", "/configuration", body.encode(), Content_Type=content_type)


def test_nobody_has_decided_at_first(ask: Ask) -> None:
    reply = ask("GET", "/configuration")
    assert (reply.status, reply.json) == (200, {"enableTelemetry": None})
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("enabled", [True, False])
def test_a_decision_is_stored_and_answered_with_204(ask: Ask, enabled: bool) -> None:
    reply = switch(ask, json.dumps({"enableTelemetry": enabled, "more": "is ignored"}))
    assert (reply.status, reply.body) == (204, b"")
    assert "content-type" not in reply.headers
    assert ask("GET", "/configuration").json == {"enableTelemetry": enabled}


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        "null",
        "[]",
        '"x"',
        "true",
        "",
        "{",
        '{"enableTelemetry": "yes"}',
        '{"enableTelemetry": "true"}',
        '{"enableTelemetry": 1}',
        '{"enableTelemetry": null}',
        '{"enableTelemetry": NaN}',
        '{"enabletelemetry": true}',
        '{"enableTelemetry": {"\\ud800": 1}}',
    ],
)
@pytest.mark.parametrize("before", [None, True])
def test_a_body_that_is_no_decision_is_a_400_with_a_message_and_changes_nothing(
    ask: Ask,
    body: str,
    before: bool | None,
) -> None:
    if before is not None:
        switch(ask, json.dumps({"enableTelemetry": before}))
    reply = switch(ask, body)
    assert reply.status == 400
    assert reply.json["type"] == "InvalidRequestException"
    assert len(reply.json["message"]) > 20
    assert ask("GET", "/configuration").json == {"enableTelemetry": before}


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_another_content_type_is_a_415_and_changes_nothing(ask: Ask, content_type: str) -> None:
    reply = switch(ask, '{"enableTelemetry": true}', content_type)
    assert reply.status == 415
    assert "application/json" in reply.json["message"]
    assert ask("GET", "/configuration").json == {"enableTelemetry": None}


def test_a_page_of_another_site_cannot_decide(ask: Ask) -> None:
    body = b'{"enableTelemetry": true}'
    reply = ask("POST", "/configuration", body, Content_Type="application/json", Sec_Fetch_Site="cross-site")
    assert reply.status == 403
    assert ask("GET", "/configuration").json == {"enableTelemetry": None}


def test_a_body_of_more_than_a_megabyte_is_a_413(ask: Ask) -> None:
    reply = switch(ask, '{"enableTelemetry": true, "more": "' + "x" * 1024 * 1024 + '"}')
    assert (reply.status, reply.json["type"]) == (413, "RestException")


def test_the_data_is_what_the_next_report_would_say_and_looking_takes_nothing(ask: Ask) -> None:
    switch(ask, '{"enableTelemetry": true}')
    first, second = ask("GET", "/data").json, ask("GET", "/data").json
    commands = second["product"]["internals"]["commands"]
    assert commands["TelemetryConfigureCmd"] == {"count": 1}
    assert commands["GetTelemetryDataCmd"] == {"count": 1}
    assert first["installation"] == second["installation"]


def test_the_data_fits_the_published_schema(ask: Ask) -> None:
    switch(ask, '{"enableTelemetry": true}')
    schema = ask("GET", "/schema").json
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(ask("GET", "/data").json)


def test_the_status_says_what_holds_and_what_decided_it(ask: Ask) -> None:
    assert ask("GET", "/status").json["configured"] is None
    switch(ask, '{"enableTelemetry": true}')
    status = ask("GET", "/status").json
    assert (status["enabled"], status["configured"]) == (True, True)
    assert status["decidedBy"]
    assert status["countingSince"].endswith("Z")


def test_trailing_slashes_are_no_redirect(ask: Ask) -> None:
    assert ask("GET", "/configuration/").status == 200
    assert ask("POST", "/configuration/", b'{"enableTelemetry": true}', Content_Type="application/json").status == 204


def test_head_has_no_body_and_options_lists_the_methods(ask: Ask) -> None:
    head, options = ask("HEAD", "/configuration"), ask("OPTIONS", "/configuration")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "24")
    assert (options.status, options.headers["allow"], options.body) == (204, "GET, HEAD, OPTIONS, POST", b"")


def test_other_methods_and_other_paths_are_errors_in_json(ask: Ask) -> None:
    delete, nowhere = ask("DELETE", "/configuration"), ask("GET", "/nothing")
    assert (delete.status, delete.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    assert delete.json["type"] == "NotAllowedException"
    assert (nowhere.status, nowhere.json["type"]) == (404, "NotFoundException")
    assert "/engine-rest/telemetry/nothing" in nowhere.json["message"]
