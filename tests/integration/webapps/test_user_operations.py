"""What people do in pages is done on their behalf, and the REST API has the log of it."""

import pytest

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.people import Person
from tests.integration.webapps.rest_client import RestClient
from webapps.rest.fetch_and_lock import Fetch, FetchExternalTasksDto


def test_what_somebody_does_on_a_page_is_logged_under_the_name(
    rest: RestClient, as_user: Person, engine: ProcessEngine
) -> None:
    rest.deploy()
    rest.start_to_user_task()
    [task] = engine.task_service.tasks()
    as_user.act(f"/tasklist/task/{task.id}/claim")
    [done] = rest.get("/history/user-operation", sortBy="timestamp", sortOrder="asc")
    assert (done["userId"], done["operationType"], done["entityType"]) == ("bob", "Claim", "Task")
    assert (done["property"], done["orgValue"], done["newValue"]) == ("assignee", None, "bob")
    assert (done["taskId"], done["processInstanceId"]) == (task.id, task.instance_id)
    assert (done["processDefinitionKey"], done["category"]) == ("order", "TaskWorker")


@pytest.mark.parametrize(
    ("criterion", "value", "count"),
    [
        ("operationType", "Create", 2),
        ("entityType", "ProcessInstance", 1),
        ("entityTypeIn", "Group,ProcessInstance", 2),
        ("processDefinitionKey", "order", 1),
        ("userId", "bob", 0),
        ("property", "groupId", 1),
        ("deploymentId", "none", 0),
        ("afterTimestamp", "2020-01-01T00:00:00.000+0000", 2),
        ("beforeTimestamp", "2020-01-01T00:00:00.000+0000", 0),
    ],
)
def test_entries_are_found_by_camundas_criteria(
    rest: RestClient, engine: ProcessEngine, criterion: str, value: str, count: int
) -> None:
    rest.deploy()
    with engine.identity_service.acting_as("ann"):
        engine.runtime_service.start_process_instance(key="order")
        engine.identity_service.create_group("staff")
    found = rest.get("/history/user-operation", **{criterion: value})
    assert len(found) == rest.get("/history/user-operation/count", **{criterion: value})["count"] == count
    assert {one["entityType"]: one["category"] for one in found}.items() <= {
        ("Group", "Admin"),
        ("ProcessInstance", "Operator"),
    }


def test_what_a_worker_does_not_wait_for_is_given_back_by_nobody(rest: RestClient, engine: ProcessEngine) -> None:
    rest.deploy()
    rest.start()
    topics = [{"topicName": "charging", "lockDuration": 60_000}]
    body = FetchExternalTasksDto.read({"workerId": "w", "maxTasks": 1, "topics": topics})
    with engine.identity_service.acting_as("ann"):
        fetch = Fetch(engine, body)
        fetch.give_back(fetch.attempt())
    assert [task.worker_id for task in engine.external_task_service.external_tasks()] == [None]
    assert engine.history_service.count_operations() == 0


def test_without_a_log_in_the_api_acts_for_nobody(rest: RestClient) -> None:
    rest.deploy()
    rest.start()
    assert rest.get("/history/user-operation/count") == {"count": 0}
    [instance] = rest.get("/history/process-instance")
    assert instance["startUserId"] is None
