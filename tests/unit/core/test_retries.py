"""When a report is tried again, what an answer means for it, and what is said about trouble."""

import logging
from datetime import UTC, datetime, timedelta

import pytest

from engine_telemetry.configuration import Configuration
from engine_telemetry.counters import open_counters
from engine_telemetry.database import Database
from engine_telemetry.exporter import Answer, Exporter
from engine_telemetry.reporter import Cycle, Trouble, pause

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = 3600.0


@pytest.mark.parametrize(
    ("attempt", "retries", "seconds"),
    [
        (1, 2, 1),
        (2, 2, 5),
        (3, 2, 60),
        (4, 2, 120),
        (11, 2, 256 * 60),
        (12, 2, 6 * HOUR),
        (10_000, 2, 6 * HOUR),
        (1, 0, 60),
        (3, 3, 25),
        (10, 10, 25),
        (11, 10, 60),
    ],
)
def test_pauses_grow_and_are_a_fifth_more_or_less(attempt: int, retries: int, seconds: float) -> None:
    pauses = {pause(attempt, retries).total_seconds() for _ in range(50)}
    assert all(0.8 * seconds <= one <= 1.2 * seconds for one in pauses)
    assert len(pauses) > 1


def make_cycle(**settings: object) -> Cycle:
    return Cycle(Configuration.load(**settings), Database("sqlite://"), open_counters(None), lambda *_: b"", None)


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_a_success_is_accepted(status: int) -> None:
    fate = make_cycle().fate(Answer(status), 1, NOW)
    assert (fate.state, fate.answer) == ("accepted", f"HTTP {status}")


@pytest.mark.parametrize("status", [400, 410, 413, 415, 422])
def test_bytes_that_are_at_fault_are_refused_for_good(status: int) -> None:
    assert make_cycle().fate(Answer(status), 1, NOW).state == "refused"


def test_only_an_endpoint_that_says_that_it_is_gone_is_remembered_as_gone() -> None:
    cycle = make_cycle()
    cycle.exporter = Exporter("https://collector.example/reports")
    fates = [cycle.fate(Answer(status), 1, NOW) for status in (200, 410, 422, 500)]
    assert [fate.gone_endpoint for fate in fates] == [None, cycle.exporter.endpoint, None, None]


@pytest.mark.parametrize("status", [None, 101, 199, 300, 302, 401, 403, 404, 408, 425, 429, 500, 503, 599])
def test_anything_else_is_tried_again(status: int | None) -> None:
    fate = make_cycle().fate(Answer(status, "no answer"), 1, NOW)
    assert fate.state == "waiting"
    assert timedelta(seconds=0.8) <= fate.next_attempt - NOW <= timedelta(seconds=1.2)
    assert fate.not_before == NOW


def test_the_endpoints_wish_is_followed_where_it_is_later_than_the_pause() -> None:
    cycle = make_cycle(telemetry_request_retries=0)
    patient = cycle.fate(Answer(429, retry_after=timedelta(hours=2)), 1, NOW)
    assert patient.next_attempt == patient.not_before == NOW + timedelta(hours=2)
    hurried = cycle.fate(Answer(429, retry_after=timedelta(seconds=1)), 1, NOW)
    assert hurried.not_before == NOW + timedelta(seconds=1)
    assert hurried.next_attempt - NOW >= timedelta(seconds=48)


def test_trouble_is_said_when_it_begins_and_when_it_ends(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    trouble = Trouble("It fails")
    trouble.worked()
    for reason in ("first", "second"):
        trouble.failed(reason)
    assert trouble.reason == "It fails: first"
    trouble.worked()
    trouble.worked()
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "It fails: first"),
        ("INFO", "It fails: it works again"),
    ]
    assert [trouble.reason] == [None]


def test_trouble_that_may_be_none_is_said_only_after_some_misses_in_a_row(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    trouble = Trouble("It fails", misses=3)
    for _ in range(2):
        trouble.failed("once")
        trouble.failed("twice")
        trouble.worked()
    assert (trouble.reason, caplog.records) == (None, [])
    for reason in ("one", "two", "three"):
        trouble.failed(reason)
    assert trouble.reason == "It fails: three"
