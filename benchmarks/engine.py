"""What process instances cost on each database, and whether that grows with what is over."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Table, func, insert, literal, select, text, true

from benchmarks.processes import (
    commands_of_one_instance,
    passing,
    run_instances_together,
    run_one_instance,
    running_engine,
    spiff_instance,
)
from benchmarks.rounds import Contestant, Effort, calling, in_turn, ratios
from benchmarks.statements import noted_statements
from benchmarks.tables import Row, at_least, at_most, shown, spread
from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.context import CommandContext
from engine_telemetry.engine.persistence.history_tables import hi_activity, hi_process_instance, hi_task, hi_variable
from tests.faults.databases import DatabaseServer, MissingServerError, run_mariadb, run_postgresql

_SQLITE = "SQLite (WAL, synchronous=FULL)"
_IN_MEMORY = "SQLite in memory"
_COMMITS = "bare commits"
_SPIFF = "SpiffWorkflow"
_TOGETHER = "together"
_SERVERS: dict[str, Callable[[], AbstractContextManager[DatabaseServer]]] = {
    "PostgreSQL (fsync=on)": partial(run_postgresql, durable=True),
    "MariaDB (innodb_flush_log_at_trx_commit=1)": partial(run_mariadb, durable=True),
}
_WRITES = 4  # of the five commands
_INSTANCES, _OF_SPIFF = 10, 50  # in a round
_WARM_UP = 20
_UNIT = "of SpiffWorkflow's instances per second"


def rows(effort: Effort, folder: Path, tell: Callable[[str], None]) -> Iterator[Row]:
    """Throughput, statements, and what does not grow."""
    with ExitStack() as stack:
        engines = _engines(stack, folder, tell)
        for engine in engines.values():
            _repeat(partial(run_one_instance, engine), _WARM_UP)
        yield from _throughput(engines, effort)
        yield _statements(engines[_IN_MEMORY])
        yield _beside_finished(engines[_SQLITE], effort, folder)
        yield _beside_passes(engines[_IN_MEMORY], effort)


def _engines(stack: ExitStack, folder: Path, tell: Callable[[str], None]) -> dict[str, ProcessEngine]:
    urls = {_SQLITE: f"sqlite:///{folder}/engine.db", _IN_MEMORY: "sqlite://"}
    for name, run in _SERVERS.items():
        try:
            urls[name] = stack.enter_context(run()).new_database()
        except MissingServerError as exc:
            tell(f"{name} is left out: {exc}")
    return {
        name: stack.enter_context(running_engine(url, folder / f"engine-{number}"))
        for number, (name, url) in enumerate(urls.items())
    }


def _throughput(engines: dict[str, ProcessEngine], effort: Effort) -> Iterator[Row]:
    contestants = {name: _wall(partial(run_one_instance, engine)) for name, engine in engines.items()}
    contestants |= {
        _TOGETHER: _wall(partial(run_instances_together, engines[_SQLITE], _INSTANCES)),
        _COMMITS: _wall(partial(_commit, engines[_SQLITE])),
        _SPIFF: _wall(spiff_instance()),
    }
    calls = dict.fromkeys(contestants, _INSTANCES) | {_TOGETHER: 1, _SPIFF: _OF_SPIFF}
    seconds = in_turn(contestants, calls, effort.engine_rounds)
    seconds[_TOGETHER] = [value / _INSTANCES for value in seconds[_TOGETHER]]
    bare = spread(ratios(seconds[_SPIFF], seconds[_COMMITS]))[0]
    for name in engines:
        measure, rate = f"process instances on {name}", ratios(seconds[_SPIFF], seconds[name])
        remark = f"{1 / spread(seconds[name])[0]:.0f} in a second"
        if name == _SQLITE:
            reason = f"{remark}; four commits of one row each, which are the least for five commands, reach {bare:.2g}"
            yield at_least(0.15, measure, rate, _UNIT, reason)
            measure += f", {_INSTANCES} at a time, whose tasks are fetched and found together"
            yield shown(measure, ratios(seconds[_SPIFF], seconds[_TOGETHER]), _UNIT)
        else:
            yield shown(measure, rate, _UNIT, remark)
    alone = spread([1 / value for value in seconds[_SPIFF]])
    yield Row("process instances in SpiffWorkflow alone, in memory, saving nothing", alone, "instances per second")


def _wall(call: Callable[[], object]) -> Contestant:
    return calling(call, timer=time.perf_counter)


def _commit(engine: ProcessEngine) -> None:
    for _ in range(_WRITES):
        engine.executor.execute(_write_one_row)


def _write_one_row(context: CommandContext) -> None:
    context.connection.execute(_ONE_ROW)


_ONE_ROW = text("update engine_process_definition set name = 'p'")


def _statements(engine: ProcessEngine) -> Row:
    counted: Counter[str] = Counter()
    commands = commands_of_one_instance(engine)
    while True:
        with noted_statements() as statements:
            name = next(commands, None)
        if name is None:
            break
        counted[name] = statements.total()
    remark = ", ".join(f"{name}: {number}" for name, number in counted.items())
    return shown("statements of one command, with BEGIN", list(counted.values()), "statements", remark)


# -- what is over -----------------------------------------------------------------------------------------------------


def _beside_finished(empty: ProcessEngine, effort: Effort, folder: Path) -> Row:
    with running_engine(f"sqlite:///{folder}/full.db", folder / "full") as full:
        run_one_instance(full)
        full.executor.execute(partial(_multiply_history, times=effort.finished_instances))
        _repeat(partial(run_one_instance, full), _WARM_UP)
        contestants = {"full": _wall(partial(run_one_instance, full)), "empty": _wall(partial(run_one_instance, empty))}
        seconds = in_turn(contestants, dict.fromkeys(contestants, _INSTANCES), effort.engine_rounds)
    measure = f"a process instance beside {effort.finished_instances:,} finished ones, against beside few"
    return at_most(1.2, measure, ratios(seconds["full"], seconds["empty"]), "time", "larger indexes, deeper trees")


def _multiply_history(context: CommandContext, times: int) -> None:
    """Copy the rows of the one instance that has ended so often."""
    for table in (hi_process_instance, hi_activity, hi_task, hi_variable):
        _multiply(context.connection, table, times)


_IDS = {"id", "instance_id", "root_id", "parent_id", "scope_id"}


def _multiply(connection: Connection, table: Table, times: int) -> None:
    """Copy rows with ids of their own, which come in order before those that follow, as real ones do."""
    number = select(literal(1).label("n")).cte("number", recursive=True)
    number = number.union_all(select(number.c.n + 1).where(number.c.n < times))
    other = func.printf("%08x-", number.c.n)
    columns = [other.concat(column).label(column.name) if column.name in _IDS else column for column in table.c]
    rows = select(*columns).join_from(table, number, true())
    connection.execute(insert(table).from_select([column.name for column in table.c], rows))


def _beside_passes(engine: ProcessEngine, effort: Effort) -> Row:
    contestants = {"old": _wall(passing(engine, effort.passes)), "young": _wall(passing(engine, 100))}
    seconds = in_turn(contestants, dict.fromkeys(contestants, _INSTANCES), effort.engine_rounds)
    measure = f"one pass of a loop after {effort.passes:,} passes, against after 100"
    return at_most(1.2, measure, ratios(seconds["old"], seconds["young"]), "time", "the state grows with the passes")


def _repeat(call: Callable[[], object], times: int) -> None:
    for _ in range(times):
        call()
