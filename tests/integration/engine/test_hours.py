"""What happened hour by hour, and the details of incidents."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.history_entities import Hour
from engine_telemetry.engine.persistence.history_tables import hi_incident, hi_process_instance
from engine_telemetry.exceptions import BadUserRequestException, NotFoundException

Model = Callable[..., bytes]
NOON = datetime(2026, 3, 29, 12, tzinfo=UTC)


def move(engine: ProcessEngine, instance_id: str, **times: datetime) -> None:
    """Have an instance have started or ended at another time."""
    which = update(hi_process_instance).where(hi_process_instance.c.id == instance_id).values(times)
    engine.executor.execute(lambda context: context.connection.execute(which))


def test_instances_and_incidents_are_counted_by_the_hour_in_utc(engine: ProcessEngine, external_model: bytes) -> None:
    engine.repository_service.deploy({"p.bpmn": external_model})
    ids = [engine.runtime_service.start_process_instance(key="p").id for _ in range(4)]
    minute = timedelta(minutes=1)
    for instance_id, start in zip(ids, (NOON - minute, NOON, NOON + 59 * minute, NOON + 60 * minute), strict=True):
        move(engine, instance_id, start_time=start)
    move(engine, ids[0], end_time=NOON + minute)
    engine.external_task_service.set_retries(engine.external_task_service.external_tasks()[0].id, 0)
    engine.executor.execute(lambda context: context.connection.execute(update(hi_incident).values(created=NOON)))
    zone = (NOON + minute).astimezone().tzinfo
    found = engine.history_service.instances_by_hour(since=(NOON + minute).astimezone(zone), until=NOON + 61 * minute)
    assert found == [Hour(NOON, 2, 1, 1), Hour(NOON + 60 * minute, 1, 0, 0)]


def test_hours_are_bounded(engine: ProcessEngine) -> None:
    assert engine.history_service.instances_by_hour(since=NOON, until=NOON) == []
    assert len(engine.history_service.instances_by_hour(since=NOON, until=NOON + timedelta(days=1))) == 24
    with pytest.raises(BadUserRequestException, match="more than 8784 hours"):
        engine.history_service.instances_by_hour(since=NOON, until=NOON + timedelta(days=400))


def test_an_incident_tells_the_last_failure_of_what_is_at_its_root(
    engine: ProcessEngine, model: Model, external_model: bytes
) -> None:
    caller = model('<callActivity id="c" calledElement="p"/>', flows="start-c c-end", key="caller")
    engine.repository_service.deploy({"p.bpmn": external_model, "caller.bpmn": caller})
    engine.runtime_service.start_process_instance(key="caller")
    [task] = engine.external_task_service.external_tasks()
    engine.external_task_service.lock(task.id, worker_id="w", lock_duration=timedelta(minutes=1))
    engine.external_task_service.fail(task.id, worker_id="w", error_details="line 1\nline 2")
    incidents = engine.runtime_service.incidents()
    assert len(incidents) == 2
    now = datetime.now(UTC)
    hours = engine.history_service.instances_by_hour(since=now - timedelta(hours=1), until=now)
    assert sum(hour.incidents for hour in hours) == 1
    details = {engine.management_service.incident_details(one.id) for one in incidents}
    assert details == {"line 1\nline 2"}
    engine.runtime_service.delete_process_instance(engine.runtime_service.process_instances(root_only=True)[0].id)
    assert {engine.management_service.incident_details(one.id) for one in incidents} == details
    with pytest.raises(NotFoundException):
        engine.management_service.incident_details("none")
