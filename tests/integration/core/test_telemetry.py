"""Telemetry as an engine uses it: on real files, with its real thread, in one process and in several."""

import json
import logging
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from engine_telemetry.application_server import ApplicationServer
from engine_telemetry.configuration import Configuration
from engine_telemetry.database import Database
from engine_telemetry.exceptions import ProcessEngineException
from engine_telemetry.history import read_history
from engine_telemetry.registry import Registry
from engine_telemetry.report import Report, json_schema
from engine_telemetry.status import Status
from engine_telemetry.telemetry import Telemetry, known_telemetries
from engine_telemetry.testing import Answer, Collector, FakeClock

DAY = timedelta(days=1)
REPORTER = "engine-telemetry-reporter"
PATIENCE = 20_000  # milliseconds; for a machine that is busy
SOON = 8.0  # seconds; far more than a close timeout of half a second, and far less than that
LOGGER = "engine_telemetry.telemetry"
MISSING = "Telemetry is off: its tables are missing. Start once with databaseSchemaUpdate=true."


@dataclass
class Host:
    """A product with telemetry, in this process."""

    telemetry: Telemetry
    database: Database

    def count(self, name: str = "a", times: int = 1) -> None:
        for _ in range(times):
            self.telemetry.count(name)

    def toggle(self, *, on: bool, user: str | None = None) -> None:
        with self.database.begin() as connection:
            after_commit = self.telemetry.toggle(connection, enabled=on, user=user)
        after_commit()

    @property
    def is_enabled(self) -> bool | None:
        with self.database.read() as connection:
            return self.telemetry.is_enabled(connection)

    @property
    def status(self) -> Status:
        with self.database.read() as connection:
            return self.telemetry.status(connection)

    @property
    def data(self) -> Report:
        with self.database.read() as connection:
            return self.telemetry.data(connection)

    @property
    def preview(self) -> dict[str, int]:
        return counts_of(self.data.to_dict())


def counts_of(document: Mapping[str, Any]) -> dict[str, int]:
    commands = document["product"]["internals"]["commands"]
    return {name: entry["count"] for name, entry in commands.items()}


def received(collector: Collector) -> list[dict[str, int]]:
    return [counts_of(report.json()) for report in collector.requests]


def query(path: Path, statement: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("engine-telemetry")]


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "waited 20 s in vain"
        time.sleep(0.01)


@contextmanager
def bounded(seconds: float = SOON) -> Iterator[None]:
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < seconds


class Make(Protocol):
    def __call__(
        self, name: str = ..., *, registry: Registry | None = ..., clock: FakeClock | None = ..., **settings: object
    ) -> Host: ...


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("ENGINE_") or name.upper() in {"DO_NOT_TRACK", "STATE_DIRECTORY", "HTTP_PROXY"}:
            monkeypatch.delenv(name)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as opened:
        yield opened


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The database's file."""
    return tmp_path / "engine.db"


@pytest.fixture
def make(tmp_path: Path, collector: Collector) -> Iterator[Make]:
    """Makes hosts that report to the collector, and ends what a test leaves open."""
    hosts: list[Host] = []

    def make_one(
        name: str = "engine", *, registry: Registry | None = None, clock: FakeClock | None = None, **settings: object
    ) -> Host:
        url = f"sqlite:///{tmp_path}/{name}.db"
        defaults = {"database_url": url, "telemetry_endpoint": collector.url, "telemetry_close_timeout": PATIENCE}
        given = {key: value for key, value in (defaults | settings).items() if value is not None}
        configuration = Configuration.load(**given)
        database = Database(configuration.database_url)
        now = {} if clock is None else {"clock": clock.now}
        telemetry = Telemetry(configuration, database, registry=registry or Registry(), **now)
        hosts.append(Host(telemetry, database))
        return hosts[-1]

    yield make_one
    collector.release()
    for host in hosts:
        host.telemetry.close()
        host.database.dispose()


@pytest.fixture
def host(make: Make) -> Iterator[Host]:
    """A host that is open, and whose installation has not decided."""
    made = make()
    made.telemetry.open()
    yield made
    made.telemetry.close()


@pytest.fixture
def on(make: Make) -> Host:
    """A host that counts from its first command."""
    made = make(initialize_telemetry=True)
    made.telemetry.open()
    return made


def ours(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == LOGGER and record.levelno == level]


# -- off until somebody says on ---------------------------------------------------------------------------------------


def test_making_one_opens_nothing(make: Make, tmp_path: Path) -> None:
    host = make()
    host.count()
    assert (list(tmp_path.iterdir()), threads()) == ([], [])
    assert host.telemetry in known_telemetries()


def test_while_nobody_has_decided_nothing_is_counted_stored_or_sent(
    host: Host, path: Path, collector: Collector
) -> None:
    host.count()
    assert host.is_enabled is None
    assert host.preview == {}
    host.telemetry.close()
    assert collector.requests == []
    assert query(path, "select flag, change_no, pending, next_due from telemetry_state") == [(None, 0, "{}", None)]
    for table in ("source", "report", "change"):
        assert query(path, f"select * from telemetry_{table}") == []  # noqa: S608 - names from the line above
    assert [file for file in path.with_name("engine.db-telemetry").iterdir() if file.suffix == ".v1"] == []


def test_a_no_counts_stores_and_sends_nothing(make: Make, collector: Collector) -> None:
    host = make(initialize_telemetry=False)
    host.telemetry.open()
    host.count()
    assert (host.is_enabled, host.preview) == (False, {})
    host.telemetry.close()
    assert collector.requests == []


def test_the_installation_id_is_made_at_the_first_start_and_stays(host: Host, make: Make, path: Path) -> None:
    [(installation,)] = query(path, "select installation from telemetry_state")
    assert host.data.installation == installation
    again = make()
    again.telemetry.open()
    assert again.data.installation == installation


def test_what_the_engine_knows_of_itself_is_in_the_preview_in_any_state(host: Host) -> None:
    document = host.data.to_dict()
    Draft202012Validator(json_schema(), format_checker=FormatChecker()).validate(document)
    assert document["product"]["internals"] == {
        "database": {"vendor": "SQLite", "version": sqlite3.sqlite_version},
        "commands": {},
    }


# -- the report of a close --------------------------------------------------------------------------------------------


def test_the_closing_report_has_the_counts_since_the_yes_and_no_server(on: Host, collector: Collector) -> None:
    on.count("StartProcessInstanceCmd", 40)
    on.count("FetchExternalTasksCmd", 100)
    preview = on.data
    on.telemetry.close()
    [report] = collector.requests
    assert report.body == preview.to_json()
    document = report.json()
    Draft202012Validator(json_schema(), format_checker=FormatChecker()).validate(document)
    assert counts_of(document) == {"FetchExternalTasksCmd": 100, "StartProcessInstanceCmd": 40}
    assert document["product"]["internals"].keys() == {"database", "commands"}
    assert document["product"]["name"] == "engine-telemetry Runtime"
    assert document["product"]["edition"] == "community"


def test_closing_sends_one_report_also_when_nothing_was_counted(on: Host, collector: Collector) -> None:
    on.telemetry.close()
    assert received(collector) == [{}]


def test_opening_and_closing_twice_is_once(on: Host, collector: Collector) -> None:
    on.telemetry.open()
    assert threads() == [REPORTER]
    on.count()
    on.telemetry.close()
    on.telemetry.close()
    assert (received(collector), threads()) == ([{"a": 1}], [])


def test_closing_what_was_never_opened_does_nothing(make: Make, collector: Collector, tmp_path: Path) -> None:
    make(initialize_telemetry=True).telemetry.close()
    assert (collector.requests, list(tmp_path.iterdir())) == ([], [])


def test_what_is_counted_after_the_close_is_not_and_a_second_opening_counts_again(
    on: Host, collector: Collector
) -> None:
    on.count()
    on.telemetry.close()
    on.count(times=5)
    on.telemetry.open()
    on.count(times=2)
    on.telemetry.close()
    assert received(collector) == [{"a": 1}, {"a": 2}]


def test_the_preview_takes_nothing(on: Host, collector: Collector) -> None:
    on.count(times=3)
    assert [on.preview, on.preview] == [{"a": 3}, {"a": 3}]
    on.telemetry.close()
    assert received(collector) == [{"a": 3}]


def test_an_in_memory_database_is_shared_and_reports_too(make: Make, collector: Collector) -> None:
    host = make(database_url="sqlite://", initialize_telemetry=True)
    host.telemetry.open()
    host.count()
    assert host.preview == {"a": 1}
    host.telemetry.close()
    assert received(collector) == [{"a": 1}]


# -- the schedule -----------------------------------------------------------------------------------------------------


def test_a_report_is_sent_once_in_a_period_by_the_clock(make: Make, collector: Collector) -> None:
    clock = FakeClock()
    host = make(clock=clock, initialize_telemetry=True, telemetry_flush_interval=0.02)
    host.telemetry.open()
    for day in range(1, 4):
        host.count(times=day)
        clock.advance(DAY - timedelta(seconds=1))
        time.sleep(0.1)
        assert len(collector.requests) == day - 1
        clock.advance(timedelta(seconds=1))
        collector.wait_for(day)
        until(lambda: host.status.waiting is None)
    assert received(collector) == [{"a": 1}, {"a": 2}, {"a": 3}]


def test_a_short_period_is_kept_by_the_thread_without_a_flush_between(make: Make, collector: Collector) -> None:
    host = make(initialize_telemetry=True, telemetry_reporting_period=0.3, telemetry_flush_interval=3600)
    host.telemetry.open()
    first, second, third = collector.wait_for(3)[:3]
    assert second.received_at - first.received_at > timedelta(seconds=0.2)
    assert third.received_at - second.received_at > timedelta(seconds=0.2)


def test_the_next_due_time_survives_restarts(make: Make, collector: Collector) -> None:
    due = set()
    for _ in range(3):
        host = make(initialize_telemetry=True)
        host.telemetry.open()
        due.add(host.status.next_report_due)
        host.telemetry.close()
    assert len(due) == 1
    assert len(collector.requests) == 3


def test_a_report_that_came_due_while_nothing_ran_is_sent_once_after_the_next_start(
    make: Make, collector: Collector
) -> None:
    clock = FakeClock()
    first = make(clock=clock, initialize_telemetry=True, telemetry_flush_interval=0.02)
    first.telemetry.open()
    first.telemetry.close()
    clock.advance(5 * DAY)
    second = make(clock=clock, telemetry_flush_interval=0.02)
    second.telemetry.open()
    collector.wait_for(2)
    until(lambda: second.status.waiting is None)
    time.sleep(0.1)
    assert len(collector.requests) == 2
    assert second.status.next_report_due == clock.now() + DAY


# -- what is not sent -------------------------------------------------------------------------------------------------


def test_without_an_endpoint_it_counts_and_shows_but_does_not_send(make: Make, collector: Collector) -> None:
    host = make(telemetry_endpoint=None, initialize_telemetry=True)
    host.telemetry.open()
    host.count()
    assert host.preview == {"a": 1}
    assert host.status.problems == ("Nothing is sent: no telemetryEndpoint is set",)
    assert host.status.enabled
    host.telemetry.close()
    assert collector.requests == []
    later = make()
    later.telemetry.open()
    later.telemetry.close()
    assert received(collector) == [{"a": 1}]


def test_without_the_reporter_it_counts_but_has_no_thread_and_does_not_send(make: Make, collector: Collector) -> None:
    host = make(initialize_telemetry=True, telemetry_reporter_activate=False)
    host.telemetry.open()
    host.count()
    assert (threads(), host.status.reporter, host.preview) == ([], "not active", {"a": 1})
    host.telemetry.close()
    assert collector.requests == []
    later = make()
    later.telemetry.open()
    later.telemetry.close()
    assert received(collector) == [{"a": 1}]


def test_do_not_track_wins_over_a_stored_yes(
    on: Host, make: Make, collector: Collector, monkeypatch: pytest.MonkeyPatch, path: Path
) -> None:
    on.telemetry.close()
    counter_files = set(path.with_name("engine.db-telemetry").iterdir())
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    forbidden = make(initialize_telemetry=True)
    forbidden.telemetry.open()
    forbidden.count()
    status = forbidden.status
    assert (status.enabled, status.configured, status.decided_by) == (False, True, "DO_NOT_TRACK")
    assert status.reason == "Telemetry is off: DO_NOT_TRACK is set in the environment and wins over the stored yes."
    assert (status.reporter, forbidden.preview, threads()) == ("not started", {}, [])
    forbidden.telemetry.close()
    assert set(path.with_name("engine.db-telemetry").iterdir()) == counter_files
    assert len(collector.requests) == 1  # that of the first close


def test_under_do_not_track_initialize_telemetry_is_not_applied_but_a_decision_is_stored(
    make: Make, collector: Collector, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DO_NOT_TRACK", "yes")
    forbidden = make(initialize_telemetry=True)
    forbidden.telemetry.open()
    assert forbidden.status.configured is None
    assert forbidden.status.reason == "Telemetry is off: DO_NOT_TRACK is set in the environment."
    forbidden.toggle(on=True)
    assert (forbidden.is_enabled, forbidden.status.enabled) == (True, False)
    forbidden.count()
    forbidden.telemetry.close()
    assert collector.requests == []
    assert not (tmp_path / "engine.db-telemetry").exists()


def test_do_not_track_does_not_send_what_waits(
    make: Make, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    collector.answer = Answer(500)
    first = make(initialize_telemetry=True)
    first.telemetry.open()
    first.telemetry.close()
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    forbidden = make()
    forbidden.telemetry.open()
    assert forbidden.status.waiting is not None
    forbidden.telemetry.close()
    assert len(collector.requests) == 1


# -- initializeTelemetry ----------------------------------------------------------------------------------------------


def test_initialize_telemetry_decides_once_and_is_ignored_later_with_one_record(
    make: Make, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    monkeypatch.setenv("ENGINE_INITIALIZE_TELEMETRY", "true")
    cause = "initializeTelemetry (ENGINE_INITIALIZE_TELEMETRY)"
    first = make()
    first.telemetry.open()
    assert ours(caplog, logging.INFO) == [f"Telemetry was switched on with {cause}"]
    assert (first.status.decided_by, first.status.configured) == (cause, True)
    first.toggle(on=False)
    first.telemetry.close()
    caplog.clear()
    second, third = make(), make()
    second.telemetry.open()
    third.telemetry.open()  # of the same group of processes
    assert second.is_enabled is False
    assert second.status.decided_by == "the API"
    assert ours(caplog, logging.INFO) == [
        f"Ignoring {cause}: telemetry was switched off in this database before, and that holds"
    ]


def test_initialize_telemetry_that_agrees_with_what_is_stored_says_nothing(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        host = make(initialize_telemetry=True)
        host.telemetry.open()
        host.telemetry.close()
    caplog.set_level(logging.INFO, LOGGER)
    caplog.clear()
    make(initialize_telemetry=True).telemetry.open()
    assert ours(caplog, logging.INFO) == []


# -- consent at run time ----------------------------------------------------------------------------------------------


def test_switching_on_counts_from_then_and_off_drops_what_was_not_sent(host: Host, collector: Collector) -> None:
    host.count("before")
    host.toggle(on=True)
    host.count("between", 2)
    assert host.preview == {"between": 2}
    host.toggle(on=False)
    host.count("after")
    assert host.preview == {}
    host.toggle(on=True)
    assert host.preview == {}
    host.count("again")
    host.telemetry.close()
    assert received(collector) == [{"again": 1}]


def test_switching_off_and_closing_sends_nothing(on: Host, collector: Collector) -> None:
    on.count()
    on.toggle(on=False)
    on.telemetry.close()
    assert collector.requests == []


def test_a_decision_that_is_rolled_back_was_not_made(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    with suppress(ZeroDivisionError), host.database.begin() as connection:
        host.telemetry.toggle(connection, enabled=True)
        1 / 0  # noqa: B018 - the command fails
    host.count()
    assert (host.is_enabled, host.preview, ours(caplog, logging.INFO)) == (None, {}, [])


def test_each_change_is_one_record_with_what_made_it(host: Host, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, LOGGER)
    for on in (True, True, False, False):
        host.toggle(on=on)
    assert ours(caplog, logging.INFO) == [
        "Telemetry was switched on with the API",
        "Telemetry was switched off with the API",
    ]


def test_who_decided_is_kept_and_shown(host: Host) -> None:
    host.toggle(on=True, user="demo")
    assert host.status.reason.startswith("Telemetry is on: switched on by demo with the API, 20")
    assert host.status.reason.endswith(" UTC.")


def test_a_decision_through_one_telemetry_reaches_another_on_the_same_database_at_once(host: Host, make: Make) -> None:
    other = make()
    other.telemetry.open()
    host.toggle(on=True)
    other.count()
    assert host.preview == {"a": 1}
    other.toggle(on=False)
    host.count()
    assert host.preview == {}


# -- never in the way -------------------------------------------------------------------------------------------------


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process has the database locked until the end of the block."""
    program = (
        "import sqlite3, sys; connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute('BEGIN EXCLUSIVE'); print('locked', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"locked\n"
        yield
        process.kill()


def test_an_endpoint_that_hangs_holds_nobody_up_and_its_report_is_sent_after_the_next_start(
    make: Make, collector: Collector
) -> None:
    collector.answer = Answer(hang=True)
    host = make(initialize_telemetry=True, telemetry_close_timeout=500)
    host.telemetry.open()
    host.count()
    with bounded():
        host.telemetry.close()
    collector.wait_for_requests(1)
    collector.answer = Answer()
    collector.release()
    later = make(telemetry_flush_interval=0.05)
    later.telemetry.open()
    until(lambda: later.status.waiting is None)
    assert later.status.last is not None
    assert later.status.last.state == "accepted"
    assert len({(request.key, request.body) for request in collector.requests}) == 1


def test_a_locked_database_neither_stops_the_counting_nor_the_close_and_nothing_is_lost(
    on: Host, make: Make, collector: Collector, path: Path
) -> None:
    with locked(path):
        with bounded():
            on.count(times=1000)
        with bounded():
            on.telemetry.close()
    later = make()
    later.telemetry.open()
    later.telemetry.close()
    until(lambda: sum(counts_of(report.json()).get("a", 0) for report in collector.reports) == 1000)


def test_a_locked_database_does_not_hold_up_a_start_when_it_is_decided_already(
    on: Host, make: Make, path: Path
) -> None:
    on.telemetry.close()
    later = make(initialize_telemetry=True)
    with locked(path), bounded():
        later.telemetry.open()
        later.count()
    until(lambda: later.preview == {"a": 1})


def test_a_database_that_cannot_be_opened_is_one_warning_and_the_host_goes_on(
    make: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture, collector: Collector
) -> None:
    (tmp_path / "engine.db").mkdir()
    host = make(initialize_telemetry=True)
    host.telemetry.open()
    host.count()
    host.telemetry.close()
    [warning] = ours(caplog, logging.WARNING)
    assert warning.startswith("Telemetry cannot use the database: ")
    assert "unable to open database file" in warning
    assert collector.requests == []


def test_a_state_directory_that_cannot_be_used_is_one_warning_and_a_status(
    make: Make, tmp_path: Path, caplog: pytest.LogCaptureFixture, collector: Collector
) -> None:
    (tmp_path / "state").write_text("a file")
    host = make(initialize_telemetry=True, telemetry_state_directory=tmp_path / "state")
    host.telemetry.open()
    host.count()
    [warning] = ours(caplog, logging.WARNING)
    assert warning.startswith(f"Not counting: The state directory '{tmp_path / 'state'}' cannot be made")
    assert host.status.problems == (warning,)
    assert not host.status.enabled
    host.toggle(on=True)
    host.toggle(on=False)
    assert (host.is_enabled, host.preview, threads()) == (False, {}, [])
    host.telemetry.close()
    assert collector.requests == []


def test_a_thread_that_cannot_be_started_is_one_warning_and_a_status_and_it_counts(
    make: Make, caplog: pytest.LogCaptureFixture, collector: Collector
) -> None:
    host = make(initialize_telemetry=True)
    usual = threading.stack_size(1 << 60)  # more than there is
    try:
        host.telemetry.open()
    finally:
        threading.stack_size(usual)
    host.count()
    [warning] = ours(caplog, logging.WARNING)
    assert warning.startswith("Not reporting: the thread cannot be started")
    assert (host.status.problems, host.status.reporter) == ((warning,), "not started")
    assert host.preview == {"a": 1}
    host.telemetry.close()
    assert received(collector) == [{"a": 1}]


class Broken(logging.Handler):
    """A handler of the host's that raises."""

    def emit(self, record: logging.LogRecord) -> None:
        raise OSError(record.getMessage())


def test_a_logger_that_raises_does_not_reach_a_command(on: Host) -> None:
    broken = Broken()
    logging.getLogger(LOGGER).addHandler(broken)
    try:
        on.count(times=3)
        on.count("*" * 1000)
        assert on.preview == {"a": 3, "other": 1}
    finally:
        logging.getLogger(LOGGER).removeHandler(broken)


def test_trouble_with_the_endpoint_is_in_the_status_until_it_ends(make: Make, collector: Collector) -> None:
    collector.answer = Answer(503)
    clock = FakeClock()
    host = make(clock=clock, initialize_telemetry=True, telemetry_flush_interval=0.02)
    host.telemetry.open()
    clock.advance(DAY)
    until(lambda: host.status.problems)
    assert host.status.problems == ("Reports do not arrive at the endpoint; they are kept and tried again: HTTP 503",)
    waiting = host.status.waiting
    assert waiting is not None
    assert (waiting.state, waiting.answer) == ("waiting", "HTTP 503")
    collector.answer = Answer()
    clock.advance(DAY)
    until(lambda: not host.status.problems)
    assert len({(request.key, request.body) for request in collector.requests}) == 1


def test_a_report_that_is_refused_for_good_stays_in_the_history_and_its_counts_are_not_sent_again(
    on: Host, make: Make, collector: Collector
) -> None:
    collector.answer = Answer(422)
    on.count()
    on.telemetry.close()
    collector.answer = Answer()
    later = make()
    later.telemetry.open()
    assert later.status.last is not None
    assert (later.status.last.state, later.status.last.answer) == ("refused", "HTTP 422")
    assert later.preview == {}
    later.telemetry.close()
    assert received(collector) == [{"a": 1}, {}]


def test_a_waiting_report_goes_out_after_a_restart_with_the_same_bytes_and_key(
    on: Host, make: Make, collector: Collector
) -> None:
    collector.answer = Answer(500)
    on.count(times=3)
    on.telemetry.close()
    collector.answer = Answer()
    later = make()
    later.telemetry.open()
    collector.wait_for_requests(2)
    until(lambda: later.status.waiting is None)
    later.count()
    later.telemetry.close()
    first, second, third = collector.requests
    assert (first.key, first.body) == (second.key, second.body)
    assert third.key != first.key
    assert received(collector) == [{"a": 3}, {"a": 3}, {"a": 1}]


def test_a_counter_file_that_somebody_removed_is_in_the_status(on: Host, tmp_path: Path) -> None:
    [file] = (tmp_path / "engine.db-telemetry").glob("*.v1")
    file.unlink()
    on.count()
    assert on.status.problems == ("Somebody removed the counter file: restart this server",)
    assert on.preview == {"a": 1}


# -- the tables -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [0, 4])
def test_tables_of_another_version_switch_telemetry_off_and_are_left_alone(
    on: Host, make: Make, path: Path, caplog: pytest.LogCaptureFixture, collector: Collector, number: int
) -> None:
    on.telemetry.close()
    on.database.dispose()
    connection = sqlite3.connect(path)
    connection.execute("update telemetry_state set schema_no = ?", (number,))
    connection.commit()
    connection.close()
    caplog.clear()
    later = make()
    later.telemetry.open()
    later.count()
    later.telemetry.close()
    [warning] = ours(caplog, logging.WARNING)
    assert warning == (
        f"Telemetry is off: its tables are of version {number}, and version 3 is needed. Use the version of"
        " engine-telemetry that made them."
    )
    assert query(path, "select schema_no from telemetry_state") == [(number,)]
    assert len(collector.requests) == 1


def test_missing_tables_are_not_made_when_the_schema_must_not_be_changed(
    make: Make, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    host = make(database_schema_update=False, initialize_telemetry=True)
    host.telemetry.open()
    host.count()
    host.telemetry.close()
    [warning] = ours(caplog, logging.WARNING)
    assert warning == MISSING
    assert query(path, "select name from sqlite_master") == []


def test_without_tables_the_status_says_so_and_all_else_is_an_error_that_names_the_way_out(make: Make) -> None:
    host = make(database_schema_update=False)
    host.telemetry.open()
    status = host.status
    assert (status.enabled, status.configured, status.decided_by) == (False, None, "tables")
    assert (status.reason, status.problems) == (MISSING, (MISSING,))
    assert status.to_dict()["installation"] is None

    def history() -> None:
        with host.database.read() as connection:
            read_history(connection)

    def toggle() -> None:
        host.toggle(on=True)

    for ask in (toggle, history, lambda: host.data, lambda: host.is_enabled):
        with pytest.raises(ProcessEngineException) as caught:
            ask()
        assert str(caught.value) == MISSING


def test_without_tables_do_not_track_still_decides(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    host = make(database_schema_update=False)
    host.telemetry.open()
    assert (host.status.decided_by, host.status.problems) == ("DO_NOT_TRACK", (MISSING,))


def make_tables_older(path: Path) -> None:
    """To those of version 1."""
    query(path, "alter table telemetry_state drop column gone_endpoint")
    query(path, "alter table telemetry_report drop column endpoint")
    connection = sqlite3.connect(path)
    connection.execute("update telemetry_state set schema_no = 1")
    connection.commit()
    connection.close()


def test_tables_of_an_earlier_version_are_changed_and_keep_what_is_in_them(
    on: Host, make: Make, path: Path, collector: Collector
) -> None:
    on.telemetry.close()
    on.database.dispose()
    make_tables_older(path)
    later = make()
    later.telemetry.open()
    later.count()
    assert (later.preview, later.status.problems) == ({"a": 1}, ())
    assert query(path, "select schema_no, gone_endpoint from telemetry_state") == [(3, None)]
    later.telemetry.close()
    assert query(path, "select endpoint from telemetry_report order by created_at") == [(None,), (collector.url,)]


def test_a_change_of_tables_that_was_interrupted_goes_on(on: Host, make: Make, path: Path) -> None:
    on.telemetry.close()
    on.database.dispose()
    make_tables_older(path)
    query(path, "alter table telemetry_state add column gone_endpoint text")
    later = make()
    later.telemetry.open()
    assert (later.status.problems, query(path, "select schema_no from telemetry_state")) == ((), [(3,)])


def test_tables_of_an_earlier_version_stay_so_when_the_schema_must_not_be_changed(
    on: Host, make: Make, path: Path
) -> None:
    on.telemetry.close()
    on.database.dispose()
    make_tables_older(path)
    later = make(database_schema_update=False)
    later.telemetry.open()
    [problem] = later.status.problems
    assert problem == (
        "Telemetry is off: its tables are of version 1, and version 3 is needed. Start once with"
        " databaseSchemaUpdate=true."
    )


# -- the application server -------------------------------------------------------------------------------------------


def server_of(document: Mapping[str, Any]) -> object:
    return document["product"]["internals"].get("application-server")


def test_the_server_that_was_noted_is_in_the_report_and_is_shared(make: Make, collector: Collector) -> None:
    registry = Registry()
    host = make(registry=registry, initialize_telemetry=True)
    host.telemetry.open()
    assert server_of(host.data.to_dict()) is None
    registry.note_application_server(ApplicationServer("gunicorn", "gunicorn/27.0.1"))
    other = make()
    other.telemetry.open()
    expected = {"vendor": "gunicorn", "version": "gunicorn/27.0.1"}
    assert server_of(host.data.to_dict()) == server_of(other.data.to_dict()) == expected
    host.telemetry.close()
    other.telemetry.close()
    assert [server_of(report.json()) for report in collector.requests] == [expected]


def test_a_server_that_was_noted_before_the_start_counts_too(make: Make) -> None:
    registry = Registry()
    registry.note_application_server(ApplicationServer("mangum"))
    host = make(registry=registry)
    host.telemetry.open()
    assert server_of(host.data.to_dict()) == {"vendor": "mangum"}


def test_the_preview_names_the_server_that_the_report_will_name(
    on: Host, make: Make, tmp_path: Path, collector: Collector
) -> None:
    registry = Registry()
    registry.note_application_server(ApplicationServer("gunicorn", "gunicorn/27.0.1"))
    other = make(registry=registry, telemetry_state_directory=tmp_path / "other node", telemetry_flush_interval=0.02)
    other.telemetry.open()
    until(lambda: server_of(on.data.to_dict()))
    assert server_of(on.data.to_dict()) == {"vendor": "gunicorn", "version": "gunicorn/27.0.1"}
    on.telemetry.close()
    assert server_of(collector.requests[0].json()) == {"vendor": "gunicorn", "version": "gunicorn/27.0.1"}


def test_the_server_of_a_group_that_has_ended_is_forgotten(make: Make) -> None:
    registry = Registry()
    registry.note_application_server(ApplicationServer("gunicorn"))
    host = make(registry=registry, initialize_telemetry=True)
    host.telemetry.open()
    host.telemetry.close()
    later = make()
    later.telemetry.open()
    assert server_of(later.data.to_dict()) is None


def test_the_operators_own_word_wins(make: Make) -> None:
    registry = Registry()
    registry.note_application_server(ApplicationServer("gunicorn"))
    host = make(registry=registry, application_server="Our Server/7")
    host.telemetry.open()
    assert server_of(host.data.to_dict()) == {"vendor": "Our Server", "version": "Our Server/7"}


# -- several in one process -------------------------------------------------------------------------------------------


def test_two_databases_in_one_process_keep_apart(make: Make, collector: Collector) -> None:
    one, two = (make(name, initialize_telemetry=True) for name in ("one", "two"))
    for host in (one, two):
        host.telemetry.open()
    one.count("a")
    two.count("b", 2)
    assert (one.preview, two.preview) == ({"a": 1}, {"b": 2})
    one.toggle(on=False)
    one.count("a")
    two.count("b")
    one.telemetry.close()
    two.telemetry.close()
    assert received(collector) == [{"b": 3}]


def test_two_on_one_database_make_one_report_when_the_last_one_closes(make: Make, collector: Collector) -> None:
    one, two = (make(initialize_telemetry=True, telemetry_flush_interval=0.02) for _ in range(2))
    for host in (one, two):
        host.telemetry.open()
    until(lambda: one.status.reporter == "leading")
    assert two.status.reporter == "standing by"
    one.count()
    two.count()
    one.telemetry.close()
    assert collector.requests == []
    until(lambda: two.status.reporter == "leading")
    two.count()
    two.telemetry.close()
    assert received(collector) == [{"a": 3}]


# -- a visitor, as the command line is --------------------------------------------------------------------------------


def test_a_visitor_sees_what_the_others_counted_and_neither_counts_nor_reports(
    on: Host, make: Make, collector: Collector
) -> None:
    on.count(times=2)
    visitor = make()
    visitor.telemetry.visit()
    visitor.telemetry.open()
    visitor.count("by the visitor")
    assert (visitor.preview, visitor.status.enabled, threads()) == ({"a": 2}, True, [REPORTER])
    on.telemetry.close()
    assert received(collector) == [{"a": 2}]
    visitor.telemetry.close()
    assert len(collector.requests) == 1


def test_a_visitors_decision_holds_for_the_others_at_once(host: Host, make: Make) -> None:
    visitor = make()
    visitor.telemetry.visit()
    host.count()
    visitor.toggle(on=True, user="ann")
    assert "switched on by ann with the command line" in host.status.reason
    host.count(times=2)
    assert host.preview == visitor.preview == {"a": 2}
    visitor.toggle(on=False)
    host.count()
    assert host.preview == {}


def test_a_visitor_of_an_installation_where_nobody_counts_makes_no_counter_file(make: Make, tmp_path: Path) -> None:
    visitor = make()
    visitor.telemetry.visit()
    visitor.toggle(on=True)
    visitor.telemetry.close()
    assert visitor.is_enabled is True
    assert not (tmp_path / "engine.db-telemetry").exists()


# -- several processes ------------------------------------------------------------------------------------------------

PROGRAM = """
import json, os, resource, signal, socket, sys, threading, time
from engine_telemetry.configuration import Configuration
from engine_telemetry.database import Database
from engine_telemetry.telemetry import Telemetry

configuration = Configuration.load(**json.loads(sys.argv[1]))
database = Database(configuration.database_url)
telemetry = Telemetry(configuration, database)

def count(name, times=1):
    for _ in range(times):
        telemetry.count(name)

def toggle(on):
    with database.begin() as connection:
        after_commit = telemetry.toggle(connection, enabled=on)
    after_commit()

def preview():
    with database.read() as connection:
        document = telemetry.data(connection).to_dict()
    return {name: entry["count"] for name, entry in document["product"]["internals"]["commands"].items()}

def status():
    with database.read() as connection:
        return telemetry.status(connection).to_dict()

def seconds(work):
    begin = time.monotonic()
    work()
    return time.monotonic() - begin

def in_a_fork(*work):
    pid = os.fork()
    if pid == 0:
        os._exit(0 if [step() for step in work] else 1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

print(json.dumps(None), flush=True)
for line in sys.stdin:
    print(json.dumps(eval(line)), flush=True)
"""


class Process:
    """A host in a process of its own, which evaluates what it is told."""

    def __init__(self, settings: Mapping[str, object]) -> None:
        command = [sys.executable, "-c", PROGRAM, json.dumps(settings)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def begin(self, expression: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{expression}\n")
        self._process.stdin.flush()

    def result(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def __call__(self, expression: str) -> Any:
        self.begin(expression)
        return self.result()

    def end(self) -> int:
        """Let it come to its end, as a script does."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(20)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(20)

    def clean_up(self) -> None:
        self._process.kill()
        self._process.__exit__(None, None, None)


Start = Callable[..., Process]


@pytest.fixture
def start(path: Path, collector: Collector) -> Iterator[Start]:
    """Starts processes on the same database."""
    processes: list[Process] = []

    def start_one(**settings: object) -> Process:
        defaults = {
            "database_url": f"sqlite:///{path}",
            "telemetry_endpoint": collector.url,
            "telemetry_close_timeout": PATIENCE,
        }
        processes.append(Process(defaults | settings))
        return processes[-1]

    yield start_one
    collector.release()
    for process in processes:
        process.clean_up()


def test_a_decision_in_one_process_holds_in_another_at_once(start: Start, collector: Collector) -> None:
    one, two = start(), start()
    for process in (one, two):
        process.result()
        process("telemetry.open()")
    two("count('before')")
    one("toggle(True)")
    two("count('on', 3)")
    assert one("preview()") == two("preview()") == {"on": 3}
    one("toggle(False)")
    two("count('off')")
    assert two("preview()") == {}
    two("toggle(True)")
    one("count('again')")
    one("telemetry.close()")
    assert collector.requests == []
    two("telemetry.close()")
    assert received(collector) == [{"again": 1}]


def test_a_process_that_is_killed_loses_nothing_it_has_counted(start: Start, on: Host, collector: Collector) -> None:
    process = start()
    process.result()
    process("telemetry.open()")
    process("count('a', 1000)")
    process.kill()
    on.count()
    on.telemetry.close()
    assert received(collector) == [{"a": 1001}]


def test_what_a_killed_group_left_is_in_the_report_of_the_next(start: Start, make: Make, collector: Collector) -> None:
    process = start(initialize_telemetry=True)
    process.result()
    process("telemetry.open()")
    process("count('a', 5)")
    process.kill()
    later = make()
    later.telemetry.open()
    assert later.preview == {"a": 5}
    later.telemetry.close()
    assert received(collector) == [{"a": 5}]


def test_the_next_process_reports_when_the_leader_is_killed(start: Start, make: Make, collector: Collector) -> None:
    leader = start(initialize_telemetry=True)
    leader.result()
    leader("telemetry.open()")
    host = make(telemetry_flush_interval=0.05, telemetry_reporting_period=0.2)
    host.telemetry.open()
    time.sleep(0.2)
    assert host.status.reporter == "standing by"
    leader.kill()
    until(lambda: host.status.reporter == "leading")
    collector.wait_for(1)


def test_processes_that_start_at_once_on_an_empty_database_agree(start: Start, path: Path) -> None:
    processes = [start(initialize_telemetry=True) for _ in range(4)]
    for process in processes:
        process.result()
    for process in processes:
        process.begin("telemetry.open()")
    for process in processes:
        process.result()
    states = [process("status()") for process in processes]
    assert {(state["installation"], state["enabled"], len(state["problems"])) for state in states} == {
        (states[0]["installation"], True, 0)
    }
    assert query(path, "select count(*) from telemetry_change") == [(1,)]


def test_a_forked_child_starts_as_not_opened_and_can_open(start: Start, collector: Collector) -> None:
    parent = start(initialize_telemetry=True)
    parent.result()
    parent("telemetry.open()")
    parent("count('parent')")
    assert parent("in_a_fork(lambda: count('dropped', 7), telemetry.close)") == 0
    assert collector.requests == []
    assert parent("in_a_fork(telemetry.open, lambda: count('child', 2), telemetry.close)") == 0
    assert (
        parent("in_a_fork(telemetry.open, lambda: count('killed'), lambda: os.kill(os.getpid(), 9))") == -signal.SIGKILL
    )
    parent("count('parent')")
    assert collector.requests == []
    parent("telemetry.close()")
    assert received(collector) == [{"child": 2, "killed": 1, "parent": 2}]


def test_what_was_not_closed_is_closed_at_the_end_of_the_process(start: Start, collector: Collector) -> None:
    process = start(initialize_telemetry=True)
    process.result()
    process("telemetry.open()")
    process("count('a')")
    assert process.end() == 0
    assert received(collector) == [{"a": 1}]


def test_a_name_that_takes_long_to_resolve_does_not_hold_up_the_close_or_the_end(start: Start) -> None:
    process = start(
        initialize_telemetry=True, telemetry_endpoint="https://collector.invalid/", telemetry_close_timeout=2000
    )
    process.result()
    process("setattr(socket, 'getaddrinfo', lambda *_, **__: time.sleep(600))")  # the far end, not our code
    process("telemetry.open()")
    process("count('a')")
    assert 1.9 < process("seconds(telemetry.close)") < SOON
    assert process.end() == 0


def test_the_http_client_is_not_imported_before_a_report_is_due(start: Start, collector: Collector) -> None:
    process = start(initialize_telemetry=True)
    process.result()
    process("telemetry.open()")
    process("count('a')")
    assert process("'httpx' in sys.modules") is False
    process("telemetry.close()")
    assert process("'httpx' in sys.modules") is True
    assert len(collector.requests) == 1


def test_a_full_disk_at_the_start_is_a_status_and_no_signal_later(start: Start, collector: Collector) -> None:
    process = start(initialize_telemetry=True)
    process.result()
    limit = 400 * 1024  # room for the database, not for the counters
    process(f"resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {resource.RLIM_INFINITY}))")
    process("telemetry.open()")
    process("count('a', 1000)")
    [problem] = process("status()")["problems"]
    assert problem.startswith("Not counting: The counter file")
    assert "File too large" in problem
    process("telemetry.close()")
    assert process.end() == 0
    assert collector.requests == []


def test_where_no_thread_can_be_started_any_more_the_reporters_own_closes(start: Start, collector: Collector) -> None:
    process = start(initialize_telemetry=True)
    process.result()
    process("telemetry.open()")
    process("count('a')")
    process("threading.stack_size(1 << 60)")  # more than there is
    process("telemetry.close()")
    assert received(collector) == [{"a": 1}]
    assert process.end() == 0


def test_a_defect_of_telemetry_does_not_fail_a_start_or_a_stop(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    class BrokenClock(FakeClock):
        def now(self) -> datetime:
            raise ZeroDivisionError

    host = make(initialize_telemetry=True, clock=BrokenClock())
    host.telemetry.open()
    host.count()
    host.telemetry.close()
    assert "its host goes on without it" in caplog.text
