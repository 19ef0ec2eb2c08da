"""Many that work on the same instances at once, in threads and processes, on each database: nothing is lost."""

import multiprocessing
import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.commands.message import Message
from engine_telemetry.engine.delegates import DelegateExecution, Delegates
from engine_telemetry.engine.entities import Task
from engine_telemetry.exceptions import MismatchingMessageCorrelationException, NullValueException
from tests.faults.conftest import TestDatabase

BRANCHES = 6
PROCESSES = 2
THREADS = BRANCHES // PROCESSES
HEAD = '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://test">'


def forked(*branches: str) -> bytes:
    """A process that waits in all of these at once, and ends when all are done."""
    pairs = [pair for i in range(len(branches)) for pair in (("fork", f"b{i}"), (f"b{i}", "join"))]
    flows = (
        f'<sequenceFlow id="{source}-{target}" sourceRef="{source}" targetRef="{target}"/>'
        for source, target in (("start", "fork"), *pairs, ("join", "end"))
    )
    return f"""{HEAD}<message id="m" name="go"/><process id="p" isExecutable="true"><startEvent id="start"/>
        <parallelGateway id="fork"/>{"".join(branches)}<parallelGateway id="join"/><endEvent id="end"/>
        {"".join(flows)}</process></definitions>""".encode()


SIX_TASKS = forked(*(f'<userTask id="b{i}"/>' for i in range(BRANCHES)))
TASK_AND_MESSAGE = forked('<userTask id="b0"/>', '<receiveTask id="b1" messageRef="m"/>')


def new_engine(url: str, folder: Path) -> ProcessEngine:
    return ProcessEngine(
        database_url=url,
        telemetry_state_directory=folder,
        telemetry_reporter_activate=False,
        job_executor_activate=False,
    )


class _Process:
    """What a process of the pool works with."""

    engine: ProcessEngine


def begin(url: str, folder: Path) -> None:
    _Process.engine = new_engine(url, folder)


def complete(task_ids: list[str]) -> list[str]:
    """Complete these tasks at once, each in a thread; what went wrong."""
    with ThreadPoolExecutor(len(task_ids)) as pool:
        done = [pool.submit(_Process.engine.task_service.complete, task_id) for task_id in task_ids]
    return [repr(error) for error in (one.exception() for one in done) if error is not None]


def work(seed: int, seconds: float) -> tuple[int, list[str]]:
    """Start, complete and correlate at random for that long; how many were started, and what went wrong."""
    with ThreadPoolExecutor(THREADS) as pool:
        done = [pool.submit(_Worker(seed * THREADS + number, seconds)) for number in range(THREADS)]
    errors = [repr(error) for error in (one.exception() for one in done) if error is not None]
    return sum(one.result() for one in done if one.exception() is None), errors


class _Worker:
    def __init__(self, seed: int, seconds: float) -> None:
        self._random = random.Random(seed)
        self._name = str(seed)
        self._seconds = seconds
        self._started = 0

    def __call__(self) -> int:
        end = time.monotonic() + self._seconds
        while time.monotonic() < end:
            self._random.choice((self._start, self._complete, self._correlate))()
        return self._started

    def _start(self) -> None:
        key = f"{self._name}-{self._started}"
        _Process.engine.runtime_service.start_process_instance(key="p", business_key=key, variables={"by": self._name})
        self._started += 1

    def _complete(self) -> None:
        tasks = _Process.engine.task_service.tasks(max_results=20)
        if tasks:
            with suppress(NullValueException):  # somebody else was faster
                _Process.engine.task_service.complete(self._random.choice(tasks).id, variables={"done": True})

    def _correlate(self) -> None:
        waiting = _Process.engine.runtime_service.process_instances(max_results=20)
        if waiting:
            message = Message("go", instance_id=self._random.choice(waiting).id, variables={"gone": 1})
            with suppress(MismatchingMessageCorrelationException):  # it does not wait for that any more
                _Process.engine.runtime_service.correlate_message(message)


@pytest.fixture
def engine(database: TestDatabase, tmp_path: Path) -> Iterator[ProcessEngine]:
    with new_engine(database.url, tmp_path / "state") as made:
        yield made


@pytest.fixture
def pool(engine: ProcessEngine, database: TestDatabase, tmp_path: Path) -> Iterator[ProcessPoolExecutor]:
    """Two processes, each with an engine of its own, once there are tables."""
    engine.open()
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, spawn, begin, (database.url, tmp_path / "state")) as made:
        yield made


def run_rounds(engine: ProcessEngine, rounds: int, complete_all: Callable[[list[Task]], list[str]]) -> None:
    engine.repository_service.deploy({"p.bpmn": SIX_TASKS})
    for _ in range(rounds):
        engine.runtime_service.start_process_instance(key="p")
        tasks = engine.task_service.tasks()
        assert len(tasks) == BRANCHES
        assert complete_all(tasks) == []
        assert engine.runtime_service.process_instances() == []
    passed = Counter(one.activity_id for one in engine.history_service.activity_instances(finished=True))
    joins = passed.pop("join")
    assert passed == dict.fromkeys(("start", "fork", "end", *(f"b{i}" for i in range(BRANCHES))), rounds)
    assert joins in {rounds, rounds * BRANCHES}
    assert engine.history_service.count_activity_instances(finished=False) == 0
    assert engine.history_service.count_task_instances(finished=True) == rounds * BRANCHES


def in_threads(engine: ProcessEngine, tasks: list[Task]) -> list[str]:
    _Process.engine = engine
    return complete([task.id for task in tasks])


def in_processes(pool: ProcessPoolExecutor, tasks: list[Task]) -> list[str]:
    parts = [[task.id for task in tasks[number::PROCESSES]] for number in range(PROCESSES)]
    return [error for errors in pool.map(complete, parts) for error in errors]


def test_six_threads_complete_the_branches_of_one_instance_at_once(engine: ProcessEngine) -> None:
    run_rounds(engine, 5, partial(in_threads, engine))


@pytest.mark.full
@pytest.mark.timeout(180)
def test_two_processes_with_three_threads_each_do_fifty_times(engine: ProcessEngine, pool: ProcessPoolExecutor) -> None:
    run_rounds(engine, 50, partial(in_processes, pool))


def check(engine: ProcessEngine, results: list[tuple[int, list[str]]]) -> None:
    """Finish what is left, one after the other; then see that everything happened once."""
    assert [errors for _, errors in results if errors] == []
    for task in engine.task_service.tasks():
        engine.task_service.complete(task.id)
    engine.runtime_service.correlate_all(Message("go"))
    started = sum(number for number, _ in results)
    assert engine.runtime_service.count_process_instances() == engine.runtime_service.count_executions() == 0
    assert engine.history_service.count_process_instances(states=["COMPLETED"]) == started > 0
    assert engine.history_service.count_process_instances() == started
    passed = Counter(one.activity_id for one in engine.history_service.activity_instances(finished=True))
    assert {passed[name] for name in ("start", "b0", "b1", "end")} == {started}
    keys: Any = Counter(one.business_key for one in engine.history_service.process_instances())
    assert max(keys.values()) == 1


def test_threads_that_start_complete_and_correlate_at_random_lose_and_double_nothing(engine: ProcessEngine) -> None:
    engine.repository_service.deploy({"p.bpmn": TASK_AND_MESSAGE})
    _Process.engine = engine
    check(engine, [work(seed=0, seconds=0.7)])


@pytest.mark.full
@pytest.mark.timeout(180)
def test_processes_that_start_complete_and_correlate_at_random_lose_and_double_nothing(
    engine: ProcessEngine, pool: ProcessPoolExecutor
) -> None:
    engine.repository_service.deploy({"p.bpmn": TASK_AND_MESSAGE})
    check(engine, list(pool.map(work, (1, 2), (5.0, 5.0))))


JOBS = 40
ASYNCHRONOUS = (
    HEAD.replace(">", ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn">').encode()
    + b"""
    <process id="p" isExecutable="true"><startEvent id="start"/><parallelGateway id="fork"/>
      <serviceTask id="a" camunda:asyncBefore="true" camunda:delegateExpression="${work}"/>
      <serviceTask id="b" camunda:asyncBefore="true" camunda:delegateExpression="${work}"/>
      <parallelGateway id="join"/><endEvent id="end" camunda:asyncBefore="true"/>
      <sequenceFlow id="f1" sourceRef="start" targetRef="fork"/><sequenceFlow id="f2" sourceRef="fork" targetRef="a"/>
      <sequenceFlow id="f3" sourceRef="fork" targetRef="b"/><sequenceFlow id="f4" sourceRef="a" targetRef="join"/>
      <sequenceFlow id="f5" sourceRef="b" targetRef="join"/><sequenceFlow id="f6" sourceRef="join" targetRef="end"/>
    </process></definitions>"""
)


def wait_a_little(_: DelegateExecution) -> None:
    time.sleep(0.01)


def begin_node(url: str, folder: Path) -> None:
    """Be a node of one's own: with another folder for temporary files, it leads whoever else does."""
    tempfile.tempdir = tempfile.mkdtemp(dir=folder)
    delegates = Delegates(beans={"work": wait_a_little})
    settings: dict[str, Any] = {"telemetry_state_directory": folder / "state", "telemetry_reporter_activate": False}
    _Process.engine = ProcessEngine(database_url=url, delegates=delegates, **settings)
    _Process.engine.open()


def start_many(number: int) -> None:
    for _ in range(number):
        _Process.engine.runtime_service.start_process_instance(key="p")


@pytest.mark.full
@pytest.mark.timeout(180)
def test_two_nodes_do_each_job_once(database: TestDatabase, tmp_path: Path) -> None:
    delegates = Delegates(beans={"work": wait_a_little})
    settings: dict[str, Any] = {"telemetry_state_directory": tmp_path / "state", "telemetry_reporter_activate": False}
    with ProcessEngine(
        database_url=database.url, delegates=delegates, job_executor_activate=False, **settings
    ) as engine:
        engine.repository_service.deploy({"p.bpmn": ASYNCHRONOUS})
        spawn = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(PROCESSES, spawn, begin_node, (database.url, tmp_path)) as nodes:
            list(nodes.map(start_many, [JOBS // PROCESSES] * PROCESSES))
            end = time.monotonic() + 60
            while engine.runtime_service.count_process_instances() and time.monotonic() < end:
                time.sleep(0.05)
        assert engine.management_service.count_jobs() == engine.history_service.count_incidents() == 0
        passed = Counter(one.activity_id for one in engine.history_service.activity_instances(finished=True))
        assert {passed[name] for name in ("start", "a", "b", "end")} == {JOBS}
        assert engine.history_service.count_process_instances(states=["COMPLETED"]) == JOBS
