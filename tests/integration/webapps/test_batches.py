"""The REST resources of batches, of operations on many things, and of suspension."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.batch_worker import do_item
from engine_telemetry.engine.persistence.batches import next_portion
from tests.integration.webapps.rest_client import RestClient
from tests.integration.webapps.test_camunda_types import conform

Do = Callable[[], None]


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Nothing is worked off but by the tests."""
    return {**settings, "job_executor_activate": False}


@pytest.fixture
def ids(rest: RestClient) -> list[str]:
    """Three instances at their external task."""
    rest.deploy()
    return [rest.start(businessKey=str(number))["id"] for number in range(3)]


@pytest.fixture
def do_all(engine: ProcessEngine) -> Do:
    """Does what the job executor would do."""

    def do() -> None:
        portion = engine.executor.execute(lambda context: next_portion(context.connection, 100))
        assert portion is not None
        for item_id in portion.item_ids:
            assert do_item(engine.executor, portion, item_id)

    return do


def test_instances_are_deleted_by_a_batch(rest: RestClient, ids: list[str], do_all: Do) -> None:
    body = {"processInstanceIds": ids[:1], "processInstanceQuery": {"businessKey": "1"}, "deleteReason": "old"}
    batch = rest.post("/process-instance/delete", body)
    assert (batch["type"], batch["totalJobs"], batch["suspended"]) == ("instance-deletion", 2, False)
    assert rest.get(f"/batch/{batch['id']}") == batch
    do_all()
    assert [one["id"] for one in rest.get("/process-instance")] == ids[2:]
    reasons = {one["deleteReason"] for one in rest.get("/history/process-instance")}
    assert reasons == {"old", None}


def test_a_batch_that_is_finished_is_history(rest: RestClient, ids: list[str], do_all: Do) -> None:
    batch = rest.post("/process-instance/delete", {"processInstanceIds": [*ids[:1], "none"]})
    path = f"/batch/{batch['id']}"
    [statistics] = rest.get("/batch/statistics", withoutFailures="true", startedAfter="2020-01-01T00:00:00.000+0000")
    assert {**batch, "remainingJobs": 2, "completedJobs": 0, "failedJobs": 0} == statistics
    assert rest.error("DELETE", f"/history{path}")[0] == 400
    do_all()
    assert (rest.get("/batch"), rest.get("/batch/count"), rest.error("GET", path)[0]) == ([], {"count": 0}, 404)
    [past] = rest.get("/history/batch", completed="true", type="instance-deletion", sortBy="endTime", sortOrder="desc")
    assert rest.get(f"/history{path}") == past
    assert (past["totalJobs"], past["endTime"] >= past["startTime"]) == (2, True)
    rest.delete(f"/history{path}")
    assert rest.get("/history/batch/count") == {"count": 0}
    assert rest.error("GET", f"/history{path}")[0] == 404


def test_a_batch_is_halted_and_deleted(rest: RestClient, ids: list[str], engine: ProcessEngine) -> None:
    batch = rest.post("/process-instance/delete", {"processInstanceIds": ids})
    path = f"/batch/{batch['id']}"
    rest.put(f"{path}/suspended", {"suspended": True})
    assert [one["id"] for one in rest.get("/batch", suspended="true", sortBy="batchId", sortOrder="asc")] == [
        batch["id"]
    ]
    assert rest.get("/batch", suspended="false") == []
    assert engine.executor.execute(lambda context: next_portion(context.connection, 1)) is None
    rest.put(f"{path}/suspended", {"suspended": False})
    rest.delete(f"{path}?cascade=true")
    assert rest.error("DELETE", path)[0] == rest.error("PUT", f"{path}/suspended", {"suspended": True})[0] == 404
    assert rest.get("/process-instance/count") == {"count": 3}


def test_instances_are_suspended_by_a_batch(rest: RestClient, ids: list[str], do_all: Do) -> None:
    body = {"processInstanceQuery": {"processDefinitionKey": "order"}, "suspended": True}
    assert rest.post("/process-instance/suspended-async", body)["type"] == "instance-update-suspension-state"
    do_all()
    assert rest.get("/process-instance/count", suspended="true") == {"count": len(ids)}


@pytest.mark.parametrize(
    ("which", "number"),
    [
        ({"processInstanceQuery": {"businessKey": "1"}}, 1),
        ({"processDefinitionKey": "order"}, 3),
        ({"processInstanceIds": []}, None),
        ({"processInstanceIds": ["none"]}, None),
    ],
)
def test_instances_are_suspended_at_once(
    rest: RestClient, ids: list[str], which: dict[str, Any], number: int | None
) -> None:
    path = "/process-instance/suspended"
    if number is None:
        assert rest.error("PUT", path, {**which, "suspended": True})[0] in {400, 404}
    else:
        rest.put(path, {**which, "suspended": True})
    assert rest.get("/process-instance/count", suspended="true") == {"count": number or 0}
    rest.put(path, {"processInstanceIds": ids, "suspended": False})
    assert rest.get("/process-instance/count", active="true") == {"count": len(ids)}


def test_one_instance_is_suspended(rest: RestClient, ids: list[str]) -> None:
    path = f"/process-instance/{ids[0]}"
    rest.put(f"{path}/suspended", {"suspended": True})
    assert rest.get(path)["suspended"]
    assert len(rest.lock()) == 2
    rest.put(f"{path}/suspended", {"suspended": False})
    assert len(rest.lock()) == 1
    assert rest.error("PUT", "/process-instance/none/suspended", {"suspended": True})[0] == 404
    assert rest.error("PUT", f"{path}/suspended", {})[0] == 400


@pytest.mark.parametrize("way", ["id", "key", "body"])
def test_a_definition_is_suspended(rest: RestClient, ids: list[str], way: str) -> None:
    [definition] = rest.get("/process-definition")
    path = {"id": f"/{definition['id']}", "key": "/key/order", "body": ""}[way]
    body = {"processDefinitionKey": "order"} if way == "body" else {}
    everything = {**body, "includeProcessInstances": True}
    rest.put(f"/process-definition{path}/suspended", {**everything, "suspended": True})
    assert rest.error("POST", "/process-definition/key/order/start", {})[0] == 409
    assert rest.get("/process-instance/count", suspended="true") == {"count": len(ids)}
    rest.put(f"/process-definition{path}/suspended", {**everything, "suspended": False})
    rest.start()
    later = datetime(2030, 1, 1, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
    refused = rest.error(
        "PUT", f"/process-definition{path}/suspended", {**everything, "suspended": True, "executionDate": later}
    )
    assert (refused[0], "executionDate" in refused[2]) == (400, True)


def test_a_definition_that_is_not_there_is_not_suspended(rest: RestClient) -> None:
    suspend = {"suspended": True}
    assert rest.error("PUT", "/process-definition/none/suspended", suspend)[0] == 404
    assert rest.error("PUT", "/process-definition/suspended", {**suspend, "processDefinitionKey": "none"})[0] == 404
    assert rest.error("PUT", "/process-definition/suspended", suspend)[0] == 400


def test_what_failed_gets_retries(rest: RestClient, ids: list[str], do_all: Do) -> None:
    for task in rest.lock():
        rest.post(f"/external-task/{task['id']}/failure", {"workerId": "worker", "retries": 0})
    first, *_ = rest.get("/external-task", noRetriesLeft="true")
    batch = rest.post("/external-task/retries-async", {"externalTaskIds": [first["id"]], "retries": 1})
    do_all()
    assert (batch["type"], rest.get("/incident/count")) == ("set-external-task-retries", {"count": 2})
    rest.post("/external-task/retries-async", {"externalTaskQuery": {"noRetriesLeft": True}, "retries": 1})
    do_all()
    assert rest.get("/incident/count") == {"count": 0}
    rest.post("/external-task/retries-async", {"processInstanceIds": ids, "retries": 0})
    do_all()
    assert rest.get("/incident/count") == {"count": 3}
    batch = rest.post(
        "/process-instance/job-retries", {"processInstances": ids[:1], "processInstanceQuery": {}, "retries": 3}
    )
    do_all()
    assert (batch["type"], batch["totalJobs"], rest.get("/incident/count")) == ("set-job-retries", 3, {"count": 0})


def test_jobs_get_retries_and_are_suspended(rest: RestClient, do_all: Do) -> None:
    rest.deploy(content=MODEL_WITH_JOB)
    rest.start()
    [job] = rest.get("/job")
    batch = rest.post("/job/retries", {"jobIds": [job["id"]], "jobQuery": {"withRetriesLeft": True}, "retries": 9})
    do_all()
    assert (batch["type"], batch["totalJobs"], rest.get(f"/job/{job['id']}")["retries"]) == ("set-job-retries", 1, 9)
    rest.put(f"/job/{job['id']}/suspended", {"suspended": True})
    assert rest.error("POST", f"/job/{job['id']}/execute", {})[0] == 409
    rest.put(f"/job/{job['id']}/suspended", {"suspended": False})
    rest.post(f"/job/{job['id']}/execute", {})
    assert rest.error("PUT", f"/job/{job['id']}/suspended", {"suspended": True})[0] == 404


MODEL_WITH_JOB = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://test"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn"><process id="order" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f1" sourceRef="start" targetRef="a"/>
    <userTask id="a" camunda:asyncBefore="true"/></process></definitions>"""


@pytest.mark.parametrize(
    ("path", "body", "wrong"),
    [
        ("process-instance/delete", {}, "There is nothing to do"),
        ("process-instance/delete", {"processInstanceQuery": {"tenantIdIn": ["a"]}}, "tenantIdIn"),
        ("process-instance/delete", {"historicProcessInstanceQuery": {}}, "historicProcessInstanceQuery"),
        ("process-instance/suspended-async", {"processInstanceIds": ["a"]}, "suspended"),
        ("process-instance/job-retries", {"processInstances": ["a"]}, "retries"),
        ("job/retries", {"jobQuery": {"dueDates": [1]}, "retries": 1}, "dueDates"),
        ("job/retries", {"jobIds": ["a"], "retries": -1}, "must not be negative"),
        ("external-task/retries-async", {"processInstanceQuery": {}, "retries": 1}, "processInstanceQuery"),
        (
            "external-task/retries-async",
            {"processInstanceIds": ["a"], "externalTaskQuery": {}, "retries": 1},
            "not both",
        ),
    ],
)
def test_what_cannot_be_a_batch_is_refused(rest: RestClient, path: str, body: dict[str, Any], wrong: str) -> None:
    status, _, message = rest.error("POST", f"/{path}", body)
    assert (status, wrong in message) == (400, True), message
    assert rest.get("/history/batch/count") == {"count": 0}


@pytest.mark.full
@pytest.mark.filterwarnings("ignore")
def test_batches_have_camundas_types(rest: RestClient, ids: list[str], do_all: Do) -> None:
    types = pytest.importorskip("operaton.tasks.types")
    conform(types.BatchDto, rest.post("/process-instance/delete", {"processInstanceIds": ids}))
    conform(types.BatchDto, rest.get("/batch")[0])
    conform(types.BatchStatisticsDto, rest.get("/batch/statistics")[0])
    do_all()
    conform(types.HistoricBatchDto, rest.get("/history/batch")[0])
