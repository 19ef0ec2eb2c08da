"""The chart of the last hours."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from engine_telemetry.engine.history_entities import Hour
from webapps.cockpit.chart import chart_of, last_hours

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def hours(*numbers: tuple[int, int, int]) -> list[Hour]:
    return [Hour(NOON + timedelta(hours=place), *each) for place, each in enumerate(numbers)]


@pytest.mark.parametrize(
    ("most", "top"), [(0, 1), (1, 1), (2, 2), (3, 4), (5, 6), (9, 10), (11, 12), (41, 50), (99, 100), (8_412, 10_000)]
)
def test_its_top_is_a_round_number_not_far_above_the_highest_bar(most: int, top: int) -> None:
    assert chart_of(hours((most, 0, 0), (0, 0, 0))).top == top


def test_a_bar_is_as_high_as_its_share_of_the_top_and_stands_on_the_ground() -> None:
    chart = chart_of(hours((10, 5, 0), (0, 0, 1)))
    assert [(bar.kind, bar.height, bar.y + bar.height) for bar in chart.hours[0].bars] == [
        ("started", 100, 100),
        ("ended", 50, 100),
    ]
    assert [(bar.kind, bar.height) for bar in chart.hours[1].bars] == [("incidents", 10)]
    assert chart.totals == {"started": 10, "ended": 5, "incidents": 1}


def test_bars_of_one_hour_are_beside_each_other_and_within_it() -> None:
    chart = chart_of(hours((1, 1, 1), (1, 1, 1)))
    places = [bar.x for hour in chart.hours for bar in hour.bars]
    assert places == sorted(places)
    assert all(after - before >= chart.bar_width for before, after in pairwise(places))
    assert places[2] + chart.bar_width <= chart.hour_width <= places[3]


def test_it_is_empty_if_nothing_happened() -> None:
    assert chart_of(hours((0, 0, 0))).empty
    assert not chart_of(hours((0, 0, 1))).empty


def test_it_ends_with_the_present_hour() -> None:
    since, until = last_hours(datetime(2026, 11, 24, 12, 59, 59, 999_999, tzinfo=UTC))
    assert (until, until - since) == (NOON + timedelta(hours=1), timedelta(hours=24))
    assert last_hours(NOON)[1] == NOON + timedelta(hours=1)
