"""Drafts: what somebody has entered in the form of a task is kept until the task is over, on each kind of database."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Task
from engine_telemetry.exceptions import BadUserRequestException, NullValueException


@pytest.fixture
def task(engine: ProcessEngine, user_model: bytes, only_task: Callable[[], Task]) -> Task:
    engine.repository_service.deploy({"p.bpmn": user_model})
    engine.runtime_service.start_process_instance(key="p")
    return only_task()


def test_each_user_has_a_draft_of_a_task(engine: ProcessEngine, task: Task) -> None:
    before = datetime.now(UTC)
    engine.task_service.save_draft(task.id, "ann", {"amount": "5", "text": "ä\n<b>\0"})
    engine.task_service.save_draft(task.id, "bob", {"amount": "6"})
    found = engine.task_service.draft(task.id, "ann")
    assert found is not None
    assert found.fields == {"amount": "5", "text": "ä\n<b>\0"}
    assert before <= found.saved <= datetime.now(UTC)


def test_a_draft_takes_the_place_of_the_one_before_and_can_be_forgotten(engine: ProcessEngine, task: Task) -> None:
    engine.task_service.save_draft(task.id, "ann", {"amount": "5"})
    engine.task_service.save_draft(task.id, "ann", {"name": "x"})
    found = engine.task_service.draft(task.id, "ann")
    assert found is not None
    assert found.fields == {"name": "x"}
    engine.task_service.delete_draft(task.id, "ann")
    engine.task_service.delete_draft(task.id, "ann")
    assert engine.task_service.draft(task.id, "ann") is None


def test_drafts_are_gone_with_the_task(engine: ProcessEngine, task: Task) -> None:
    engine.task_service.save_draft(task.id, "ann", {"amount": "5"})
    engine.task_service.complete(task.id)
    assert engine.task_service.draft(task.id, "ann") is None
    with pytest.raises(NullValueException, match=task.id):
        engine.task_service.save_draft(task.id, "ann", {})


def test_a_draft_has_a_largest_size(engine: ProcessEngine, task: Task) -> None:
    engine.task_service.save_draft(task.id, "ann", {"text": "x" * 65_000})
    with pytest.raises(BadUserRequestException, match="65536 fit"):
        engine.task_service.save_draft(task.id, "ann", {"text": "x" * 65_536})


def test_a_draft_is_somebodys(engine: ProcessEngine, task: Task) -> None:
    for user_id in ("", "x" * 256):
        with pytest.raises(BadUserRequestException, match="1 to 255 characters"):
            engine.task_service.save_draft(task.id, user_id, {})
