"""Who is alive, who leads, who closes: with real processes and kills."""

import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from engine_telemetry.counters import CounterFile, join_counters, open_counters
from engine_telemetry.exceptions import StateDirectoryError
from engine_telemetry.process_group import ProcessGroup
from tests.integration.core.conftest import FORK, SECONDS, Child, Fork


def make_closing_report(counters: CounterFile) -> bool:
    """Close an engine; whether the closing report is ours."""
    if not counters.group.leave():
        return False
    return counters.claim_closing()


def live(path: Path) -> bool:
    """Open an engine and close it again; whether the closing report is ours."""
    counters = join_counters(path)
    counters.mark_in_use()
    return make_closing_report(counters)


Stay = Callable[[Callable[[CounterFile], object]], Child[None]]


@pytest.fixture
def stay(fork: Fork, path: Path) -> Stay:
    """A process that has joined, has done something, and stays until it is killed."""

    def start(work: Callable[[CounterFile], object]) -> Child[None]:
        ready = FORK.Event()

        def join_and_stay() -> None:
            work(join_counters(path))
            ready.set()
            signal.pause()

        child = fork(join_and_stay)
        assert ready.wait(SECONDS)
        return child

    return start


# -- the last one out --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("processes", [2, 3, 4])
def test_exactly_one_of_those_that_close_at_once_makes_the_closing_report(
    path: Path, fork: Fork, processes: int
) -> None:
    barrier = FORK.Barrier(processes)

    def close_often() -> list[bool]:
        closed = []
        for _ in range(50):
            counters = join_counters(path)
            counters.mark_in_use()
            barrier.wait(SECONDS)
            closed.append(make_closing_report(counters))
            barrier.wait(SECONDS)
        return closed

    closed = [child.result() for child in [fork(close_often) for _ in range(processes)]]
    assert [sum(round_) for round_ in zip(*closed, strict=True)] == [1] * 50


def test_the_closing_report_is_made_once(counters: CounterFile) -> None:
    counters.mark_in_use()
    assert make_closing_report(counters)
    assert not counters.claim_closing()
    counters.join()
    counters.mark_in_use()
    assert make_closing_report(counters)


def test_a_group_that_opened_no_engine_makes_no_closing_report(counters: CounterFile) -> None:
    assert not make_closing_report(counters)


def test_the_first_engine_of_a_group_knows_that_it_is_the_first(counters: CounterFile, fork: Fork, stay: Stay) -> None:
    assert counters.mark_in_use()
    assert not fork(counters.mark_in_use).result()
    stay(lambda _: None)
    counters.group.leave()
    counters.join()
    assert not counters.mark_in_use()


def test_who_is_not_the_last_makes_no_closing_report(counters: CounterFile, stay: Stay) -> None:
    counters.mark_in_use()
    stay(lambda _: None)
    assert not make_closing_report(counters)


def test_a_killed_member_does_not_hinder_the_closing_report(counters: CounterFile, stay: Stay) -> None:
    counters.mark_in_use()
    stay(lambda _: None).kill()
    assert make_closing_report(counters)


def test_a_member_killed_at_its_closing_report_does_not_hinder_the_next_group(
    counters: CounterFile, path: Path, fork: Fork
) -> None:
    closing = FORK.Event()

    def begin_to_close() -> None:
        counters.join()
        counters.mark_in_use()
        if counters.group.leave():
            assert counters.claim_closing()
            closing.set()
            signal.pause()

    counters.group.leave()
    child = fork(begin_to_close)
    assert closing.wait(SECONDS)
    child.kill()
    assert live(path)


def test_two_engines_of_a_process_are_alive_until_both_are_closed(counters: CounterFile, path: Path) -> None:
    counters.mark_in_use()
    second = join_counters(path)
    assert second is counters
    assert not make_closing_report(second)
    assert make_closing_report(counters)


def test_a_group_that_starts_before_the_last_one_closes_has_the_closing_report(
    counters: CounterFile, path: Path, fork: Fork
) -> None:
    started, close = FORK.Event(), FORK.Event()

    def start_and_close() -> bool:
        other = join_counters(path)
        other.mark_in_use()
        started.set()
        close.wait(SECONDS)
        return make_closing_report(other)

    counters.mark_in_use()
    assert counters.group.leave()
    child = fork(start_and_close)
    assert started.wait(SECONDS)
    assert not counters.claim_closing()
    close.set()
    assert child.result()


def test_a_group_that_lives_while_another_one_makes_its_closing_report_makes_its_own(
    counters: CounterFile, path: Path, fork: Fork
) -> None:
    counters.mark_in_use()
    assert counters.group.leave()
    assert counters.claim_closing()
    assert fork(lambda: live(path)).result()


def test_nobody_takes_a_look_for_a_sign_of_life(path: Path, fork: Fork) -> None:
    barrier = FORK.Barrier(2)
    group = open_counters(path).group

    def look() -> None:
        barrier.wait(SECONDS)
        for _ in range(2000):
            with group.deserted():
                pass

    def come_and_go() -> list[int]:
        first: list[int] = []
        barrier.wait(SECONDS)
        for number in range(1000):
            group.join(partial(first.append, number))
            group.leave()
        return first

    looking = fork(look)
    assert fork(come_and_go).result() == list(range(1000))
    looking.result()


def test_nobody_joins_while_a_group_is_looked_at_as_deserted(path: Path, fork: Fork) -> None:
    group = open_counters(path).group
    joined = FORK.Event()

    def join() -> None:
        group.join(lambda: None)
        joined.set()

    with group.deserted() as deserted:
        assert deserted
        child = fork(join)
        assert not joined.wait(0.2)
    assert joined.wait(SECONDS)
    child.result()


# -- the leader --------------------------------------------------------------------------------------------------------


def test_another_process_leads_when_the_leader_is_killed(counters: CounterFile, stay: Stay) -> None:
    leader = stay(lambda child: child.group.lead("there"))
    assert not counters.group.lead("here")
    assert not counters.group.leads("here")
    leader.kill()
    assert counters.group.lead("here")
    assert counters.group.leads("here")


def test_one_of_two_engines_of_a_process_leads(counters: CounterFile, fork: Fork) -> None:
    group = counters.group
    assert group.lead("one")
    assert group.lead("one")
    assert not group.lead("two")
    group.stop_leading("two")
    assert group.leads("one")
    assert not fork(lambda: group.lead("another process")).result()
    group.stop_leading("one")
    assert fork(lambda: group.lead("another process")).result()
    assert group.lead("two")


def test_a_forked_child_holds_nothing_and_takes_nothing_away(counters: CounterFile, fork: Fork) -> None:
    group = counters.group
    assert group.lead("parent")

    def look_around() -> tuple[bool, bool, bool]:
        led = group.leads("parent")
        group.stop_leading("parent")
        counters.join()
        return led, group.lead("child"), group.leave()

    assert fork(look_around).result() == (False, False, False)
    assert fork(look_around).result() == (False, False, False)
    assert group.leads("parent")


def test_opening_a_replaced_counter_file_drops_no_lock(counters: CounterFile, path: Path, fork: Fork) -> None:
    group = counters.group
    assert group.lead("here")
    path.unlink()
    again = open_counters(path)
    assert again is not counters
    assert again.group is group
    assert not fork(lambda: group.lead("another process")).result()
    assert not fork(lambda: live(path)).result()


# -- the header lock ---------------------------------------------------------------------------------------------------


def test_the_header_is_held_until_the_outermost_block_ends(counters: CounterFile, fork: Fork) -> None:
    entered = FORK.Event()

    def enter() -> None:
        with counters.group.head():
            entered.set()

    with counters.group.head():
        with counters.group.head():
            child = fork(enter)
        assert not entered.wait(0.2)
    assert entered.wait(SECONDS)
    child.result()


def test_a_killed_process_gives_the_header_back(counters: CounterFile, fork: Fork) -> None:
    entered = FORK.Event()

    def enter_and_stay() -> None:
        with counters.group.head():
            entered.set()
            signal.pause()

    def enter() -> None:
        with counters.group.head():
            pass

    holder = fork(enter_and_stay)
    assert entered.wait(SECONDS)
    waiting = fork(enter)
    holder.kill()
    waiting.result()


def test_threads_that_work_on_two_databases_in_several_processes_are_no_deadlock(tmp_path: Path, fork: Fork) -> None:
    groups = [ProcessGroup(tmp_path / name) for name in ("one.lock", "two.lock")]
    end = time.monotonic() + 0.7

    def enter_often(group: ProcessGroup, finished: list[ProcessGroup]) -> None:
        while time.monotonic() < end:
            with group.head():
                pass
        finished.append(group)

    def work() -> int:
        finished: list[ProcessGroup] = []
        threads = [threading.Thread(target=enter_often, args=(group, finished)) for group in groups]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(finished)

    assert [child.result() for child in [fork(work) for _ in range(3)]] == [2, 2, 2]


def test_a_program_that_closed_our_descriptors_is_told_so(counters: CounterFile, path: Path, fork: Fork) -> None:
    def close_and_lead() -> str:
        for fd in Path("/proc/self/fd").iterdir():
            if fd.resolve() == path.with_suffix(".lock"):
                os.close(int(fd.name))
        with pytest.raises(StateDirectoryError) as caught:
            counters.group.lead("here")
        return str(caught.value)

    assert "Bad file descriptor" in fork(close_and_lead).result()
