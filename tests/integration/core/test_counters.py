"""Counting with real files, processes and threads."""

import fcntl
import multiprocessing
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from engine_telemetry.counters import MAX_NAMES, CounterFile, join_counters, open_counters
from engine_telemetry.process_group import ProcessGroup
from tests.integration.core.conftest import FORK, INSTALLATION, ROWS, SECONDS, SIZE, Fork, increment, rows

NAMES_WORD, FIRST_ROW_LOCK = 7, 64

COUNT_TEN = """
from pathlib import Path
from engine_telemetry.counters import join_counters
counters = join_counters(Path(path))
for _ in range(10):
    counters.increment("StartProcessInstanceCmd")
"""


THREE_HUNDRED_CHILDREN = """
import os
from pathlib import Path
from engine_telemetry.counters import join_counters
counters = join_counters(Path(path))
for _ in range(300):
    if os.fork() == 0:
        counters.increment("StartProcessInstanceCmd")
        os._exit(0)
    os.wait()
"""


def run(program: str, path: Path) -> None:
    """Run this in an interpreter of its own, without measuring its coverage, which slows each fork down."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    command = [sys.executable, "-c", f"path = {str(path)!r}{program}"]
    subprocess.run(command, env=environment, check=True, timeout=SECONDS)


@pytest.fixture
def impatient_threads() -> Iterator[None]:
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


# -- exact over threads and processes ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("impatient_threads")
def test_threads_count_exactly(counters: CounterFile) -> None:
    names = ("StartProcessInstanceCmd", "CompleteTaskCmd")
    threads = [threading.Thread(target=increment, args=(counters, name, 20_000)) for name in names * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counters.totals() == {"other": 0} | dict.fromkeys(names, 60_000)


def test_forked_spawned_and_foreign_processes_count_into_one_file(
    counters: CounterFile, path: Path, fork: Fork
) -> None:
    forked = [fork(lambda: increment(counters, "StartProcessInstanceCmd", 10)) for _ in range(3)]
    spawned = multiprocessing.get_context("spawn").Process(target=exec, args=(COUNT_TEN, {"path": str(path)}))
    spawned.start()
    run(COUNT_TEN, path)
    spawned.join(SECONDS)
    for child in forked:
        child.result()
    increment(counters, "StartProcessInstanceCmd", 10)
    assert spawned.exitcode == 0
    assert counters.totals() == {"other": 0, "StartProcessInstanceCmd": 60}


def test_killed_writers_lose_nothing_acknowledged_and_the_next_goes_on_in_their_row(
    counters: CounterFile, path: Path, fork: Fork
) -> None:
    attempted, acknowledged = FORK.RawArray("Q", 1), FORK.RawArray("Q", 1)

    def write() -> None:
        while True:
            attempted[0] += 1
            counters.increment("CompleteTaskCmd")
            acknowledged[0] += 1

    for _ in range(30):
        writer, before = fork(write), acknowledged[0]
        while acknowledged[0] == before:
            time.sleep(0.001)
        time.sleep(random.uniform(0, 0.01))
        writer.kill()
        assert acknowledged[0] <= counters.totals()["CompleteTaskCmd"] <= attempted[0]
    total = counters.totals()["CompleteTaskCmd"]
    assert rows(path) == {0: total}
    counters.increment("CompleteTaskCmd")
    assert rows(path) == {0: total + 1}


@pytest.mark.usefixtures("counters")
def test_three_hundred_short_lived_processes_leave_the_file_as_it_was(path: Path) -> None:
    run(THREE_HUNDRED_CHILDREN, path)
    assert path.stat().st_size == SIZE
    assert rows(path) == {0: 300}


def test_a_forked_child_counts_in_a_row_of_its_own(counters: CounterFile, path: Path, fork: Fork) -> None:
    increment(counters, "CompleteTaskCmd", 3)
    counted, go_on = FORK.Event(), FORK.Event()

    def work() -> bool:
        increment(counters, "CompleteTaskCmd", 5)
        counted.set()
        return go_on.wait(SECONDS)

    child = fork(work)
    assert counted.wait(SECONDS)
    increment(counters, "CompleteTaskCmd", 2)
    assert rows(path) == {0: 5, 1: 5}
    go_on.set()
    assert child.result()
    fork(lambda: increment(counters, "CompleteTaskCmd", 1)).result()
    assert rows(path) == {0: 5, 1: 6}


def test_a_child_of_a_process_whose_file_was_replaced_counts_in_a_row_of_its_own_too(
    counters: CounterFile, path: Path, fork: Fork
) -> None:
    path.unlink()
    increment(counters, "CompleteTaskCmd", 3)
    assert open_counters(path) is not counters
    fork(lambda: increment(counters, "CompleteTaskCmd", 5)).result()
    increment(counters, "CompleteTaskCmd", 1)
    assert counters.totals()["CompleteTaskCmd"] == 9


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_forked_while_a_thread_is_in_its_first_use_of_a_name_counts(counters: CounterFile, fork: Fork) -> None:
    held, let_go = FORK.Event(), FORK.Event()

    def hold_the_header() -> bool:
        with counters.group.head():
            held.set()
            return let_go.wait(SECONDS)

    holder = fork(hold_the_header)
    assert held.wait(SECONDS)
    thread = threading.Thread(target=counters.increment, args=("CompleteTaskCmd",))
    thread.start()
    time.sleep(0.1)  # now it waits for the header
    child = fork(lambda: counters.increment("CompleteTaskCmd"))
    let_go.set()
    child.result()
    thread.join()
    assert holder.result()
    assert counters.totals() == {"other": 0, "CompleteTaskCmd": 2}


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_children_forked_beside_a_thread_that_uses_many_names_count(counters: CounterFile, fork: Fork) -> None:
    names = [f"Name{number}" for number in range(400)]

    def use_them() -> None:
        for name in names:
            counters.increment(name)

    thread = threading.Thread(target=use_them)
    thread.start()
    children = [fork(lambda: counters.increment("FromChild")) for _ in range(20)]
    for child in children:
        child.result()
    thread.join()
    assert counters.totals() == {"other": 0, "FromChild": 20} | dict.fromkeys(names, 1)


def test_names_used_first_by_several_processes_at_once_get_one_slot_each(
    counters: CounterFile, path: Path, fork: Fork
) -> None:
    names = [f"Name{number}" for number in range(150)]
    barrier = FORK.Barrier(3)

    def use_them() -> None:
        barrier.wait(SECONDS)
        for name in names:
            counters.increment(name)

    for child in [fork(use_them) for _ in range(3)]:
        child.result()
    assert counters.totals() == {"other": 0} | dict.fromkeys(names, 3)
    assert memoryview(path.read_bytes()).cast("Q")[NAMES_WORD] == 151


def test_the_last_free_slot_goes_to_the_first_of_two_processes(counters: CounterFile, fork: Fork) -> None:
    for number in range(MAX_NAMES - 2):
        counters.increment(f"Name{number}")
    fork(lambda: counters.increment("First")).result()
    counters.increment("Second")
    totals = counters.totals()
    assert len(totals) == MAX_NAMES
    assert (totals["First"], totals["other"]) == (1, 1)


def test_totals_never_decrease_while_writers_come_and_go(counters: CounterFile, fork: Fork) -> None:
    def write() -> None:
        for number in count():
            counters.increment(f"Name{number % 5}")

    seen: dict[str, int] = {}
    for goal in range(1000, 11_000, 1000):
        writers = [fork(write), fork(write)]
        while sum(seen.values()) < goal:
            totals = counters.totals()
            assert all(totals[name] >= before for name, before in seen.items())
            seen = totals
        for writer in writers:
            writer.kill()


def test_two_spellings_of_a_path_are_one_file(counters: CounterFile, path: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    again = open_counters(tmp_path / "link" / path.parent.name / path.name)
    for _ in range(10):
        counters.increment("CompleteTaskCmd")
        again.increment("CompleteTaskCmd")
    assert counters.totals()["CompleteTaskCmd"] == 20


# -- the gate ----------------------------------------------------------------------------------------------------------


def test_nothing_is_written_while_the_gate_is_closed(counters: CounterFile, path: Path, fork: Fork) -> None:
    counters.increment("CompleteTaskCmd")
    counters.set_gate(INSTALLATION, 2, on=False)
    before = path.read_bytes()
    increment(counters, "CompleteTaskCmd", 10)
    counters.increment("StartProcessInstanceCmd")
    fork(lambda: counters.increment("CompleteTaskCmd")).result()
    assert path.read_bytes() == before


def test_the_gate_moves_in_all_processes_at_once(counters: CounterFile, fork: Fork) -> None:
    closed, opened, tried = FORK.Event(), FORK.Event(), FORK.Event()

    def work() -> None:
        counters.increment("Before")
        tried.set()
        closed.wait(SECONDS)
        counters.increment("Closed")
        tried.set()
        opened.wait(SECONDS)
        counters.increment("Opened")

    child = fork(work)
    for change, moved in ((2, closed), (3, opened)):
        assert tried.wait(SECONDS)
        tried.clear()
        counters.set_gate(INSTALLATION, change, on=moved is opened)
        moved.set()
    child.result()
    assert counters.totals() == {"other": 0, "Before": 1, "Opened": 1}


def test_the_first_of_a_group_lets_the_gate_follow_a_restored_database(counters: CounterFile, path: Path) -> None:
    counters.set_gate(INSTALLATION, 6, on=False)
    counters.set_gate(INSTALLATION, 3, on=True)
    assert counters.gate == 0
    counters.group.leave()
    join_counters(path).set_gate(INSTALLATION, 3, on=True)
    assert counters.gate == 3


# -- rows --------------------------------------------------------------------------------------------------------------


@contextmanager
def all_rows_held(path: Path, fork: Fork) -> Iterator[None]:
    locked, let_go = FORK.Event(), FORK.Event()

    def hold_all_rows() -> bool:
        with path.with_suffix(".lock").open("r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX, ROWS, FIRST_ROW_LOCK)
            locked.set()
            return let_go.wait(SECONDS)

    holder = fork(hold_all_rows)
    assert locked.wait(SECONDS)
    yield
    let_go.set()
    assert holder.result()


@pytest.mark.usefixtures("counters")
def test_a_process_without_a_row_does_not_count_and_says_so_and_looks_again_after_some_seconds(
    path: Path, fork: Fork
) -> None:
    now = [1000.0]
    counters = CounterFile(path, ProcessGroup(path.with_suffix(".lock")), monotonic=lambda: now[0])
    with all_rows_held(path, fork):
        increment(counters, "CompleteTaskCmd", 3)
        assert counters.problem == "Not counting in this process: all 128 rows of the counter file are in use."
    now[0] += 4.9  # it has looked, and does not at each command
    increment(counters, "CompleteTaskCmd", 3)
    assert (counters.totals(), counters.problem is None) == ({"other": 0}, False)
    now[0] += 0.1
    increment(counters, "CompleteTaskCmd", 3)
    assert counters.totals() == {"other": 0, "CompleteTaskCmd": 3}
    assert counters.problem is None


# -- the header --------------------------------------------------------------------------------------------------------


def test_the_first_server_that_a_process_notes_is_the_server_of_the_group(counters: CounterFile, fork: Fork) -> None:
    fork(lambda: counters.note_server("gunicorn/27.0.1")).result()
    counters.note_server("uvicorn")
    assert counters.server == "gunicorn/27.0.1"


def test_the_server_is_forgotten_by_the_first_of_the_next_group_only(
    counters: CounterFile, path: Path, fork: Fork
) -> None:
    joined, leave = FORK.Event(), FORK.Event()

    def stay() -> bool:
        join_counters(path)
        joined.set()
        return leave.wait(SECONDS)

    counters.note_server("gunicorn/27.0.1")
    other = fork(stay)
    assert joined.wait(SECONDS)
    counters.group.leave()
    counters.join()
    assert counters.server == "gunicorn/27.0.1"
    counters.group.leave()
    leave.set()
    assert other.result()
    assert counters.server == "gunicorn/27.0.1"
    counters.join()
    assert counters.server is None


def test_a_long_server_text_is_cut_and_readable(counters: CounterFile) -> None:
    counters.note_server("x" + "é" * 600)
    assert counters.server == "x" + "é" * 507
    assert counters.totals() == {"other": 0}
    counters.set_gate(INSTALLATION, 0, on=False)
    assert counters.gate == 1  # as what follows the text in the header is as it was


def test_counts_can_be_written_to_the_disk(counters: CounterFile, path: Path) -> None:
    increment(counters, "CompleteTaskCmd", 4)
    counters.save()
    assert rows(path) == {0: 4}
