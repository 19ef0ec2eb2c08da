"""What pages about one process instance ask of the engine: counts of its activities, and careful changes."""

from collections.abc import Callable

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.engine.history_entities import HistoricActivityStatistics
from engine_telemetry.exceptions import ConflictException, NullValueException

Model = Callable[..., bytes]


@pytest.fixture
def instance_id(engine: ProcessEngine, user_model: bytes) -> str:
    """An instance that waits for a user task, with one variable."""
    engine.repository_service.deploy({"p.bpmn": user_model})
    return engine.runtime_service.start_process_instance(key="p", variables={"n": 1}).id


def test_activities_are_counted_in_one_instance(engine: ProcessEngine, instance_id: str) -> None:
    other = engine.runtime_service.start_process_instance(key="p")
    counts = engine.history_service.activity_statistics
    assert counts(instance_id) == [
        HistoricActivityStatistics("a", running=1, finished=0, canceled=0),
        HistoricActivityStatistics("start", running=0, finished=1, canceled=0),
    ]
    engine.runtime_service.delete_process_instance(instance_id)
    assert counts(instance_id)[0] == HistoricActivityStatistics("a", running=0, finished=1, canceled=1)
    assert counts(other.id)[0].running == 1
    assert counts("nothing") == []


def test_a_variable_is_changed_only_if_it_is_as_expected(engine: ProcessEngine, instance_id: str) -> None:
    service = engine.runtime_service
    service.update_variables(instance_id, modifications={"n": 2}, expected={"n": TypedValue("Integer", 1)})
    for expected in ({"n": TypedValue("Integer", 1)}, {"n": None}, {"m": TypedValue("Integer", 2)}):
        with pytest.raises(ConflictException, match="has been changed meanwhile"):
            service.update_variables(instance_id, modifications={"n": 3}, deletions=["n"], expected=expected)
    assert service.variables(instance_id) == {"n": TypedValue("Integer", 2)}
    service.update_variables(instance_id, modifications={"m": 1}, deletions=["n"], expected={"m": None})
    assert service.variables(instance_id) == {"m": TypedValue("Integer", 1)}


def test_local_variables_are_changed_where_they_are(engine: ProcessEngine, instance_id: str) -> None:
    (task,) = engine.task_service.tasks()
    change = engine.runtime_service.update_variables
    with pytest.raises(NullValueException, match="variables of its own"):
        change(instance_id, modifications={"n": 2}, scope_id="nothing")
    engine.task_service.set_variables(task.id, {"n": 5}, local=True)
    change(instance_id, modifications={"n": 6}, scope_id=task.id, expected={"n": TypedValue("Integer", 5)})
    assert engine.task_service.variables(task.id, local=True) == {"n": TypedValue("Integer", 6)}
    assert engine.runtime_service.variables(instance_id) == {"n": TypedValue("Integer", 1)}


def test_what_waits_is_found_by_several_activities(engine: ProcessEngine, model: Model) -> None:
    timer = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
    condition = "<conditionalEventDefinition><condition>${n == 2}</condition></conditionalEventDefinition>"
    nodes = (
        '<parallelGateway id="fork"/>',
        f'<intermediateCatchEvent id="t">{timer}</intermediateCatchEvent>',
        f'<intermediateCatchEvent id="m">{condition}</intermediateCatchEvent>',
    )
    engine.repository_service.deploy({"p.bpmn": model(*nodes, flows="start-fork fork-t fork-m")})
    engine.runtime_service.start_process_instance(key="p", variables={"n": 1})
    assert engine.management_service.count_jobs(activity_ids=["t", "m"]) == 1
    assert engine.management_service.count_jobs(activity_ids=["m"]) == 0
    assert engine.runtime_service.count_event_subscriptions(activity_ids=["t", "m"]) == 1
    assert engine.runtime_service.count_event_subscriptions(activity_ids=["t"]) == 0
