import re

import pytest

from tests.integration.webapps.rest_client import RestClient

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def task_id(rest: RestClient) -> str:
    rest.deploy()
    rest.start_to_user_task(businessKey="A-1", variables={"amount": {"value": 5}})
    [task] = rest.get("/task")
    return str(task["id"])


def test_a_task_has_all_of_camundas_members(rest: RestClient, task_id: str) -> None:
    task = rest.get(f"/task/{task_id}")
    [instance] = rest.get("/process-instance")
    assert re.fullmatch(r"[0-9-]{10}T[0-9:]{8}\.\d{3}\+0000", task.pop("created"))
    assert task == {
        "id": task_id,
        "name": "Check",
        "assignee": None,
        "owner": None,
        "lastUpdated": None,
        "due": None,
        "followUp": None,
        "delegationState": None,
        "description": None,
        "executionId": instance["id"],
        "parentTaskId": None,
        "priority": 50,
        "processDefinitionId": instance["definitionId"],
        "processInstanceId": instance["id"],
        "caseExecutionId": None,
        "caseDefinitionId": None,
        "caseInstanceId": None,
        "taskDefinitionKey": "check",
        "suspended": False,
        "formKey": None,
        "camundaFormRef": None,
        "tenantId": None,
        "taskState": "Created",
    }


def test_tasks_are_listed_by_parameters_or_by_a_body(rest: RestClient, task_id: str) -> None:
    assert [found["id"] for found in rest.get("/task", processInstanceBusinessKey="A-1")] == [task_id]
    assert [found["id"] for found in rest.post("/task", {"taskDefinitionKey": "check", "name": None})] == [task_id]
    assert rest.get("/task/count", unassigned="true") == {"count": 1}
    assert rest.post("/task/count", {"processDefinitionKey": "other"}) == {"count": 0}
    assert rest.get("/task", firstResult=1) == []


def test_a_criterion_that_this_engine_does_not_have_is_a_400_and_not_every_task(rest: RestClient, task_id: str) -> None:
    assert task_id
    assert rest.error("GET", "/task?tenantIdIn=a")[0] == 400
    assert rest.error("POST", "/task", {"caseInstanceId": "x"})[0] == 400


def test_a_task_is_claimed_once(rest: RestClient, task_id: str) -> None:
    rest.post(f"/task/{task_id}/claim", {"userId": "mary"})
    assert rest.get("/task", assignee="mary")[0]["assignee"] == "mary"
    status, kind, _ = rest.error("POST", f"/task/{task_id}/claim", {"userId": "john"})
    assert (status, kind) == (409, "TaskAlreadyClaimedException")


def test_a_task_is_unclaimed_and_assigned(rest: RestClient, task_id: str) -> None:
    rest.post(f"/task/{task_id}/assignee", {"userId": "mary"})
    rest.post(f"/task/{task_id}/assignee", {"userId": "john"})
    assert rest.get(f"/task/{task_id}")["assignee"] == "john"
    assert rest.http.post(f"/engine-rest/task/{task_id}/unclaim").status_code == 204
    assert rest.get(f"/task/{task_id}")["assignee"] is None


def test_a_completed_task_is_gone_and_so_is_its_instance(rest: RestClient, task_id: str) -> None:
    assert rest.post(f"/task/{task_id}/complete", {"variables": {"ok": {"value": True}}}) is None
    assert rest.get("/task/count") == {"count": 0}
    assert rest.get("/process-instance/count") == {"count": 0}


def test_a_task_is_completed_without_a_body(rest: RestClient, task_id: str) -> None:
    assert rest.http.post(f"/engine-rest/task/{task_id}/complete").status_code == 204


def test_the_variables_are_answered_if_asked_for(rest: RestClient, task_id: str) -> None:
    body = {"variables": {"ok": {"value": True}}, "withVariablesInReturn": True}
    assert rest.post(f"/task/{task_id}/complete", body) == {
        "amount": {"type": "Integer", "value": 5, "valueInfo": {}},
        "ok": {"type": "Boolean", "value": True, "valueInfo": {}},
    }


def test_a_task_sees_the_variables_of_its_instance(rest: RestClient, task_id: str) -> None:
    expected = {"amount": {"type": "Integer", "value": 5, "valueInfo": {}}}
    assert rest.get(f"/task/{task_id}/variables") == expected


def test_a_task_is_not_completed_with_a_variable_that_cannot_be_stored(rest: RestClient, task_id: str) -> None:
    body = {"variables": {"ok": {"value": "x", "type": "Boolean"}}}
    assert rest.error("POST", f"/task/{task_id}/complete", body)[0] == 400
    assert rest.get("/task/count") == {"count": 1}


def test_a_task_that_does_not_exist_is_a_404(rest: RestClient) -> None:
    message = f"No matching task with id {UNKNOWN}"
    assert rest.error("GET", f"/task/{UNKNOWN}") == (404, "InvalidRequestException", message)
    for action in ("claim", "unclaim", "assignee", "complete"):
        status, kind, _ = rest.error("POST", f"/task/{UNKNOWN}/{action}", {})
        assert (status, kind) == (404, "NullValueException")
