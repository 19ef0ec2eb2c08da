"""Who acts: known to instances, comments and the log of operations, on each kind of database."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Task
from engine_telemetry.engine.history_entities import Operation
from engine_telemetry.exceptions import (
    BadUserRequestException,
    NullValueException,
    ProcessEngineException,
    TaskAlreadyClaimedException,
)

DUE = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def task(engine: ProcessEngine, user_model: bytes, only_task: Callable[[], Task]) -> Task:
    """Of an instance that nobody is known to have started."""
    engine.repository_service.deploy({"p.bpmn": user_model})
    engine.runtime_service.start_process_instance(key="p")
    return only_task()


@pytest.fixture
def as_ann(engine: ProcessEngine) -> Callable[..., None]:
    """Calls on behalf of ann."""

    def call(do: Callable[..., object], *arguments: Any, **named: Any) -> None:
        with engine.identity_service.acting_as("ann"):
            do(*arguments, **named)

    return call


def logged(engine: ProcessEngine, **criteria: Any) -> list[tuple[str, str, str | None, str | None, str | None]]:
    """What was done to what, and which property had which value before and after."""
    return sorted(
        (done.operation, done.entity_type, done.property, done.old_value, done.new_value)
        for done in engine.history_service.operations(**criteria)
    )


def only(engine: ProcessEngine) -> Operation:
    [done] = engine.history_service.operations()
    return done


def test_where_nobody_acts_nothing_is_logged(engine: ProcessEngine, task: Task) -> None:
    engine.task_service.claim(task.id, "joe")
    engine.task_service.complete(task.id)
    assert engine.history_service.count_operations() == 0
    [instance] = engine.history_service.process_instances()
    assert instance.start_user_id is None


def test_who_acts_has_started_the_instance(engine: ProcessEngine, task: Task, as_ann: Callable[..., None]) -> None:
    as_ann(engine.runtime_service.start_process_instance, key="p")
    [instance] = engine.history_service.process_instances(started_by="ann")
    assert instance.definition_id == task.definition_id
    assert logged(engine, instance_id=instance.id) == [("Create", "ProcessInstance", None, None, None)]


def test_an_operation_says_who_when_what_and_where(
    engine: ProcessEngine, task: Task, as_ann: Callable[..., None]
) -> None:
    before = datetime.now(UTC)
    as_ann(engine.task_service.claim, task.id, "bob")
    done = only(engine)
    assert before <= done.time <= datetime.now(UTC)
    assert (done.user_id, done.operation, done.entity_type) == ("ann", "Claim", "Task")
    assert (done.property, done.old_value, done.new_value) == ("assignee", None, "bob")
    assert (done.task_id, done.instance_id, done.definition_key) == (task.id, task.instance_id, "p")


@pytest.mark.parametrize(
    ("method", "arguments", "named", "expected"),
    [
        ("set_assignee", ["bob"], {}, [("Assign", "Task", "assignee", "joe", "bob")]),
        ("set_assignee", ["joe"], {}, []),
        ("unclaim", [], {}, [("Assign", "Task", "assignee", "joe", None)]),
        (
            "delegate",
            ["bob"],
            {},
            [
                ("Delegate", "Task", "assignee", "joe", "bob"),
                ("Delegate", "Task", "delegation", None, "PENDING"),
                ("Delegate", "Task", "owner", None, "joe"),
            ],
        ),
        ("complete", [], {}, [("Complete", "Task", "delete", None, "true")]),
        (
            "save",
            [],
            {"due": DUE, "priority": 70, "name": "Do it"},
            [
                ("Update", "Task", "dueDate", None, "2030-01-01T12:00:00.000+00:00"),
                ("Update", "Task", "priority", "50", "70"),
            ],
        ),
        ("add_user_link", ["bob"], {}, [("AddUserLink", "IdentityLink", "candidate", None, "bob")]),
        ("add_user_link", ["bob", "owner"], {}, [("AddUserLink", "IdentityLink", "owner", None, "bob")]),
        ("add_group_link", ["staff"], {}, [("AddGroupLink", "IdentityLink", "candidate", None, "staff")]),
        ("delete_user_link", ["joe", "assignee"], {}, [("DeleteUserLink", "IdentityLink", "assignee", "joe", None)]),
        ("delete_user_link", ["bob"], {}, []),
        ("delete_group_link", ["staff"], {}, []),
        ("set_variables", [{"a": 1}], {}, [("SetVariable", "Variable", "a", None, None)]),
        (
            "update_variables",
            [],
            {"modifications": {"a": 1}, "deletions": ["b"]},
            [("RemoveVariable", "Variable", "b", None, None), ("SetVariable", "Variable", "a", None, None)],
        ),
    ],
)
@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
def test_what_is_done_to_a_task_is_logged(
    engine: ProcessEngine,
    task: Task,
    as_ann: Callable[..., None],
    method: str,
    arguments: list[Any],
    named: dict[str, Any],
    expected: list[tuple[str, ...]],
) -> None:
    engine.task_service.claim(task.id, "joe")
    as_ann(getattr(engine.task_service, method), task.id, *arguments, **named)
    assert logged(engine, task_id=task.id, instance_id=task.instance_id) == expected
    assert len({done.operation_id for done in engine.history_service.operations()}) == len({row[0] for row in expected})


@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
def test_a_task_that_is_given_back_is_resolved_in_the_log(
    engine: ProcessEngine, task: Task, as_ann: Callable[..., None]
) -> None:
    engine.task_service.claim(task.id, "joe")
    engine.task_service.delegate(task.id, "bob")
    as_ann(engine.task_service.resolve, task.id)
    assert logged(engine) == [
        ("Resolve", "Task", "assignee", "bob", "joe"),
        ("Resolve", "Task", "delegation", "PENDING", "RESOLVED"),
    ]


@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
def test_links_that_are_removed_are_logged(engine: ProcessEngine, task: Task, as_ann: Callable[..., None]) -> None:
    engine.task_service.add_user_link(task.id, "bob")
    engine.task_service.add_group_link(task.id, "staff")
    as_ann(engine.task_service.delete_user_link, task.id, "bob")
    as_ann(engine.task_service.delete_group_link, task.id, "staff")
    assert logged(engine) == [
        ("DeleteGroupLink", "IdentityLink", "candidate", "staff", None),
        ("DeleteUserLink", "IdentityLink", "candidate", "bob", None),
    ]


def test_what_is_done_to_an_instance_is_logged(engine: ProcessEngine, task: Task, as_ann: Callable[..., None]) -> None:
    instance_id = task.instance_id
    as_ann(engine.runtime_service.suspend_process_instance, instance_id)
    as_ann(engine.runtime_service.activate_process_instance, instance_id)
    as_ann(engine.runtime_service.set_variables, instance_id, {"a": "secret", "b": 1})
    as_ann(engine.runtime_service.remove_variable, instance_id, "b")
    as_ann(engine.runtime_service.delete_process_instance, instance_id, reason="a mistake")
    assert logged(engine, instance_id=instance_id) == [
        ("Activate", "ProcessInstance", "suspensionState", None, "active"),
        ("Delete", "ProcessInstance", "deleteReason", None, "a mistake"),
        ("RemoveVariable", "Variable", "b", None, None),
        ("SetVariable", "Variable", "a", None, None),
        ("SetVariable", "Variable", "b", None, None),
        ("Suspend", "ProcessInstance", "suspensionState", None, "suspended"),
    ]


def test_the_log_of_an_instance_is_forgotten_with_its_history_but_who_deleted_it_is_not(
    engine: ProcessEngine, task: Task, as_ann: Callable[..., None]
) -> None:
    as_ann(engine.task_service.complete, task.id)
    as_ann(engine.history_service.delete_process_instance, task.instance_id)
    assert logged(engine) == [("DeleteHistory", "ProcessInstance", None, None, None)]


def test_what_is_done_to_deployments_and_definitions_is_logged(
    engine: ProcessEngine, user_model: bytes, as_ann: Callable[..., None]
) -> None:
    as_ann(engine.repository_service.deploy, {"p.bpmn": user_model})
    [definition] = engine.repository_service.process_definitions()
    as_ann(engine.repository_service.suspend_process_definition, key="p", include_instances=True)
    assert logged(engine, deployment_id=definition.deployment_id) == [
        ("Create", "Deployment", "deployChangedOnly", None, "false"),
        ("Create", "Deployment", "duplicateFilterEnabled", None, "false"),
    ]
    assert logged(engine, definition_id=definition.id) == [
        ("SuspendProcessDefinition", "ProcessDefinition", "includeProcessInstances", None, "true"),
        ("SuspendProcessDefinition", "ProcessDefinition", "suspensionState", None, "suspended"),
    ]
    as_ann(engine.repository_service.delete_deployment, definition.deployment_id, cascade=True)
    assert [row[0] for row in logged(engine)] == ["Create", "Create", "Delete"]


def test_what_is_done_to_external_tasks_is_logged(
    engine: ProcessEngine, external_model: bytes, as_ann: Callable[..., None]
) -> None:
    engine.repository_service.deploy({"p.bpmn": external_model})
    engine.runtime_service.start_process_instance(key="p")
    [task] = engine.external_task_service.external_tasks()
    as_ann(engine.external_task_service.set_retries, task.id, 3)
    as_ann(engine.external_task_service.set_priority, task.id, 7)
    as_ann(engine.external_task_service.unlock, task.id)
    assert logged(engine, external_task_id=task.id, instance_id=task.instance_id) == [
        ("SetExternalTaskRetries", "ExternalTask", "retries", None, "3"),
        ("SetPriority", "ExternalTask", "priority", "0", "7"),
        ("Unlock", "ExternalTask", "workerId", None, None),
    ]


def test_what_is_done_to_jobs_is_logged(
    engine: ProcessEngine, model: Callable[..., bytes], as_ann: Callable[..., None]
) -> None:
    node = '<userTask id="a" camunda:asyncBefore="true"/>'
    engine.repository_service.deploy({"p.bpmn": model(node, flows="start-a a-end")})
    engine.runtime_service.start_process_instance(key="p")
    [job] = engine.management_service.jobs()
    as_ann(engine.management_service.set_job_retries, job.id, 5)
    as_ann(engine.management_service.set_job_due, job.id, DUE)
    assert logged(engine, job_id=job.id, instance_id=job.instance_id) == [
        ("SetDueDate", "Job", "duedate", None, "2030-01-01T12:00:00.000+00:00"),
        ("SetJobRetries", "Job", "retries", "3", "5"),
    ]


@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
def test_what_is_done_to_users_and_groups_is_logged(engine: ProcessEngine, as_ann: Callable[..., None]) -> None:
    as_ann(engine.identity_service.create_group, "staff")
    as_ann(engine.identity_service.create_user, "bob", "correct horse battery", groups=["staff"])
    as_ann(engine.identity_service.set_password, "bob", "another horse battery")
    as_ann(engine.identity_service.remove_from_group, "bob", "staff")
    as_ann(engine.identity_service.delete_user, "bob")
    assert logged(engine) == [
        ("Create", "Group", "groupId", None, "staff"),
        ("Create", "GroupMembership", "groupId", None, "staff"),
        ("Create", "GroupMembership", "userId", None, "bob"),
        ("Create", "User", "userId", None, "bob"),
        ("Delete", "GroupMembership", "groupId", "staff", None),
        ("Delete", "GroupMembership", "userId", "bob", None),
        ("Delete", "User", "userId", "bob", None),
        ("Update", "User", "userId", None, "bob"),
    ]


def test_what_fails_is_not_logged(engine: ProcessEngine, task: Task, as_ann: Callable[..., None]) -> None:
    engine.task_service.claim(task.id, "joe")
    with pytest.raises(TaskAlreadyClaimedException):
        as_ann(engine.task_service.claim, task.id, "bob")
    with pytest.raises(NullValueException):
        as_ann(engine.task_service.complete, "gone")

    def claim_and_fail(context: Any) -> None:
        assert context.acting_user == "ann"
        engine.task_service.set_assignee(task.id, "bob")
        raise ProcessEngineException("no")

    with pytest.raises(ProcessEngineException, match="no"):
        as_ann(engine.executor.execute, claim_and_fail)
    assert engine.history_service.count_operations() == 0
    assert engine.task_service.count_tasks(assignee="joe") == 1


def test_entries_are_found_by_user_kind_property_and_time(
    engine: ProcessEngine, task: Task, as_ann: Callable[..., None]
) -> None:
    as_ann(engine.task_service.save, task.id, priority=1, owner="o")
    with engine.identity_service.acting_as("bob"):
        engine.task_service.add_user_link(task.id, "x")
    service = engine.history_service
    assert [done.user_id for done in service.operations(sort_by="timestamp", sort_order="desc")] == [
        "bob",
        "ann",
        "ann",
    ]
    assert service.count_operations(user_id="ann", property="owner") == 1
    assert service.count_operations(entity_types=["Task", "Job"], operation="Update") == 2
    assert service.count_operations(definition_key="p", since=DUE) == 0
    assert service.count_operations(until=DUE) == 3
    [first] = service.operations(sort_by="timestamp", sort_order="desc", max_results=1)
    assert service.operations(log_id=first.id) == service.operations(operation_id=first.operation_id) == [first]


def test_a_comment_is_by_who_acts(engine: ProcessEngine, task: Task, as_ann: Callable[..., None]) -> None:
    as_ann(engine.task_service.add_comment, task.id, "hello")
    assert engine.task_service.comments(task.id)[0].user_id == "ann"
    assert logged(engine) == [("AddComment", "Task", "message", None, "hello")]


@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
def test_who_acts_in_one_block_does_not_in_another_or_in_another_thread(engine: ProcessEngine) -> None:
    found: list[str | None] = []

    def note(context: Any) -> None:
        found.append(context.acting_user)

    acting_as = engine.identity_service.acting_as
    with acting_as("ann"):
        with acting_as("bob"), acting_as(None):
            engine.executor.execute(note)
        engine.executor.execute(note)
        thread = threading.Thread(target=engine.executor.execute, args=[note])
        thread.start()
        thread.join()
    engine.executor.execute(note)
    assert found == [None, "ann", None, None]
    for user_id in ("", "x" * 256):
        with pytest.raises(BadUserRequestException, match="1 to 255 characters"):
            acting_as(user_id)
