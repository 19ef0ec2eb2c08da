"""The reporter: one run after another, on a real database, real counters and a real endpoint; the clock is ours."""

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from sqlalchemy import Connection

from engine_telemetry import store
from engine_telemetry.configuration import Configuration
from engine_telemetry.counters import CounterFile, open_counters
from engine_telemetry.database import Database
from engine_telemetry.exceptions import EngineTelemetryError
from engine_telemetry.exporter import Exporter
from engine_telemetry.process_group import ProcessGroup
from engine_telemetry.reporter import Cycle, Reporter
from engine_telemetry.testing import Answer, Collector, FakeClock

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
BEGIN_OF_TROUBLE = "Reports do not arrive at the endpoint; they are kept and tried again"


class Killed(BaseException):
    """The process is no more."""


def build(_: Connection, state: store.State, counts: Mapping[str, int], server: str | None) -> bytes:
    return json.dumps({"installation": state.installation, "counts": counts, "server": server}).encode()


@dataclass
class Bench:
    """One node and its endpoint."""

    database: Database
    collector: Collector
    clock: FakeClock = field(default_factory=FakeClock)
    counters: CounterFile = field(default_factory=lambda: open_counters(None))

    def __post_init__(self) -> None:
        self.cycle = self.new_cycle()

    def new_cycle(self, *, sending: bool = True, counters: CounterFile | None = None, **settings: object) -> Cycle:
        configuration = Configuration.load(telemetry_endpoint=self.collector.url, **settings)
        exporter = Exporter(self.collector.url) if sending else None
        return Cycle(configuration, self.database, counters or self.counters, build, exporter, self.clock.now)

    def toggle(self, *, on: bool) -> None:
        with self.database.begin() as connection:
            state = store.lock(connection)
            change = store.Change(self.clock.now(), None, "the test", state.flag, on)
            source = self.cycle.source if on else None
            new = store.change_flag(connection, state, change, period=DAY, source=source)
        self.counters.set_gate(new.installation, new.change_no, on=on)

    def count(self, name: str = "a", times: int = 1) -> None:
        for _ in range(times):
            self.counters.increment(name)

    def after(self, wait: timedelta, cause: store.Cause = "schedule") -> None:
        """One run after this time."""
        self.clock.advance(wait)
        self.cycle.run(cause)

    @property
    def received(self) -> list[dict[str, int]]:
        """The counts of every request that arrived."""
        return [request.json()["counts"] for request in self.collector.requests]

    @property
    def state(self) -> store.State:
        with self.database.read() as connection:
            return store.read(connection)

    @property
    def history(self) -> list[store.ReportRecord]:
        with self.database.read() as connection:
            return store.history(connection)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as opened:
        yield opened


@pytest.fixture
def bench(tmp_path: Path, collector: Collector) -> Iterator[Bench]:
    """A node whose installation has not decided."""
    database = Database(f"sqlite:///{tmp_path}/engine.db", lock_timeout=timedelta(milliseconds=20), pooled=False)
    with database.change_schema() as connection:
        store.create_tables(connection)
    yield Bench(database, collector)
    database.dispose()


@pytest.fixture
def on(bench: Bench) -> Bench:
    """A node that counts."""
    bench.toggle(on=True)
    return bench


def records(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == level]


@contextmanager
def locked(bench: Bench) -> Iterator[None]:
    """Somebody else keeps the database locked until the end of the block."""
    other = sqlite3.connect(str(bench.database.url.database), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    yield
    other.close()


# -- the schedule -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("decided", [False, True])
def test_nothing_is_counted_stored_or_sent_while_off(bench: Bench, *, decided: bool) -> None:
    if decided:
        bench.toggle(on=False)
    bench.count()
    for cause in ("schedule", "close"):
        bench.after(2 * DAY, cause)
    assert (bench.counters.gate, bench.counters.totals(), bench.received) == (0, {"other": 0}, [])
    assert (bench.state.pending, bench.history) == ({}, [])


def test_a_report_is_sent_once_in_a_period_with_the_counts_since_the_one_before(on: Bench) -> None:
    for hour in range(1, 73):
        on.count()
        on.after(timedelta(hours=1))
        assert len(on.received) == hour // 24
    assert on.received == [{"a": 24}, {"a": 24}, {"a": 24}]


def test_no_period_is_caught_up(on: Bench) -> None:
    on.after(10 * DAY)
    on.after(timedelta(hours=23))
    assert len(on.received) == 1


def test_the_closing_report_is_sent_at_once_and_moves_nothing(on: Bench) -> None:
    on.count()
    on.after(MINUTE, "close")
    assert on.received == [{"a": 1}]
    on.after(DAY - 2 * MINUTE)
    assert len(on.received) == 1
    on.after(MINUTE)
    assert on.received == [{"a": 1}, {}]


def test_a_flush_sends_nothing(on: Bench) -> None:
    on.count()
    on.clock.advance(2 * DAY)
    on.cycle.flush()
    assert (on.received, on.state.pending) == ([], {"a": 1})


def test_without_an_endpoint_nothing_is_sealed_and_nothing_is_lost(on: Bench) -> None:
    on.cycle = on.new_cycle(sending=False)
    on.count()
    on.after(2 * DAY)
    on.after(MINUTE, "close")
    assert (on.history, on.state.pending) == ([], {"a": 1})
    on.cycle = on.new_cycle()
    on.after(MINUTE)
    assert on.received == [{"a": 1}]


def test_the_reports_key_is_its_id_and_its_history_keeps_the_very_bytes(on: Bench) -> None:
    on.count()
    on.after(DAY)
    [request], [record] = on.collector.requests, on.history
    assert (request.key, request.body) == (record.id, record.body)
    assert (record.state, record.answer, record.attempts) == ("accepted", "HTTP 202", 1)


def test_a_run_says_when_the_next_is_due(on: Bench) -> None:
    on.cycle.run("schedule")
    assert on.cycle.next_work == on.clock.now() + DAY
    on.collector.answer = Answer(503)
    on.after(DAY)
    assert on.cycle.next_work is not None
    assert on.cycle.next_work - on.clock.now() < timedelta(seconds=2)
    on.toggle(on=False)
    on.cycle.run("schedule")
    assert on.cycle.next_work is None


def test_a_report_that_waits_longer_than_a_period_keeps_nobody_awake(on: Bench) -> None:
    on.cycle = on.new_cycle(telemetry_request_retries=0)
    on.collector.answer = Answer(503)
    for _ in range(4):
        on.after(DAY)
    on.after(timedelta(seconds=1))
    assert on.cycle.next_work is None or on.cycle.next_work > on.clock.now()


def test_a_database_that_fails_when_a_report_is_due_keeps_nobody_awake(on: Bench) -> None:
    on.cycle.run("schedule")
    with locked(on):
        on.after(DAY)
    assert on.cycle.next_work is None or on.cycle.next_work > on.clock.now()


# -- what comes first -------------------------------------------------------------------------------------------------


def test_what_comes_first_is_tried_again_until_the_database_answers(
    on: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[bool] = []

    def prepare() -> bool:
        tried.append(len(tried) == 2)
        if not tried[-1]:
            raise EngineTelemetryError("locked")
        return True

    cycle = replace(on.cycle, prepare=prepare)
    cycle.flush()
    on.count()
    cycle.flush()
    assert on.state.pending == {}
    cycle.get_ready()
    cycle.flush()
    cycle.flush()
    assert (tried, on.state.pending) == ([False, False, True], {"a": 1})
    assert records(caplog, logging.WARNING) == []


def test_a_database_that_cannot_be_used_is_left_alone(on: Bench) -> None:
    tried: list[bool] = []

    def prepare() -> bool:
        tried.append(True)
        return False

    cycle = replace(on.cycle, prepare=prepare)
    on.count()
    cycle.flush()
    cycle.run("close")
    assert (len(tried), on.state.pending, on.received) == (1, {}, [])


# -- answers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_success_accepts_the_report(on: Bench, status: int) -> None:
    on.collector.answer = Answer(status)
    on.after(DAY)
    assert [record.state for record in on.history] == ["accepted"]


@pytest.mark.parametrize("status", [400, 413, 415, 422])
def test_a_report_whose_bytes_are_at_fault_is_refused_for_good(
    on: Bench, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    on.count()
    on.collector.answer = Answer(status)
    on.after(DAY)
    on.collector.answer = Answer()
    on.after(MINUTE)
    on.after(MINUTE, "close")
    assert on.received == [{"a": 1}, {}]
    [refused] = [record for record in on.history if record.state == "refused"]
    assert (refused.answer, json.loads(refused.body)["counts"]) == (f"HTTP {status}", {"a": 1})
    expected = f"Report {refused.id} was refused for good (HTTP {status}); its counts are not sent again"
    assert records(caplog, logging.WARNING) == [expected]


def test_an_endpoint_that_is_gone_gets_nothing_more_until_another_one_is_set(
    on: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    on.count()
    on.collector.answer = Answer(410)
    on.after(DAY)
    on.collector.answer = Answer()
    on.count(times=2)
    on.after(DAY)
    on.after(DAY, "close")
    assert on.received == [{"a": 1}]
    assert on.cycle.next_work is None
    refused, gone = records(caplog, logging.WARNING)
    assert refused.endswith("was refused for good (HTTP 410); its counts are not sent again")
    assert gone.startswith(f"Nothing is sent: '{on.collector.url}' has answered 410, it is gone for good. Set another")
    on.cycle.exporter = Exporter(f"{on.collector.url}/new")
    on.after(MINUTE)
    on.after(DAY)
    assert on.received == [{"a": 1}, {"a": 2}, {}]


def test_a_gone_endpoint_is_tried_again_after_a_no_and_a_yes(on: Bench) -> None:
    on.collector.answer = Answer(410)
    on.after(DAY)
    on.toggle(on=False)
    on.toggle(on=True)
    on.after(DAY)
    assert len(on.received) == 2


@pytest.mark.parametrize("status", [302, 401, 403, 404, 408, 425, 429, 500, 503])
def test_every_other_answer_is_tried_again_with_the_same_bytes_and_key(on: Bench, status: int) -> None:
    on.count(times=3)
    on.collector.answer = Answer(status)
    on.after(DAY)
    on.count(times=2)
    on.collector.answer = Answer()
    on.after(2 * MINUTE)
    first, second = on.collector.requests
    assert (first.key, first.body) == (second.key, second.body)
    assert on.received == [{"a": 3}, {"a": 3}]
    on.after(DAY)
    assert on.received[2:] == [{"a": 2}]


def test_no_answer_is_tried_again_with_the_same_bytes_and_key(on: Bench) -> None:
    on.count()
    on.collector.answer = Answer(close=True)
    on.after(DAY)
    on.collector.answer = Answer()
    on.after(2 * MINUTE)
    first, second = on.collector.requests
    assert (first.key, first.body) == (second.key, second.body)
    assert [(record.state, record.attempts) for record in on.history] == [("accepted", 2)]


def test_a_failed_report_is_left_alone_until_its_pause_is_over(on: Bench) -> None:
    on.collector.answer = Answer(500)
    on.after(DAY)
    on.after(timedelta(seconds=0.7))
    assert len(on.received) == 1
    on.after(timedelta(seconds=0.6))
    assert len(on.received) == 2
    on.after(timedelta(seconds=3.9))
    assert len(on.received) == 2
    on.after(timedelta(seconds=2.2))
    assert len(on.received) == 3


def test_closing_tries_at_once_what_failed_before_and_seals_nothing_new(on: Bench) -> None:
    on.cycle = on.new_cycle(telemetry_request_retries=0)
    on.count()
    on.collector.answer = Answer(500)
    on.after(DAY)
    on.count()
    on.after(timedelta(seconds=1), "close")
    assert on.received == [{"a": 1}, {"a": 1}]
    assert on.state.pending == {"a": 1}


def test_what_the_endpoint_asked_for_holds_when_closing_too(on: Bench) -> None:
    on.collector.answer = Answer(503, {"Retry-After": "120"})
    on.after(DAY)
    on.after(MINUTE)
    on.after(timedelta(seconds=59), "close")
    assert len(on.received) == 1
    on.after(timedelta(seconds=1), "close")
    assert len(on.received) == 2


def test_an_endpoint_that_was_away_for_weeks_gets_one_report_and_the_next_a_period_later(on: Bench) -> None:
    on.collector.answer = Answer(500)
    for _ in range(21):
        on.count()
        on.after(DAY)
    on.collector.answer = Answer()
    on.after(timedelta(hours=8))
    accepted_at = on.clock.now()
    assert [len(on.collector.reports), on.received[-1]] == [1, {"a": 1}]
    on.after(DAY - MINUTE)
    assert len(on.collector.reports) == 1
    on.after(MINUTE)
    assert on.received[-1] == {"a": 20}
    assert on.clock.now() - accepted_at == DAY


# -- consent ----------------------------------------------------------------------------------------------------------


class ClosingTheGate(CounterFile):
    """Counters that are saved just when somebody says no: after the look at the flag and before the lock."""

    def __init__(self, say_no: Callable[[], None]) -> None:
        self._say_no = say_no
        super().__init__(None, ProcessGroup(None))

    def save(self) -> None:
        self._say_no()


def test_a_no_after_the_look_at_the_flag_is_heard_before_anything_is_sent(on: Bench) -> None:
    on.count()
    on.cycle.flush()
    on.clock.advance(DAY)
    counters = ClosingTheGate(lambda: on.toggle(on=False))
    on.new_cycle(counters=counters).run("close")
    assert (on.received, on.history, counters.gate) == ([], [], 0)


def test_an_answer_that_comes_after_a_no_is_noted_and_revives_nothing(bench: Bench) -> None:
    with Collector(on_request=lambda _: bench.toggle(on=False)) as slow:
        bench.collector = slow
        bench.cycle = bench.new_cycle()
        bench.toggle(on=True)
        bench.count()
        bench.after(DAY)
    [record] = bench.history
    assert (record.state, record.answer, record.body) == ("withdrawn", "HTTP 202", b"")
    assert (bench.state.pending, bench.state.next_due, bench.counters.gate) == ({}, None, 0)


def test_counts_made_while_a_report_is_on_its_way_go_into_the_next(bench: Bench) -> None:
    with Collector(on_request=lambda _: bench.count(times=2)) as slow:
        bench.collector = slow
        bench.cycle = bench.new_cycle()
        bench.toggle(on=True)
        bench.count()
        bench.after(DAY)
        bench.after(DAY)
        assert bench.received == [{"a": 1}, {"a": 2}]


def test_no_transaction_is_open_while_a_report_is_on_its_way(bench: Bench) -> None:
    def use_the_database(_: object) -> None:
        with bench.database.begin() as connection:
            store.lock(connection)

    with Collector(on_request=use_the_database) as slow:
        bench.collector = slow
        bench.cycle = bench.new_cycle()
        bench.toggle(on=True)
        bench.after(DAY)
        assert [record.state for record in bench.history] == ["accepted"]


# -- processes that are killed ----------------------------------------------------------------------------------------


class DyingBeforeTheGate(CounterFile):
    """Counters of a process that is killed between the commit and the gate."""

    def set_gate(self, *_: object, **__: object) -> NoReturn:
        raise Killed


def test_the_gate_is_set_after_the_commit_and_the_next_flush_repairs_a_stale_one(bench: Bench) -> None:
    counters = DyingBeforeTheGate(None, ProcessGroup(None))
    dying = bench.new_cycle(counters=counters)
    bench.toggle(on=True)
    with pytest.raises(Killed):
        dying.flush()
    with bench.database.read() as connection:
        known = store.preview(connection, store.read(connection), dying.source)
    assert (known, counters.gate) == ({}, 0)
    bench.cycle.flush()
    assert bench.counters.gate == bench.state.change_no


class LosingTheAnswer(Exporter):
    """The far end of a process that is killed when its report has arrived."""

    def send(self, body: bytes, report_id: str, timeout: timedelta) -> NoReturn:
        super().send(body, report_id, timeout)
        raise Killed


def test_a_report_that_was_sent_and_not_noted_is_sent_again_with_the_same_bytes_and_key(on: Bench) -> None:
    on.count()
    on.clock.advance(DAY)
    on.cycle.exporter = LosingTheAnswer(on.collector.url)
    with pytest.raises(Killed):
        on.cycle.run("schedule")
    on.cycle = on.new_cycle()  # the next process of the same node
    on.count()
    on.after(timedelta(0))
    first, second = on.collector.requests
    assert (first.key, first.body) == (second.key, second.body)
    assert [(record.state, record.attempts) for record in on.history] == [("accepted", 2)]
    assert on.state.pending == {"a": 1}


class ReadingUnderTheLock(CounterFile):
    """Counters that look whether the database is locked when they are read."""

    def __init__(self, path: Path) -> None:
        self._path_to_database = path
        self.locked: list[bool] = []
        super().__init__(None, ProcessGroup(None))

    def totals(self) -> dict[str, int]:
        connection = sqlite3.connect(self._path_to_database, timeout=0, isolation_level=None)
        try:
            connection.execute("BEGIN IMMEDIATE")
            self.locked.append(False)
        except sqlite3.OperationalError:
            self.locked.append(True)
        finally:
            connection.close()
        return super().totals()


def test_a_run_reads_the_counters_under_the_lock(on: Bench, tmp_path: Path) -> None:
    counters = ReadingUnderTheLock(tmp_path / "engine.db")
    cycle = on.new_cycle(counters=counters)
    cycle.run("schedule")
    on.clock.advance(DAY)
    cycle.run("schedule")
    assert counters.locked == [True, True]


# -- what is logged ---------------------------------------------------------------------------------------------------


def test_a_database_that_stays_locked_is_one_record_at_the_third_miss_and_one_when_it_works(
    on: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    on.count()
    with locked(on):
        for _ in range(2):
            on.after(MINUTE)
        assert records(caplog, logging.WARNING) == []
        for _ in range(3):
            on.after(MINUTE)
    [record] = records(caplog, logging.WARNING)
    assert record.startswith("Telemetry cannot use the database: ")
    assert "database is locked" in record
    assert on.cycle.database_trouble.reason == record
    caplog.set_level(logging.INFO)
    for _ in range(2):
        on.after(MINUTE)
    assert records(caplog, logging.INFO) == ["Telemetry cannot use the database: it works again"]
    assert on.state.pending == {"a": 1}
    trouble, _ = on.cycle.troubles
    assert trouble.reason is None


def test_an_endpoint_that_fails_is_one_record_when_it_begins_and_one_when_it_ends(
    on: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "engine_telemetry.telemetry")
    on.collector.answer = Answer(500)
    for _ in range(5):
        on.after(DAY)
    assert len(on.received) == 5
    assert records(caplog, logging.WARNING) == [f"{BEGIN_OF_TROUBLE}: HTTP 500"]
    assert on.cycle.endpoint_trouble.reason == f"{BEGIN_OF_TROUBLE}: HTTP 500"
    on.collector.answer = Answer()
    for _ in range(3):
        on.after(DAY)
    ours = [record for record in caplog.records if record.name == "engine_telemetry.telemetry"]
    assert [record.getMessage() for record in ours] == [
        f"{BEGIN_OF_TROUBLE}: HTTP 500",
        f"{BEGIN_OF_TROUBLE}: it works again",
    ]
    assert on.cycle.endpoint_trouble.reason is None


def test_trouble_with_the_endpoint_is_forgotten_when_nothing_is_to_be_sent(on: Bench) -> None:
    on.collector.answer = Answer(500)
    on.after(DAY)
    assert on.cycle.endpoint_trouble.reason == f"{BEGIN_OF_TROUBLE}: HTTP 500"
    on.toggle(on=False)
    on.after(DAY)
    assert on.cycle.endpoint_trouble.reason is None


def test_debug_shows_the_very_body_that_is_sent(on: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "engine_telemetry.telemetry")
    on.count()
    on.after(DAY)
    [request] = on.collector.requests
    assert f"Sending report {request.key}, attempt 1: {request.body.decode()}" in records(caplog, logging.DEBUG)


# -- the thread -------------------------------------------------------------------------------------------------------


@pytest.fixture
def start(on: Bench) -> Iterator[Callable[[Cycle], Reporter]]:
    reporters: list[Reporter] = []

    def start_it(cycle: Cycle) -> Reporter:
        reporters.append(Reporter(cycle))
        reporters[-1].start()
        return reporters[-1]

    yield start_it
    on.collector.release()
    for reporter in reporters:
        reporter.stop(timedelta(seconds=10))


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "waited 20 s in vain"
        time.sleep(0.01)


def test_the_thread_sends_when_a_report_is_due(on: Bench, start: Callable[[Cycle], Reporter]) -> None:
    on.count()
    start(on.new_cycle(telemetry_flush_interval=0.02))
    until(lambda: on.state.pending == {"a": 1})
    assert on.received == []
    on.clock.advance(DAY)
    on.collector.wait_for(1)
    assert on.received == [{"a": 1}]


def test_one_thread_leads_and_the_other_takes_over_when_it_stops(on: Bench, start: Callable[[Cycle], Reporter]) -> None:
    first = start(on.new_cycle(telemetry_flush_interval=0.02))
    until(lambda: first.leading)
    second = start(on.new_cycle(telemetry_flush_interval=0.02))
    time.sleep(0.1)
    assert (first.leading, second.leading) == (True, False)
    first.stop(timedelta(seconds=5))
    until(lambda: second.leading)
    assert not first.leading


def test_waking_it_makes_a_run_at_once(on: Bench, start: Callable[[Cycle], Reporter]) -> None:
    reporter = start(on.new_cycle(telemetry_flush_interval=3600))
    until(lambda: reporter.leading)
    on.count()
    reporter.wake()
    until(lambda: on.state.pending == {"a": 1})


def test_a_process_that_stands_by_is_ready_to_take_over(on: Bench, start: Callable[[Cycle], Reporter]) -> None:
    ready = threading.Event()

    def prepare() -> bool:
        ready.set()
        return True

    leader = start(on.cycle)
    until(lambda: leader.leading)
    reporter = start(replace(on.cycle, prepare=prepare))
    assert ready.wait(20)
    assert not reporter.leading


def test_stopping_waits_no_longer_than_it_is_told(on: Bench, start: Callable[[Cycle], Reporter]) -> None:
    on.collector.answer = Answer(hang=True)
    on.clock.advance(DAY)
    reporter = start(on.new_cycle())
    on.collector.wait_for_requests(1)
    begin = time.monotonic()
    reporter.stop(timedelta(milliseconds=100))
    assert time.monotonic() - begin < 5
    assert not reporter.leading


def test_a_run_that_fails_for_an_unknown_reason_is_logged_and_the_next_one_is_made(
    on: Bench, start: Callable[[Cycle], Reporter], caplog: pytest.LogCaptureFixture
) -> None:
    failures = [ZeroDivisionError("no reason")]

    def fails_once(connection: Connection, state: store.State, counts: Mapping[str, int], server: str | None) -> bytes:
        if failures:
            raise failures.pop()
        return build(connection, state, counts, server)

    cycle = on.new_cycle(telemetry_flush_interval=0.02)
    cycle.build = fails_once
    on.clock.advance(DAY)
    start(cycle)
    on.collector.wait_for(1)
    assert "A run of the telemetry reporter failed; the next one is tried as usual" in records(caplog, logging.ERROR)


def test_the_thread_is_a_daemon_with_a_name(on: Bench, start: Callable[[Cycle], Reporter]) -> None:
    start(on.new_cycle())
    [thread] = [thread for thread in threading.enumerate() if thread.name == "engine-telemetry-reporter"]
    assert thread.daemon
