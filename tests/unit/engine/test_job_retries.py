"""How often a job is tried again, and when."""

from datetime import UTC, datetime, timedelta

import pytest

from engine_telemetry.engine.job_retries import next_try

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def tries(cycle: str | None, retries: int = 3) -> list[tuple[int, float | None]]:
    """What is left after each failure, and the minutes until the next try."""
    found: list[tuple[int, float | None]] = []
    while retries > 0:
        retries, due = next_try(cycle, retries, NOW, first=not found)
        found.append((retries, None if due is None else (due - NOW) / timedelta(minutes=1)))
    return found


def test_without_a_cycle_it_is_tried_at_once_until_nothing_is_left() -> None:
    assert tries(None) == [(2, None), (1, None), (0, None)]


def test_a_repeated_pause_says_how_often() -> None:
    assert tries("R4/PT5M") == [(3, 5), (2, 5), (1, 5), (0, 5)]


def test_a_list_of_pauses_has_one_try_more_than_pauses() -> None:
    assert tries("PT1M, PT10M,PT30M") == [(3, 1), (2, 10), (1, 30), (0, 30)]
    assert tries("PT2M") == [(1, 2), (0, 2)]


def test_retries_that_were_set_since_are_left_alone() -> None:
    assert next_try("R4/PT5M", 9, NOW, first=False) == (8, NOW + timedelta(minutes=5))


@pytest.mark.parametrize("cycle", ["", "soon", "R/PT5M", "R3/2030-01-01", "PT1M,,PT2M"])
def test_a_cycle_that_is_none_is_the_same_as_without_one(cycle: str, caplog: pytest.LogCaptureFixture) -> None:
    assert tries(cycle) == tries(None)
    assert ("cannot be used" in caplog.text) == bool(cycle)
