"""Transactions, waiting, and forks, on real SQLite files."""

import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from engine_telemetry.database import Database, DatabaseServer, identify
from engine_telemetry.exceptions import ForkedConnectionError
from tests.integration.core.conftest import FORK, SECONDS, Fork

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "engine.db"


@pytest.fixture
def database(file: Path) -> Database:
    database = Database(f"sqlite:///{file}")
    with database.begin() as connection:
        connection.execute(text("create table counted (number integer)"))
        connection.execute(text("insert into counted values (0)"))
    return database


@pytest.fixture
def unpooled(database: Database) -> Database:
    return Database(database.url.render_as_string(), pooled=False)


def add_one(connection: Connection) -> None:
    number = connection.execute(text("select number from counted")).scalar_one()
    connection.execute(text("update counted set number = :number"), {"number": number + 1})


def add_one_and_fail(connection: Connection) -> None:
    add_one(connection)
    raise ZeroDivisionError


def number_in(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(text("select number from counted")).scalar_one())


def descriptors(file: Path) -> list[str]:
    """What this process has open of a database."""
    targets = [fd.readlink() for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink()]
    return sorted(target.name for target in targets if str(target).startswith(str(file)))


def in_thread(work: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


# -- transactions ------------------------------------------------------------------------------------------------------


def test_nothing_is_opened_before_the_first_transaction(file: Path) -> None:
    database = Database(f"sqlite:///{file}")
    assert not file.exists()
    with database.read():
        assert file.exists()


def test_a_block_is_committed_at_its_end_and_rolled_back_if_it_raises(database: Database) -> None:
    with database.begin() as connection:
        add_one(connection)
    with pytest.raises(ZeroDivisionError), database.begin() as connection:
        add_one_and_fail(connection)
    assert number_in(database) == 1


def test_what_is_committed_survives_a_power_loss_and_keys_are_checked(database: Database, unpooled: Database) -> None:
    for each in (database, unpooled):
        with each.read() as connection:
            pragmas = [
                connection.execute(text(f"pragma {name}")).scalar_one()
                for name in ("journal_mode", "synchronous", "foreign_keys")
            ]
        assert pragmas == ["wal", 2, 1]


def test_writers_in_several_processes_wait_for_each_other(database: Database, unpooled: Database, fork: Fork) -> None:
    barrier = FORK.Barrier(4)

    def add_many(each: Database) -> None:
        barrier.wait(SECONDS)
        for _ in range(25):
            with each.begin() as connection:
                add_one(connection)

    children = [fork(partial(add_many, each)) for each in (database, unpooled) * 2]
    for child in children:
        child.result()
    assert number_in(database) == 100


def test_a_writer_that_waited_too_long_gets_an_error_and_can_try_again(file: Path, database: Database) -> None:
    hasty = Database(f"sqlite:///{file}", lock_timeout=timedelta(milliseconds=50))
    with database.begin() as connection:
        add_one(connection)
        with pytest.raises(OperationalError, match="database is locked"), hasty.begin():
            pass
    with hasty.begin() as connection:
        add_one(connection)
    assert number_in(database) == 2


def test_a_reader_neither_blocks_a_writer_nor_waits_for_one(file: Path, database: Database) -> None:
    hasty = Database(f"sqlite:///{file}", lock_timeout=timedelta(milliseconds=50))
    with database.read() as reading:
        assert reading.execute(text("select number from counted")).scalar_one() == 0
        with hasty.begin() as connection:
            add_one(connection)
            assert number_in(database) == 0
        assert reading.execute(text("select number from counted")).scalar_one() == 0
    assert number_in(database) == 1


def test_a_database_in_memory_is_shared_by_threads() -> None:
    database = Database("sqlite://")
    with database.begin() as connection:
        connection.execute(text("create table counted (number integer)"))
        connection.execute(text("insert into counted values (0)"))

    def add_many() -> None:
        for _ in range(50):
            with database.begin() as connection:
                add_one(connection)

    for thread in [in_thread(add_many) for _ in range(4)]:
        thread.join()
    assert number_in(database) == 200
    database.dispose()


def test_an_unpooled_database_has_nothing_open_between_transactions(
    file: Path, database: Database, unpooled: Database
) -> None:
    assert descriptors(file) == ["engine.db", "engine.db-shm", "engine.db-wal"]
    database.dispose()
    with unpooled.begin() as connection:
        add_one(connection)
        assert "engine.db" in descriptors(file)
    assert descriptors(file) == []


@pytest.mark.parametrize("round_", range(3))
def test_eight_processes_that_make_the_tables_at_once_make_them_once(file: Path, fork: Fork, round_: int) -> None:
    barrier = FORK.Barrier(8)
    database = Database(f"sqlite:///{file}", pooled=round_ > 0)

    def make_tables() -> bool:
        barrier.wait(SECONDS)
        with database.change_schema() as connection:
            found = connection.execute(text("select count(*) from sqlite_master where name = 'made'")).scalar_one()
            if not found:
                connection.execute(text("create table made (by_whom integer)"))
                connection.execute(text("insert into made values (1)"))
        return not found

    assert sum(child.result() for child in [fork(make_tables) for _ in range(8)]) == 1


def test_sqlite_says_who_it_is(database: Database) -> None:
    with database.read() as connection:
        assert identify(connection) == DatabaseServer("SQLite", sqlite3.sqlite_version)


# -- forks -------------------------------------------------------------------------------------------------------------


def test_no_connection_is_open_in_a_forked_child_and_it_makes_its_own(
    file: Path, database: Database, fork: Fork
) -> None:
    def work() -> list[str]:
        inherited = descriptors(file)
        with database.begin() as connection:
            add_one(connection)
        return inherited

    assert descriptors(file)
    child = fork(work)
    assert descriptors(file) == []
    assert child.result() == []
    assert number_in(database) == 1


def test_a_child_forked_out_of_a_running_transaction_is_refused_and_the_transaction_goes_on(
    file: Path, database: Database, fork: Fork
) -> None:
    def work() -> str:
        with pytest.raises(ForkedConnectionError) as caught, database.begin():
            pass
        return str(caught.value)

    with database.begin() as connection:
        add_one(connection)
        children = [fork(work), fork(work)]
        add_one(connection)
    for child in children:
        message = child.result()
        assert str(file) in message
        assert f"belongs to process {os.getpid()}: this process ({child.pid})" in message
        assert "'spawn'" in message
    assert number_in(database) == 2


def test_a_child_forked_beside_a_thread_in_a_transaction_is_refused(database: Database, fork: Fork) -> None:
    begun, end = threading.Event(), threading.Event()

    def hold() -> None:
        with database.read():
            begun.set()
            end.wait(SECONDS)

    def work() -> bool:
        with pytest.raises(ForkedConnectionError), database.read():
            pass
        return True

    thread = in_thread(hold)
    begun.wait(SECONDS)
    child = fork(work)
    end.set()
    thread.join()
    assert child.result()


def test_a_connection_that_was_in_use_at_a_fork_is_closed_before_the_next_one(
    file: Path, database: Database, fork: Fork
) -> None:
    with database.begin() as connection:
        fork(lambda: None).result()
        add_one(connection)
    assert fork(lambda: (descriptors(file), number_in(database))).result() == ([], 1)


def test_a_fork_waits_for_a_short_transaction(file: Path, database: Database, unpooled: Database, fork: Fork) -> None:
    begun = threading.Event()

    def add_slowly() -> None:
        with unpooled.begin() as connection:
            begun.set()
            time.sleep(0.3)
            add_one(connection)

    database.dispose()
    thread = in_thread(add_slowly)
    begun.wait(SECONDS)
    child = fork(lambda: (descriptors(file), number_in(unpooled)))
    thread.join()
    assert child.result() == ([], 1)


def test_a_child_forked_out_of_a_short_transaction_is_refused(unpooled: Database, fork: Fork) -> None:
    def work() -> bool:
        with pytest.raises(ForkedConnectionError), unpooled.read():
            pass
        return True

    with unpooled.begin():
        child = fork(work)
    assert child.result()


def test_children_forked_beside_short_transactions_can_use_the_database(unpooled: Database, fork: Fork) -> None:
    stop = threading.Event()

    def add_often() -> None:
        while not stop.is_set():
            with unpooled.begin() as connection:
                add_one(connection)

    def read_in_a_thread() -> list[int]:
        numbers: list[int] = []
        in_thread(lambda: numbers.append(number_in(unpooled))).join(SECONDS)
        return numbers

    thread = in_thread(add_often)
    children = [fork(read_in_a_thread) for _ in range(15)]
    stop.set()
    thread.join()
    assert all(0 <= child.result()[0] <= number_in(unpooled) for child in children)


def test_a_database_in_memory_belongs_to_the_process_that_made_it(fork: Fork) -> None:
    database = Database("sqlite://")
    with database.read():
        pass

    def work() -> bool:
        with pytest.raises(ForkedConnectionError), database.read():
            pass
        return True

    assert fork(work).result()
    with database.read() as connection:
        assert connection.execute(text("select 1")).scalar_one() == 1
    database.dispose()


def test_a_database_in_memory_that_nobody_used_yet_is_good_in_a_child(fork: Fork) -> None:
    database = Database("sqlite://")

    def work() -> int:
        with database.read() as connection:
            return int(connection.execute(text("select 1")).scalar_one())

    assert fork(work).result() == 1


LOOK_AT_IT = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('select count(*) from counted').fetchone()"


def test_no_row_of_a_worker_is_lost_when_its_parent_closes_and_a_third_process_looks(
    file: Path, database: Database, fork: Fork
) -> None:
    """The loss needs the parent's connection open at the fork: then the worker's own connection holds no locks."""
    first_committed, parent_closed, third_looked = FORK.Event(), FORK.Event(), FORK.Event()
    database.dispose()

    def work() -> None:
        with database.begin() as connection:
            connection.execute(text("insert into counted values (1)"))
        first_committed.set()
        assert third_looked.wait(SECONDS)
        with database.begin() as connection:
            connection.execute(text("insert into counted values (2)"))

    def be_the_parent() -> None:
        assert number_in(database) == 0
        worker = fork(work)
        assert first_committed.wait(SECONDS)
        database.dispose()
        parent_closed.set()
        worker.result()

    parent = fork(be_the_parent)
    assert parent_closed.wait(SECONDS)
    subprocess.run([sys.executable, "-c", LOOK_AT_IT, file], check=True, timeout=SECONDS)
    third_looked.set()
    parent.result()
    with database.read() as connection:
        numbers = connection.execute(text("select number from counted order by number")).scalars().all()
    assert numbers == [0, 1, 2]
