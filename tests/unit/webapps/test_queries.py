import json

import pytest

from engine_telemetry.exceptions import InvalidRequestException
from webapps.rest.exchange import Request
from webapps.rest.queries import Query
from webapps.rest.values import integer, only_true, text, texts

QUERY = Query(
    criteria={
        "key": ("key", text),
        "keysIn": ("keys", texts),
        "version": ("version", integer),
        "latestVersion": ("latest_version", only_true),
    },
    unavailable="suspended variables",
)


def by_parameters(**parameters: str) -> Request:
    return Request(method="GET", query=parameters)


def by_body(body: object, **parameters: str) -> Request:
    content = json.dumps(body).encode()
    return Request(method="POST", query=parameters, content_type="application/json", body=content)


def test_parameters_become_keywords() -> None:
    request = by_parameters(key="a", keysIn="a,b", version="2", latestVersion="true")
    assert QUERY.criteria_of(request) == {"key": "a", "keys": ("a", "b"), "version": 2, "latest_version": True}


def test_members_of_a_body_become_the_same_keywords() -> None:
    request = by_body({"key": "a", "keysIn": ["a", "b"], "version": 2, "latestVersion": False, "suspended": None})
    assert QUERY.criteria_of(request) == {"key": "a", "keys": ("a", "b"), "version": 2}


def test_what_camunda_does_not_know_is_ignored() -> None:
    assert QUERY.criteria_of(by_parameters(colour="red")) == {}


@pytest.mark.parametrize("request_", [by_parameters(suspended="true"), by_body({"variables": [{"name": "x"}]})])
def test_what_only_this_engine_does_not_know_is_refused_instead_of_finding_too_much(request_: Request) -> None:
    with pytest.raises(InvalidRequestException, match="leave it out"):
        QUERY.criteria_of(request_)


@pytest.mark.parametrize("request_", [by_parameters(suspended="false"), by_body({"variables": []})])
def test_what_narrows_nothing_is_not_refused(request_: Request) -> None:
    assert QUERY.criteria_of(request_) == {}


def test_order_and_page_are_keywords_of_a_search() -> None:
    request = by_parameters(sortBy="key", sortOrder="desc", firstResult="5", maxResults="10")
    expected = {"sorting": (("key", "desc"),), "first_result": 5, "max_results": 10}
    assert QUERY.search_of(request) == expected


def test_a_body_has_its_order_in_a_list_and_its_page_in_the_parameters() -> None:
    orders = [{"sortBy": "key", "sortOrder": "asc"}, {"sortBy": "version", "sortOrder": "desc"}]
    expected = {"sorting": (("key", "asc"), ("version", "desc")), "max_results": 1}
    assert QUERY.search_of(by_body({"sorting": orders}, maxResults="1")) == expected


@pytest.mark.parametrize(
    "parameters",
    [
        {"sortBy": "key"},
        {"sortOrder": "asc"},
        {"sortBy": "key", "sortOrder": "upwards"},
        {"firstResult": "-1"},
        {"maxResults": "many"},
        {"version": "latest"},
    ],
)
def test_a_search_that_makes_no_sense_is_refused(parameters: dict[str, str]) -> None:
    with pytest.raises(InvalidRequestException):
        QUERY.search_of(by_parameters(**parameters))


def test_too_many_orders_are_refused() -> None:
    order = {"sortBy": "key", "sortOrder": "asc"}
    with pytest.raises(InvalidRequestException, match="more than 10"):
        QUERY.search_of(by_body({"sorting": [order] * 11}))
