"""camunda-external-task-client-python3, as it is installed: its worker and its engine client."""

from typing import Any

import pytest

from tests.acceptance.servers import Server

pytestmark = [pytest.mark.full, pytest.mark.filterwarnings("ignore")]
CONFIG = {
    "maxTasks": 1,
    "lockDuration": 10_000,
    "asyncResponseTimeout": 5000,
    "retries": 3,
    "retryTimeout": 0,
    "sleepSeconds": 1,
}


@pytest.fixture
def clients(url: str, deployed: dict[str, Any]) -> tuple[Any, Any]:
    assert deployed["deployedProcessDefinitions"]
    worker: Any = pytest.importorskip("camunda.external_task.external_task_worker")
    engine: Any = pytest.importorskip("camunda.client.engine_client")
    return worker.ExternalTaskWorker("w", base_url=url, config=CONFIG), engine.EngineClient(url)


def test_a_worker_fails_retries_and_completes(clients: tuple[Any, Any], server: Server) -> None:
    worker, engine = clients
    instance = engine.start_process("day", {"amount": 5, "kind": "gift"}, business_key="A")
    seen: list[Any] = []

    def act(task: Any) -> Any:
        seen.append(task.get_variable("amount"))
        if len(seen) < 3:
            return task.failure("no", "at line 1", max_retries=3, retry_timeout=0)
        return task.complete({"paid": True}, {"own": 1})

    for _ in range(3):
        worker.fetch_and_execute(["charging"], act)
    assert seen == [5, 5, 5]
    assert server.get("/task/count") == {"count": 1}
    assert server.get(f"/process-instance/{instance['id']}/variables/paid")["value"] is True
    found = engine.get_process_instance("day", ["kind_eq_gift"])
    assert [one["id"] for one in found] == [instance["id"]]


def test_a_worker_throws_an_error(clients: tuple[Any, Any], server: Server) -> None:
    worker, engine = clients
    instance = engine.start_process("day", {})
    worker.fetch_and_execute(["charging"], lambda task: task.bpmn_error("broken", "no", {"why": "x"}))
    assert server.get(f"/history/process-instance/{instance['id']}")["state"] == "COMPLETED"


def test_the_engine_client_correlates_reads_bytes_and_sets_retries(clients: tuple[Any, Any], server: Server) -> None:
    worker, engine = clients
    instance = engine.start_process("day", {}, business_key="A")
    worker.fetch_and_execute(["charging"], lambda task: task.complete())
    [task] = server.get("/task")
    assert server.post(f"/task/{task['id']}/complete", {}).status_code == 204
    [result] = engine.correlate_message("go", business_key="A", process_variables={"x": 1})
    assert result["execution"]["processInstanceId"] == instance["id"]
    [job] = engine.get_jobs(0, 10, process_instance_id=instance["id"])
    assert engine.set_job_retry(job["id"], retries=2) is True
    path = f"/engine-rest/process-instance/{instance['id']}/variables/file"
    body = {"value": "aGVsbG8=", "type": "Bytes"}
    assert server.request("PUT", path, json=body).status_code == 204
    assert engine.get_process_instance_variable(instance["id"], "file") == "aGVsbG8=\n"
