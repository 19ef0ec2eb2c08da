"""Jobs: timers and asynchronous continuations, what happens when they fail, and who does them."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import update

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.commands.job_execution import AcquireJobsCmd, ExecuteJobsCmd
from engine_telemetry.engine.context import CommandContext
from engine_telemetry.engine.delegates import DelegateExecution, Delegates
from engine_telemetry.engine.persistence.tables import job
from engine_telemetry.exceptions import NotFoundException, ProcessEngineException, SuspendedEntityInteractionException

Model = Callable[..., bytes]
NewEngine = Callable[..., ProcessEngine]
SECONDS = 20


def wait_until(true: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.01)


class Work:
    """A delegate that fails as often as it is told to."""

    def __init__(self) -> None:
        self.failures = 0
        self.calls = 0

    def __call__(self, execution: DelegateExecution) -> None:
        del execution
        self.calls += 1
        if self.calls <= self.failures:
            raise RuntimeError(f"no luck {self.calls}")


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def waiting(new_engine: NewEngine, work: Work) -> ProcessEngine:
    """An engine that does no jobs by itself."""
    return new_engine(delegates=Delegates(beans={"work": work}))


@pytest.fixture
def working(new_engine: NewEngine, work: Work) -> Iterator[ProcessEngine]:
    """An engine that does."""
    engine = new_engine(delegates=Delegates(beans={"work": work}), job_executor_activate=True)
    yield engine
    engine.close()


@pytest.fixture
def asynchronous(model: Model) -> bytes:
    """A service that is called asynchronously, and a user task behind it."""
    return model(
        '<serviceTask id="a" camunda:asyncBefore="true" camunda:delegateExpression="${work}"/><userTask id="b"/>',
        flows="start-a a-b b-end",
    )


def timer_start(definition: str) -> bytes:
    return f"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://test"
        xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
      <process id="p" isExecutable="true">
        <startEvent id="start"><timerEventDefinition>{definition}</timerEventDefinition></startEvent>
        <sequenceFlow id="f" sourceRef="start" targetRef="a"/><userTask id="a"/>
      </process></definitions>""".encode()


CYCLE = '<timeCycle xsi:type="tFormalExpression">R2/PT1H</timeCycle>'
DATE = '<timeDate xsi:type="tFormalExpression">2020-01-01T00:00:00Z</timeDate>'


def make_due(engine: ProcessEngine) -> None:
    """Have all timers be due since an hour ago."""
    past = datetime.now(UTC) - timedelta(hours=1)
    engine.executor.execute(lambda context: context.connection.execute(update(job).values(due=past)))


def test_an_asynchronous_activity_waits_for_its_job(waiting: ProcessEngine, asynchronous: bytes, work: Work) -> None:
    waiting.repository_service.deploy({"p.bpmn": asynchronous})
    started = waiting.runtime_service.start_process_instance(key="p")
    [found] = waiting.management_service.jobs()
    assert (found.kind, found.instance_id, found.activity_id, found.retries) == ("async-before", started.id, "a", 3)
    assert work.calls == 0
    waiting.management_service.execute_job(found.id)
    assert (work.calls, waiting.management_service.jobs()) == (1, [])
    assert waiting.task_service.count_tasks() == 1


def test_the_job_executor_does_it_at_once(working: ProcessEngine, asynchronous: bytes) -> None:
    working.repository_service.deploy({"p.bpmn": asynchronous})
    working.runtime_service.start_process_instance(key="p")
    wait_until(working.task_service.count_tasks)
    assert working.management_service.jobs() == []


def test_it_does_what_another_process_has_left(
    waiting: ProcessEngine, working: ProcessEngine, asynchronous: bytes
) -> None:
    waiting.repository_service.deploy({"p.bpmn": asynchronous})
    waiting.runtime_service.start_process_instance(key="p")
    working.open()
    wait_until(waiting.task_service.count_tasks)


def test_the_one_that_leads_hears_of_jobs_of_the_others(
    new_engine: NewEngine, working: ProcessEngine, asynchronous: bytes, work: Work
) -> None:
    working.repository_service.deploy({"p.bpmn": asynchronous})
    working.runtime_service.start_process_instance(key="p")
    wait_until(working.task_service.count_tasks)
    other = new_engine(delegates=Delegates(beans={"work": work}), job_executor_activate=True)
    other.runtime_service.start_process_instance(key="p")
    wait_until(lambda: other.task_service.count_tasks() == 2)
    assert work.calls == 2


def job_threads() -> int:
    return sum(thread.name == "engine-jobs" for thread in threading.enumerate())


def test_there_is_no_thread_without_a_reason(working: ProcessEngine, user_model: bytes, asynchronous: bytes) -> None:
    working.repository_service.deploy({"p.bpmn": user_model})
    working.runtime_service.start_process_instance(key="p")
    assert job_threads() == 0
    working.repository_service.deploy({"p.bpmn": asynchronous})
    assert job_threads() == 0
    working.runtime_service.start_process_instance(key="p")
    assert job_threads() == 1
    working.close()
    assert job_threads() == 0


def test_a_process_that_has_loaded_a_model_with_jobs_stands_by(
    new_engine: NewEngine, waiting: ProcessEngine, asynchronous: bytes, work: Work
) -> None:
    waiting.repository_service.deploy({"p.bpmn": asynchronous})
    waiting.runtime_service.start_process_instance(key="p")
    [found] = waiting.management_service.jobs()
    waiting.management_service.execute_job(found.id)
    [task] = waiting.task_service.tasks()
    standing_by = new_engine(delegates=Delegates(beans={"work": work}), job_executor_activate=True)
    standing_by.open()
    assert job_threads() == 0
    standing_by.task_service.complete(task.id)
    assert job_threads() == 1


def test_a_job_that_fails_is_tried_again_and_then_there_is_an_incident(
    working: ProcessEngine, asynchronous: bytes, work: Work
) -> None:
    work.failures = 3
    working.repository_service.deploy({"p.bpmn": asynchronous})
    started = working.runtime_service.start_process_instance(key="p")
    wait_until(working.runtime_service.count_incidents)
    [found] = working.management_service.jobs()
    [incident] = working.runtime_service.incidents()
    assert (work.calls, found.retries, found.error_message) == (3, 0, "no luck 3")
    assert (incident.kind, incident.instance_id, incident.configuration) == ("failedJob", started.id, found.id)
    assert "RuntimeError: no luck 3" in (working.management_service.job_error_details(found.id) or "")
    assert [one.incidents for one in working.management_service.definition_statistics()] == [{"failedJob": 1}]


def test_an_incident_goes_with_its_instance(working: ProcessEngine, asynchronous: bytes, work: Work) -> None:
    work.failures = 3
    working.repository_service.deploy({"p.bpmn": asynchronous})
    started = working.runtime_service.start_process_instance(key="p")
    wait_until(working.runtime_service.count_incidents)
    working.runtime_service.delete_process_instance(started.id)
    [past] = working.history_service.incidents()
    assert (past.state, working.runtime_service.incidents(), working.management_service.jobs()) == ("deleted", [], [])
    assert past.end_time is not None


def test_a_job_that_gets_retries_has_no_incident_and_is_done(
    working: ProcessEngine, asynchronous: bytes, work: Work
) -> None:
    work.failures = 3
    working.repository_service.deploy({"p.bpmn": asynchronous})
    working.runtime_service.start_process_instance(key="p")
    wait_until(working.runtime_service.count_incidents)
    [found] = working.management_service.jobs()
    working.management_service.set_job_retries(found.id, 1)
    assert working.runtime_service.incidents() == []
    wait_until(working.task_service.count_tasks)
    [past] = working.history_service.incidents()
    assert (past.state, past.message) == ("resolved", "no luck 3")


def test_a_job_without_retries_can_be_done_by_hand(waiting: ProcessEngine, asynchronous: bytes, work: Work) -> None:
    work.failures = 1
    waiting.repository_service.deploy({"p.bpmn": asynchronous})
    waiting.runtime_service.start_process_instance(key="p")
    [found] = waiting.management_service.jobs()
    waiting.management_service.set_job_retries(found.id, 1)
    with pytest.raises(RuntimeError):
        waiting.management_service.execute_job(found.id)
    assert waiting.runtime_service.count_incidents() == 1
    waiting.management_service.execute_job(found.id)
    assert (waiting.runtime_service.count_incidents(), waiting.task_service.count_tasks()) == (0, 1)
    assert [one.state for one in waiting.history_service.incidents()] == ["resolved"]


def test_a_failure_rolls_back_what_its_job_has_done(waiting: ProcessEngine, asynchronous: bytes, work: Work) -> None:
    work.failures = 1
    waiting.repository_service.deploy({"p.bpmn": asynchronous})
    waiting.runtime_service.start_process_instance(key="p")
    [found] = waiting.management_service.jobs()
    with pytest.raises(RuntimeError, match="no luck 1"):
        waiting.management_service.execute_job(found.id)
    [again] = waiting.management_service.jobs()
    assert (again.retries, again.error_message, waiting.task_service.tasks()) == (2, "no luck 1", [])


def test_the_retry_cycle_of_the_model_says_how_often_and_when(waiting: ProcessEngine, model: Model, work: Work) -> None:
    work.failures = 1
    name = "camunda:failedJobRetryTimeCycle"
    cycle = f"<extensionElements><{name}>R5/PT7M</{name}></extensionElements>"
    task = (
        f'<serviceTask id="a" camunda:asyncBefore="true" camunda:delegateExpression="${{work}}">{cycle}</serviceTask>'
    )
    waiting.repository_service.deploy({"p.bpmn": model(task, flows="start-a a-end")})
    waiting.runtime_service.start_process_instance(key="p")
    [found] = waiting.management_service.jobs()
    before = datetime.now(UTC)
    with pytest.raises(RuntimeError):
        waiting.management_service.execute_job(found.id)
    [again] = waiting.management_service.jobs()
    assert again.retries == 4
    assert again.due is not None
    assert timedelta(minutes=7) <= again.due - before < timedelta(minutes=8)


def test_a_timer_starts_instances_again_and_again(waiting: ProcessEngine) -> None:
    waiting.repository_service.deploy({"p.bpmn": timer_start(CYCLE)})
    [first] = waiting.management_service.jobs()
    assert (first.kind, first.instance_id, first.definition_key) == ("timer", None, "p")
    waiting.management_service.execute_job(first.id)
    assert waiting.runtime_service.count_process_instances() == 1
    [second] = waiting.management_service.jobs()
    assert second.due is not None
    assert second.due > datetime.now(UTC)


def test_only_the_newest_version_is_started_by_its_timer(waiting: ProcessEngine) -> None:
    for _ in range(2):
        deployment = waiting.repository_service.deploy({"p.bpmn": timer_start(CYCLE)})
    [second] = deployment.process_definitions
    assert [one.definition_id for one in waiting.management_service.jobs()] == [second.id]
    waiting.repository_service.delete_deployment(deployment.id)
    [first] = waiting.repository_service.process_definitions()
    assert [one.definition_id for one in waiting.management_service.jobs()] == [first.id]


def test_a_date_that_has_passed_starts_the_process_at_once(working: ProcessEngine) -> None:
    working.repository_service.deploy({"p.bpmn": timer_start(DATE)})
    wait_until(working.runtime_service.count_process_instances)
    wait_until(lambda: not working.management_service.jobs())


def test_a_job_is_done_by_one_of_two_that_want_it(waiting: ProcessEngine, asynchronous: bytes, work: Work) -> None:
    waiting.repository_service.deploy({"p.bpmn": asynchronous})
    waiting.runtime_service.start_process_instance(key="p")
    [found] = waiting.executor.execute(AcquireJobsCmd("one", 9))
    assert waiting.executor.execute(AcquireJobsCmd("two", 9)) == []
    waiting.executor.execute(ExecuteJobsCmd(found.id, "two"))
    assert work.calls == 0
    waiting.executor.execute(ExecuteJobsCmd(found.id, "one"))
    waiting.executor.execute(ExecuteJobsCmd(found.id, "one"))
    assert work.calls == 1


def test_a_job_that_is_not_there_is_refused(waiting: ProcessEngine) -> None:
    service = waiting.management_service
    for use in (service.execute_job, service.job_error_details, lambda name: service.set_job_retries(name, 1)):
        with pytest.raises(NotFoundException, match="No job found with id 'x'"):
            use("x")
    with pytest.raises(ProcessEngineException, match="must be a non-negative Integer, but '-1' has been provided"):
        service.set_job_retries("x", -1)


def test_looking_for_jobs_is_not_counted(working: ProcessEngine, asynchronous: bytes) -> None:
    counted: list[str] = []
    working.telemetry.count = counted.append
    working.open()
    counted.clear()
    working.telemetry.count = counted.append
    working.repository_service.deploy({"p.bpmn": asynchronous})
    working.runtime_service.start_process_instance(key="p")
    wait_until(lambda: "ExecuteJobsCmd" in counted)
    assert sorted(set(counted)) == ["AcquireJobsCmd", "DeployCmd", "ExecuteJobsCmd", "StartProcessInstanceCmd"]
    assert counted.count("AcquireJobsCmd") == 1


CALLER = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://test">
  <process id="caller" isExecutable="true"><startEvent id="start"/><callActivity id="c" calledElement="p"/>
    <sequenceFlow id="f" sourceRef="start" targetRef="c"/></process></definitions>"""


def test_an_incident_of_a_called_process_is_one_of_its_caller_too(
    waiting: ProcessEngine, asynchronous: bytes, work: Work
) -> None:
    work.failures = 1
    waiting.repository_service.deploy({"p.bpmn": asynchronous, "caller.bpmn": CALLER})
    caller = waiting.runtime_service.start_process_instance(key="caller")
    [found] = waiting.management_service.jobs()
    waiting.management_service.set_job_retries(found.id, 1)
    with pytest.raises(RuntimeError):
        waiting.management_service.execute_job(found.id)
    [cause] = waiting.runtime_service.incidents(instance_id=found.instance_id)
    [caused] = waiting.runtime_service.incidents(instance_id=caller.id)
    assert (caused.cause_incident_id, caused.root_cause_incident_id) == (cause.id, cause.id)
    assert (caused.activity_id, caused.definition_id, caused.configuration) == ("c", caller.definition_id, None)
    assert waiting.runtime_service.incidents(root_cause=True) == [cause]
    assert waiting.runtime_service.incidents(root_cause=False) == [caused]
    waiting.management_service.set_job_retries(found.id, 1)
    assert waiting.runtime_service.count_incidents() == 0
    assert {one.state for one in waiting.history_service.incidents()} == {"resolved"}


def test_a_suspended_job_is_not_done_before_it_is_activated(working: ProcessEngine, asynchronous: bytes) -> None:
    working.repository_service.deploy({"p.bpmn": asynchronous})
    with pytest.raises(SuspendedEntityInteractionException, match="is suspended"):
        working.executor.execute(partial(suspended_and_executed, working))
    started = working.runtime_service.start_process_instance(key="p")
    wait_until(lambda: working.task_service.count_tasks(instance_id=started.id))


def suspended_and_executed(engine: ProcessEngine, _: CommandContext) -> None:
    """In one transaction, so that nobody does the job before it is suspended."""
    started = engine.runtime_service.start_process_instance(key="p")
    engine.runtime_service.suspend_process_instance(started.id)
    [found] = engine.management_service.jobs(suspended=True)
    assert engine.management_service.jobs(executable=True) == []
    engine.executor.execute(ExecuteJobsCmd(found.id))


class Slow:
    """A delegate that takes until it is let go."""

    def __init__(self) -> None:
        self.began = threading.Event()
        self.go = threading.Event()

    def __call__(self, execution: DelegateExecution) -> None:
        del execution
        self.began.set()
        assert self.go.wait(SECONDS)


def test_closing_waits_for_the_job_that_is_being_done(new_engine: NewEngine, asynchronous: bytes) -> None:
    slow = Slow()
    engine = new_engine(delegates=Delegates(beans={"work": slow}), job_executor_activate=True)
    engine.repository_service.deploy({"p.bpmn": asynchronous})
    engine.runtime_service.start_process_instance(key="p")
    assert slow.began.wait(SECONDS)
    threading.Timer(0.2, slow.go.set).start()
    engine.close()
    assert new_engine().task_service.count_tasks() == 1


@pytest.mark.full
def test_closing_does_not_wait_for_ever(
    new_engine: NewEngine, asynchronous: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    slow = Slow()
    engine = new_engine(delegates=Delegates(beans={"work": slow}), job_executor_activate=True)
    engine.repository_service.deploy({"p.bpmn": asynchronous})
    engine.runtime_service.start_process_instance(key="p")
    assert slow.began.wait(SECONDS)
    closing = threading.Thread(target=engine.close)
    closing.start()
    closing.join(SECONDS)
    assert not closing.is_alive()
    assert "A job is still being done" in caplog.text
    slow.go.set()
    wait_until(lambda: all(thread.name != "engine-jobs" for thread in threading.enumerate()))


def test_an_engine_that_is_opened_again_does_jobs_again(working: ProcessEngine, asynchronous: bytes) -> None:
    working.repository_service.deploy({"p.bpmn": asynchronous})
    working.close()
    working.open()
    working.runtime_service.start_process_instance(key="p")
    wait_until(working.task_service.count_tasks)


def test_a_fork_out_of_another_thread_waits_for_the_transaction_of_a_job(
    new_engine: NewEngine, asynchronous: bytes
) -> None:
    slow = Slow()
    engine = new_engine(delegates=Delegates(beans={"work": slow}), job_executor_activate=True)
    engine.repository_service.deploy({"p.bpmn": asynchronous})
    engine.runtime_service.start_process_instance(key="p")
    assert slow.began.wait(SECONDS)
    threading.Timer(0.2, slow.go.set).start()
    child = os.fork()
    if not child:
        try:  # it would get a ForkedConnectionError, had it been forked out of the transaction
            os._exit(10 + engine.task_service.count_tasks())
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 11
