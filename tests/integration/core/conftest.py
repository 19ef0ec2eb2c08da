"""Forked children that hand back what they saw, and a counter file with an open gate."""

import multiprocessing
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Generic, Protocol, TypeVar, cast

import pytest

from engine_telemetry.counters import CounterFile, join_counters

T = TypeVar("T")
FORK = multiprocessing.get_context("fork")
SECONDS = 30
ROWS_AT, ROWS, CELLS = 49152, 128, 512  # the byte layout that counters.py documents
SIZE = ROWS_AT + ROWS * CELLS * 8
INSTALLATION = "6f2bd9ac-2e0b-4f0b-9a51-0c1a5d5f3a11"


class Child(Generic[T]):
    """A process forked out of the test that does one thing."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._receiver, sender = FORK.Pipe(duplex=False)
        self._process = FORK.Process(target=self._run, args=(work, sender))
        self._process.start()
        sender.close()
        self.pid = self._process.pid

    @staticmethod
    def _run(work: Callable[[], T], sender: "multiprocessing.connection.Connection") -> None:
        try:
            answer: tuple[bool, object] = (True, work())
        except BaseException:  # noqa: BLE001 - the parent fails with it
            answer = (False, traceback.format_exc())
        sender.send(answer)

    def result(self) -> T:
        """What the work returned, when it has ended."""
        assert self._receiver.poll(SECONDS), "the child hangs"
        worked, answer = self._receiver.recv()
        self.end()
        assert worked, answer
        return cast("T", answer)

    def kill(self) -> None:
        """End it with SIGKILL."""
        self._process.kill()
        self.end()

    def end(self) -> int | None:
        """Wait for its end; its exit code, or the number of the signal that killed it, negative."""
        self._process.join(SECONDS)
        self._receiver.close()
        return self._process.exitcode


class Fork(Protocol):
    """Start some work in a forked child."""

    def __call__(self, work: Callable[[], T]) -> Child[T]: ...


@pytest.fixture
def fork() -> Iterator[Fork]:
    children: list[Child[object]] = []

    def start(work: Callable[[], T]) -> Child[T]:
        child = Child(work)
        children.append(cast("Child[object]", child))
        return child

    yield start
    for child in children:
        child.kill()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "node-0123456789abcdef.v1"


@pytest.fixture
def counters(path: Path) -> CounterFile:
    joined = join_counters(path)
    joined.set_gate(INSTALLATION, 1, on=True)
    return joined


def increment(counters: CounterFile, name: str, times: int) -> None:
    for _ in range(times):
        counters.increment(name)


def rows(path: Path) -> dict[int, int]:
    """The sum of each row that holds any count."""
    cells = memoryview(path.read_bytes()[ROWS_AT:]).cast("Q")
    sums = {row: sum(cells[row * CELLS : (row + 1) * CELLS]) for row in range(ROWS)}
    return {row: counted for row, counted in sums.items() if counted}
