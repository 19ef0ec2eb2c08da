"""The time to live of history: what has outlived it is forgotten, a portion at a time."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.history_cleanup import HistoryCleanup
from engine_telemetry.engine.persistence.history_tables import hi_process_instance
from tests.integration.engine.test_jobs import job_threads, wait_until

Model = Callable[..., bytes]
NewEngine = Callable[..., ProcessEngine]


def end(engine: ProcessEngine, key: str, days_ago: float, number: int = 1) -> list[str]:
    """The ids of instances that have ended so many days ago."""
    ids = [engine.runtime_service.start_process_instance(key=key).id for _ in range(number)]
    for instance_id in ids:
        engine.runtime_service.delete_process_instance(instance_id)
    ended = datetime.now(UTC) - timedelta(days=days_ago)
    moved = update(hi_process_instance).where(hi_process_instance.c.id.in_(ids)).values(end_time=ended)
    engine.executor.execute(lambda context: context.connection.execute(moved))
    return ids


@pytest.fixture
def deploy(model: Model) -> Callable[[ProcessEngine], None]:
    """Deploys a process that is kept for ten days, one for a day, and one for ever."""
    lives = {"ten": 'camunda:historyTimeToLive="P10D"', "one": 'camunda:historyTimeToLive="1"', "ever": ""}

    def do(engine: ProcessEngine) -> None:
        for key, life in lives.items():
            file = model('<userTask id="a"/>', flows="start-a a-end", key=key, process=life)
            engine.repository_service.deploy({f"{key}.bpmn": file})

    return do


def test_what_has_outlived_its_time_is_forgotten(
    engine: ProcessEngine, deploy: Callable[[ProcessEngine], None]
) -> None:
    deploy(engine)
    kept = [*end(engine, "ten", 9.9), *end(engine, "one", 0.9), *end(engine, "ever", 5000)]
    kept.append(engine.runtime_service.start_process_instance(key="one").id)
    with engine.identity_service.acting_as("mary"):
        gone = [*end(engine, "ten", 10.1), *end(engine, "one", 1.1)]
    assert engine.history_service.clean_up() == 2
    assert {one.id for one in engine.history_service.process_instances()} == set(kept)
    for find in (engine.history_service.activity_instances, engine.history_service.task_instances):
        assert {one.instance_id for one in find()} == set(kept)
    assert engine.history_service.operations(instance_id=gone[0]) == []
    assert engine.history_service.clean_up() == 0


def test_it_is_forgotten_in_portions(engine: ProcessEngine, deploy: Callable[[ProcessEngine], None]) -> None:
    deploy(engine)
    end(engine, "ten", 20, 2)
    end(engine, "one", 20, 2)
    assert [engine.history_service.clean_up(max_results=3) for _ in range(2)] == [3, 1]


def test_it_is_done_once_a_day(engine: ProcessEngine, deploy: Callable[[ProcessEngine], None]) -> None:
    deploy(engine)
    end(engine, "one", 2, 100)
    cleanup = HistoryCleanup(engine.executor, active=True)
    assert [cleanup(), cleanup()] == [True, False]
    end(engine, "one", 2)
    assert (cleanup(), engine.history_service.count_process_instances()) == (False, 1)
    assert not HistoryCleanup(engine.executor, active=False)()


def test_the_job_executor_does_it_where_it_is_switched_on(
    new_engine: NewEngine, engine: ProcessEngine, deploy: Callable[[ProcessEngine], None]
) -> None:
    deploy(engine)
    end(engine, "one", 2)
    new_engine(job_executor_activate=True).open()
    assert job_threads() == 0
    cleaning = new_engine(job_executor_activate=True, history_cleanup_activate=True)
    cleaning.open()
    wait_until(lambda: engine.history_service.count_process_instances() == 0)
