"""How often each command ran, over the reports that are kept: small charts beside each other, and the same as a table.

The reports cover times of different lengths: a day if one was made on schedule, seconds if the engine was closed soon.
So the first chart is of these times, and the columns of all charts are the same reports in the same order.
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine_telemetry.history import History
from engine_telemetry.store import ReportRecord
from webapps.pages import moment

SHOWN = 5  # commands, if nobody chooses
MOST_SHOWN = 12
HEIGHT, STEP, GAP = 40, 10, 2  # of a chart and of its columns, in units of its own
_FEWEST_COLUMNS = 10  # that a chart has room for: one report alone is no wall


@dataclass(frozen=True)
class Window:
    """A report and the time that it covers.

    Attributes:
        counts: How often each command ran; ``None`` if the report does not say so: it was withdrawn and its bytes
            erased, or it is no report of ours.
        start: When its counting began; ``None`` if that is not known.
        exact: Whether it cannot have begun later. It can, for the oldest: there may have been one before that is not
            kept.
    """

    report: ReportRecord
    counts: Mapping[str, int] | None
    start: datetime | None
    exact: bool

    @property
    def covered(self) -> timedelta | None:
        """How long the time is, at most."""
        return None if self.start is None else self.report.created_at - self.start

    @property
    def covered_text(self) -> str:
        """The same for people."""
        if self.covered is None:
            return "not known"
        return in_words(self.covered) if self.exact else f"at most {in_words(self.covered)}"

    @property
    def total(self) -> int:
        """How many executions of all commands are in the report."""
        return sum((self.counts or {}).values())


@dataclass(frozen=True)
class Bar:
    """One column of a chart: where it is, and what it stands for."""

    x: int
    y: float
    height: float
    title: str
    exact: bool = True


@dataclass(frozen=True)
class Chart:
    """One of the charts.

    Attributes:
        name: The command; empty for the times.
        about: What is to be said beside it.
        width: In units of its own; a column has ``STEP`` of them.
    """

    name: str
    about: str
    width: int
    bars: Sequence[Bar]


@dataclass(frozen=True)
class Counts:
    """What is shown.

    Attributes:
        windows: The reports, the oldest first.
        totals: Of each command in all of them, the most frequent first.
        chosen: The commands that are shown.
    """

    windows: Sequence[Window]
    totals: Mapping[str, int]
    chosen: Sequence[str]

    @property
    def charts(self) -> list[Chart]:
        """The times, and then each chosen command."""
        return [self._times(), *(self._of(name) for name in self.chosen)]

    def _times(self) -> Chart:
        hours = [one.covered.total_seconds() / 3600 if one.covered else 0.0 for one in self.windows]
        longest = max((one.covered for one in self.windows if one.covered), default=timedelta(0))
        return self._chart("", f"the longest {in_words(longest)}", hours, [one.covered_text for one in self.windows])

    def _of(self, name: str) -> Chart:
        values = [(one.counts or {}).get(name, 0) for one in self.windows]
        about = f"{grouped(self.totals[name])} in all, at most {grouped(max(values))} in one report"
        return self._chart(name, about, values, [grouped(value) for value in values])

    def _chart(self, name: str, about: str, values: Sequence[float], texts: Sequence[str]) -> Chart:
        most = max(values, default=0) or 1
        bars = []
        for place, (window, value, text) in enumerate(zip(self.windows, values, texts, strict=True)):
            height = max(HEIGHT * value / most, 1.0) if value else 0.0
            title = f"{moment(window.report.created_at)}: {text}"
            bars.append(
                Bar(place * STEP, round(HEIGHT - height, 2), round(height, 2), title, bool(name) or window.exact)
            )
        return Chart(name, about, max(len(bars), _FEWEST_COLUMNS) * STEP - GAP, bars)


def counts_of(windows: Sequence[Window], asked: Collection[str]) -> Counts:
    """The counts of the commands that are asked for, or else of the most frequent ones."""
    sums: Counter[str] = Counter()
    for window in windows:
        sums.update(window.counts or {})
    totals = dict(sorted(sums.items(), key=lambda one: (-one[1], one[0])))
    chosen = [name for name in totals if name in asked][:MOST_SHOWN]
    return Counts(windows, totals, chosen or list(totals)[:SHOWN])


def windows_of(history: History) -> list[Window]:
    """The reports that are kept, the oldest first, each with the time that it covers.

    A report covers what is counted since the one before it was made, or since telemetry was switched on.

    Args:
        history: With all changes of the switch.
    """
    switched_on = [change.at for change in history.changes if change.new]
    found: list[Window] = []
    for report in sorted(history.reports, key=lambda one: one.created_at):
        on = max((at for at in switched_on if at <= report.created_at), default=None)
        before = found[-1].report.created_at if found else None
        start = max((at for at in (on, before) if at is not None), default=None)
        found.append(Window(report, _counts(report.body), start, before is not None))
    return found


def _counts(body: bytes) -> dict[str, int] | None:
    try:
        commands = json.loads(body)["product"]["internals"]["commands"]
        return {name: int(entry["count"]) for name, entry in commands.items()}
    except (ValueError, TypeError, LookupError, AttributeError):
        return None


def grouped(number: int) -> str:
    """A number with a narrow space before each three digits."""
    return f"{number:,}".replace(",", "\u202f")


def in_words(time: timedelta) -> str:
    """A time, in hours if it is one or more, as in ``24 h``, ``1.5 h``, ``3 min``."""
    seconds = time.total_seconds()
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{round(seconds / size, 1):g} {unit}"
    return f"{round(seconds, 1):g} s"
