"""Three nodes with several processes each on one PostgreSQL, for a month of their own time, with restarts and kills."""

import multiprocessing
import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from engine_telemetry import store
from engine_telemetry.database import Database
from engine_telemetry.store import ReportRecord
from engine_telemetry.telemetry import Telemetry
from engine_telemetry.testing import Answer, Collector
from tests.chaos.books import Books
from tests.faults.databases import DatabaseServer
from tests.faults.nodes import commands, settings, sources, wait_until

FORK = multiprocessing.get_context("fork")
COMMAND = "StartCmd"
START = datetime(2026, 3, 1, tzinfo=UTC)
PERIOD, STEP, DAYS = timedelta(days=1), timedelta(hours=6), 30
SKEWS = {"a": timedelta(minutes=-2), "b": timedelta(0), "c": timedelta(minutes=3)}
JUMPS = [timedelta(hours=-1), timedelta(0), timedelta(hours=1)]
DISAGREEMENT = max(SKEWS.values()) - min(SKEWS.values()) + max(JUMPS) - min(JUMPS)
MEMBERS = 3
FLUSH = timedelta(milliseconds=50)

pytestmark = [
    pytest.mark.full,
    pytest.mark.timeout(240),
    pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning"),
]


class SharedClock:
    """A clock in a file, that the test sets and processes read."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.set(START)

    def set(self, now: datetime) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(now.isoformat())
        new.rename(self._file)

    def now(self) -> datetime:
        return datetime.fromisoformat(self._file.read_text())


def be_a_member(telemetry: Callable[[], Telemetry], orders: Connection) -> None:
    """Count what is ordered; close at the end of the orders."""
    own = telemetry()
    own.open()
    orders.send("open")
    while times := orders.recv():
        for _ in range(times):
            own.count(COMMAND)
        orders.send("counted")
    own.close()


class Member:
    """A process of a node."""

    def __init__(self, telemetry: Callable[[], Telemetry]) -> None:
        self._orders, theirs = FORK.Pipe()
        self.process = FORK.Process(target=be_a_member, args=(telemetry, theirs))
        self.process.start()
        theirs.close()
        self._wait()

    def count(self, times: int) -> None:
        """Returns when it has."""
        self._orders.send(times)
        self._wait()

    def stop(self) -> None:
        self._orders.send(0)
        self.end()

    def kill(self) -> None:
        self.process.kill()
        self.end()

    def end(self) -> None:
        self.process.join(30)
        assert self.process.exitcode is not None
        self._orders.close()

    def _wait(self) -> None:
        assert self._orders.poll(30), "a member hangs"
        self._orders.recv()


@dataclass
class Cluster:
    """The nodes, the time, and what was counted since the last change of the flag."""

    url: str
    folder: Path
    endpoint: str
    chance: random.Random
    counted: int = 0
    now: datetime = START
    members: dict[str, list[Member]] = field(default_factory=dict)
    seen: dict[str, ReportRecord] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.jumps = dict.fromkeys(SKEWS, timedelta(0))
        self.clocks = {name: SharedClock(self.folder / name) for name in SKEWS}

    def start(self, node: str) -> None:
        """One process more."""

        def telemetry() -> Telemetry:
            more = {
                "initialize_telemetry": True,
                "telemetry_endpoint": self.endpoint,
                "telemetry_flush_interval": FLUSH,
            }
            return Telemetry(settings(self.url, self.state(node), **more), clock=self.clocks[node].now)

        self.members.setdefault(node, []).append(Member(telemetry))

    def state(self, node: str) -> Path:
        return self.folder / f"state-{node}"

    def stop(self, node: str) -> None:
        """All of a node, in order."""
        for member in self.members.pop(node, []):
            member.stop()

    def kill_one(self, node: str) -> None:
        self.members[node].pop().kill()

    def count(self) -> None:
        """Some members, some commands."""
        for members in self.members.values():
            times = self.chance.randrange(1, 20)
            self.chance.choice(members).count(times)
            self.counted += times

    def advance(self) -> None:
        """A quarter of a day for all clocks, and time enough for every node to look at its own."""
        self.now += STEP
        for name, skew in SKEWS.items():
            self.clocks[name].set(self.now + skew + self.jumps[name])
        time.sleep(4 * FLUSH.total_seconds())
        self.look()

    def look(self) -> None:
        with Database(self.url, pooled=False).read() as connection:
            self.seen |= {report.id: report for report in store.history(connection)}

    def switch(self, *, enabled: bool) -> None:
        """By somebody whom no node knows, so that all of them hear of it late."""
        telemetry = Telemetry(settings(self.url, self.folder / "nobody"), clock=lambda: self.now)
        with Database(self.url, pooled=False).begin() as connection:
            telemetry.toggle(connection, enabled=enabled, user="test")

    def happen(self) -> None:
        """What happens in the life of a cluster."""
        node, what = self.chance.choice([*SKEWS]), self.chance.random()
        if what < 0.4:
            self.kill_one(node)
            self.start(node)
        elif what < 0.6:
            self.stop(node)
            for _ in range(MEMBERS):
                self.start(node)
        elif what < 0.8:
            self.jumps[node] = self.chance.choice(JUMPS)


@contextmanager
def cluster(url: str, folder: Path, endpoint: str) -> Iterator[Cluster]:
    running = Cluster(url, folder, endpoint, random.Random(5))
    try:
        for node in SKEWS:
            for _ in range(MEMBERS):
                running.start(node)
        yield running
    finally:
        for members in running.members.values():
            for member in members:
                member.process.kill()


def let_days_pass(running: Cluster, collector: Collector, days: int) -> None:
    for _ in range(days):
        for _ in range(PERIOD // STEP):
            collector.answer = Answer(close=True) if running.chance.random() < 0.2 else Answer()
            running.count()
            running.advance()
        running.happen()
    collector.answer = Answer()


def test_a_month_of_three_nodes_makes_one_report_a_day_and_loses_nothing(
    postgresql: DatabaseServer, tmp_path: Path, collector: Collector
) -> None:
    url = postgresql.new_database()
    with cluster(url, tmp_path, collector.url) as running:
        wait_until(lambda: sources(url) == len(SKEWS))
        time.sleep(4 * FLUSH.total_seconds())
        let_days_pass(running, collector, DAYS // 2)
        before = set(running.seen)
        check_schedule(list(running.seen.values()))
        running.switch(enabled=False)
        running.count()
        running.switch(enabled=True)
        wait_until(lambda: sources(url) == len(SKEWS))
        time.sleep(4 * FLUSH.total_seconds())
        running.look()
        before |= set(running.seen)
        running.counted = 0
        let_days_pass(running, collector, DAYS // 2)
        for node in SKEWS:
            running.stop(node)
        running.look()
    since = [report for report in running.seen.values() if report.id not in before]
    check_schedule(since)
    assert sum(commands(report).get(COMMAND, 0) for report in since) + kept(url, tmp_path) == running.counted
    assert {report.state for report in since} <= {"accepted", "waiting"}
    assert all(running.seen[request.key].body in {request.body, b""} for request in collector.requests)


def check_schedule(reports: list[ReportRecord]) -> None:
    """At most one scheduled report in a period, as far as the nodes agree on the time, and none missed for two."""
    times = sorted(report.created_at for report in reports if report.cause == "schedule")
    assert len(times) >= DAYS // 2 * 0.6
    for earlier, later in pairwise(times):
        assert PERIOD - DISAGREEMENT <= later - earlier <= 2 * PERIOD + STEP


def kept(url: str, folder: Path) -> int:
    """What is in the database or in a counter file, and in no report that was sent."""
    books = Books(url)
    books.close()
    left = [books.remainder(folder / f"state-{node}") for node in SKEWS]
    not_flushed = sum(remainder.not_flushed.get(COMMAND, 0) for remainder in left)
    return left[0].pending.get(COMMAND, 0) + not_flushed
