"""The whole life of telemetry on each database, against the real servers."""

import multiprocessing
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from engine_telemetry import store
from engine_telemetry.configuration import Configuration
from engine_telemetry.database import Database
from engine_telemetry.exceptions import SchemaLockedError
from engine_telemetry.telemetry import Telemetry
from engine_telemetry.testing import Answer, Collector, FakeClock
from tests.faults.conftest import TestDatabase
from tests.faults.databases import DatabaseServer
from tests.faults.nodes import (
    commands,
    installation,
    locked,
    node,
    pending,
    report_states,
    settings,
    sources,
    wait_until,
)

FORK = multiprocessing.get_context("fork")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)
WHOLE_TABLE = {
    "postgresql": "lock table telemetry_state in access exclusive mode",
    "mariadb": "lock tables telemetry_state write",
}
NO_REPORTER: dict[str, Any] = {"telemetry_reporter_activate": False}

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


def test_the_report_names_vendor_and_version_as_the_server_itself_does(database: TestDatabase, tmp_path: Path) -> None:
    version = database.server.version if database.server else sqlite3.sqlite_version
    with node(database.url, tmp_path / "a") as a:
        assert a.vendor_and_version() == (database.vendor, version)


@pytest.mark.full
def test_mariadb_is_no_mysql_whatever_the_url_says(mariadb: DatabaseServer, tmp_path: Path) -> None:
    url = mariadb.new_database().replace("mariadb+", "mysql+")
    with node(url, tmp_path / "a") as a:
        assert a.vendor_and_version()[0] == "MariaDB"


def test_all_that_is_counted_under_a_yes_is_reported_once(
    database: TestDatabase, tmp_path: Path, collector: Collector
) -> None:
    clock = FakeClock()
    with node(database.url, tmp_path / "a", clock=clock, telemetry_endpoint=collector.url) as a:
        a.count("BeforeCmd", 3)
        a.switch(True)
        a.count("StartCmd", 3)
        a.count("Befehl_命令", 2)
        clock.advance(DAY)
        [daily] = collector.wait_for(1)
        assert commands(daily) == {"StartCmd": 3, "Befehl_命令": 2}
        a.count("StartCmd", 4)
        wait_until(lambda: pending(database.url) == {"StartCmd": 4})
    closing = collector.reports[1]
    assert commands(closing) == {"StartCmd": 4}
    assert pending(database.url) == {}
    assert report_states(database.url) == ["accepted", "accepted"]


def test_a_no_withdraws_the_waiting_report_and_drops_what_is_pending(
    database: TestDatabase, tmp_path: Path, collector: Collector
) -> None:
    collector.answer, clock = Answer(503), FakeClock()
    with node(database.url, tmp_path / "a", clock=clock, telemetry_endpoint=collector.url) as a:
        a.switch(True)
        a.count("StartCmd", 3)
        clock.advance(DAY)
        collector.wait_for(1)
        a.count("StartCmd", 1)
        wait_until(lambda: pending(database.url))
        a.switch(False)
        a.count("StartCmd", 5)
        a.switch(True)
        a.count("StartCmd", 7)
        clock.advance(timedelta(seconds=1))
        collector.answer = Answer()
    assert report_states(database.url) == ["accepted", "withdrawn"]
    assert commands(collector.reports[-1]) == {"StartCmd": 7}


def test_a_report_that_got_lost_is_sent_again_with_the_same_bytes_by_the_next_start(
    database: TestDatabase, tmp_path: Path, collector: Collector
) -> None:
    collector.answer = Answer(close=True)
    clock = FakeClock(datetime.now(UTC))
    with node(database.url, tmp_path / "a", clock=clock, telemetry_endpoint=collector.url) as a:
        a.switch(True)
        a.count("StartCmd", 3)
    assert report_states(database.url) == ["waiting"]
    collector.answer = Answer()
    with node(database.url, tmp_path / "a", clock=clock, telemetry_endpoint=collector.url):
        wait_until(lambda: report_states(database.url) == ["accepted"])
    again = [request for request in collector.requests if request.key == collector.requests[0].key]
    assert len(again) == 2
    assert again[0].body == again[1].body


# -- several processes and nodes ---------------------------------------------------------------------------------------


def be_one_of_many(configuration: Configuration, everybody: Barrier) -> None:
    telemetry = Telemetry(configuration)
    everybody.wait(30)
    telemetry.open()
    everybody.wait(30)
    telemetry.count("StartCmd")
    telemetry.count("StartCmd")
    telemetry.close()


@pytest.mark.full
@pytest.mark.timeout(120)
def test_50_processes_at_once_on_an_empty_database_agree_on_one_installation(
    database: TestDatabase, tmp_path: Path, collector: Collector
) -> None:
    more = {"initialize_telemetry": True, "telemetry_endpoint": collector.url}
    configuration = settings(database.url, tmp_path / "a", telemetry_close_timeout=timedelta(seconds=20), **more)
    everybody = FORK.Barrier(50)
    processes = [FORK.Process(target=be_one_of_many, args=(configuration, everybody)) for _ in range(50)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(90)
    assert {process.exitcode for process in processes} == {0}
    [closing] = collector.reports
    assert commands(closing) == {"StartCmd": 100}
    assert closing.json()["installation"] == installation(database.url)
    with Database(database.url, pooled=False).read() as connection:
        assert len(store.changes(connection)) == 1


def test_two_nodes_make_one_report(database: TestDatabase, tmp_path: Path, collector: Collector) -> None:
    clock = FakeClock()
    more: dict[str, Any] = {"clock": clock, "telemetry_endpoint": collector.url}
    with node(database.url, tmp_path / "a", **more) as a, node(database.url, tmp_path / "b", **more) as b:
        a.switch(True)
        wait_until(lambda: sources(database.url) == 2)
        a.count("StartCmd", 3)
        b.count("StartCmd", 4)
        wait_until(lambda: pending(database.url) == {"StartCmd": 7})
        clock.advance(DAY)
        [daily] = collector.wait_for(1)
        wait_until(lambda: report_states(database.url) == ["accepted"])
        assert commands(daily) == {"StartCmd": 7}


def test_what_a_node_counts_before_it_hears_of_a_no_is_dropped(database: TestDatabase, tmp_path: Path) -> None:
    with node(database.url, tmp_path / "a", **NO_REPORTER) as a, node(database.url, tmp_path / "b", **NO_REPORTER) as b:
        a.switch(True)
        b.flush()
        b.count("StartCmd", 2)
        a.switch(False)
        b.count("StartCmd", 5)
        b.flush()
        a.switch(True)
        b.flush()
        assert pending(database.url) == {}


def test_what_a_node_counts_is_dropped_if_a_no_and_a_yes_came_between_two_of_its_flushes(
    database: TestDatabase, tmp_path: Path
) -> None:
    with node(database.url, tmp_path / "a", **NO_REPORTER) as a, node(database.url, tmp_path / "b", **NO_REPORTER) as b:
        a.switch(True)
        b.flush()
        b.count("StartCmd", 2)
        a.switch(False)
        b.count("StartCmd", 5)
        a.switch(True)
        b.flush()
        b.count("StartCmd", 4)
        b.flush()
        assert pending(database.url) == {"StartCmd": 4}


# -- locks, and a server that does not answer -------------------------------------------------------------------------


def test_a_locked_state_row_is_a_problem_in_the_status_and_costs_no_count(
    database: TestDatabase, tmp_path: Path
) -> None:
    with node(database.url, tmp_path / "a") as a:
        a.switch(True)
        with locked(database.url):
            a.count("StartCmd", 3)
            wait_until(a.troubles)
        wait_until(lambda: not a.troubles())
        wait_until(lambda: pending(database.url) == {"StartCmd": 3})


def test_a_close_is_not_hung_by_a_locked_state_row(
    database: TestDatabase, tmp_path: Path, collector: Collector
) -> None:
    with node(database.url, tmp_path / "a", telemetry_endpoint=collector.url) as a:
        a.switch(True)
        a.count("StartCmd", 3)
        with locked(database.url):
            began = time.monotonic()
            a.telemetry.close()
            assert time.monotonic() - began < 4
            assert collector.reports == []
    with node(database.url, tmp_path / "a", telemetry_endpoint=collector.url):
        pass
    wait_until(lambda: sum(commands(report).get("StartCmd", 0) for report in collector.reports) == 3)


@pytest.mark.full
@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_table_that_is_locked_whole_hangs_neither_a_run_nor_a_close(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    url = request.getfixturevalue(kind).new_database()
    with node(url, tmp_path / "a") as a:
        a.switch(True)
        a.count("StartCmd", 3)
        with locked(url, WHOLE_TABLE[kind]):
            wait_until(lambda: "Telemetry cannot use the database" in caplog.text)
            began = time.monotonic()
            a.telemetry.close()
            assert time.monotonic() - began < 4
    with node(url, tmp_path / "a", **NO_REPORTER):
        assert pending(url) == {"StartCmd": 3}


@pytest.mark.full
@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_table_that_is_locked_whole_hangs_no_start_and_counting_begins(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    url = request.getfixturevalue(kind).new_database()
    with node(url, tmp_path / "a", **NO_REPORTER) as a:
        a.switch(True)
    with ExitStack() as ending:
        with locked(url, WHOLE_TABLE[kind]):
            began = time.monotonic()
            b = ending.enter_context(node(url, tmp_path / "a"))
            assert time.monotonic() - began < 4
            assert "Telemetry cannot use the database" in caplog.text
            b.count("StartCmd", 3)
        wait_until(lambda: pending(url) == {"StartCmd": 3})
        wait_until(lambda: not b.troubles())


@pytest.mark.full
@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_what_a_setting_decides_is_decided_when_the_table_is_free(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(kind).new_database()
    with node(url, tmp_path / "a", **NO_REPORTER):
        pass
    with ExitStack() as ending:
        with locked(url, WHOLE_TABLE[kind]):
            b = ending.enter_context(node(url, tmp_path / "a", initialize_telemetry=True))
        wait_until(lambda: b.status()["enabled"])
        b.count("StartCmd", 3)
        wait_until(lambda: pending(url) == {"StartCmd": 3})


def test_tables_of_an_earlier_version_are_changed(database: TestDatabase, tmp_path: Path) -> None:
    with node(database.url, tmp_path, **NO_REPORTER) as a:
        a.switch(True)
        a.count("StartCmd", 3)
    engine = create_engine(database.url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("alter table telemetry_state drop column gone_endpoint"))
        connection.execute(text("alter table telemetry_report drop column endpoint"))
        connection.execute(text("update telemetry_state set schema_no = 1"))
    with node(database.url, tmp_path, **NO_REPORTER) as b:
        assert b.status()["problems"] == ["Nothing is sent: no telemetryEndpoint is set"]
        assert pending(database.url) == {"StartCmd": 3}


PROGRAM = """
import sys
from pathlib import Path
from tests.faults.nodes import node
with node(sys.argv[1], Path(sys.argv[2]), initialize_telemetry=True) as a:
    a.count("StartCmd", 3)
    print("counted", flush=True)
    sys.stdin.readline()
"""


@pytest.mark.full
@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_the_end_of_a_program_is_not_hung_by_a_server_that_does_not_answer(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    server = request.getfixturevalue(kind)
    url = server.new_database()
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, url, str(tmp_path / "a")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as program:
        assert program.stdout is not None
        assert program.stdout.readline() == b"counted\n"
        server.process.send_signal(signal.SIGSTOP)
        try:
            began = time.monotonic()
            program.communicate(b"\n", timeout=30)
            assert time.monotonic() - began < 6
        finally:
            server.process.send_signal(signal.SIGCONT)
    assert program.returncode == 0
    with node(url, tmp_path / "a", **NO_REPORTER):
        assert pending(url) == {"StartCmd": 3}


# -- sizes and durability ----------------------------------------------------------------------------------------------


def test_a_report_and_counts_of_more_than_64_kilobytes_are_stored_whole(database: TestDatabase, tmp_path: Path) -> None:
    counts, body = {f"Command{number:04}{'x' * 69}": 2**63 for number in range(1000)}, b"x" * 200_000
    source = store.Source("a", lambda: counts, "gunicorn")
    with node(database.url, tmp_path / "a", **NO_REPORTER) as a:
        a.switch(True)
        with a.database.begin() as connection:
            store.flush(connection, store.lock(connection), store.Source("a", dict, None), NOW)
            state = store.flush(connection, store.lock(connection), source, NOW)
            store.seal(connection, state, "close", lambda *_: body, NOW, period=DAY, server=None)
        with a.database.begin() as connection:
            claim = store.claim(connection, store.lock(connection), "a", NOW, lease=DAY)
        assert claim is not None
        assert claim.body == body


def test_totals_that_shrank_add_nothing(database: TestDatabase, tmp_path: Path) -> None:
    with node(database.url, tmp_path / "a", **NO_REPORTER) as a:
        a.switch(True)
        for total in (0, 9, 4, 6):
            source = store.Source("a", lambda total=total: {"StartCmd": total}, None)  # type: ignore[misc] # a default
            with a.database.begin() as connection:
                store.flush(connection, store.lock(connection), source, NOW)
        assert pending(database.url) == {"StartCmd": 9 + 2}


@pytest.mark.full
@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_tables_that_another_process_is_changing_for_too_long_are_not_changed(
    kind: str, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue(kind).new_database()
    one, other = Database(url), Database(url)
    try:
        too_long = pytest.raises((SchemaLockedError, OperationalError), match=r"for more than 1 s|lock timeout")
        with one.change_schema(), too_long, other.change_schema(timedelta(seconds=1)):
            pytest.fail("two change the tables at once")
        with other.change_schema(timedelta(seconds=1)):
            pass
    finally:
        one.dispose()
        other.dispose()


@pytest.mark.full
def test_consent_and_reports_are_on_the_disk_even_where_the_server_is_set_up_to_be_quicker(
    postgresql: DatabaseServer, tmp_path: Path
) -> None:
    url = postgresql.new_database()
    setting = text("select current_setting('synchronous_commit')")
    postgresql.execute(f"alter database {make_url(url).database} set synchronous_commit = off")
    with node(url, tmp_path) as a, a.database.begin() as connection:
        assert connection.execute(setting).scalar_one() == "off"
        a.telemetry.toggle(connection, enabled=True)
        assert connection.execute(setting).scalar_one() == "on"
