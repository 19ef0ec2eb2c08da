"""Everything that Camunda's clients call, once, in the order of a day's work."""

from typing import Any

import pytest

from tests.integration.webapps.day import DECISION, PROCESS
from tests.integration.webapps.rest_client import RestClient

UNKNOWN = "00000000-0000-4000-8000-000000000000"
WORKER = {"workerId": "w"}


@pytest.fixture
def started(rest: RestClient) -> dict[str, Any]:
    rest.deploy(content=PROCESS)
    body = {"businessKey": "A", "variables": {"amount": {"value": 5, "type": "Long"}}}
    instance: dict[str, Any] = rest.post("/process-definition/key/day/start", body)
    return instance


def lock(rest: RestClient, **body: object) -> dict[str, Any]:
    topics = [{"topicName": "charging", "lockDuration": 60_000}]
    [task] = rest.post("/external-task/fetchAndLock", {**WORKER, "maxTasks": 1, "topics": topics, **body})
    found: dict[str, Any] = task
    return found


def to_user_task(rest: RestClient) -> str:
    rest.post(f"/external-task/{lock(rest)['id']}/complete", WORKER)
    return str(rest.get("/task")[0]["id"])


def test_a_worker_fails_and_tries_again_and_an_incident_waits_for_new_retries(
    rest: RestClient, started: dict[str, Any]
) -> None:
    task = lock(rest)
    failure = {**WORKER, "errorMessage": "no", "errorDetails": "at line 1", "retries": 1, "retryTimeout": 0}
    rest.post(f"/external-task/{task['id']}/failure", failure)
    assert (rest.get(f"/external-task/{task['id']}")["retries"], rest.get("/incident")) == (1, [])
    again = lock(rest)
    assert (again["id"], again["errorMessage"], again["errorDetails"]) == (task["id"], "no", "at line 1")
    assert rest.request("GET", f"/external-task/{task['id']}/errorDetails").text == "at line 1"
    rest.post(f"/external-task/{task['id']}/failure", {**failure, "retries": 0})
    [incident] = rest.get("/incident", processInstanceId=started["id"])
    assert (incident["incidentType"], incident["configuration"]) == ("failedExternalTask", task["id"])
    assert rest.get("/external-task/count", noRetriesLeft="true") == {"count": 1}
    [activity] = rest.get(f"/process-instance/{started['id']}/activity-instances")["childActivityInstances"]
    assert activity["activityId"] == "charge"
    assert rest.get("/external-task/topic-names", withRetriesLeft="true") == []
    rest.put(f"/external-task/{task['id']}/retries", {"retries": 2})
    assert rest.get("/incident/count") == {"count": 0}
    [closed] = rest.get("/history/incident")
    assert closed["resolved"]
    assert lock(rest)["id"] == task["id"]


def test_a_worker_that_fails_for_a_while_gets_nothing_in_that_while(rest: RestClient, started: dict[str, Any]) -> None:
    assert started
    failure = {**WORKER, "retries": 1, "retryTimeout": 60_000}
    rest.post(f"/external-task/{lock(rest)['id']}/failure", failure)
    body = {**WORKER, "maxTasks": 1, "topics": [{"topicName": "charging", "lockDuration": 1000}]}
    assert rest.post("/external-task/fetchAndLock", body) == []


def test_a_worker_throws_an_error_that_the_model_catches(rest: RestClient, started: dict[str, Any]) -> None:
    body = {**WORKER, "errorCode": "broken", "errorMessage": "no", "variables": {"why": {"value": "x"}}}
    rest.post(f"/external-task/{lock(rest)['id']}/bpmnError", body)
    assert rest.get(f"/history/process-instance/{started['id']}")["state"] == "COMPLETED"
    passed = [
        activity["activityId"]
        for activity in rest.get("/history/activity-instance", sortBy="occurrence", sortOrder="asc")
    ]
    assert {"charge", "caught", "end2"} <= set(passed)


def test_a_worker_locks_unlocks_and_is_told_who_has_a_task(rest: RestClient, started: dict[str, Any]) -> None:
    assert started
    [task] = rest.get("/external-task")
    path = f"/external-task/{task['id']}"
    rest.post(f"{path}/lock", {**WORKER, "lockDuration": 60_000})
    assert rest.error("POST", f"{path}/lock", {"workerId": "other", "lockDuration": 1})[0] == 400
    assert rest.error("POST", f"{path}/failure", {"workerId": "other"})[0] == 400
    assert rest.error("POST", f"{path}/bpmnError", {"workerId": "other", "errorCode": "x"})[0] == 400
    rest.put(f"{path}/priority", {"priority": 7})
    assert rest.get("/external-task", priorityHigherThanOrEquals=7, locked="true")[0]["workerId"] == "w"
    rest.post(f"{path}/unlock")
    assert rest.get("/external-task/topic-names") == ["charging"]


def test_topics_narrow_what_a_worker_gets(rest: RestClient, started: dict[str, Any]) -> None:
    assert started
    topic = {"topicName": "charging", "lockDuration": 1000}
    for narrow in (
        {"processVariables": {"amount": 6}},
        {"processDefinitionKeyIn": ["other"]},
        {"processDefinitionVersionTag": "v2"},
        {"processDefinitionIdIn": ["x"]},
    ):
        body = {**WORKER, "maxTasks": 1, "topics": [{**topic, **narrow}]}
        assert rest.post("/external-task/fetchAndLock", body) == []
    [task] = rest.post(
        "/external-task/fetchAndLock",
        {
            **WORKER,
            "maxTasks": 1,
            "usePriority": True,
            "sorting": [{"sortBy": "createTime", "sortOrder": "desc"}],
            "topics": [{**topic, "processVariables": {"amount": 5}, "localVariables": True}],
        },
    )
    assert (task["variables"], task["processDefinitionVersionTag"]) == ({}, "v1")


def test_a_person_claims_delegates_resolves_and_submits_a_form(rest: RestClient, started: dict[str, Any]) -> None:
    task_id = to_user_task(rest)
    path = f"/task/{task_id}"
    for query in ({"candidateGroup": "sales"}, {"candidateUser": "mary"}, {"candidateGroups": "sales,other"}):
        assert rest.get("/task/count", **query) == {"count": 1}
    rest.post(f"{path}/claim", {"userId": "mary"})
    assert rest.get("/task/count", candidateGroup="sales") == {"count": 0}
    assert rest.get("/task/count", candidateGroup="sales", includeAssignedTasks="true") == {"count": 1}
    rest.post(f"{path}/delegate", {"userId": "john"})
    assert rest.error("POST", f"{path}/complete", {})[:2] == (409, "ProcessEngineException")
    rest.post(f"{path}/resolve", {"variables": {"seen": {"value": True}}})
    task = rest.get(path)
    assert (task["assignee"], task["owner"], task["delegationState"]) == ("mary", "mary", "RESOLVED")
    due = "2026-12-24T00:00:00.000+0000"
    rest.put(path, {**task, "due": due, "priority": 80, "description": "soon"})
    assert rest.get("/task", dueBefore="2027-01-01T00:00:00.000+0000", minPriority=80)[0]["due"] == due
    assert rest.get(f"{path}/form") == {"key": None, "camundaFormRef": None, "contextPath": None}
    assert rest.get(f"{path}/form-variables", variableNames="approved")["approved"]["value"] is True
    answer = rest.post(
        f"{path}/submit-form", {"variables": {"approved": {"value": True}}, "withVariablesInReturn": True}
    )
    assert {"approved", "amount"} <= answer.keys()
    [done] = rest.get("/history/task", processInstanceId=started["id"], finished="true")
    assert (done["deleteReason"], done["assignee"], done["priority"]) == ("completed", "mary", 80)


def test_who_has_to_do_with_a_task_and_what_is_said_of_it(rest: RestClient, started: dict[str, Any]) -> None:
    assert started
    path = f"/task/{to_user_task(rest)}"
    rest.post(f"{path}/identity-links", {"groupId": "support", "type": "candidate"})
    rest.post(f"{path}/identity-links", {"userId": "joe", "type": "assignee"})
    links = rest.get(f"{path}/identity-links")
    assert {"userId": "joe", "groupId": None, "type": "assignee"} in links
    assert {"userId": None, "groupId": "support", "type": "candidate"} in links
    rest.post(f"{path}/identity-links/delete", {"groupId": "support", "type": "candidate"})
    assert len(rest.get(f"{path}/identity-links", type="candidate")) == 2
    assert rest.error("POST", f"{path}/identity-links", {"type": "candidate"})[0] == 400
    said = rest.post(f"{path}/comment/create", {"message": "hello"})
    assert rest.get(f"{path}/comment")[0]["message"] == "hello"
    assert rest.get(f"{path}/comment/{said['id']}")["id"] == said["id"]
    assert rest.error("GET", f"{path}/comment/{UNKNOWN}")[0] == 404


def test_variables_of_tasks_and_instances_are_read_written_and_searched(
    rest: RestClient, started: dict[str, Any]
) -> None:
    task_id, instance = to_user_task(rest), f"/process-instance/{started['id']}"
    rest.put(f"/task/{task_id}/localVariables/own", {"value": "x", "type": "String"})
    rest.post(f"/task/{task_id}/variables", {"modifications": {"more": {"value": 1.5}}, "deletions": ["amount"]})
    rest.put(f"{instance}/variables/file", {"value": "aGVsbG8=", "type": "File", "valueInfo": {"filename": "a.txt"}})
    assert rest.request("GET", f"{instance}/variables/file/data").content == b"hello"
    assert set(rest.get(f"/task/{task_id}/variables")) == {"own", "more", "file"}
    assert set(rest.get(f"/task/{task_id}/localVariables")) == {"own"}
    assert rest.get(f"/task/{task_id}/variables/more")["type"] == "Double"
    assert rest.get("/process-instance", variables="more_gt_1")[0:1] == []  # a parameter's values are texts
    search = {"variables": [{"name": "more", "operator": "gt", "value": 1}]}
    assert [found["id"] for found in rest.post("/process-instance", search)] == [started["id"]]
    assert {found["name"] for found in rest.get("/variable-instance", processInstanceIdIn=started["id"])} == {
        "own",
        "more",
        "file",
    }
    assert rest.get("/history/variable-instance/count", includeDeleted="true")["count"] == 4
    rest.delete(f"/task/{task_id}/localVariables/own")
    assert rest.error("GET", f"/task/{task_id}/localVariables/own")[0] == 404


@pytest.mark.parametrize("value", ["1e999", "1" + "0" * 400, '{"a": 1e999}', '"\\u0000"', '"\\ud800"'])
@pytest.mark.parametrize("path", ["/process-instance", "/task/count", "/process-definition/key/day/start"])
def test_a_value_that_nothing_can_hold_is_a_400(rest: RestClient, path: str, value: str) -> None:
    rest.deploy(content=PROCESS)
    condition = f'{{"name": "x", "operator": "eq", "value": {value}}}'
    body = f'{{"variables": [{condition}], "processVariables": [{condition}]}}'
    if path.endswith("start"):
        body = f'{{"variables": {{"x": {{"value": {value}}}}}}}'
    response = rest.request("POST", path, content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400, response.text


def test_a_message_and_a_timer_lead_to_the_end(rest: RestClient, started: dict[str, Any]) -> None:
    rest.post(f"/task/{to_user_task(rest)}/complete", {})
    [subscription] = rest.get("/event-subscription", processInstanceId=started["id"])
    assert (subscription["eventType"], subscription["eventName"]) == ("message", "go")
    [waiting] = rest.get("/execution", messageEventSubscriptionName="go")
    assert waiting["processInstanceId"] == started["id"]
    assert rest.error("POST", "/message", {"messageName": "go", "businessKey": "B"})[:2] == (400, "RestException")
    body = {"messageName": "go", "businessKey": "A", "resultEnabled": True, "variablesInResultEnabled": True}
    [result] = rest.post("/message", {**body, "correlationKeys": {"amount": {"value": 5, "type": "Long"}}})
    assert (result["resultType"], result["processInstance"]) == ("Execution", None)
    [job] = rest.get("/job", processInstanceId=started["id"])
    assert (job["retries"], job["dueDate"] > job["createTime"]) == (3, True)
    rest.put(f"/job/{job['id']}/retries", {"retries": 5})
    assert rest.get(f"/job/{job['id']}")["retries"] == 5
    rest.post(f"/job/{job['id']}/execute")
    assert rest.get(f"/history/process-instance/{started['id']}")["state"] == "COMPLETED"


def test_a_message_starts_a_process_and_a_signal_ends_it(rest: RestClient) -> None:
    rest.deploy(content=PROCESS)
    [result] = rest.post("/message", {"messageName": "begin", "resultEnabled": True})
    assert (result["resultType"], result["execution"]) == ("ProcessDefinition", None)
    rest.post("/signal", {"name": "all", "variables": {"x": {"value": 1}}})
    assert rest.get(f"/history/process-instance/{result['processInstance']['id']}")["endTime"] is not None
    for nameless in ("/message", "/signal"):
        assert rest.error("POST", nameless, {})[0] == 400


def test_a_definition_tells_its_form_and_how_much_goes_on(rest: RestClient, started: dict[str, Any]) -> None:
    for way in ("/process-definition/key/day", f"/process-definition/{started['definitionId']}"):
        assert rest.get(f"{way}/startForm")["key"] == "embedded:start.html"
        assert rest.get(f"{way}/form-variables") == {}
        assert rest.get(f"{way}/statistics")[0]["instances"] == 1
        assert rest.get(way)["historyTimeToLive"] == 30
    by_key = {found["definition"]["key"]: found["instances"] for found in rest.get("/process-definition/statistics")}
    assert by_key == {"day": 1, "begun": 0}
    submitted = rest.post("/process-definition/key/day/submit-form", {"variables": {"a": {"value": 1}}})
    assert rest.get("/process-instance/count", processDefinitionKeyIn="day") == {"count": 2}
    assert rest.error("GET", "/process-definition/key/day/tenant-id/x")[0] == 404
    rest.delete(f"/process-instance/{submitted['id']}")
    assert rest.get("/history/process-instance", externallyTerminated="true")[0]["id"] == submitted["id"]


def test_a_decision_is_deployed_and_made(rest: RestClient) -> None:
    files = {"data": ("dish.dmn", DECISION)}
    deployed = rest.request("POST", "/deployment/create", files=files).json()
    [decision] = deployed["deployedDecisionDefinitions"].values()
    body = {"variables": {"season": {"value": "winter"}}}
    expected = [{"dish": {"type": "String", "value": "stew", "valueInfo": {}}}]
    assert rest.post("/decision-definition/key/dish/evaluate", body) == expected
    assert rest.post(f"/decision-definition/{decision['id']}/evaluate", body) == expected
    assert rest.get("/decision-definition", latestVersion="true")[0]["key"] == "dish"
    assert "decisionTable" in rest.get("/decision-definition/key/dish/xml")["dmnXml"]
    assert rest.error("POST", "/decision-definition/key/other/evaluate", {})[0] == 404


def test_there_is_nobody_yet(rest: RestClient) -> None:
    assert rest.get("/user") == []
    assert [group["id"] for group in rest.get("/group")] == ["camunda-admin"]
    assert rest.get("/identity/groups", userId="x") == {"groups": [], "groupUsers": []}
    assert rest.error("GET", "/user/x/profile")[0] == 404


@pytest.mark.parametrize(
    "path",
    [
        "/task/{}",
        "/external-task/{}",
        "/process-instance/{}",
        "/process-instance/{}/activity-instances",
        "/execution/{}",
        "/incident/{}",
        "/job/{}",
        "/variable-instance/{}",
        "/history/process-instance/{}",
        "/history/activity-instance/{}",
        "/history/variable-instance/{}",
        "/decision-definition/{}",
        "/group/{}",
    ],
)
def test_what_does_not_exist_is_a_404(rest: RestClient, path: str) -> None:
    assert rest.error("GET", path.format(UNKNOWN))[0] == 404
