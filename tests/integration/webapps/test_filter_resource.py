"""The filter resource, as Camunda's clients use it."""

from typing import Any

import pytest
from starlette.applications import Starlette

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.rest_client import RestClient, TestClient
from webapps.main import create_app

PASSWORD = "correct horse battery"  # noqa: S105  of a test


@pytest.fixture
def tasks(rest: RestClient) -> list[dict[str, Any]]:
    """Two tasks, of which ann has the first."""
    rest.deploy()
    for number in (1, 2):
        rest.start_to_user_task(businessKey=str(number), variables={"n": {"value": number}})
    found: list[dict[str, Any]] = rest.get("/task", sortBy="created", sortOrder="asc")
    rest.post(f"/task/{found[0]['id']}/claim", {"userId": "ann"})
    return found


def create(rest: RestClient, **query: object) -> str:
    body = {"resourceType": "Task", "name": "f", "query": query}
    return str(rest.post("/filter/create", body)["id"])


def test_a_filter_is_made_read_changed_and_deleted(rest: RestClient) -> None:
    body = {
        "resourceType": "Task",
        "name": "Anns",
        "owner": "ann",
        "query": {"assignee": "ann", "unassigned": None},
        "properties": {"color": "#3e4d2f", "priority": 5},
    }
    made = rest.post("/filter/create", body)
    assert made == {**body, "id": made["id"], "itemCount": None}
    assert rest.get(f"/filter/{made['id']}") == made
    changed = {"resourceType": "Task", "name": "All", "query": {}}
    rest.put(f"/filter/{made['id']}", changed)
    expected = {**changed, "id": made["id"], "owner": None, "properties": {}, "itemCount": None}
    assert rest.get(f"/filter/{made['id']}") == expected
    rest.delete(f"/filter/{made['id']}")
    assert rest.get("/filter") == []


def test_filters_are_listed_with_how_many_tasks_they_find(rest: RestClient, tasks: list[Any]) -> None:
    assert tasks
    anns, everything = create(rest, assignee="ann"), create(rest)
    rest.put(f"/filter/{everything}", {"name": "a", "query": {}})
    found = rest.get("/filter", sortBy="name", sortOrder="asc", itemCount="true")
    assert [(one["id"], one["itemCount"]) for one in found] == [(everything, 2), (anns, 1)]
    assert rest.get(f"/filter/{anns}", itemCount="true")["itemCount"] == 1
    assert [one["itemCount"] for one in rest.get("/filter", nameLike="%f%", maxResults=1)] == [None]
    assert rest.get("/filter/count", name="f") == {"count": 1}


def test_a_filter_is_executed_and_narrowed(rest: RestClient, tasks: list[Any]) -> None:
    everything = create(rest, sorting=[{"sortBy": "created", "sortOrder": "desc"}])
    path = f"/filter/{everything}"
    assert [task["id"] for task in rest.get(f"{path}/list")] == [tasks[1]["id"], tasks[0]["id"]]
    assert [task["id"] for task in rest.get(f"{path}/list", firstResult=1)] == [tasks[0]["id"]]
    narrow = {"processVariables": [{"name": "n", "operator": "eq", "value": 2}]}
    assert [task["id"] for task in rest.post(f"{path}/list", narrow)] == [tasks[1]["id"]]
    assert rest.get(f"{path}/count") == {"count": 2}
    assert rest.post(f"{path}/count", narrow) == {"count": 1}
    assert rest.post(f"{path}/singleResult", narrow)["id"] == tasks[1]["id"]
    assert rest.request("GET", f"{path}/singleResult", params={"assignee": "nobody"}).status_code == 204
    assert rest.error("GET", f"{path}/singleResult")[:2] == (400, "InvalidRequestException")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "message"),
    [
        ("GET", "/filter/gone", None, 404, "Filter with id 'gone' does not exist."),
        ("PUT", "/filter/gone", {"name": "x"}, 404, "'gone'"),
        ("DELETE", "/filter/gone", None, 404, "'gone'"),
        ("GET", "/filter/gone/list", None, 404, "'gone'"),
        ("POST", "/filter/gone/count", {}, 404, "'gone'"),
        ("GET", "/filter/gone/singleResult", None, 404, "'gone'"),
        ("POST", "/filter/create", {"resourceType": "Task"}, 400, "'name' is missing"),
        ("POST", "/filter/create", {"resourceType": "Job", "name": "x"}, 400, "use 'Task'"),
        ("POST", "/filter/create", {"name": "x", "query": []}, 400, "'query'"),
        ("POST", "/filter/create", {"name": "x", "query": {"tenantIdIn": ["a"]}}, 400, "'tenantIdIn'"),
        ("GET", "/filter?sortBy=color&sortOrder=asc", None, 400, "color"),
    ],
)
def test_what_cannot_be_is_refused(
    rest: RestClient, method: str, path: str, body: object, status: int, message: str
) -> None:
    answer = rest.error(method, path, body)
    assert answer[0] == status
    assert message in answer[2]


@pytest.fixture
def strict_app(settings: dict[str, Any]) -> Starlette:
    """An API that asks who asks."""
    return create_app(**settings | {"rest_authentication": "basic"})


def test_who_asks_is_the_user_of_a_filter_and_has_started_what_is_started(strict_app: Starlette) -> None:
    engine: ProcessEngine = strict_app.state.engine
    engine.identity_service.create_user("ann", PASSWORD)
    with TestClient(strict_app) as http:
        http.auth = ("ann", PASSWORD)
        rest = RestClient(http)
        rest.deploy()
        instance = rest.start_to_user_task()
        [task] = rest.get("/task")
        rest.post(f"/task/{task['id']}/claim", {"userId": "ann"})
        mine = create(rest, assigneeExpression="${ currentUser() }")
        assert rest.get(f"/filter/{mine}/count") == {"count": 1}
        assert rest.get(f"/history/process-instance/{instance['id']}")["startUserId"] == "ann"
        done = rest.get("/history/user-operation", taskId=task["id"], userId="ann")
        assert [(one["operationType"], one["property"], one["newValue"]) for one in done] == [
            ("Claim", "assignee", "ann")
        ]
