import uuid
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.webapps.rest_client import MODEL, RestClient

UNKNOWN = "00000000-0000-4000-8000-000000000000"
COMMON_MEMBERS = {
    "activityId",
    "activityInstanceId",
    "errorMessage",
    "executionId",
    "id",
    "lockExpirationTime",
    "createTime",
    "processDefinitionId",
    "processDefinitionKey",
    "processDefinitionVersionTag",
    "processInstanceId",
    "retries",
    "suspended",
    "workerId",
    "topicName",
    "tenantId",
    "priority",
    "businessKey",
}


@pytest.fixture
def instance(rest: RestClient) -> dict[str, str]:
    rest.deploy()
    started: dict[str, str] = rest.start(businessKey="A-1", variables={"amount": {"value": 5}, "note": {"value": "x"}})
    return started


def test_a_locked_task_has_all_of_camundas_members(rest: RestClient, instance: dict[str, str]) -> None:
    before = datetime.now(UTC)
    [task] = rest.lock()
    assert task.keys() == COMMON_MEMBERS | {"errorDetails", "variables", "extensionProperties"}
    assert str(uuid.UUID(task["id"])) == task["id"]
    assert (task["processInstanceId"], task["businessKey"]) == (instance["id"], "A-1")
    assert (task["workerId"], task["topicName"], task["activityId"]) == ("worker", "charging", "charge")
    assert set(task["variables"]) == {"amount", "note"}
    expires = datetime.strptime(task["lockExpirationTime"], "%Y-%m-%dT%H:%M:%S.%f%z")
    assert timedelta(seconds=59) < expires - before < timedelta(seconds=90)


def test_a_locked_task_is_nobody_elses(rest: RestClient, instance: dict[str, str]) -> None:
    assert instance
    assert len(rest.lock("one")) == 1
    assert rest.lock("two") == []


def test_only_the_variables_that_are_asked_for_are_answered(rest: RestClient, instance: dict[str, str]) -> None:
    assert instance
    [task] = rest.lock(variables=["amount"], localVariables=False, processVariables=None)
    assert task["variables"] == {"amount": {"type": "Integer", "value": 5, "valueInfo": {}}}


@pytest.mark.parametrize("topic", [{"businessKey": "B"}, {"processDefinitionKey": "other"}, {"topicName": "other"}])
def test_a_topic_may_ask_for_some_tasks_only(rest: RestClient, instance: dict[str, str], topic: dict[str, str]) -> None:
    assert instance
    assert rest.lock(**topic) == []


def test_a_worker_that_would_not_wait_is_answered_at_once(rest: RestClient) -> None:
    body = {"workerId": "w", "maxTasks": 1, "asyncResponseTimeout": 0, "sorting": None, "usePriority": True}
    topics = [{"topicName": "charging", "lockDuration": 1000}]
    assert rest.post("/external-task/fetchAndLock", {**body, "topics": topics}) == []
    assert rest.post("/external-task/fetchAndLock", {**body, "topics": None}) == []


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"workerId": None}, "workerId"),
        ({"maxTasks": None}, "maxTasks"),
        ({"maxTasks": "all"}, "maxTasks"),
        ({"asyncResponseTimeout": 1_800_001}, "asyncResponseTimeout"),
        ({"topics": "charging"}, "topics"),
        ({"topics": [{"topicName": "charging"}]}, "lockDuration"),
        ({"topics": [{"lockDuration": 1}]}, "topicName"),
        ({"topics": [{"topicName": "a", "lockDuration": 1, "tenantIdIn": ["b"]}]}, "tenantIdIn"),
        ({"sorting": [{"sortBy": "priority", "sortOrder": "asc"}]}, "sorting"),
    ],
)
def test_a_fetch_that_makes_no_sense_is_a_400(rest: RestClient, change: dict[str, object], message: str) -> None:
    body: dict[str, object] = {"workerId": "w", "maxTasks": 1, "topics": []}
    status, kind, text = rest.error("POST", "/external-task/fetchAndLock", body | change)
    assert (status, kind) == (400, "InvalidRequestException")
    assert message in text


def test_a_completed_task_leads_on_with_its_variables(rest: RestClient, instance: dict[str, str]) -> None:
    [task] = rest.lock()
    body = {"workerId": "worker", "variables": {"paid": {"value": True}}, "localVariables": None}
    assert rest.post(f"/external-task/{task['id']}/complete", body) is None
    assert rest.get("/external-task/count") == {"count": 0}
    assert rest.get("/task/count") == {"count": 1}
    assert rest.get(f"/process-instance/{instance['id']}/variables/paid")["value"] is True


@pytest.mark.parametrize(("action", "more"), [("complete", {}), ("extendLock", {"newDuration": 1000})])
def test_another_worker_is_a_400_that_names_both(
    rest: RestClient, instance: dict[str, str], action: str, more: dict[str, object]
) -> None:
    assert instance
    [task] = rest.lock("one")
    status, _, message = rest.error("POST", f"/external-task/{task['id']}/{action}", {"workerId": "two", **more})
    assert status == 400
    assert "'one'" in message
    assert "'two'" in message


def test_a_lock_is_extended_and_given_back(rest: RestClient, instance: dict[str, str]) -> None:
    assert instance
    [task] = rest.lock()
    path = f"/external-task/{task['id']}"
    rest.post(f"{path}/extendLock", {"workerId": "worker", "newDuration": 600_000})
    assert rest.get(path)["lockExpirationTime"] > task["lockExpirationTime"]
    assert rest.http.post(f"/engine-rest{path}/unlock").status_code == 204
    assert (rest.get(path)["workerId"], rest.get(path)["lockExpirationTime"]) == (None, None)


def test_tasks_are_listed_by_parameters_or_by_a_body(rest: RestClient, instance: dict[str, str]) -> None:
    [task] = rest.get("/external-task", topicName="charging")
    assert task.keys() == COMMON_MEMBERS
    assert rest.get(f"/external-task/{task['id']}") == task
    assert rest.http.get(f"/engine-rest/external-task/{task['id']}/errorDetails").status_code == 204
    assert [found["id"] for found in rest.post("/external-task", {"processInstanceId": instance["id"]})] == [task["id"]]
    assert rest.get("/external-task/count", locked="true", notLocked="false") == {"count": 0}
    assert rest.get("/external-task/count", locked="false", notLocked="true") == {"count": 1}
    rest.lock()
    assert rest.post("/external-task/count", {"locked": True, "workerId": "worker"}) == {"count": 1}


@pytest.mark.parametrize(
    ("called", "kind"),
    [
        (b'<callActivity id="check" calledElement="missing"/>', "NullValueException"),
        (b'<businessRuleTask id="check" camunda:decisionRef="missing"/>', "ProcessEngineException"),
    ],
)
def test_what_the_model_calls_and_is_not_there_is_a_400_because_workers_take_a_404_for_the_end_of_their_task(
    rest: RestClient, called: bytes, kind: str
) -> None:
    rest.deploy(content=MODEL.replace(b'<userTask id="check" name="Check"/>', called))
    rest.start()
    [task] = rest.lock()
    status, found, message = rest.error("POST", f"/external-task/{task['id']}/complete", {"workerId": "worker"})
    assert (status, found) == (400, kind)
    assert "with key 'missing'" in message
    assert rest.get("/external-task/count") == {"count": 1}


def test_a_task_that_does_not_exist_is_a_404(rest: RestClient) -> None:
    expected = (404, "RestException", f"External task with id {UNKNOWN} does not exist")
    assert rest.error("GET", f"/external-task/{UNKNOWN}") == expected
    assert rest.error("GET", f"/external-task/{UNKNOWN}/errorDetails") == expected
    for action in ("complete", "unlock", "extendLock"):
        body = {"workerId": "w", "newDuration": 1000}
        assert rest.error("POST", f"/external-task/{UNKNOWN}/{action}", body) == expected
