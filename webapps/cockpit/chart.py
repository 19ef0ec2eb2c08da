"""The chart of the last hours: numbers turned into the measures of a drawing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, chain, repeat
from operator import mul

from engine_telemetry.engine.history_entities import Hour

HOURS = 24
HEIGHT = 100
HOUR_WIDTH, BAR_WIDTH = 30, 8
SERIES = ("started", "ended", "incidents")

_FIRST_TOPS = (1, 2, 4, 6, 8)
_TOPS = (10, 12, 16, 20, 24, 30, 40, 50, 60, 80)  # and these times 10, 100 and so on


@dataclass(frozen=True)
class Bar:
    """A number as a bar, from the ground up."""

    kind: str
    number: int
    x: int
    y: float
    height: float


@dataclass(frozen=True)
class HourBars:
    """An hour in the drawing."""

    hour: Hour
    bars: list[Bar]


@dataclass(frozen=True)
class Chart:
    """The drawing: its measures are in units of its own.

    Attributes:
        top: What a bar of full height stands for; at least 1.
        totals: The sum of each series.
    """

    hours: list[HourBars]
    top: int
    totals: dict[str, int]
    width: int = HOURS * HOUR_WIDTH
    height: int = HEIGHT
    hour_width: int = HOUR_WIDTH
    bar_width: int = BAR_WIDTH

    @property
    def empty(self) -> bool:
        """Whether nothing happened."""
        return not any(self.totals.values())


def last_hours(now: datetime) -> tuple[datetime, datetime]:
    """From when to when the chart is: whole hours in UTC, the present one being the last."""
    end = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return end - timedelta(hours=HOURS), end


def chart_of(hours: Sequence[Hour]) -> Chart:
    """The drawing of these numbers."""
    top = _round_up(max((getattr(hour, name) for hour in hours for name in SERIES), default=0))
    drawn = [HourBars(hour, _bars(hour, number, top)) for number, hour in enumerate(hours)]
    return Chart(drawn, top, {name: sum(getattr(hour, name) for hour in hours) for name in SERIES})


def _bars(hour: Hour, number: int, top: int) -> list[Bar]:
    left = number * HOUR_WIDTH + (HOUR_WIDTH - len(SERIES) * BAR_WIDTH) // 2
    bars = []
    for place, kind in enumerate(SERIES):
        height = round(getattr(hour, kind) / top * HEIGHT, 2)
        bars.append(Bar(kind, getattr(hour, kind), left + place * BAR_WIDTH, HEIGHT - height, height))
    return [bar for bar in bars if bar.number]


def _round_up(number: int) -> int:
    """The next number that people read at once, and (but for 1) its half too."""
    powers = accumulate(repeat(10), mul, initial=1)
    tops = chain(_FIRST_TOPS, (top * power for power in powers for top in _TOPS))
    return next(top for top in tops if number <= top)
