import json
from dataclasses import replace
from typing import Any

import pytest

from engine_telemetry.engine import ProcessEngine
from webapps.rest.exchange import Answer, Request, no_content, ok
from webapps.rest.resource import Resource, perform


def get(_: ProcessEngine, __: Request) -> Answer:
    return ok({"a": 1})


def post(_: ProcessEngine, __: Request) -> Answer:
    return no_content()


def fail(_: ProcessEngine, __: Request) -> Answer:
    raise ZeroDivisionError


RESOURCE = Resource("/thing", {"GET": get, "POST": post, "DELETE": fail})


@pytest.fixture
def engine() -> ProcessEngine:
    return ProcessEngine()  # opens nothing


def test_json_is_answered_without_a_charset(engine: ProcessEngine) -> None:
    answer = perform(engine, RESOURCE, Request(method="GET"))
    assert (answer.status, answer.body, answer.media_type) == (200, b'{"a":1}', "application/json")


def test_head_is_what_get_is(engine: ProcessEngine) -> None:
    assert perform(engine, RESOURCE, Request(method="HEAD")) == perform(engine, RESOURCE, Request(method="GET"))


def test_options_lists_the_methods(engine: ProcessEngine) -> None:
    answer = perform(engine, RESOURCE, Request(method="OPTIONS"))
    assert (answer.status, answer.headers["Allow"]) == (204, "DELETE, GET, HEAD, OPTIONS, POST")


def test_another_method_is_a_405_that_lists_the_methods(engine: ProcessEngine) -> None:
    answer = perform(engine, RESOURCE, Request(method="PUT"))
    assert (answer.status, answer.headers["Allow"]) == (405, "DELETE, GET, HEAD, OPTIONS, POST")
    assert json.loads(answer.body)["type"] == "NotAllowedException"


def test_whatever_goes_wrong_there_is_an_answer(engine: ProcessEngine) -> None:
    assert perform(engine, RESOURCE, Request(method="DELETE")).status == 500


@pytest.mark.parametrize(
    ("site", "origin", "host", "status"),
    [
        ("", None, "engine.example", 204),  # no browser
        ("same-origin", None, "localhost:8080", 204),
        ("none", None, "127.0.0.1:8080", 204),
        ("cross-site", None, "127.0.0.1:8080", 403),
        ("same-site", None, "127.0.0.1:8080", 403),
        ("", "http://127.0.0.1:8080", "127.0.0.1:8080", 204),
        ("", "http://[::1]:8080", "[::1]:8080", 204),
        ("", "http://evil.example", "127.0.0.1:8080", 403),
        ("", "null", "127.0.0.1:8080", 403),
        ("", "null", "", 403),
        ("", "http://evil.example", "evil.example", 403),  # a name that has been made to lead here (DNS rebinding)
        ("same-origin", "http://evil.example", "evil.example", 403),
        ("same-origin", None, "[::", 403),
    ],
)
def test_a_page_of_another_site_changes_nothing(
    engine: ProcessEngine, site: str, origin: str | None, host: str, status: int
) -> None:
    request = Request(method="POST", fetch_site=site, origin=origin, host=host)
    assert perform(engine, RESOURCE, request).status == status
    assert perform(engine, RESOURCE, replace(request, method="GET")).status == 200


@pytest.mark.parametrize("settings", [{"rest_authentication": "basic"}, {"rest_allow_unauthenticated": True}])
def test_a_page_at_a_name_of_its_own_may_change_something_where_strangers_are_kept_out(
    settings: dict[str, Any],
) -> None:
    guarded = ProcessEngine(database_url="sqlite://", telemetry_reporter_activate=False, **settings)
    host = "engine.example"
    request = Request(method="POST", fetch_site="same-origin", origin=f"https://{host}", host=host)
    assert perform(guarded, RESOURCE, request).status == 204
