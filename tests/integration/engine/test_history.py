"""History: what runs and what has ended, found by what is known of it; and what is suspended or counted."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.context import CommandContext
from engine_telemetry.engine.entities import VariableCondition
from engine_telemetry.engine.persistence.incidents import FAILED_EXTERNAL_TASK, Trouble, create_incident
from engine_telemetry.exceptions import (
    BadUserRequestException,
    NotFoundException,
    NullValueException,
    SuspendedEntityInteractionException,
)

Model = Callable[..., bytes]


@pytest.fixture
def done(engine: ProcessEngine, user_model: bytes) -> str:
    """An instance that has ended; another one, with ``n`` of 2, runs."""
    engine.repository_service.deploy({"p.bpmn": user_model})
    first = engine.runtime_service.start_process_instance(key="p", business_key="1", variables={"n": 1})
    [task] = engine.task_service.tasks()
    engine.task_service.complete(task.id, variables={"n": 11, "why": "because"})
    engine.runtime_service.start_process_instance(key="p", business_key="2", variables={"n": 2})
    return first.id


def test_an_instance_that_has_ended_is_in_the_history(engine: ProcessEngine, done: str) -> None:
    [past] = engine.history_service.process_instances(finished=True)
    assert (past.id, past.state, past.business_key, past.definition_key) == (done, "COMPLETED", "1", "p")
    assert (past.start_activity_id, past.end_activity_id, past.definition_version) == ("start", "end", 1)
    assert past.end_time is not None
    assert past.duration == past.end_time - past.start_time
    [running] = engine.history_service.process_instances(finished=False)
    assert (running.state, running.end_time, running.duration) == ("ACTIVE", None, None)


@pytest.mark.parametrize(
    "criteria",
    [
        {"business_key": "1"},
        {"business_key_like": "1%"},
        {"states": ["COMPLETED"]},
        {"executed_activity_ids": ["end"]},
        {"variables": [VariableCondition("n", "eq", 11)]},
        {"variables": [VariableCondition("n", "gt", 10), VariableCondition("why", "like", "be%")]},
        {"finished_before": datetime.now(UTC) + timedelta(days=1)},
    ],
)
def test_it_is_found_by_what_is_known_of_it(engine: ProcessEngine, done: str, criteria: dict[str, object]) -> None:
    search: Callable[..., object] = engine.history_service.count_process_instances
    assert search(**criteria) == 1
    assert [one.id for one in engine.history_service.process_instances(**criteria)] == [done]  # type: ignore[arg-type]


def test_activities_have_their_order_though_their_times_are_the_same(engine: ProcessEngine, done: str) -> None:
    found = engine.history_service.activity_instances(instance_id=done, sort_by="occurrence")
    assert [one.activity_id for one in found] == ["start", "a", "end"]
    assert [one.activity_type for one in found] == ["startEvent", "userTask", "noneEndEvent"]
    assert all(one.end_time is not None and one.parent_id == done and not one.canceled for one in found)
    [task] = engine.history_service.task_instances(instance_id=done)
    assert found[1].task_id == task.id == found[1].id
    assert engine.history_service.count_activity_instances(finished=False, activity_id="a") == 1


def test_a_task_that_was_done_is_in_the_history(engine: ProcessEngine, done: str) -> None:
    [task] = engine.history_service.task_instances(finished=True)
    assert (task.instance_id, task.name, task.delete_reason) == (done, "Do it", "completed")
    [waiting] = engine.task_service.tasks()
    engine.task_service.set_assignee(waiting.id, "joe")
    [known] = engine.history_service.task_instances(finished=False)
    assert (known.id, known.assignee) == (waiting.id, "joe")


def test_variables_keep_their_last_value(engine: ProcessEngine, done: str) -> None:
    found = engine.history_service.variable_instances(instance_id=done, sort_by="variableName")
    assert [(one.name, one.value.value) for one in found] == [("n", 11), ("why", "because")]
    assert [(one.scope_id, one.task_id, one.deleted) for one in found] == [(done, None, False)] * 2


def test_a_variable_that_was_removed_is_found_if_it_is_wanted(engine: ProcessEngine, done: str) -> None:
    [running] = engine.runtime_service.process_instances()
    engine.runtime_service.remove_variable(running.id, "n")
    service = engine.history_service
    assert service.variable_instances(instance_id=running.id) == []
    [removed] = service.variable_instances(instance_id=running.id, include_deleted=True)
    assert (removed.name, removed.deleted) == ("n", True)
    engine.runtime_service.set_variables(running.id, {"n": "again"})
    [again] = service.variable_instances(instance_id=running.id)
    assert (again.value.value, again.deleted) == ("again", False)
    assert done


def test_an_instance_that_was_deleted_says_why(engine: ProcessEngine, done: str) -> None:
    [running] = engine.runtime_service.process_instances()
    engine.runtime_service.delete_process_instance(running.id, reason="nobody wants it")
    [past] = engine.history_service.process_instances(states=["EXTERNALLY_TERMINATED"])
    assert (past.id, past.delete_reason, past.end_activity_id) == (running.id, "nobody wants it", None)
    canceled = engine.history_service.activity_instances(canceled=True)
    assert [one.activity_id for one in canceled] == ["a"]
    assert engine.history_service.count_task_instances(delete_reason="deleted") == 1
    assert done


def test_what_has_ended_can_be_forgotten_and_what_runs_cannot(engine: ProcessEngine, done: str) -> None:
    [running] = engine.runtime_service.process_instances()
    with pytest.raises(BadUserRequestException, match="still running"):
        engine.history_service.delete_process_instance(running.id)
    with pytest.raises(NotFoundException, match="No historic process instance found"):
        engine.history_service.delete_process_instance("x")
    engine.history_service.delete_process_instance(done)
    assert [one.id for one in engine.history_service.process_instances()] == [running.id]
    assert engine.history_service.count_variable_instances() == engine.history_service.count_task_instances() == 1


def test_what_an_instance_was_is_forgotten_with_its_deployment(engine: ProcessEngine, done: str) -> None:
    [deployment] = engine.repository_service.deployments()
    engine.repository_service.delete_deployment(deployment.id, cascade=True)
    service = engine.history_service
    assert service.count_process_instances() == service.count_activity_instances() == service.count_incidents() == 0
    assert done


def make_incident(engine: ProcessEngine, instance_id: str) -> str:
    [definition] = engine.repository_service.process_definitions(key="p")
    trouble = Trouble(FAILED_EXTERNAL_TASK, "t", "no luck", instance_id, definition.id, "p", "a", error_details="long")

    def create(context: CommandContext) -> str:
        return create_incident(context.connection, trouble, context.clock())

    return engine.executor.execute(create)


def test_what_goes_on_is_counted_by_activity_and_by_definition(engine: ProcessEngine, user_model: bytes) -> None:
    for version in (1, 2):
        engine.repository_service.deploy({"p.bpmn": user_model})
        for _ in range(version):
            newest = engine.runtime_service.start_process_instance(key="p")
    statistics = engine.management_service
    [activity] = statistics.activity_statistics(newest.definition_id)
    assert (activity.activity_id, activity.instances, activity.failed_jobs, activity.incidents) == ("a", 2, 0, {})
    [both] = statistics.definition_statistics(all_versions=True)
    assert (both.definition.id, both.instances) == (newest.definition_id, 3)
    assert [one.instances for one in statistics.definition_statistics(sort_by="version")] == [1, 2]
    with pytest.raises(NotFoundException, match="no deployed process definition found with id 'x'"):
        statistics.activity_statistics("x")


def test_incidents_are_counted_found_and_resolved(engine: ProcessEngine, done: str) -> None:
    [running] = engine.runtime_service.process_instances()
    made = make_incident(engine, running.id)
    [activity] = engine.management_service.activity_statistics(running.definition_id)
    assert (activity.instances, activity.incidents) == (1, {FAILED_EXTERNAL_TASK: 1})
    runtime = engine.runtime_service
    found = runtime.process_instances(with_incidents=True, incident_message_like="no%", activity_ids=["a"])
    assert [one.id for one in found] == [running.id]
    runtime.annotate_incident(made, "look at it")
    [incident] = runtime.incidents(definition_keys=["p"], kind=FAILED_EXTERNAL_TASK)
    assert (incident.id, incident.annotation, incident.root_cause_incident_id) == (made, "look at it", made)
    with pytest.raises(BadUserRequestException, match="Cannot resolve an incident of type failedExternalTask"):
        runtime.resolve_incident(made)
    runtime.delete_process_instance(running.id)
    [past] = engine.history_service.incidents()
    assert (past.message, past.annotation) == ("no luck", "look at it")
    assert done


def test_running_instances_are_found_by_their_variables(engine: ProcessEngine, done: str) -> None:
    service = engine.runtime_service
    for operator, value, count in (("eq", 2, 1), ("neq", 2, 0), ("lteq", 2.5, 1), ("gt", 2, 0), ("eq", "2", 0)):
        assert service.count_process_instances(variables=[VariableCondition("n", operator, value)]) == count
    [variable] = service.variable_instances(value=[VariableCondition("n", "eq", 2)])
    assert (variable.name, variable.value.value, variable.task_id) == ("n", 2, None)
    assert done != variable.instance_id


@pytest.mark.parametrize("value", ["a\0b", "\ud800"])
def test_a_text_that_no_column_can_hold_is_a_value_all_the_same(engine: ProcessEngine, done: str, value: str) -> None:
    [running] = engine.runtime_service.process_instances()
    engine.runtime_service.set_variables(running.id, {"odd": value})
    assert engine.runtime_service.variables(running.id)["odd"].value == value
    assert done


def test_a_name_that_is_no_text_is_refused(engine: ProcessEngine, done: str) -> None:
    with pytest.raises(BadUserRequestException, match="cannot be stored"):
        engine.runtime_service.start_process_instance(key="p", business_key="\ud800")
    assert done


def test_a_suspended_instance_is_found_as_such_and_its_task_waits(engine: ProcessEngine, done: str) -> None:
    [running] = engine.runtime_service.process_instances(suspended=False)
    engine.runtime_service.suspend_process_instance(running.id)
    assert [one.suspended for one in engine.runtime_service.process_instances()] == [True]
    assert engine.history_service.count_process_instances(states=["SUSPENDED"]) == 1
    [task] = engine.task_service.tasks(suspended=True)
    with pytest.raises(SuspendedEntityInteractionException):
        engine.task_service.complete(task.id)
    engine.runtime_service.activate_process_instance(running.id)
    engine.task_service.complete(task.id)
    with pytest.raises(NullValueException, match="No process instance found for id"):
        engine.runtime_service.suspend_process_instance(done)


def test_no_instance_of_a_suspended_definition_can_be_started(engine: ProcessEngine, done: str) -> None:
    service = engine.repository_service
    service.suspend_process_definition(key="p", include_instances=True)
    with pytest.raises(SuspendedEntityInteractionException, match=r"Process definition p .* is suspended"):
        engine.runtime_service.start_process_instance(key="p")
    assert service.count_process_definitions(suspended=True) == 1
    assert engine.runtime_service.count_process_instances(suspended=True) == 1
    [definition] = service.process_definitions()
    service.activate_process_definition(definition_id=definition.id, include_instances=True)
    engine.runtime_service.start_process_instance(key="p")
    with pytest.raises(NotFoundException, match="Cannot find process definition for key 'x'"):
        service.suspend_process_definition(key="x")
    with pytest.raises(NotFoundException, match="Cannot find process definition with id 'x'"):
        service.activate_process_definition(definition_id="x")
    with pytest.raises(NullValueException, match="id or key must be set"):
        service.suspend_process_definition()
    assert done
