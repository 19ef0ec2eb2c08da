"""A search for a run of the protocol that loses, doubles, or sends without consent.

Hypothesis interleaves nodes, reporters, changes of the flag, lost answers and kills, on one real database, with the
real reporter, counters and store. A reporter runs in a thread of its own, one at a time, and stops where a process can
be overtaken or killed: between its look at the flag and the lock, between the commit and the gate, before the delivery,
and between the delivery and the answer. Every count has a name of its own, so each can be found again.
"""

import json
import os
import sqlite3
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Connection, delete

from engine_telemetry import store
from engine_telemetry.configuration import Configuration
from engine_telemetry.counters import OTHER, CounterFile
from engine_telemetry.database import Database
from engine_telemetry.exporter import Answer, Exporter
from engine_telemetry.process_group import ProcessGroup
from engine_telemetry.reporter import Cycle, Trouble
from engine_telemetry.store.tables import source_table
from engine_telemetry.testing import FakeClock

PERIOD = timedelta(days=1)
MEMORY = "/dev/shm"  # noqa: S108 - a disk would be waited for thousands of times
ALL = "all"  # counted with each name, so that sums are tried too


KILLED = 0  # instead of a status


class Killed(BaseException):
    """The process is no more."""


class Process:
    """A thread that goes on from one stop to the next when it is told to, and can be killed at each."""

    current = threading.local()

    def __init__(self, work: Callable[[], None], cycle: Cycle, *, dies_in_transaction: bool) -> None:
        self.dies_in_transaction = dies_in_transaction
        self._cycle = cycle
        self._status: int | None = None
        self.error: BaseException | None = None
        self._killed = False
        self._turn, self._stopped = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()
        self._await_stop()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def go_on(self, *, status: int | None = None, killed: bool = False) -> None:
        self._status, self._killed = status, killed
        self._turn.release()
        self._await_stop()

    def _await_stop(self) -> None:
        assert self._stopped.acquire(timeout=20)
        if self.error is not None:
            self._thread.join()
            if not isinstance(self.error, Killed):
                raise self.error

    def stop(self) -> int | None:
        """Called in the thread itself; returns what the endpoint answers, ``None`` for nothing."""
        self._stopped.release()
        self._turn.acquire()
        if self._killed:
            raise Killed
        return self._status

    def _run(self, work: Callable[[], None]) -> None:
        Process.current.process = self
        try:
            work()
            assert self._cycle.database_trouble.reason is None
            self.error = Killed("it ended by itself")
        except BaseException as exc:  # noqa: BLE001 - raised again in the thread of the test
            self.error = exc
        self._stopped.release()


def current_process() -> Process | None:
    return getattr(Process.current, "process", None)


def stop_here() -> None:
    """Let somebody else go on, if this is the thread of a process."""
    process = current_process()
    if process is not None:
        process.stop()


class Counters(CounterFile):
    """Counters whose users can be overtaken and killed."""

    def __init__(self) -> None:
        super().__init__(None, ProcessGroup(None))

    def save(self) -> None:
        stop_here()

    def totals(self) -> dict[str, int]:
        process = current_process()
        if process is not None and process.dies_in_transaction:
            raise Killed
        return {name: total for name, total in super().totals().items() if name != OTHER}

    def set_gate(self, installation: str, change: int, *, on: bool) -> None:
        stop_here()
        super().set_gate(installation, change, on=on)


@dataclass(frozen=True, kw_only=True)
class FarEnd(Exporter):
    """The wire and the endpoint."""

    received: list[tuple[str, bytes]]
    accepted: set[str]

    def send(self, body: bytes, report_id: str, _: timedelta) -> Answer:
        process = current_process()
        if process is None:
            return self._receive(body, report_id, 202)
        status = process.stop()
        if status is None:
            return Answer(None, "Nothing arrived")
        answer = self._receive(body, report_id, status)
        return Answer(None, "The answer was lost") if process.stop() is None else answer

    def _receive(self, body: bytes, report_id: str, status: int) -> Answer:
        self.received.append((report_id, body))
        if status == 202:
            self.accepted.add(report_id)
        return Answer(status)


@dataclass
class Node:
    """A counter file, and the news that has not reached its gate."""

    counters: Counters = field(default_factory=Counters)
    news: Callable[[], None] | None = None

    @property
    def source(self) -> store.Source:
        return store.Source(self.counters.source, self.counters.totals, None)


class Count(NamedTuple):
    """One count: what was true when it was made."""

    on: bool
    change: int
    gate: int


class Report(NamedTuple):
    """A row of the reports."""

    id: str
    state: str
    attempts: int
    body: bytes


class Seen(NamedTuple):
    """What is in the database at one moment."""

    flag: bool
    change: int
    pending: Mapping[str, int]
    reports: Sequence[Report]
    flushed: Mapping[str, set[str]]


def counts_of(body: bytes) -> dict[str, int]:
    counts: dict[str, int] = json.loads(body)["counts"]
    return counts


def build(_: Connection, state: store.State, counts: Mapping[str, int], __: str | None) -> bytes:
    return json.dumps({"change": state.change_no, "counts": counts}).encode()


nodes = st.integers(0, 1)
rarely = st.integers(0, 9).map(lambda number: number == 9)


class Protocol(RuleBasedStateMachine):
    """Two nodes with any number of reporters on one database."""

    def __init__(self) -> None:
        super().__init__()
        self.directory = tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None)
        file = Path(self.directory.name) / "engine.db"
        self.database = Database(f"sqlite:///{file}")
        with self.database.change_schema() as connection:
            store.create_tables(connection)
        self.observer = sqlite3.connect(file)
        self.clock = FakeClock()
        self.nodes = [Node(), Node()]
        self.processes: list[Process] = []
        self.far_end = FarEnd(endpoint="http://127.0.0.1:9/", received=[], accepted=set())
        self.counted: dict[str, Count] = {}
        self.excused: set[str] = set()  # not moved when their source was forgotten, or before it was known again
        self.forgotten: set[str] = set()
        self.looks = 0
        self.sealed: dict[str, bytes] = {}
        self.attempts: dict[str, int] = {}

    # -- what can happen ----------------------------------------------------------------------------------------------

    @initialize(on=st.sampled_from([True, True, True, False]))
    def begin_with_two_nodes_that_know(self, on: bool) -> None:
        if on:
            self.decide(self.nodes[0], on=True)
            self.decisions_reach_the_gates()
            self.a_run_begins(node=1, cause=None, dies=False, steps=9)

    @rule(node=nodes, times=st.integers(1, 3))
    def commands_are_counted(self, node: int, times: int) -> None:
        counters, seen = self.nodes[node].counters, self.look()
        for _ in range(times if counters.gate else 0):
            name = f"c{len(self.counted)}"
            counters.increment(name)
            counters.increment(ALL)
            self.counted[name] = Count(seen.flag, seen.change, counters.gate)
            if counters.source in self.forgotten:
                self.excused.add(name)

    @rule(node=nodes, cause=st.sampled_from([None, "schedule", "close"]), dies=rarely, steps=st.integers(0, 4))
    def a_run_begins(self, node: int, cause: store.Cause | None, dies: bool, steps: int) -> None:
        cycle = self.new_cycle(self.nodes[node])
        work = cycle.flush if cause is None else partial(cycle.run, cause)
        self.processes.append(Process(work, cycle, dies_in_transaction=dies))
        self.a_run_goes_on(-1, steps, 202)

    @precondition(lambda self: self.processes)
    @rule(which=st.integers(0, 9), steps=st.integers(1, 2), status=st.sampled_from([202, 500, 422, None, KILLED]))
    def a_run_goes_on(self, which: int, steps: int, status: int | None) -> None:
        process = self.processes[which % len(self.processes)]
        for _ in range(steps):
            if process.alive:
                process.go_on(status=status, killed=status == KILLED)
        self.processes = [process for process in self.processes if process.alive]

    @precondition(lambda self: self.looks % 3 == 0)  # people decide less often than processes work
    @rule(node=nodes | st.none(), times=st.integers(0, 2), heard=st.booleans())
    def somebody_decides(self, node: int | None, times: int, heard: bool) -> None:
        """Once, twice, or as it was; on a node, whose gate follows at once, later or never, or elsewhere."""
        on = self.look().flag
        for decision in [not on, on][:times] or [on]:
            self.decide(None if node is None else self.nodes[node], decision)
        if heard:
            self.decisions_reach_the_gates()

    @precondition(lambda self: any(node.news for node in self.nodes))
    @rule()
    def decisions_reach_the_gates(self) -> None:
        for node in self.nodes:
            if node.news is not None:
                node.news()
            node.news = None

    @precondition(lambda self: self.looks % 3 == 1)
    @rule(hours=st.sampled_from([-1, 1, 25]), forgotten=nodes | st.none())
    def time_passes_and_silent_sources_are_forgotten(self, hours: int, forgotten: int | None) -> None:
        self.clock.advance(timedelta(hours=hours))
        if forgotten is not None and hours == 25:
            node = self.nodes[forgotten]
            self.excused |= self.not_flushed(node, self.look())
            self.forgotten |= {node.counters.source}
            with self.database.begin() as connection:
                connection.execute(delete(source_table).where(source_table.c.id == node.counters.source))

    # -- what must hold -----------------------------------------------------------------------------------------------

    @invariant()
    def all_is_well(self) -> None:
        seen = self.look()
        self.looks += 1
        self.forgotten -= seen.flushed.keys()
        self.at_most_one_report_is_waiting(seen)
        self.one_id_has_one_content(seen)
        self.nothing_is_accepted_that_did_not_arrive(seen)
        self.nothing_is_claimed_but_counts_of_this_very_yes(seen)
        self.nothing_is_doubled(seen)
        self.nothing_is_lost(seen, set().union(*(self.not_flushed(node, seen) for node in self.nodes)))

    def at_most_one_report_is_waiting(self, seen: Seen) -> None:
        assert [report.state for report in seen.reports].count("waiting") <= 1

    def one_id_has_one_content(self, seen: Seen) -> None:
        for report in seen.reports:
            body = self.sealed.setdefault(report.id, report.body)
            assert report.body == (b"" if report.state == "withdrawn" else body)
        assert all(self.sealed[report_id] == body for report_id, body in self.far_end.received)

    def nothing_is_accepted_that_did_not_arrive(self, seen: Seen) -> None:
        assert {report.id for report in seen.reports if report.state == "accepted"} <= self.far_end.accepted

    def nothing_is_claimed_but_counts_of_this_very_yes(self, seen: Seen) -> None:
        for report in seen.reports:
            if report.attempts > self.attempts.get(report.id, 0):
                self.attempts[report.id] = report.attempts
                assert seen.flag
                assert json.loads(report.body)["change"] == seen.change
                names = counts_of(report.body).keys() - {ALL}
                assert {(self.counted[name].on, self.counted[name].change) for name in names} <= {(True, seen.change)}

    def nothing_is_doubled(self, seen: Seen) -> None:
        documents = [seen.pending, *map(counts_of, self.sealed.values())]
        times = Counter(name for counts in documents for name in counts.keys() - {ALL})
        assert set(times.values()) <= {1}
        for counts in documents:
            assert {number for name, number in counts.items() if name != ALL} <= {1}
            assert counts.get(ALL, 0) == len(counts.keys() - {ALL})

    def nothing_is_lost(self, seen: Seen, not_flushed: set[str]) -> None:
        """What was counted under the present yes, by a node that knew of it, is somewhere."""
        known = {name for name, count in self.counted.items() if seen.flag and count.gate == seen.change}
        assert known - self.excused <= not_flushed.union(seen.pending, *map(counts_of, self.sealed.values()))

    def teardown(self) -> None:
        """All processes die, and the next ones make their closing reports: nothing is left behind."""
        try:
            for process in self.processes:
                process.go_on(killed=True)
            for node in 3 * self.nodes:  # a report that waits, and one for each node
                self.clock.advance(timedelta(hours=1))
                self.new_cycle(node).run("close")
            self.all_is_well()
            self.nothing_is_lost(self.look(), set())
        finally:
            self.observer.close()
            self.database.dispose()
            self.directory.cleanup()

    # -- how it is looked at ------------------------------------------------------------------------------------------

    def new_cycle(self, node: Node) -> Cycle:
        configuration = Configuration(telemetry_reporting_period=PERIOD, product_version="1")
        cycle = Cycle(configuration, self.database, node.counters, build, self.far_end, self.clock.now)
        cycle.database_trouble = Trouble("The database must not fail", misses=1)
        return cycle

    def decide(self, node: Node | None, on: bool) -> None:
        with self.database.begin() as connection:
            state = store.lock(connection)
            change = store.Change(self.clock.now(), None, "the model", state.flag, on)
            source = None if node is None else node.source
            new = store.change_flag(connection, state, change, period=PERIOD, source=source)
        if node is not None:
            node.news = partial(node.counters.set_gate, new.installation, new.change_no, on=on)

    def look(self) -> Seen:
        """What is in the database, without the code that put it there."""
        ((flag, change, pending),) = self.observer.execute("select flag, change_no, pending from telemetry_state")
        reports = self.observer.execute("select id, state, attempts, body from telemetry_report")
        flushed = self.observer.execute("select id, flushed from telemetry_source")
        known = {source: set(json.loads(totals)) for source, totals in flushed}
        return Seen(bool(flag), change, json.loads(pending), [Report(*row) for row in reports], known)

    def not_flushed(self, node: Node, seen: Seen) -> set[str]:
        """The names in the counter file that the next flush will move: none, if the source is unknown."""
        totals = set(node.counters.totals())
        return totals - seen.flushed.get(node.counters.source, totals)


TestProtocol = pytest.mark.timeout(300)(Protocol.TestCase)  # what is found is made shorter, which takes its time
TestProtocol.settings = settings(
    max_examples=60, stateful_step_count=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
