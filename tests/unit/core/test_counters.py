"""What counts and what does not, with counters in memory."""

import threading
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine_telemetry.counters import MAX_NAMES, CounterFile, open_counters

ONE, TWO = (str(uuid.UUID(int=number, version=4)) for number in (1, 2))


def open_with_gate() -> CounterFile:
    counters = open_counters(None)
    counters.join()
    counters.set_gate(ONE, 1, on=True)
    return counters


@pytest.fixture
def counters() -> CounterFile:
    return open_with_gate()


# -- counting ----------------------------------------------------------------------------------------------------------


def test_nothing_is_counted_before_the_gate_is_opened() -> None:
    counters = open_counters(None)
    counters.increment("CompleteTaskCmd")
    assert counters.totals() == {"other": 0}
    assert counters.gate == 0


def test_each_database_in_memory_has_counters_of_its_own(counters: CounterFile) -> None:
    other = open_with_gate()
    counters.increment("CompleteTaskCmd")
    other.increment("StartProcessInstanceCmd")
    counters.save()
    assert counters.totals() == {"other": 0, "CompleteTaskCmd": 1}
    assert other.totals() == {"other": 0, "StartProcessInstanceCmd": 1}
    assert counters.source != other.source
    assert uuid.UUID(counters.source).version == 4


def test_threads_may_use_a_name_first_all_at_once(counters: CounterFile) -> None:
    barrier = threading.Barrier(8)

    def use() -> None:
        for number in range(50):
            barrier.wait(30)
            counters.increment(f"Name{number}")

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counters.totals() == {"other": 0} | {f"Name{number}": 8 for number in range(50)}


# -- names -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["StartProcessInstanceCmd", "Outer_Inner", "a", "_private", "a.b-c", "é" * 40, "x" * 80, "注文"]
)
def test_an_identifier_of_up_to_80_bytes_is_a_name(counters: CounterFile, name: str) -> None:
    counters.increment(name)
    assert counters.totals() == {"other": 0, name: 1}


@pytest.mark.parametrize(
    "name", ["", "other", "x" * 81, "é" * 41, "1st", "two words", "line\n", "\ud800", "<lambda>", "nul\0", "-"]
)
def test_anything_else_is_counted_as_other(counters: CounterFile, name: str) -> None:
    counters.increment(name)
    counters.increment(name)
    assert counters.totals() == {"other": 2}


def test_the_512th_name_is_the_last_one(counters: CounterFile) -> None:
    names = [f"Name{number}" for number in range(MAX_NAMES + 10)]
    for name in names + names:
        counters.increment(name)
    kept = MAX_NAMES - 1
    assert counters.totals() == {"other": 2 * 11} | dict.fromkeys(names[:kept], 2)


@given(st.lists(st.one_of(st.text(max_size=90), st.sampled_from(["CompleteTaskCmd", "other", "a.b"]))))
def test_every_count_is_in_one_total(names: list[str]) -> None:
    counters = open_with_gate()
    for name in names:
        counters.increment(name)
    totals = counters.totals()
    assert sum(totals.values()) == len(names)
    assert all(totals[name] == names.count(name) for name in totals if name != "other")


# -- the gate ----------------------------------------------------------------------------------------------------------


@given(st.permutations([(change, change % 3 != 0) for change in range(1, 7)]))
def test_the_gate_follows_the_latest_change_in_whatever_order_they_come(changes: list[tuple[int, bool]]) -> None:
    counters = open_counters(None)
    for position, (change, on) in enumerate(changes):
        counters.set_gate(ONE, change, on=on)
        latest, latest_on = max(changes[: position + 1])
        assert counters.gate == (latest if latest_on else 0)


def test_another_installation_begins_with_its_own_changes(counters: CounterFile) -> None:
    counters.set_gate(ONE, 9, on=True)
    counters.set_gate(TWO, 1, on=False)
    assert counters.gate == 0
    counters.set_gate(TWO, 2, on=True)
    assert counters.gate == 2


def test_the_same_change_may_be_told_again(counters: CounterFile) -> None:
    counters.set_gate(ONE, 1, on=True)
    assert counters.gate == 1


# -- what belongs to the group -----------------------------------------------------------------------------------------


def test_the_first_server_that_is_noted_wins(counters: CounterFile) -> None:
    assert counters.server is None
    counters.note_server("gunicorn/27.0.1")
    counters.note_server("uvicorn")
    assert counters.server == "gunicorn/27.0.1"


def test_the_last_engine_in_memory_makes_the_closing_report_once(counters: CounterFile) -> None:
    assert counters.mark_in_use()
    assert not counters.mark_in_use()
    assert counters.group.leave()
    assert counters.claim_closing()
    assert not counters.claim_closing()


def test_counters_in_memory_cannot_be_removed(counters: CounterFile) -> None:
    counters.increment("CompleteTaskCmd")
    counters.group.leave()
    counters.discard()
    assert not counters.unlinked
    assert counters.totals()["CompleteTaskCmd"] == 1
