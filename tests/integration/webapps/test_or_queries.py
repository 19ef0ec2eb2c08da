"""Queries for tasks of which one criterion must be met, and lists that are sorted by several things."""

from typing import Any

import pytest

from tests.integration.webapps.rest_client import RestClient


@pytest.fixture
def filled(rest: RestClient) -> RestClient:
    """Four tasks with the priorities 1, 1, 2, 2, named a to d; joe has claimed a, staff may claim b."""
    rest.deploy()
    for name in "abcd":
        rest.start_to_user_task(businessKey=name, variables={"amount": {"value": ord(name)}})
        [task] = rest.get("/task", processInstanceBusinessKey=name)
        rest.put(f"/task/{task['id']}", {"name": name, "priority": 1 if name in "ab" else 2})
        if name == "a":
            rest.post(f"/task/{task['id']}/claim", {"userId": "joe"})
        if name in "ab":
            rest.post(f"/task/{task['id']}/identity-links", {"groupId": "staff", "type": "candidate"})
    return rest


def names(rest: RestClient, body: dict[str, Any]) -> str:
    by_name = {"sorting": [{"sortBy": "name", "sortOrder": "asc"}]}
    found = rest.post("/task", {**by_name, **body})
    assert rest.post("/task/count", body) == {"count": len(found)}
    return "".join(task["name"] for task in found)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"orQueries": [{"name": "b", "assignee": "joe"}]}, "ab"),
        ({"orQueries": [{"name": "b", "assignee": "joe"}, {"priority": 1, "name": "a"}]}, "ab"),
        ({"orQueries": [{"name": "b", "assignee": "joe"}, {"name": "a"}]}, "a"),
        ({"orQueries": [{"name": "b", "assignee": "joe"}], "unassigned": True}, "b"),
        ({"orQueries": [{"name": "d", "candidateGroup": "staff"}]}, "bd"),
        ({"orQueries": [{"name": "d", "candidateGroup": "staff", "includeAssignedTasks": True}]}, "abd"),
        ({"orQueries": [{"processInstanceBusinessKey": "c", "name": "d"}]}, "cd"),
        (
            {"orQueries": [{"name": "a", "processVariables": [{"name": "amount", "operator": "gteq", "value": 99}]}]},
            "acd",
        ),
        ({"orQueries": [{}, {"name": "x", "priority": 7}]}, ""),
        ({"orQueries": [{}]}, "abcd"),
    ],
)
def test_a_task_must_meet_one_criterion_of_each_query(filled: RestClient, query: dict[str, Any], expected: str) -> None:
    assert names(filled, query) == expected


@pytest.mark.parametrize(
    ("queries", "wrong"),
    [
        ([{"orQueries": [{"name": "a"}]}], "orQueries"),
        ([{"tenantIdIn": ["a"]}], "tenantIdIn"),
        ([{"name": "a"}] * 21, "more than 20"),
        ("a", "a list of objects"),
    ],
)
def test_what_cannot_be_one_of_several_criteria_is_refused(rest: RestClient, queries: object, wrong: str) -> None:
    status, _, message = rest.error("POST", "/task", {"orQueries": queries})
    assert (status, wrong in message) == (400, True), message


def test_lists_are_sorted_by_several_things(filled: RestClient) -> None:
    def by(*sorting: tuple[str, str]) -> dict[str, Any]:
        return {"sorting": [{"sortBy": name, "sortOrder": order} for name, order in sorting]}

    assert names(filled, by(("priority", "desc"), ("name", "asc"))) == "cdab"
    assert names(filled, by(("priority", "asc"), ("name", "desc"))) == "badc"
    several = by(("definitionKey", "asc"), ("businessKey", "desc"))
    assert "".join(one["businessKey"] for one in filled.post("/process-instance", several)) == "dcba"
    assert filled.error("POST", "/task", by(("priority", "asc"), ("colour", "asc")))[0] == 400
    assert filled.error("POST", "/task", by(*[("priority", "asc")] * 11))[0] == 400
