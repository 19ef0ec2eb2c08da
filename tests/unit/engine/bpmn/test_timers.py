"""When timers are due."""

from datetime import UTC, datetime, timedelta

import pytest

from engine_telemetry.engine.bpmn.timers import Duration, parse_cycle, parse_date, parse_due
from engine_telemetry.exceptions import ProcessEngineException

NOON = datetime(2030, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("P1M", datetime(2030, 2, 28, 12, tzinfo=UTC)),
        ("P1Y2M", datetime(2031, 3, 31, 12, tzinfo=UTC)),
        ("P2W", NOON + timedelta(weeks=2)),
        ("P1DT2H3M4.5S", NOON + timedelta(days=1, hours=2, minutes=3, seconds=4.5)),
    ],
)
def test_a_duration_ends_where_the_calendar_says(text: str, due: datetime) -> None:
    assert Duration.parse(text).after(NOON) == due
    assert parse_due(text, NOON) == due


@pytest.mark.parametrize("text", ["", "P", "PT", "1H", "-P1D", "P1H", f"P{'9' * 30}D", "P9999Y", "P1D" + " " * 300])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ProcessEngineException, match=r"is no ISO 8601 duration|is too long"):
        Duration.parse(text)


def test_a_timer_that_no_calendar_reaches_is_refused() -> None:
    with pytest.raises(ProcessEngineException, match="is never due"):
        Duration.parse("P900Y").after(NOON, 10)


def test_a_date_without_a_zone_is_utc() -> None:
    assert parse_date("2030-01-31T12:00:00") == parse_date("2030-01-31T14:00:00+02:00") == NOON
    with pytest.raises(ProcessEngineException, match="'tomorrow' is no ISO 8601 date"):
        parse_date("tomorrow")


@pytest.mark.parametrize(
    ("cron", "due"),
    [
        ("0 0/5 * * * ?", datetime(2030, 1, 31, 12, 5, tzinfo=UTC)),
        ("0/5 0/1 * 1/1 * ?", datetime(2030, 1, 31, 12, 0, 5, tzinfo=UTC)),
        ("0 0 12 ? * 2", datetime(2030, 2, 4, 12, tzinfo=UTC)),  # Quartz: 2 is Monday
        ("0 0 12 ? * 1", datetime(2030, 2, 3, 12, tzinfo=UTC)),  # and 1 is Sunday
        ("0 15 10 ? * MON-FRI", datetime(2030, 2, 1, 10, 15, tzinfo=UTC)),
        ("0 15 10 ? * 6#3", datetime(2030, 2, 15, 10, 15, tzinfo=UTC)),
        ("0 0 12 L * ?", datetime(2030, 2, 28, 12, tzinfo=UTC)),
        ("0 0 0 1 1 ? 2035", datetime(2035, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_cron_expression_is_read_as_quartz_reads_it(cron: str, due: datetime) -> None:
    assert parse_cycle(cron).due(NOON, NOON) == due


def test_a_cycle_is_over_after_as_many_times_as_it_says() -> None:
    cycle = parse_cycle("R2/PT1H")
    assert cycle.due(NOON, NOON) == NOON + timedelta(hours=1)
    assert cycle.due(NOON, NOON + timedelta(hours=1)) == NOON + timedelta(hours=2)
    assert cycle.due(NOON, NOON + timedelta(hours=2)) is None


def test_a_cycle_may_begin_later_or_long_ago() -> None:
    assert parse_cycle("R/2030-02-01T00:00:00Z/P1M").due(NOON, NOON) == datetime(2030, 2, 1, tzinfo=UTC)
    assert parse_cycle("R/2020-02-29T00:00:00Z/P1M").due(NOON, NOON) == datetime(2030, 2, 28, tzinfo=UTC)
    assert parse_cycle("R/2020-01-01T00:00:00Z/PT1S").due(NOON, NOON) == NOON + timedelta(seconds=1)


@pytest.mark.parametrize(
    "text",
    ["", "often", "R3", "R3/PT0S", "R-1/PT1H", "0 * * * *", "0 0 0 31 2 ?", "0 0 99 * * ?", "* " * 200, "R/" * 200],
)
def test_what_is_no_cycle_is_refused(text: str) -> None:
    with pytest.raises(ProcessEngineException):
        parse_cycle(text)
