"""Process instances from start to end: variables, tasks, workers, queries, deletion, restarts."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import ExternalTask, Task, Topic, TypedValue
from engine_telemetry.exceptions import (
    BadUserRequestException,
    NotFoundException,
    NullValueException,
    TaskAlreadyClaimedException,
)

Model = Callable[..., bytes]
NewEngine = Callable[..., ProcessEngine]
FindTask = Callable[[], Task]
FindExternalTask = Callable[[], ExternalTask]

MINUTE = timedelta(minutes=1)


def plain(variables: dict[str, TypedValue]) -> dict[str, object]:
    return {name: variable.value for name, variable in variables.items()}


def fetch(engine: ProcessEngine, worker: str = "w", definition_id: str | None = None) -> list[str]:
    topics = [Topic("t", MINUTE, definition_id=definition_id)]
    return [one.id for one in engine.external_task_service.fetch_and_lock(worker_id=worker, max_tasks=9, topics=topics)]


def test_a_process_runs_from_start_to_end(engine: ProcessEngine, parallel_model: bytes) -> None:
    engine.repository_service.deploy({"p.bpmn": parallel_model})
    started = engine.runtime_service.start_process_instance(key="p", variables={"n": 1}, business_key="order 7")
    assert (started.definition_key, started.business_key, started.ended) == ("p", "order 7", False)
    assert started.variables == {"n": TypedValue("Integer", 1)}
    [locked] = engine.external_task_service.fetch_and_lock(worker_id="w", max_tasks=9, topics=[Topic("t", MINUTE)])
    assert (locked.activity_id, locked.business_key, locked.priority, locked.worker_id) == ("b", "order 7", 5, "w")
    assert (locked.instance_id, locked.definition_key) == (started.id, "p")
    assert locked.variables == started.variables
    engine.external_task_service.complete(locked.id, worker_id="w", variables={"paid": True, "n": 2})
    [task] = engine.task_service.tasks()
    assert (task.task_definition_key, task.name, task.assignee, task.priority) == ("a", "Do it", "joe", 50)
    assert plain(engine.task_service.complete_with_variables_in_return(task.id)) == {"n": 2, "paid": True}
    [last] = engine.task_service.tasks()
    assert last.task_definition_key == "c"
    assert plain(engine.task_service.complete_with_variables_in_return(last.id, variables={"done": "yes"})) == {
        "n": 2,
        "paid": True,
        "done": "yes",
    }
    assert engine.runtime_service.process_instances() == []
    assert engine.task_service.count_tasks() == engine.external_task_service.count_external_tasks() == 0


def test_a_process_without_a_task_has_ended_when_it_is_started(engine: ProcessEngine, model: Model) -> None:
    engine.repository_service.deploy({"p.bpmn": model(flows="start-end")})
    started = engine.runtime_service.start_process_instance(key="p", variables={"n": 1})
    assert started.ended
    assert plain(dict(started.variables)) == {"n": 1}
    assert engine.runtime_service.count_process_instances() == 0


def test_a_process_goes_on_after_a_restart_and_on_another_engine(new_engine: NewEngine, parallel_model: bytes) -> None:
    first = new_engine()
    first.repository_service.deploy({"p.bpmn": parallel_model})
    first.runtime_service.start_process_instance(key="p", variables={"n": 1})
    first.close()
    second, third = new_engine(), new_engine()
    [external_id] = fetch(second)
    third.external_task_service.complete(external_id, worker_id="w")
    third.task_service.complete(second.task_service.tasks()[0].id, variables={"m": [1]})
    fourth = new_engine()
    [task] = fourth.task_service.tasks()
    assert plain(fourth.task_service.complete_with_variables_in_return(task.id)) == {"n": 1, "m": "[1]"}
    assert third.runtime_service.count_process_instances() == 0


def test_instances_stay_on_the_version_they_were_started_with(
    engine: ProcessEngine, user_model: bytes, model: Model
) -> None:
    engine.repository_service.deploy({"p.bpmn": user_model})
    old = engine.runtime_service.start_process_instance(key="p")
    changed = model('<userTask id="a"/><userTask id="new"/>', flows="start-a a-new new-end")
    engine.repository_service.deploy({"p.bpmn": changed})
    new = engine.runtime_service.start_process_instance(key="p")
    by_id = engine.runtime_service.start_process_instance(definition_id=old.definition_id)
    for task in engine.task_service.tasks():
        engine.task_service.complete(task.id)
    assert [one.id for one in engine.runtime_service.process_instances()] == [new.id]
    assert by_id.definition_id == old.definition_id != new.definition_id


def test_two_threads_that_complete_both_branches_at_once_both_count(
    new_engine: NewEngine, parallel_model: bytes
) -> None:
    engines = [new_engine(), new_engine()]
    engines[0].repository_service.deploy({"p.bpmn": parallel_model})
    for _ in range(20):
        engines[0].runtime_service.start_process_instance(key="p")
        [external_id], [task] = fetch(engines[0]), engines[0].task_service.tasks()
        barrier = threading.Barrier(2)
        jobs = [
            lambda: engines[0].task_service.complete(task.id, variables={"a": 1}),  # noqa: B023  run before the next
            lambda: engines[1].external_task_service.complete(external_id, worker_id="w", variables={"b": 1}),  # noqa: B023
        ]
        threads = [threading.Thread(target=lambda job: (barrier.wait(), job()), args=[job]) for job in jobs]  # noqa: B023
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        [last] = engines[1].task_service.tasks()
        assert last.task_definition_key == "c"
        assert plain(engines[1].task_service.complete_with_variables_in_return(last.id)) == {"a": 1, "b": 1}


def test_many_threads_start_and_complete_without_losing_any(engine: ProcessEngine, user_model: bytes) -> None:
    engine.repository_service.deploy({"p.bpmn": user_model})
    completed: list[str] = []

    def work() -> None:
        for _ in range(10):
            started = engine.runtime_service.start_process_instance(key="p")
            [task] = engine.task_service.tasks(instance_id=started.id)
            engine.task_service.complete(task.id)
            completed.append(task.id)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(completed)) == 60
    assert engine.runtime_service.count_process_instances() == 0


def test_instances_are_found_by_business_key_definition_and_id(
    engine: ProcessEngine, user_model: bytes, model: Model
) -> None:
    runtime = engine.runtime_service
    other = model('<userTask id="a"/>', flows="start-a a-end", key="q")
    engine.repository_service.deploy({"p.bpmn": user_model, "q.bpmn": other})
    a, b = (runtime.start_process_instance(key="p", business_key=key) for key in ("order-1", "Order-1"))
    c = runtime.start_process_instance(key="q")
    assert {one.id for one in runtime.process_instances()} == {a.id, b.id, c.id}
    assert [one.id for one in runtime.process_instances(business_key="order-1")] == [a.id]
    assert a.id in {one.id for one in runtime.process_instances(business_key_like="order-_", definition_key="p")}
    assert [one.id for one in runtime.process_instances(definition_key="q")] == [c.id]
    assert runtime.count_process_instances(definition_id=a.definition_id) == 2
    assert runtime.count_process_instances(instance_ids=[a.id, c.id, "x"]) == 2
    [found] = runtime.process_instances(instance_id=b.id)
    assert (found.business_key, found.definition_key, found.definition_id) == ("Order-1", "p", b.definition_id)
    assert runtime.process_instances(sort_by="definitionKey", sort_order="desc")[0].id == c.id
    assert [one.business_key for one in engine.external_task_service.external_tasks()] == []
    assert [one.instance_id for one in engine.task_service.tasks(business_key="Order-1")] == [b.id]


def test_a_start_that_makes_no_sense_is_refused(engine: ProcessEngine, user_model: bytes) -> None:
    engine.repository_service.deploy({"p.bpmn": user_model})
    start = engine.runtime_service.start_process_instance
    with pytest.raises(NullValueException, match="no processes deployed with key 'x': processDefinition is null"):
        start(key="x")
    with pytest.raises(NotFoundException, match="no deployed process definition found with id 'p:9:x'"):
        start(definition_id="p:9:x")
    with pytest.raises(NullValueException, match="either process definition id or key must be set"):
        start()
    with pytest.raises(BadUserRequestException, match="The business key has more than 255 characters"):
        start(key="p", business_key="b" * 256)
    with pytest.raises(BadUserRequestException, match="'v' is a object"):
        start(key="p", variables={"v": object()})
    assert engine.runtime_service.count_process_instances() == 0


def test_an_instance_is_deleted_with_everything_of_it(engine: ProcessEngine, parallel_model: bytes) -> None:
    engine.repository_service.deploy({"p.bpmn": parallel_model})
    started = engine.runtime_service.start_process_instance(key="p", variables={"n": 1})
    kept = engine.runtime_service.start_process_instance(key="p", variables={"n": 2})
    engine.runtime_service.delete_process_instance(started.id, reason="a test")
    assert [one.instance_id for one in engine.task_service.tasks()] == [kept.id]
    assert [one.instance_id for one in engine.external_task_service.external_tasks()] == [kept.id]
    with pytest.raises(NullValueException, match="doesn't exist"):
        engine.runtime_service.variables(started.id)
    with pytest.raises(NotFoundException, match=f"No process instance found for id '{started.id}'"):
        engine.runtime_service.delete_process_instance(started.id)


def test_variables_are_read_set_and_removed(engine: ProcessEngine, user_model: bytes, only_task: FindTask) -> None:
    engine.repository_service.deploy({"p.bpmn": user_model})
    instance_id = engine.runtime_service.start_process_instance(key="p", variables={"a": 1, "b": "x"}).id
    runtime = engine.runtime_service
    runtime.set_variables(instance_id, {"b": 2.5, "c": None})
    assert plain(runtime.variables(instance_id)) == {"a": 1, "b": 2.5, "c": None}
    runtime.update_variables(instance_id, modifications={"d": True}, deletions=["a", "unknown"])
    runtime.remove_variable(instance_id, "c")
    assert plain(engine.task_service.variables(only_task().id)) == {"b": 2.5, "d": True}
    assert runtime.variable(instance_id, "d") == TypedValue("Boolean", value=True)
    assert runtime.variable(instance_id, "a") is None


def test_variables_of_what_does_not_exist_are_refused(engine: ProcessEngine) -> None:
    runtime = engine.runtime_service
    for call in (
        lambda: runtime.variables("x"),
        lambda: runtime.variable("x", "n"),
        lambda: runtime.set_variables("x", {}),
        lambda: runtime.update_variables("x"),
        lambda: runtime.remove_variable("x", "n"),
    ):
        with pytest.raises(NullValueException, match="execution x doesn't exist"):
            call()
    with pytest.raises(NullValueException, match="task x doesn't exist"):
        engine.task_service.variables("x")


def test_a_task_is_claimed_once_and_assigned_at_will(
    engine: ProcessEngine, user_model: bytes, only_task: FindTask
) -> None:
    engine.repository_service.deploy({"p.bpmn": user_model})
    engine.runtime_service.start_process_instance(key="p")
    service, task_id = engine.task_service, only_task().id
    service.claim(task_id, "ann")
    service.claim(task_id, "ann")
    with pytest.raises(TaskAlreadyClaimedException, match=f"Task '{task_id}' is already claimed by someone else"):
        service.claim(task_id, "bob")
    assert only_task().assignee == "ann"
    service.set_assignee(task_id, "bob")
    assert service.count_tasks(assignee="bob") == service.count_tasks(unassigned=False) == 1
    service.claim(task_id, None)
    assert service.count_tasks(unassigned=True) == 1


def test_a_task_that_does_not_wait_is_refused_and_nothing_changes(engine: ProcessEngine, parallel_model: bytes) -> None:
    engine.repository_service.deploy({"p.bpmn": parallel_model})
    started = engine.runtime_service.start_process_instance(key="p")
    [done] = engine.task_service.tasks()
    engine.task_service.complete(done.id)
    calls: list[Callable[[], object]] = [
        lambda: engine.task_service.complete(done.id, variables={"n": 1}),
        lambda: engine.task_service.complete("not even a UUID"),
        lambda: engine.task_service.claim(done.id, "ann"),
        lambda: engine.task_service.set_assignee(done.id, "ann"),
    ]
    for call in calls:
        with pytest.raises(NullValueException, match=r"Cannot find task with id .*: task is null"):
            call()
    assert engine.runtime_service.variables(started.id) == {}


def test_tasks_are_found_by_what_is_known_of_them(engine: ProcessEngine, parallel_model: bytes) -> None:
    engine.repository_service.deploy({"p.bpmn": parallel_model})
    started = engine.runtime_service.start_process_instance(key="p")
    engine.runtime_service.start_process_instance(key="p")
    service = engine.task_service
    [task] = service.tasks(instance_id=started.id)
    assert service.tasks(task_id=task.id, definition_id=task.definition_id, name="Do it") == [task]
    assert service.count_tasks(task_definition_key="a", definition_key="p", assignee="joe") == 2
    assert service.count_tasks(task_definition_key="c") == 0
    assert service.tasks(sort_by="created", max_results=1) == [task]
    assert abs(task.created - datetime.now(UTC)) < MINUTE


def test_a_locked_task_is_fetched_by_nobody_else_until_it_is_unlocked(
    engine: ProcessEngine, external_model: bytes, only_external_task: FindExternalTask
) -> None:
    engine.repository_service.deploy({"p.bpmn": external_model})
    engine.runtime_service.start_process_instance(key="p")
    [task_id] = fetch(engine, "w")
    assert fetch(engine, "w") == fetch(engine, "other") == []
    service = engine.external_task_service
    assert service.count_external_tasks(locked=True, worker_id="w") == 1
    assert service.count_external_tasks(locked=False) == 0
    service.unlock(task_id)
    assert (only_external_task().worker_id, only_external_task().lock_expiration_time) == (None, None)
    assert service.count_external_tasks(locked=False) == 1
    assert fetch(engine, "other") == [task_id]


def test_a_lock_that_has_expired_can_be_had_by_another_worker(engine: ProcessEngine, external_model: bytes) -> None:
    engine.repository_service.deploy({"p.bpmn": external_model})
    engine.runtime_service.start_process_instance(key="p")
    service = engine.external_task_service
    moment = timedelta(microseconds=1)
    [task] = service.fetch_and_lock(worker_id="slow", max_tasks=1, topics=[Topic("t", moment)])
    with pytest.raises(BadUserRequestException, match="Cannot extend a lock that expired"):
        service.extend_lock(task.id, worker_id="slow", new_duration=MINUTE)
    assert fetch(engine, "quick") == [task.id]
    with pytest.raises(
        BadUserRequestException, match=r"cannot be completed by worker 'slow'\. It is locked by worker 'quick'\."
    ):
        service.complete(task.id, worker_id="slow")
    service.complete(task.id, worker_id="quick")


def test_a_worker_whose_lock_has_expired_may_complete_if_nobody_else_came(
    engine: ProcessEngine, external_model: bytes
) -> None:
    engine.repository_service.deploy({"p.bpmn": external_model})
    engine.runtime_service.start_process_instance(key="p")
    service = engine.external_task_service
    [task] = service.fetch_and_lock(worker_id="slow", max_tasks=1, topics=[Topic("t", timedelta(microseconds=1))])
    service.complete(task.id, worker_id="slow")
    assert engine.runtime_service.count_process_instances() == 0


def test_a_lock_is_extended_for_its_worker_only(
    engine: ProcessEngine, external_model: bytes, only_external_task: FindExternalTask
) -> None:
    engine.repository_service.deploy({"p.bpmn": external_model})
    engine.runtime_service.start_process_instance(key="p")
    [task_id], before = fetch(engine), datetime.now(UTC)
    service = engine.external_task_service
    service.extend_lock(task_id, worker_id="w", new_duration=timedelta(hours=1))
    until = only_external_task().lock_expiration_time
    assert until is not None
    assert until >= before + timedelta(hours=1)
    with pytest.raises(BadUserRequestException, match=r"extended by worker 'x'\. It is locked by worker 'w'\."):
        service.extend_lock(task_id, worker_id="x", new_duration=MINUTE)
    with pytest.raises(BadUserRequestException, match="lockTime is not greater than 0"):
        service.extend_lock(task_id, worker_id="w", new_duration=timedelta(0))


def test_a_task_that_nobody_has_locked_cannot_be_completed(
    engine: ProcessEngine, external_model: bytes, only_external_task: FindExternalTask
) -> None:
    engine.repository_service.deploy({"p.bpmn": external_model})
    engine.runtime_service.start_process_instance(key="p")
    with pytest.raises(BadUserRequestException, match=r"by worker 'w'\. It is locked by worker 'null'\."):
        engine.external_task_service.complete(only_external_task().id, worker_id="w")


def test_external_tasks_that_do_not_wait_are_not_found(engine: ProcessEngine) -> None:
    service = engine.external_task_service
    calls: list[Callable[[], None]] = [
        lambda: service.complete("x", worker_id="w"),
        lambda: service.unlock("x"),
        lambda: service.extend_lock("x", worker_id="w", new_duration=MINUTE),
    ]
    for call in calls:
        with pytest.raises(NotFoundException, match="Cannot find external task with id x: externalTask is null"):
            call()


def test_a_fetch_that_makes_no_sense_is_refused(engine: ProcessEngine) -> None:
    fetch_and_lock = engine.external_task_service.fetch_and_lock
    with pytest.raises(NullValueException, match="workerId is null"):
        fetch_and_lock(worker_id="", max_tasks=1, topics=[Topic("t", MINUTE)])
    with pytest.raises(BadUserRequestException, match="maxResults is not greater than or equal to 0"):
        fetch_and_lock(worker_id="w", max_tasks=-1, topics=[Topic("t", MINUTE)])
    with pytest.raises(BadUserRequestException, match="lockTime is not greater than 0"):
        fetch_and_lock(worker_id="w", max_tasks=1, topics=[Topic("t", timedelta(0))])
    assert fetch_and_lock(worker_id="w", max_tasks=1, topics=[]) == []
    assert fetch_and_lock(worker_id="w", max_tasks=0, topics=[Topic("t", MINUTE)]) == []


def test_workers_get_their_topics_by_priority_or_age_and_the_variables_they_want(
    engine: ProcessEngine, model: Model
) -> None:
    task = '<serviceTask id="b" camunda:type="external" camunda:topic="{}" camunda:taskPriority="{}"/>'
    for key, topic, priority in (("old", "t", 1), ("new", "t", 2), ("other", "u", 3)):
        content = model(task.format(topic, priority), flows="start-b b-end", key=key)
        engine.repository_service.deploy({"p.bpmn": content})
        engine.runtime_service.start_process_instance(key=key, variables={"a": 1, "b": 2}, business_key=key)
    service = engine.external_task_service
    assert [one.activity_id for one in service.external_tasks(sort_by="taskPriority")] == ["b"] * 3
    [oldest] = service.fetch_and_lock(worker_id="w", max_tasks=1, topics=[Topic("t", MINUTE, variables=("b", "z"))])
    assert (oldest.definition_key, plain(dict(oldest.variables))) == ("old", {"b": 2})
    service.unlock(oldest.id)
    topics = [
        Topic("u", MINUTE, variables=()),
        Topic("t", MINUTE, business_key="nobody"),
        Topic("t", 2 * MINUTE, definition_key="new"),
    ]
    other, new = service.fetch_and_lock(worker_id="w", max_tasks=9, topics=topics, use_priority=True)
    assert (other.definition_key, plain(dict(other.variables))) == ("other", {})
    assert (new.definition_key, plain(dict(new.variables))) == ("new", {"a": 1, "b": 2})
    assert new.lock_expiration_time is not None
    assert other.lock_expiration_time is not None
    assert new.lock_expiration_time - other.lock_expiration_time == MINUTE
    assert fetch(engine, definition_id=oldest.definition_id) == [oldest.id]


def test_workers_that_fetch_at_once_never_get_the_same_task(new_engine: NewEngine, external_model: bytes) -> None:
    engine = new_engine()
    engine.repository_service.deploy({"p.bpmn": external_model})
    for _ in range(30):
        engine.runtime_service.start_process_instance(key="p")
    fetched: list[str] = []

    def work(worker: str) -> None:
        topics = [Topic("t", MINUTE)]
        service = new_engine().external_task_service
        while tasks := service.fetch_and_lock(worker_id=worker, max_tasks=4, topics=topics):
            fetched.extend(task.id for task in tasks)

    threads = [threading.Thread(target=work, args=[f"w{at}"]) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(fetched) == len(set(fetched)) == 30


def test_a_command_works_on_a_database_in_memory(new_engine: NewEngine, user_model: bytes) -> None:
    engine = new_engine(database_url="sqlite://")
    engine.repository_service.deploy({"p.bpmn": user_model})
    engine.runtime_service.start_process_instance(key="p")
    engine.task_service.complete(engine.task_service.tasks()[0].id)
    assert engine.runtime_service.count_process_instances() == 0
