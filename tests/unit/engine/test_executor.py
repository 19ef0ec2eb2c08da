"""The chain of interceptors: order, names, counting, logging."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

from engine_telemetry.engine.commands.external_task import FetchExternalTasksCmd
from engine_telemetry.engine.commands.task import TaskQueryImpl
from engine_telemetry.engine.context import Command, CommandContext
from engine_telemetry.engine.executor import (
    DEADLOCK,
    VALUE_TOO_LONG,
    Executor,
    Run,
    command_name,
    counting,
    is_conflict,
    kind_of,
    log_commands,
    translated,
)
from engine_telemetry.exceptions import OptimisticLockingException

LOG = "engine_telemetry.engine"


class Outer:
    class InnerCmd:
        def __call__(self, _: CommandContext) -> str:
            return "inner"


@dataclass(frozen=True)
class EchoCmd:
    value: object

    def __call__(self, _: CommandContext) -> object:
        return self.value


class FailingCmd:
    def __call__(self, _: CommandContext) -> None:
        raise LookupError("a secret value")


def module_level_command(_: CommandContext) -> None:
    pass


def run_without_context(command: Command[Any]) -> Any:
    context: Any = None
    return command(context)


def noting(name: str, notes: list[str]) -> Callable[[Run], Run]:
    def interceptor(run: Run) -> Run:
        def run_noted(command: Command[Any]) -> Any:
            notes.append(f"{name} before")
            try:
                return run(command)
            finally:
                notes.append(f"{name} after")

        return run_noted

    return interceptor


def test_a_command_passes_the_interceptors_in_order_and_its_result_comes_back() -> None:
    notes: list[str] = []
    executor = Executor([noting("a", notes), noting("b", notes)], run_without_context)
    assert executor.execute(EchoCmd(7)) == 7
    assert notes == ["a before", "b before", "b after", "a after"]


def test_an_executor_without_interceptors_just_runs() -> None:
    assert Executor([], run_without_context).execute(EchoCmd(7)) == 7


def local_class() -> type:
    class LocalCmd:
        pass

    return LocalCmd


@pytest.mark.parametrize(
    ("command", "name"),
    [
        (EchoCmd(1), "EchoCmd"),
        (FetchExternalTasksCmd("w", 1, (), use_priority=False), "FetchExternalTasksCmd"),
        (TaskQueryImpl({}), "TaskQueryImpl"),
        (TaskQueryImpl({}).count, "TaskQueryImpl"),
        (Outer.InnerCmd(), "Outer_InnerCmd"),
        (module_level_command, "module_level_command"),
        (local_class()(), None),
        (lambda _: None, None),
    ],
)
def test_a_command_counts_under_its_name_if_it_has_one(command: Any, name: str | None) -> None:
    assert command_name(kind_of(command)) == name
    counted: list[str] = []
    run = counting(SimpleNamespace(count=counted.append))(lambda _: None)
    run(command)
    run(command)
    assert counted == ([] if name is None else [name, name])


def test_a_command_that_fails_is_counted_after_it_has() -> None:
    events: list[str] = []

    def run(command: Command[Any]) -> Any:
        events.append("runs")
        return run_without_context(command)

    with pytest.raises(LookupError):
        counting(SimpleNamespace(count=events.append))(run)(FailingCmd())
    assert events == ["runs", "FailingCmd"]


def test_the_log_has_name_and_duration_and_no_values(caplog: pytest.LogCaptureFixture) -> None:
    executor = Executor([log_commands], run_without_context)
    with caplog.at_level(logging.DEBUG, LOG):
        executor.execute(EchoCmd("a secret value"))
        with pytest.raises(LookupError):
            executor.execute(FailingCmd())
    assert [record.name for record in caplog.records] == [LOG, LOG]
    took, failed = (record.getMessage() for record in caplog.records)
    assert took.startswith("EchoCmd took ")
    assert took.endswith(" ms")
    assert failed.startswith("FailingCmd failed after ")
    assert failed.endswith(" ms: LookupError")


class DriverError(Exception):
    """What a driver raises; each has its own way to say what is wrong."""

    def __init__(self, *args: object, **attributes: object) -> None:
        super().__init__(*args)
        vars(self).update(attributes)


@pytest.mark.parametrize(
    "error",
    [
        DriverError("deadlock detected", sqlstate="40P01"),
        DriverError("could not serialize access", sqlstate="40001"),
        DriverError(1213, "Deadlock found when trying to get lock"),
        DriverError(1205, "Lock wait timeout exceeded"),
        DriverError("database is locked", sqlite_errorname="SQLITE_BUSY"),
        DriverError("database is locked", sqlite_errorname="SQLITE_BUSY_SNAPSHOT"),
    ],
)
def test_a_deadlock_is_a_conflict_on_each_database_and_has_camundas_code(error: DriverError) -> None:
    raised = OperationalError("UPDATE t", {}, error)
    assert is_conflict(raised)
    assert translated(raised).code == DEADLOCK


def test_other_errors_of_a_database_are_none_but_for_a_row_that_somebody_else_has_made() -> None:
    lost = OperationalError("UPDATE t", {}, DriverError(2013, "Lost connection"))
    long = DataError("UPDATE t", {}, DriverError("too long", sqlstate="22001"))
    made = IntegrityError("INSERT t", {}, DriverError("duplicate key", sqlstate="23505"))
    assert [is_conflict(one) for one in (lost, long, DBAPIError("x", {}, DriverError()))] == [False] * 3
    assert is_conflict(made)
    assert is_conflict(OptimisticLockingException("overtaken"))
    assert (translated(lost).code, translated(long).code, OptimisticLockingException("x").code) == (
        0,
        VALUE_TOO_LONG,
        1,
    )
