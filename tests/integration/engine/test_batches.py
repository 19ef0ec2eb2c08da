"""Batches: what is done to many instances, one after the other, by the job executor."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.batch_worker import do_item
from engine_telemetry.engine.batches import Batch, BatchFailure
from engine_telemetry.engine.commands.batch import MAX_ITEMS
from engine_telemetry.engine.delegates import DelegateExecution, Delegates
from engine_telemetry.engine.persistence.batches import Portion, next_portion
from engine_telemetry.exceptions import BadUserRequestException, NotFoundException, OptimisticLockingException
from tests.integration.engine.test_jobs import wait_until

Model = Callable[..., bytes]
NewEngine = Callable[..., ProcessEngine]


class Ending:
    """A listener at the end of instances that fails where it is told to, and notes where it was."""

    def __init__(self) -> None:
        self.errors: dict[str | None, Exception] = {}
        self.seen: list[str | None] = []
        self.then: Callable[[], object] = list

    def __call__(self, execution: DelegateExecution) -> None:
        self.seen.append(execution.business_key)
        if execution.business_key in self.errors:
            raise self.errors[execution.business_key]
        self.then()


@pytest.fixture
def ending() -> Ending:
    return Ending()


@pytest.fixture
def listened(model: Model) -> bytes:
    """A process that waits for a user task with a listener at its end."""
    listener = '<camunda:executionListener event="end" delegateExpression="${ending}"/>'
    return model(
        f'<userTask id="a"><extensionElements>{listener}</extensionElements></userTask>', flows="start-a a-end"
    )


@pytest.fixture
def halted(new_engine: NewEngine, ending: Ending) -> ProcessEngine:
    """An engine that works no batches off."""
    return new_engine(delegates=Delegates(beans={"ending": ending}))


@pytest.fixture
def working(new_engine: NewEngine, ending: Ending) -> Iterator[ProcessEngine]:
    """An engine that does."""
    engine = new_engine(delegates=Delegates(beans={"ending": ending}), job_executor_activate=True)
    yield engine
    engine.close()


def start(engine: ProcessEngine, model: bytes, number: int) -> list[str]:
    """The ids of new instances, with their numbers as business keys."""
    engine.repository_service.deploy({"p.bpmn": model})
    started = (engine.runtime_service.start_process_instance(key="p", business_key=str(i)) for i in range(number))
    return [instance.id for instance in started]


def finished(engine: ProcessEngine, batch: Batch) -> Batch:
    """The batch, when it is."""
    wait_until(lambda: engine.management_service.batch(batch.id).finished)
    return engine.management_service.batch(batch.id)


def portion_of(engine: ProcessEngine) -> Portion:
    """What would be done next."""
    portion = engine.executor.execute(lambda context: next_portion(context.connection, 100))
    assert portion is not None
    return portion


def do_all(engine: ProcessEngine) -> list[bool]:
    """Do what is there to do now."""
    portion = portion_of(engine)
    return [do_item(engine.executor, portion, item_id) for item_id in portion.item_ids]


def test_all_that_a_search_finds_is_deleted(working: ProcessEngine, user_model: bytes) -> None:
    ids = start(working, user_model, 3)
    working.runtime_service.suspend_process_instance(ids[0])
    batch = working.management_service.create_batch("instance-deletion", search={"suspended": False}, reason="old")
    assert (batch.total, batch.done, batch.state) == (2, 0, "running")
    batch = finished(working, batch)
    assert (batch.done, batch.failed, batch.state) == (2, 0, "finished")
    assert [one.id for one in working.runtime_service.process_instances()] == ids[:1]
    assert {one.delete_reason for one in working.history_service.process_instances()} == {None, "old"}


def test_one_item_that_fails_does_not_stop_the_others(working: ProcessEngine, listened: bytes, ending: Ending) -> None:
    ids = start(working, listened, 3)
    ending.errors = {"1": RuntimeError("not now"), "2": ValueError()}
    batch = finished(working, working.management_service.create_batch("instance-deletion", ids=ids))
    assert (batch.total, batch.done, batch.failed) == (3, 1, 2)
    failures = working.management_service.batch_failures(batch.id)
    assert failures == sorted(
        [BatchFailure(ids[1], "not now"), BatchFailure(ids[2], "ValueError")], key=lambda one: one.item_id
    )
    assert working.management_service.batch_failures(batch.id, first_result=1, max_results=1) == failures[1:]
    assert {one.id for one in working.runtime_service.process_instances()} == set(ids[1:])


def test_instances_are_suspended_and_activated(working: ProcessEngine, user_model: bytes) -> None:
    ids = start(working, user_model, 2)
    create = working.management_service.create_batch
    finished(working, create("instance-update-suspension-state", ids=ids, suspended=True))
    assert {one.suspended for one in working.runtime_service.process_instances()} == {True}
    batch = finished(working, create("instance-update-suspension-state", ids=[*ids[:1], "none"], suspended=False))
    assert (batch.done, batch.failed) == (1, 1)
    [failure] = working.management_service.batch_failures(batch.id)
    assert (failure.item_id, "No process instance found" in failure.message) == ("none", True)
    assert [one.id for one in working.runtime_service.process_instances(suspended=False)] == ids[:1]


def test_what_failed_in_instances_gets_retries(halted: ProcessEngine, model: Model) -> None:
    both = model(
        '<parallelGateway id="fork"/><userTask id="a" camunda:asyncBefore="true"/>',
        '<serviceTask id="b" camunda:type="external" camunda:topic="t"/>',
        flows="start-fork fork-a fork-b a-end b-end",
    )
    ids = start(halted, both, 2)
    for job in halted.management_service.jobs(instance_id=ids[0]):
        halted.management_service.set_job_retries(job.id, 0)
    for task in halted.external_task_service.external_tasks():
        halted.external_task_service.set_retries(task.id, 0)
    assert halted.runtime_service.count_incidents() == 2
    batch = halted.management_service.create_batch("set-job-retries", ids=ids, retries=2)
    assert do_all(halted) == [True, True]
    assert halted.management_service.batch(batch.id).done == 2
    assert {one.instance_id: one.retries for one in halted.management_service.jobs()} == dict(
        zip(ids, (2, 3), strict=True)
    )
    assert [one.retries for one in halted.external_task_service.external_tasks()] == [2, 2]
    assert halted.runtime_service.count_incidents() == 0


@pytest.mark.parametrize(
    ("kind", "item_kind"), [("set-job-retries", "job"), ("set-external-task-retries", "external-task")]
)
def test_jobs_and_external_tasks_can_be_items(halted: ProcessEngine, model: Model, kind: Any, item_kind: Any) -> None:
    node = '<serviceTask id="a" camunda:asyncBefore="true" camunda:type="external" camunda:topic="t"/>'
    start(halted, model(node, flows="start-a a-end"), 2)
    [job, other] = halted.management_service.jobs()
    if item_kind == "external-task":
        halted.management_service.execute_job(other.id)
    halted.management_service.create_batch(kind, item_kind=item_kind, search={}, retries=7)
    assert set(do_all(halted)) == {True}
    assert halted.management_service.jobs(job_id=job.id)[0].retries == (7 if item_kind == "job" else 3)
    assert [one.retries for one in halted.external_task_service.external_tasks()] in ([], [7])


def test_who_made_it_acts_in_it(working: ProcessEngine, user_model: bytes) -> None:
    ids = start(working, user_model, 1)
    with working.identity_service.acting_as("mary"):
        batch = working.management_service.create_batch("instance-update-suspension-state", ids=ids, suspended=True)
    assert finished(working, batch).created_by == "mary"
    noted = working.history_service.operations(user_id="mary")
    assert {one.operation for one in noted} == {"Suspend"}
    assert ids[0] in {one.instance_id for one in noted}
    assert working.management_service.count_batches(created_by="mary") == 1


def test_its_items_are_counted_as_if_somebody_had_done_each(working: ProcessEngine, user_model: bytes) -> None:
    ids = start(working, user_model, 3)
    working.management_service.toggle_telemetry(True)
    finished(working, working.management_service.create_batch("instance-deletion", ids=ids))
    commands = working.management_service.get_telemetry_data().product.internals.commands
    assert (commands["DeleteProcessInstanceCmd"].count, commands["DeleteProcessInstanceBatchCmd"].count) == (3, 1)
    assert not [name for name in commands if "Item" in name]


def test_a_batch_can_be_halted_and_go_on(halted: ProcessEngine, user_model: bytes) -> None:
    batch = halted.management_service.create_batch("instance-deletion", ids=start(halted, user_model, 2))
    portion = portion_of(halted)
    assert do_item(halted.executor, portion, portion.item_ids[0])
    halted.management_service.suspend_batch(batch.id)
    assert not do_item(halted.executor, portion, portion.item_ids[1])
    suspended = halted.management_service.batch(batch.id)
    assert (suspended.state, suspended.done, suspended.remaining) == ("suspended", 1, 1)
    halted.management_service.activate_batch(batch.id)
    assert do_all(halted) == [True]
    assert halted.management_service.batch(batch.id).state == "finished"


def test_deleting_a_batch_ends_it(halted: ProcessEngine, user_model: bytes) -> None:
    batch = halted.management_service.create_batch("instance-deletion", ids=start(halted, user_model, 2))
    portion = portion_of(halted)
    halted.management_service.delete_batch(batch.id)
    assert [do_item(halted.executor, portion, item_id) for item_id in portion.item_ids] == [False, False]
    assert (halted.runtime_service.count_process_instances(), halted.management_service.batches()) == (2, [])
    for call in ("batch", "batch_failures", "suspend_batch", "activate_batch", "delete_batch"):
        with pytest.raises(NotFoundException, match="Batch for id"):
            getattr(halted.management_service, call)(batch.id)


def test_an_item_that_is_done_is_not_done_again(halted: ProcessEngine, user_model: bytes) -> None:
    batch = halted.management_service.create_batch("instance-deletion", ids=start(halted, user_model, 2))
    portion = portion_of(halted)
    assert [do_item(halted.executor, portion, portion.item_ids[0]) for _ in range(3)] == [True, True, True]
    once = halted.management_service.batch(batch.id)
    assert (once.done, once.failed, once.state) == (1, 0, "running")


def test_no_item_is_done_twice_however_many_try(new_engine: NewEngine, listened: bytes, ending: Ending) -> None:
    nodes = [new_engine(delegates=Delegates(beans={"ending": ending})) for _ in range(2)]
    ids = start(nodes[0], listened, 12)
    batch = nodes[0].management_service.create_batch("instance-deletion", ids=ids)
    portion = portion_of(nodes[0])
    together = threading.Barrier(2)

    def work_off(engine: ProcessEngine) -> None:
        together.wait()
        for item_id in portion.item_ids:
            while not do_item(engine.executor, portion, item_id):
                if engine.management_service.batch(batch.id).finished:
                    return

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work_off, nodes))
    done = nodes[0].management_service.batch(batch.id)
    assert (done.done, done.failed, done.state) == (12, 0, "finished")
    assert nodes[0].runtime_service.count_process_instances() == 0


def test_what_may_pass_is_tried_again_behind_the_others(halted: ProcessEngine, listened: bytes, ending: Ending) -> None:
    batch = halted.management_service.create_batch("instance-deletion", ids=start(halted, listened, 2))
    ending.errors = {"0": OptimisticLockingException("overtaken")}
    do_all(halted)
    once = halted.management_service.batch(batch.id)
    assert (once.done, once.failed, once.state) == (1, 0, "running")
    do_all(halted)
    assert do_all(halted) == [True]
    assert halted.management_service.batch(batch.id).state == "finished"
    assert [one.message for one in halted.management_service.batch_failures(batch.id)] == ["overtaken"]


def test_it_succeeds_when_it_has_passed(halted: ProcessEngine, listened: bytes, ending: Ending) -> None:
    batch = halted.management_service.create_batch("instance-deletion", ids=start(halted, listened, 1))
    ending.errors = {"0": OptimisticLockingException("overtaken")}
    do_all(halted)
    ending.errors = {}
    do_all(halted)
    assert halted.management_service.batch(batch.id).done == 1


def test_an_instance_that_has_ended_already_is_deleted_enough(halted: ProcessEngine, user_model: bytes) -> None:
    ids = start(halted, user_model, 1)
    halted.management_service.create_batch("instance-deletion", ids=ids)
    halted.runtime_service.delete_process_instance(ids[0])
    do_all(halted)
    strict = halted.management_service.create_batch("instance-deletion", ids=ids, must_exist=True)
    do_all(halted)
    assert sorted(one.failed for one in halted.management_service.batches(finished=True)) == [0, 1]
    assert len(halted.management_service.batch_failures(strict.id)) == 1


def test_batches_take_turns(halted: ProcessEngine, user_model: bytes) -> None:
    ids = start(halted, user_model, 4)
    first = halted.management_service.create_batch("instance-deletion", ids=ids[:2])
    second = halted.management_service.create_batch("instance-deletion", ids=ids[2:])
    order = []
    for _ in range(4):
        portion = portion_of(halted)
        order.append(portion.batch_id)
        do_item(halted.executor, portion, portion.item_ids[0])
    assert order == [first.id, second.id, first.id, second.id]


def test_a_job_does_not_wait_for_the_end_of_a_batch(
    new_engine: NewEngine, listened: bytes, model: Model, ending: Ending
) -> None:
    job = '<serviceTask id="a" camunda:asyncBefore="true" camunda:delegateExpression="${job}"/>'
    beans = {"ending": ending, "job": lambda _: ending.seen.append("job")}
    engine = new_engine(delegates=Delegates(beans=beans), job_executor_activate=True)
    engine.repository_service.deploy({"q.bpmn": model(job, flows="start-a a-end", key="q")})
    ids = start(engine, listened, 5)

    def make_a_job() -> None:
        ending.then = list
        engine.runtime_service.start_process_instance(key="q")

    ending.then = make_a_job
    finished(engine, engine.management_service.create_batch("instance-deletion", ids=ids))
    assert ending.seen.index("job") == 1


def test_the_process_that_leads_works_off_what_another_one_has_made(
    new_engine: NewEngine, working: ProcessEngine, user_model: bytes
) -> None:
    ids = start(working, user_model, 2)
    finished(working, working.management_service.create_batch("instance-deletion", ids=ids[:1]))
    other = new_engine(job_executor_activate=True)
    finished(other, other.management_service.create_batch("instance-deletion", ids=ids[1:]))


def test_a_batch_of_another_process_goes_on_at_the_next_start(
    halted: ProcessEngine, working: ProcessEngine, user_model: bytes
) -> None:
    batch = halted.management_service.create_batch("instance-deletion", ids=start(halted, user_model, 2))
    working.open()
    finished(halted, batch)


def test_who_looks_at_a_batch_has_it_go_on(halted: ProcessEngine, working: ProcessEngine, user_model: bytes) -> None:
    working.open()  # without a reason to do jobs
    batch = halted.management_service.create_batch("instance-deletion", ids=start(halted, user_model, 2))
    finished(working, batch)


def test_a_batch_without_items_is_refused(engine: ProcessEngine, user_model: bytes) -> None:
    start(engine, user_model, 1)
    with pytest.raises(BadUserRequestException, match="There is nothing to do"):
        engine.management_service.create_batch("instance-deletion", ids=[])
    with pytest.raises(BadUserRequestException, match="There is nothing to do"):
        engine.management_service.create_batch("instance-deletion", search={"business_key": "none"})
    assert engine.management_service.batches() == []


def test_too_many_items_are_refused(engine: ProcessEngine) -> None:
    with pytest.raises(BadUserRequestException, match=f"A batch may have {MAX_ITEMS} items"):
        engine.management_service.create_batch("instance-deletion", ids=[str(i) for i in range(MAX_ITEMS + 1)])


def test_an_id_that_nothing_can_have_is_refused(engine: ProcessEngine) -> None:
    with pytest.raises(BadUserRequestException, match="is too long for an id"):
        engine.management_service.create_batch("instance-deletion", ids=["a" * 65])


def test_settings_that_cannot_be_used_are_refused(engine: ProcessEngine) -> None:
    with pytest.raises(BadUserRequestException, match="must not be negative, but -1 was given"):
        engine.management_service.create_batch("set-job-retries", ids=["a"], retries=-1)
    with pytest.raises(BadUserRequestException, match="There is no batch of kind 'instance-deletion' with items of"):
        engine.management_service.create_batch("instance-deletion", ids=["a"], item_kind="job")


def test_ids_and_a_search_are_one_batch(halted: ProcessEngine, user_model: bytes) -> None:
    ids = start(halted, user_model, 3)
    batch = halted.management_service.create_batch("instance-deletion", ids=[ids[0], ids[0], "none"], search={})
    assert batch.total == 4
    [found] = halted.management_service.batches(kind="instance-deletion", suspended=False, sort_by="startTime")
    assert found == batch
