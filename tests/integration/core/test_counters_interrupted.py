"""Signals, other threads and kills at the worst moment."""

import os
import random
import signal
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from itertools import count
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from engine_telemetry import counters as counters_module
from engine_telemetry import process_group as process_group_module
from engine_telemetry.counters import CounterFile, join_counters, open_counters
from tests.integration.core.conftest import INSTALLATION, Fork

OTHER_INSTALLATION = "0a0a0a0a-0a0a-4a0a-8a0a-0a0a0a0a0a0a"
UNDER_TEST = {counters_module.__file__, process_group_module.__file__}


def at_each(event: str, do: Callable[[int], object]) -> Callable[[FrameType, str, object], Any]:
    """A trace function that calls this with a number from 0 at each ``line`` or ``opcode`` that is under test."""
    numbers = count()
    sys._getframe().f_trace_opcodes = event == "opcode"  # noqa: SLF001 - CPython 3.12.1 looks at it in settrace() only

    def trace(frame: FrameType, happened: str, _arg: object) -> Callable[..., Any] | None:
        if frame.f_code.co_filename not in UNDER_TEST:
            return None
        frame.f_trace_opcodes = event == "opcode"
        if happened == event:
            do(next(numbers))
        return trace

    return trace


# -- signal handlers that count ----------------------------------------------------------------------------------------


def test_a_handler_of_frequent_signals_counts_in_the_midst_of_first_uses(fork: Fork, tmp_path: Path) -> None:
    def work() -> tuple[int, int]:
        handled = count()
        files = [open_counters(tmp_path / "state" / f"{number}.v1") for number in range(5)]
        for counters in files:
            counters.set_gate(INSTALLATION, 1, on=True)

        def handle(_signal: int, _frame: FrameType | None) -> None:
            for counters in files:
                counters.increment(f"Handled{next(handled) % 200}")

        signal.signal(signal.SIGALRM, handle)
        signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
        for name in range(200):
            for counters in files:
                counters.increment(f"Name{name}")
        signal.setitimer(signal.ITIMER_REAL, 0)
        return next(handled), sum(sum(counters.totals().values()) for counters in files)

    handled, counted = fork(work).result()
    assert handled > 0
    assert counted == handled + 5 * 200


def test_a_signal_at_every_instruction_of_a_first_use_is_counted(counters: CounterFile, fork: Fork) -> None:
    def work() -> tuple[int, dict[str, int]]:
        handled = count()

        def handle(_signal: int, _frame: FrameType | None) -> None:
            number = next(handled)
            counters.increment(f"Handled{number}" if number < 400 else "no identifier")

        signal.signal(signal.SIGUSR1, handle)
        sys.settrace(at_each("opcode", lambda _: signal.raise_signal(signal.SIGUSR1)))
        counters.increment("CompleteTaskCmd")
        sys.settrace(None)
        return next(handled), counters.totals()

    handled, totals = fork(work).result()
    assert handled > 100
    assert totals["CompleteTaskCmd"] == 1
    assert sum(totals.values()) == handled + 1


def test_a_handler_that_interrupts_work_on_the_header_does_not_wait_for_a_thread_that_waits_for_it(
    counters: CounterFile, fork: Fork
) -> None:
    def work() -> dict[str, int]:
        signal.signal(signal.SIGUSR1, lambda *_: counters.increment("FromHandler"))
        with counters.group.head():
            thread = threading.Thread(target=counters.increment, args=("FromThread",))
            thread.start()
            time.sleep(0.1)  # now it waits for the header
            signal.raise_signal(signal.SIGUSR1)
        thread.join()
        return counters.totals()

    assert fork(work).result() == {"other": 0, "FromHandler": 1, "FromThread": 1}


# -- a thread that is overtaken ----------------------------------------------------------------------------------------


def count_overtaken_at(instruction: int, counters: CounterFile) -> int:
    """Count once, and at that instruction once more in another thread; how often was counted."""
    seconds_to_overtake = 0.002
    overtaking = threading.Thread(target=counters.increment, args=("CompleteTaskCmd",))

    def overtake(number: int) -> None:
        if number == instruction:
            overtaking.start()
            overtaking.join(seconds_to_overtake)

    sys.settrace(at_each("opcode", overtake))
    counters.increment("CompleteTaskCmd")
    sys.settrace(None)
    if overtaking.ident is None:
        return 1
    overtaking.join()
    return 2


@pytest.mark.skipif(
    "coverage" in sys.modules and (3, 12) <= sys.version_info < (3, 12, 2),
    reason="CPython 3.12.0 and 3.12.1 crash where coverage and a tracer of instructions meet",
)
def test_two_threads_may_use_a_name_first_at_whatever_instruction_one_of_them_is(fork: Fork) -> None:
    def try_all() -> list[tuple[int, int]]:
        tried: list[tuple[int, int]] = []
        while not tried or tried[-1][0] == 2:
            counters = open_counters(None)
            counters.set_gate(INSTALLATION, 1, on=True)
            tried.append((count_overtaken_at(len(tried), counters), counters.totals()["CompleteTaskCmd"]))
        return tried

    tried = fork(try_all).result()
    assert len(tried) > 100
    assert [expected for expected, _ in tried] == [counted for _, counted in tried]


# -- a process that is killed ------------------------------------------------------------------------------------------


def dies_at(line: int, work: Callable[[], object], fork: Fork) -> bool:
    """Do this in a child that is killed at that line; whether it came so far."""

    def kill(number: int) -> None:
        if number == line:
            os.kill(os.getpid(), signal.SIGKILL)

    def be_killed() -> None:
        sys.settrace(at_each("line", kill))
        work()

    return fork(be_killed).end() == -signal.SIGKILL


def use_everything(path: Path) -> None:
    counters = join_counters(path)
    counters.mark_in_use()
    counters.note_server("gunicorn/27.0.1")
    counters.set_gate(INSTALLATION, 7, on=True)
    counters.set_gate(OTHER_INSTALLATION, 1, on=True)
    counters.increment("StartProcessInstanceCmd")
    counters.increment("CompleteTaskCmd")
    counters.group.leave()
    counters.claim_closing()
    counters.discard()


def go_on(path: Path) -> None:
    counters = join_counters(path)
    before = counters.totals()
    counters.set_gate(OTHER_INSTALLATION, 2, on=True)
    counters.increment("CompleteTaskCmd")
    counters.increment("NewCmd")
    assert counters.gate == 2
    assert counters.totals() == before | {"CompleteTaskCmd": before.get("CompleteTaskCmd", 0) + 1, "NewCmd": 1}
    assert counters.mark_in_use()
    assert counters.server is None
    assert counters.group.leave()


def test_a_process_killed_at_any_line_leaves_a_file_that_the_next_one_can_use(fork: Fork, tmp_path: Path) -> None:
    died, line = True, random.randrange(11)  # each run tries other lines
    while died:
        path = tmp_path / str(line) / "node.v1"
        died = dies_at(line, partial(use_everything, path), fork)
        fork(partial(go_on, path)).result()
        line += 11
    assert line > 200


def test_a_process_killed_while_it_moves_the_gate_does_not_hinder_others_to_move_it(fork: Fork, tmp_path: Path) -> None:
    died, line = True, 0
    while died:
        counters = join_counters(tmp_path / str(line) / "node.v1")
        counters.set_gate(INSTALLATION, 7, on=True)
        move = partial(counters.set_gate, OTHER_INSTALLATION, 1, on=True)
        died = dies_at(line, move, fork)
        move()
        assert counters.gate == 1
        line += 1
    assert line > 10
