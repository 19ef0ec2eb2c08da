"""Runs the server, the clients and the faults for some seconds, and settles the books."""

import argparse
import os
import random
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field, replace
from http.client import HTTPException
from itertools import count
from pathlib import Path
from typing import TypeVar

import httpx
from sqlalchemy import Engine

from tests.chaos.books import LOCK, Books, by_real_clock, locking
from tests.chaos.clients import Attempt, Clients, ask
from tests.chaos.collector import BadCollector
from tests.chaos.machine import ImpossibleHereError, SmallDisk, WallClock, mounted
from tests.chaos.server import PROJECT, Gunicorn
from tests.chaos.verdict import Period, Switch, periods, table, violations_of, violations_of_no, violations_of_wire

T = TypeVar("T")
DISK = "the disk of the state directory is full"
CLOCK = "the wall clock jumps by an hour"
MODEL = PROJECT / "docs" / "examples" / "approval.bpmn"
CONFIGURATION = "/engine-rest/telemetry/configuration"
SETTINGS = {
    "ENGINE_TELEMETRY_REPORTING_PERIOD": "2",
    "ENGINE_TELEMETRY_FLUSH_INTERVAL": "0.2",
    "ENGINE_TELEMETRY_REQUEST_TIMEOUT": "1500",
    "ENGINE_TELEMETRY_REQUEST_RETRIES": "10",
}


@dataclass
class Chaos:
    """One run.

    Attributes:
        server: What is tormented.
        chance: Draws what happens next, and when.
        lock: A way to lock telemetry's table from outside.
        endpoint: Where the collector is.
        clock: The server's wall clock, if it can be made to jump.
        disk: What the state directory lies on, if that can be full.
        impossible: The faults that this machine does not allow, and why.
        switches: The changes of the flag that were asked for: on, off, on ...
    """

    server: Gunicorn
    chance: random.Random
    lock: Engine
    endpoint: str
    clock: WallClock | None = None
    disk: SmallDisk | None = None
    impossible: Sequence[str] = ()
    starts: Iterator[int] = field(default_factory=count)
    switches: list[Switch] = field(default_factory=list)

    def faults(self) -> list[tuple[str, Callable[[], None]]]:
        """What can happen, each once in a round."""
        return [
            ("a worker is killed", self.kill_a_worker),
            ("another worker is killed", self.kill_a_worker),
            ("a worker hangs", self.hang_a_worker),
            ("the master is killed", self.kill_the_master),
            ("reload (HUP)", lambda: self.server.send(signal.SIGHUP)),
            ("another master takes over (USR2)", self.server.replace),
            ("restart (TERM)", self.restart),
            ("the table is locked", self.lock_the_table),
            ("telemetry is switched off and on", self.switch_off_and_on),
            ("telemetry is switched off and on again", self.switch_off_and_on),
            (DISK, self.fill_the_disk),
            (CLOCK, self.move_the_clock),
            (CLOCK, self.move_the_clock),
        ]

    def torment(self, seconds: float) -> None:
        """One fault after another, in rounds of all of them."""
        began, left = time.monotonic(), self.faults()[:0]
        while time.monotonic() < began + seconds:
            time.sleep(self.chance.uniform(0.3, 1.5))
            left = left or self.chance.sample(self.faults(), len(self.faults()))
            name, happen = left.pop()
            say(f"{time.monotonic() - began:6.1f} s  {name}")
            happen()

    def kill_a_worker(self) -> None:
        """SIGKILL, wherever it is at the moment."""
        self._signal_a_worker(signal.SIGKILL)

    def hang_a_worker(self) -> None:
        """It stops, perhaps in a transaction; the master kills it after its timeout."""
        self._signal_a_worker(signal.SIGSTOP)

    def _signal_a_worker(self, number: signal.Signals) -> None:
        chance, workers = self.chance.random(), sorted(self.server.workers())
        if workers:
            _send(workers[int(chance * len(workers))], number)

    def kill_the_master(self) -> None:
        """SIGKILL; its workers find out, and another one is started."""
        workers = self.server.workers()
        self.server.end(signal.SIGKILL)
        for worker in workers:
            _send(worker, signal.SIGCONT)  # nobody else is left to wake one that hangs
        self.start()

    def restart(self) -> None:
        """As an operator does."""
        self.server.end(signal.SIGTERM)
        self.start()

    def start(self) -> None:
        """With another endpoint: one that has answered 410 gets nothing more."""
        self.server.environment["ENGINE_TELEMETRY_ENDPOINT"] = f"{self.endpoint}/{next(self.starts)}"
        self.server.start()

    def fill_the_disk(self) -> None:
        """No byte is free where the counters lie, for a while in which the server may be started again."""
        pause, again = self.chance.uniform(0.2, 1.2), self.chance.random() < 0.5
        if self.disk is None:
            return
        self.disk.fill()
        if again:
            self.restart()
        time.sleep(pause)
        self.disk.free()

    def move_the_clock(self) -> None:
        """By an hour, one way or the other; it stays so."""
        step = self.chance.choice((-1, 1))
        if self.clock is not None:
            now = self.clock.hours
            self.clock.jump_to(now + (step if abs(now + step) <= 1 else -step))

    def lock_the_table(self) -> None:
        """Somebody holds the one row that all of telemetry needs."""
        with self.lock.begin() as connection:
            connection.execute(LOCK)
            time.sleep(self.chance.uniform(0.2, 1.2))

    def switch_off_and_on(self) -> None:
        """By REST, with some commands between."""
        self.switch(enabled=False)
        time.sleep(self.chance.uniform(0.1, 1))
        self.switch(enabled=True)

    def switch(self, *, enabled: bool) -> None:
        """Ask until somebody says that it is done; a worker may be killed over it."""
        sent, end = time.time(), time.monotonic() + 30
        while self._ask(enabled=enabled) != 204:
            if time.monotonic() > end:
                raise TimeoutError(f"Telemetry could not be switched {'on' if enabled else 'off'} in 30 s.")
            time.sleep(0.1)
        self.switches.append(Switch(sent, time.time()))

    def _ask(self, *, enabled: bool) -> int | None:
        try:
            return ask(self.server.port, CONFIGURATION, {"enableTelemetry": enabled})
        except (OSError, HTTPException):
            return None


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):  # it ended by itself
        os.kill(pid, number)


def run(seed: int, seconds: float, url: str, folder: Path) -> bool:
    """Torment a server, print what came of it; whether all is well."""
    chance, state = random.Random(seed), folder / "state"
    with ExitStack() as ending:
        impossible: list[str] = []
        clock = possible(CLOCK, lambda: WallClock(folder), impossible)
        disk = possible(DISK, lambda: ending.enter_context(mounted(state)), impossible)
        collector = ending.enter_context(BadCollector(random.Random(seed + 1)))
        places = {"ENGINE_DATABASE_URL": url, "ENGINE_TELEMETRY_STATE_DIRECTORY": str(state)}
        server = Gunicorn(free_port(), folder, SETTINGS | places | (dict(clock.environment) if clock else {}))
        chaos = Chaos(server, chance, locking(url), collector.url, clock, disk, impossible)
        try:
            chaos.start()
            deploy(server.port)
            books = Books(url)
            clients = Clients(server.port, random.Random(seed + 2), 3)
            time.sleep(0.5)
            chaos.switch(enabled=True)
            chaos.torment(seconds)
            clients.stop()
            server.end(signal.SIGTERM)
        finally:
            server.kill_all()
        books.close()
        return settle(chaos, collector, books, clients.attempts, state)


def possible(fault: str, prepare: Callable[[], T], impossible: list[str]) -> T | None:
    """What a fault needs; ``None``, and a note of it, where that cannot be had."""
    try:
        return prepare()
    except ImpossibleHereError as exc:
        impossible.append(f"{fault} ({exc})")
        return None


def settle(chaos: Chaos, collector: BadCollector, books: Books, attempts: list[Attempt], state: Path) -> bool:
    """Print the table and what is wrong; whether nothing is."""
    for key, bodies in collector.bodies.items():
        if key in books.reports:
            books.reports[key].bodies |= bodies
    changes, remainder = books.changes(), books.remainder(state)
    if [change.new for change in changes] != [number % 2 == 0 for number in range(len(chaos.switches))]:
        say(f"The flag was changed {len(chaos.switches)} times, and the database has {changes!r}.")
        return False
    changes = [
        replace(change, at=by_real_clock(change.at, switch.answered))
        for change, switch in zip(changes, chaos.switches, strict=True)
    ]
    consents, strays = periods(changes, chaos.switches, books.reports.values())
    wrong = [f"A report was sealed while telemetry was off: {report!r}." for report in strays]
    wrong += violations_of_wire(books.reports, collector.bodies, collector.recorded)
    wrong += [line for period in consents for line in violations_of_no(period, collector.last_seen)]
    wrong += [line for period in consents for line in violations_of(period, attempts, remainder)]
    _print(consents, attempts, collector, books, lambda period: table(period, attempts, remainder))
    for fault in chaos.impossible:
        say(f"Not possible here: {fault}")
    for line in wrong:
        say(f"VIOLATED: {line}")
    return not wrong


def _print(
    consents: list[Period],
    attempts: list[Attempt],
    collector: BadCollector,
    books: Books,
    figures: Callable[[Period], str],
) -> None:
    for period in consents:
        say(figures(period))
    fates = [report.state for report in books.reports.values()]
    say(f"Requests: {len(attempts)}, of which {sum(not attempt.acknowledged for attempt in attempts)} failed")
    say("Reports: " + ", ".join(f"{fates.count(fate)} {fate}" for fate in sorted(set(fates))))
    say("Collector: " + ", ".join(f"{name} {times}" for name, times in collector.manners.most_common()))
    say(f"Duplicates that the collector absorbed: {collector.duplicates}")


def deploy(port: int) -> None:
    """Deploy the example; a worker may not listen yet."""
    for attempt in range(50):
        try:
            files = {"approval.bpmn": ("approval.bpmn", MODEL.read_bytes())}
            answer = httpx.post(f"http://127.0.0.1:{port}/engine-rest/deployment/create", files=files, timeout=20)
            answer.raise_for_status()
        except httpx.TransportError:
            time.sleep(0.1 + attempt / 100)
        else:
            return
    raise TimeoutError("The server does not answer; its log says why.")


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def say(text: str) -> None:
    """Show it at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Read the command line; the exit status: 1 if counts were lost, doubled or made without consent."""
    parser = argparse.ArgumentParser(prog="scripts/chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="repeats the faults of a run; random without it")
    parser.add_argument("--seconds", type=float, default=60, help="how long faults are made (default: 60)")
    parser.add_argument("--database", help="SQLAlchemy URL of an empty database; SQLite in a temporary folder without")
    options = parser.parse_args()
    seed = random.SystemRandom().randrange(10**6) if options.seed is None else options.seed
    folder = Path(tempfile.mkdtemp(prefix="engine-telemetry-chaos-"))
    again = f"scripts/chaos --seed {seed} --seconds {options.seconds:g}"
    say(f"{again}, in {folder}")
    well = run(seed, options.seconds, options.database or f"sqlite:///{folder}/engine.db", folder)
    say(f"Verdict: {'exact' if well else 'NOT EXACT'}. The same faults again: {again}")
    if well:
        shutil.rmtree(folder)
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main())
