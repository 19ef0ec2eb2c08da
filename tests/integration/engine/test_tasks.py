"""User tasks and external tasks: searching, claiming, locking, on each kind of database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import IdentityLink, Task, Topic, TypedValue, VariableCondition
from engine_telemetry.exceptions import (
    BadUserRequestException,
    NullValueException,
    ProcessEngineException,
    TaskAlreadyClaimedException,
)

LONG = timedelta(minutes=5)
TOPIC = Topic("t", LONG)
SOON = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def task(engine: ProcessEngine, parallel_model: bytes) -> Task:
    """A task of joe's, for the groups staff and boss."""
    engine.repository_service.deploy({"p.bpmn": parallel_model})
    engine.runtime_service.start_process_instance(key="p", variables={"n": 5, "s": "x", "yes": True, "none": None})
    [found] = engine.task_service.tasks()
    return found


def count(engine: ProcessEngine, **criteria: Any) -> int:
    return engine.task_service.count_tasks(**criteria)


def test_candidates_find_what_nobody_has_claimed(engine: ProcessEngine, task: Task) -> None:
    assert count(engine, candidate_group="staff") == 0  # it is joe's
    assert count(engine, candidate_group="staff", include_assigned_tasks=True) == 1
    engine.task_service.unclaim(task.id)
    assert count(engine, candidate_group="staff") == 1
    assert count(engine, candidate_groups=["boss", "other"]) == 1
    assert count(engine, candidate_group="staff", candidate_groups=["boss"]) == 0
    assert count(engine, candidate_user="mary") == 0
    assert (count(engine, with_candidate_groups=True), count(engine, with_candidate_users=True)) == (1, 0)


def test_a_user_finds_what_the_users_groups_may_claim(engine: ProcessEngine, task: Task) -> None:
    engine.task_service.unclaim(task.id)
    engine.identity_service.create_user("mary", "correct horse battery")
    engine.identity_service.create_group("staff")
    assert count(engine, candidate_user="mary") == 0
    engine.identity_service.add_to_group("mary", "staff")
    assert count(engine, candidate_user="mary") == 1
    engine.task_service.add_user_link(task.id, "john")
    assert count(engine, candidate_user="john") == 1


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ({"name_like": "%IT"}, 1),
        ({"name": "do it"}, 1),
        ({"name_not": "DO IT"}, 0),
        ({"assignee": "joe"}, 1),
        ({"unassigned": True}, 0),
        ({"assignee_like": "j%"}, 1),
        ({"definition_keys": ["p", "q"]}, 1),
        ({"min_priority": 51}, 0),
        ({"involved_user": "joe"}, 1),
        ({"with_due": True}, 0),
        ({"follow_up_before_or_none": SOON}, 1),
        ({"updated_after": SOON}, 0),
        ({"process_variables": [VariableCondition("n", "gteq", 5)]}, 1),
        ({"process_variables": [VariableCondition("n", "lt", 5)]}, 0),
        ({"process_variables": [VariableCondition("s", "like", "x%"), VariableCondition("n", "eq", 5)]}, 1),
        ({"process_variables": [VariableCondition("s", "neq", "x")]}, 0),
        ({"process_variables": [VariableCondition("yes", "eq", True)]}, 1),
        ({"process_variables": [VariableCondition("yes", "eq", "true")]}, 0),
        ({"process_variables": [VariableCondition("none", "eq", None)]}, 1),
        ({"task_variables": [VariableCondition("n", "eq", 5)]}, 0),
    ],
)
def test_tasks_are_found_by_what_they_are_like(
    engine: ProcessEngine, task: Task, criteria: dict[str, object], found: int
) -> None:
    assert task.id
    assert count(engine, **criteria) == found


@pytest.mark.parametrize("condition", [("n", "about", 5), ("yes", "gt", True), ("n", "like", 5)])
def test_a_condition_that_makes_no_sense_is_refused(
    engine: ProcessEngine, task: Task, condition: tuple[str, str, object]
) -> None:
    assert task.id
    with pytest.raises(BadUserRequestException):
        count(engine, process_variables=[VariableCondition(*condition)])


def test_a_task_goes_from_hand_to_hand(engine: ProcessEngine, task: Task) -> None:
    service = engine.task_service
    with pytest.raises(TaskAlreadyClaimedException):
        service.claim(task.id, "mary")
    service.claim(task.id, "joe")
    service.delegate(task.id, "mary")
    with pytest.raises(ProcessEngineException, match="resolved"):
        service.complete(task.id)
    service.resolve(task.id, variables={"done": True})
    [found] = service.tasks()
    assert (found.owner, found.assignee, found.delegation_state) == ("joe", "joe", "RESOLVED")
    assert found.last_updated is not None
    assert service.variables(task.id)["done"].value is True
    [past] = engine.history_service.task_instances()
    assert (past.owner, past.assignee) == ("joe", "joe")
    service.complete(task.id)


def test_a_task_is_changed_where_something_is_given(engine: ProcessEngine, task: Task) -> None:
    engine.task_service.save(task.id, due=SOON, description="soon", priority=70)
    engine.task_service.save(task.id, follow_up=SOON)
    [found] = engine.task_service.tasks(due=SOON, follow_up=SOON, min_priority=70, sort_by="dueDate")
    assert (found.name, found.description) == ("Do it", "soon")
    with pytest.raises(BadUserRequestException):
        engine.task_service.save(task.id, delegation_state="SOMEHOW")
    with pytest.raises(BadUserRequestException):
        engine.task_service.save(task.id, assignee="x" * 256)


def test_links_are_added_once_and_taken_away(engine: ProcessEngine, task: Task) -> None:
    service = engine.task_service
    service.add_group_link(task.id, "staff")
    service.add_user_link(task.id, "ann", "reader")
    service.add_user_link(task.id, "bob", "owner")
    links = service.identity_links(task.id)
    assert links[:2] == [IdentityLink("assignee", "joe"), IdentityLink("owner", "bob")]
    assert [link.group_id for link in links if link.type == "candidate"] == ["boss", "staff"]
    service.delete_group_link(task.id, "boss")
    service.delete_user_link(task.id, "bob", "owner")
    service.delete_user_link(task.id, "nobody", "assignee")
    assert {link.type for link in service.identity_links(task.id)} == {"assignee", "candidate", "reader"}
    with pytest.raises(BadUserRequestException):
        service.add_group_link(task.id, "staff", "assignee")


def test_local_variables_end_with_their_task(engine: ProcessEngine, task: Task) -> None:
    service = engine.task_service
    service.set_variables(task.id, {"own": 1}, local=True)
    service.set_variables(task.id, {"n": 6})
    assert set(service.variables(task.id, local=True)) == {"own"}
    assert service.variables(task.id)["n"].value == 6
    assert "own" not in engine.runtime_service.variables(task.instance_id)
    assert count(engine, task_variables=[VariableCondition("own", "eq", 1)]) == 1
    service.update_variables(task.id, modifications={"own": 2}, deletions=["gone"], local=True)
    assert service.variable(task.id, "own") == TypedValue("Integer", 2)
    service.complete(task.id)
    assert "own" not in engine.runtime_service.variables(task.instance_id)


def test_what_is_said_outlives_its_task(engine: ProcessEngine, task: Task) -> None:
    said = engine.task_service.add_comment(task.id, "hello", user_id="joe")
    engine.task_service.complete(task.id)
    assert engine.task_service.comments(task.id) == [said]
    assert engine.task_service.instance_comments(task.instance_id) == [said]
    assert engine.task_service.comment(task.id, said.id) == said
    with pytest.raises(NullValueException):
        engine.task_service.add_comment(task.id, "again")


def test_each_task_is_locked_for_the_topic_that_it_fits_first(engine: ProcessEngine, task: Task) -> None:
    assert task.id
    topics = [
        Topic("t", timedelta(hours=9), definition_keys=("q",)),
        Topic("t", LONG, variables=("n",), process_variables=(VariableCondition("n", "eq", 5),)),
        Topic("t", timedelta(hours=9)),
    ]
    service = engine.external_task_service
    assert service.available_topics(topics) == set(topics[1:])
    [locked] = service.fetch_and_lock(worker_id="w", max_tasks=5, topics=topics, use_priority=True, newest_first=True)
    assert set(locked.variables) == {"n"}
    assert locked.lock_expiration_time is not None
    assert locked.lock_expiration_time - datetime.now(UTC) < timedelta(hours=1)
    assert service.available_topics(topics) == set()


def test_failures_count_down_to_an_incident_and_new_retries_end_it(engine: ProcessEngine, task: Task) -> None:
    service, runtime = engine.external_task_service, engine.runtime_service
    for retries in (1, 0):
        [locked] = service.fetch_and_lock(worker_id="w", max_tasks=1, topics=[TOPIC])
        service.fail(locked.id, worker_id="w", error_message="no", error_details="more", retries=retries)
    assert service.fetch_and_lock(worker_id="w", max_tasks=1, topics=[TOPIC]) == []
    [incident] = runtime.incidents(instance_id=task.instance_id)
    assert (incident.kind, incident.message, incident.configuration) == ("failedExternalTask", "no", locked.id)
    service.set_retries_of_all([locked.id], 2)
    assert runtime.count_incidents() == 0
    [again] = service.fetch_and_lock(worker_id="w", max_tasks=1, topics=[TOPIC])
    assert (again.retries, again.error_message, again.error_details) == (2, "no", "more")
    with pytest.raises(BadUserRequestException):
        service.set_retries(locked.id, -1)


def test_the_look_for_work_is_not_counted(engine: ProcessEngine, task: Task) -> None:
    assert task.id
    engine.external_task_service.available_topics([TOPIC])
    commands = engine.management_service.get_telemetry_data().to_dict()["product"]["internals"]["commands"]
    assert not [name for name in commands if "look" in name.lower() or "Available" in name]


def test_a_signal_follows_the_commit_that_makes_work(engine: ProcessEngine, task: Task) -> None:
    heard: list[int] = []
    engine.external_tasks_available.subscribe(lambda: heard.append(engine.external_task_service.count_external_tasks()))
    engine.runtime_service.start_process_instance(key="p")
    assert heard == [2]
    engine.task_service.complete(task.id)
    [locked] = engine.external_task_service.fetch_and_lock(worker_id="w", max_tasks=1, topics=[TOPIC])
    engine.external_task_service.unlock(locked.id)
    assert heard[-1] == 2
