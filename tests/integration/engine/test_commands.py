"""How commands run: counted, in one transaction, again when overtaken, and what they do after the commit."""

import logging
from collections.abc import Callable
from functools import partial

import pytest
from sqlalchemy import Select, delete, func, select, text
from sqlalchemy.exc import IntegrityError

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.bpmn.process_model import SERIALIZER_VERSION
from engine_telemetry.engine.commands.runtime import ProcessInstanceQueryImpl, StartProcessInstanceCmd
from engine_telemetry.engine.context import CommandContext
from engine_telemetry.engine.entities import Task
from engine_telemetry.engine.executor import RETRIES
from engine_telemetry.engine.persistence import instances
from engine_telemetry.engine.persistence.tables import metadata, process_instance
from engine_telemetry.exceptions import (
    NullValueException,
    OptimisticLockingException,
    ProcessEngineException,
)

NewEngine = Callable[..., ProcessEngine]
FindTask = Callable[[], Task]
START = StartProcessInstanceCmd(key="p", definition_id=None, variables={}, business_key=None)


@pytest.fixture
def counting_engine(engine: ProcessEngine, user_model: bytes) -> ProcessEngine:
    """An engine with a process deployed and telemetry on."""
    engine.repository_service.deploy({"p.bpmn": user_model})
    engine.management_service.toggle_telemetry(True)
    return engine


def counts(engine: ProcessEngine) -> dict[str, int]:
    commands = engine.management_service.get_telemetry_data().product.internals.commands
    return {name: count.count for name, count in commands.items() if name != "TelemetryConfigureCmd"}


class StartTwiceCmd:
    """Executes one command through the executor, and runs another by itself."""

    def __init__(self, engine: ProcessEngine) -> None:
        self.engine = engine

    def __call__(self, context: CommandContext) -> None:
        self.engine.executor.execute(START)
        START(context)


def test_each_command_counts_under_its_name(counting_engine: ProcessEngine, only_task: FindTask) -> None:
    started = counting_engine.runtime_service.start_process_instance(key="p")
    counting_engine.runtime_service.set_variables(started.id, {"a": 1})
    counting_engine.task_service.complete(only_task().id)
    assert counts(counting_engine) == {
        "StartProcessInstanceCmd": 1,
        "SetExecutionVariablesCmd": 1,
        "TaskQueryImpl": 1,
        "CompleteTaskCmd": 1,
    }


def test_lists_and_counts_are_the_same_command(counting_engine: ProcessEngine) -> None:
    counting_engine.runtime_service.process_instances()
    counting_engine.runtime_service.count_process_instances()
    assert counts(counting_engine) == {"ProcessInstanceQueryImpl": 2}


def test_commands_that_fail_count(counting_engine: ProcessEngine) -> None:
    for _ in range(3):
        with pytest.raises(NullValueException):
            counting_engine.task_service.complete("x")
    assert counts(counting_engine) == {"CompleteTaskCmd": 3}


def test_a_command_that_another_executes_counts_and_one_it_runs_itself_does_not(
    counting_engine: ProcessEngine,
) -> None:
    counting_engine.executor.execute(StartTwiceCmd(counting_engine))
    assert counts(counting_engine) == {"StartTwiceCmd": 1, "StartProcessInstanceCmd": 1}
    assert counting_engine.runtime_service.count_process_instances() == 2


def test_lambdas_and_local_classes_run_and_do_not_count(counting_engine: ProcessEngine) -> None:
    class LocalCmd:
        def __call__(self, _: CommandContext) -> str:
            return "ran"

    assert counting_engine.executor.execute(LocalCmd()) == "ran"
    assert counting_engine.executor.execute(lambda _: "ran") == "ran"
    assert counts(counting_engine) == {}


def test_a_command_that_is_run_again_counts_once(counting_engine: ProcessEngine) -> None:
    counting_engine.executor.execute(OvertakenCmd(times=RETRIES))
    assert counts(counting_engine) == {"OvertakenCmd": 1}


def test_switching_on_is_the_first_that_counts_and_switching_off_the_first_that_does_not(
    engine: ProcessEngine,
) -> None:
    engine.repository_service.count_deployments()
    assert engine.management_service.is_telemetry_enabled() is None
    engine.management_service.toggle_telemetry(True, user_id="ann")
    assert engine.management_service.is_telemetry_enabled() is True
    commands = engine.management_service.get_telemetry_data().product.internals.commands
    assert {name: count.count for name, count in commands.items()} == {
        "IsTelemetryEnabledCmd": 1,
        "TelemetryConfigureCmd": 1,
    }
    engine.management_service.toggle_telemetry(False)
    assert engine.management_service.get_telemetry_data().product.internals.commands == {}
    assert engine.management_service.get_telemetry_status().configured is False


def test_what_a_command_leaves_for_after_the_commit_sees_it_committed(new_engine: NewEngine, user_model: bytes) -> None:
    engine, other = new_engine(), new_engine()
    engine.repository_service.deploy({"p.bpmn": user_model})
    seen: list[object] = []

    def command(context: CommandContext) -> None:
        context.after_commit(lambda: seen.append(other.runtime_service.count_process_instances()))
        context.after_commit(lambda: seen.append("second"))
        engine.executor.execute(START)
        seen.append(other.runtime_service.count_process_instances())

    engine.executor.execute(command)
    assert seen == [0, 1, "second"]


def test_what_an_inner_command_leaves_for_after_the_commit_waits_for_the_outer(engine: ProcessEngine) -> None:
    events: list[str] = []

    def outer(_: CommandContext) -> None:
        engine.executor.execute(lambda context: context.after_commit(lambda: events.append("committed")))
        events.append("outer ends")

    engine.executor.execute(outer)
    assert events == ["outer ends", "committed"]


def test_a_command_that_fails_leaves_nothing(engine: ProcessEngine, user_model: bytes) -> None:
    engine.repository_service.deploy({"p.bpmn": user_model})
    events: list[str] = []

    def command(context: CommandContext) -> None:
        context.after_commit(lambda: events.append("committed"))
        engine.executor.execute(START)
        raise LookupError

    with pytest.raises(LookupError):
        engine.executor.execute(command)
    assert events == []
    assert engine.runtime_service.count_process_instances() == 0
    assert engine.executor.execute(ProcessInstanceQueryImpl({})) == []


class OvertakenCmd:
    """Is overtaken some times, each time after it has written something."""

    def __init__(self, times: int, error: Exception | None = None) -> None:
        self.times = times
        self.runs = 0
        self.error = error or OptimisticLockingException("overtaken")

    def __call__(self, context: CommandContext) -> int:
        context.connection.execute(text("CREATE TABLE IF NOT EXISTS written (run INTEGER)"))
        context.connection.execute(text("INSERT INTO written VALUES (1)"))
        self.runs += 1
        if self.runs <= self.times:
            raise self.error
        return int(context.connection.execute(text("SELECT count(*) FROM written")).scalar_one())


def test_a_command_that_was_overtaken_is_run_again_from_the_beginning(engine: ProcessEngine) -> None:
    assert engine.executor.execute(OvertakenCmd(times=RETRIES)) == 1


def test_a_command_that_is_overtaken_again_and_again_fails(engine: ProcessEngine) -> None:
    command = OvertakenCmd(times=RETRIES + 1)
    with pytest.raises(OptimisticLockingException, match="overtaken"):
        engine.executor.execute(command)
    assert command.runs == RETRIES + 1


def test_a_row_that_somebody_else_wrote_first_is_a_reason_to_run_again(engine: ProcessEngine) -> None:
    refused = IntegrityError("INSERT", {"value": "a secret"}, Exception("UNIQUE constraint failed"))
    assert engine.executor.execute(OvertakenCmd(times=1, error=refused)) == 1
    with pytest.raises(ProcessEngineException, match="The database refuses: UNIQUE constraint failed") as caught:
        engine.executor.execute(OvertakenCmd(times=9, error=refused))
    assert "a secret" not in str(caught.value)


def test_an_instance_that_was_changed_since_it_was_read_is_not_overwritten(
    engine: ProcessEngine, user_model: bytes
) -> None:
    engine.repository_service.deploy({"p.bpmn": user_model})
    instance_id = engine.runtime_service.start_process_instance(key="p").id

    def command(context: CommandContext) -> None:
        row = instances.lock_instance(context.connection, instance_id)
        assert row is not None
        instances.update_instance(context.connection, row, row.state, SERIALIZER_VERSION)
        instances.update_instance(context.connection, row, row.state, SERIALIZER_VERSION)

    with pytest.raises(OptimisticLockingException, match=f"process instance '{instance_id}' was updated by another"):
        engine.executor.execute(command)


@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
def test_an_error_of_the_database_is_one_of_the_engines(engine: ProcessEngine) -> None:
    with pytest.raises(ProcessEngineException, match="The database refuses: no such table: no_such"):
        engine.executor.execute(lambda context: context.connection.execute(text("SELECT * FROM no_such")))


def rows(context: CommandContext, statement: Select[int]) -> int:
    return context.connection.execute(statement).scalar_one()


def test_all_that_belongs_to_an_instance_goes_with_its_row(engine: ProcessEngine, parallel_model: bytes) -> None:
    engine.repository_service.deploy({"p.bpmn": parallel_model})
    engine.runtime_service.start_process_instance(key="p", variables={"a": 1})
    engine.executor.execute(lambda context: context.connection.execute(delete(process_instance)))
    for table in ("engine_variable_instance", "engine_identity_link", "engine_task", "engine_external_task"):
        count = select(func.count()).select_from(metadata.tables[table])
        assert engine.executor.execute(partial(rows, statement=count)) == 0


def test_the_log_tells_the_commands_at_debug_and_no_value(
    engine: ProcessEngine, user_model: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        engine.repository_service.deploy({"p.bpmn": user_model})
        started = engine.runtime_service.start_process_instance(key="p", variables={"v": "a secret"})
        engine.task_service.complete(engine.task_service.tasks()[0].id, variables={"w": "a secret"})
        with pytest.raises(ProcessEngineException):
            engine.runtime_service.delete_process_instance(started.id)
    records = [record for record in caplog.records if record.name == "engine_telemetry.engine"]
    names = [record.getMessage().split()[0] for record in records if record.levelno == logging.DEBUG]
    assert names == [
        "DeployCmd",
        "StartProcessInstanceCmd",
        "TaskQueryImpl",
        "CompleteTaskCmd",
        "DeleteProcessInstanceCmd",
    ]
    assert "a secret" not in caplog.text
    assert not [record for record in caplog.records if record.name.startswith("spiff")]


@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
def test_a_command_takes_few_statements(engine: ProcessEngine, parallel_model: bytes) -> None:
    engine.repository_service.deploy({"p.bpmn": parallel_model})
    engine.runtime_service.start_process_instance(key="p")
    [task] = engine.task_service.tasks()
    statements: list[str] = []

    def watch(context: CommandContext) -> None:
        sqlite = context.connection.connection.driver_connection
        assert sqlite is not None
        sqlite.set_trace_callback(statements.append)

    engine.executor.execute(watch)
    for command, most in (
        (lambda: engine.runtime_service.start_process_instance(key="p", variables={"a": 1}), 14),
        (lambda: engine.task_service.complete(task.id, variables={"a": 1}), 13),
    ):
        statements.clear()
        command()
        assert (
            3 < len([one for one in statements if one.split()[0] in {"SELECT", "INSERT", "UPDATE", "DELETE"}]) <= most
        )
