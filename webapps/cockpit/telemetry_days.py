"""When nothing was sent, for certain: so that a page can say so of a day, wherever its reader's days begin.

A report that is not kept any more may have been sent at any time before the oldest that is kept, and one that waits is
tried now and then. So what is not known is left out: a day of which nothing is said is no quiet day.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from engine_telemetry.history import History
from engine_telemetry.store import Change, ReportRecord

Span = tuple[int | None, int | None]
"""From when until when, as Unix time in milliseconds; ``None`` where it is open."""

_UNDER_WAY = timedelta(hours=1)  # after a no, at most: a request that had begun before may still arrive


def quiet_spans(history: History) -> list[Span]:
    """The times in which nothing was sent.

    Args:
        history: With all changes of the switch.
    """
    spans = [*_switched_off(history.changes), *_between(history.reports)]
    return [(_milliseconds(begin), _milliseconds(end)) for begin, end in spans]


def _switched_off(changes: Sequence[Change]) -> Iterator[tuple[datetime | None, datetime | None]]:
    is_on, since = False, None
    for change in reversed(changes):
        if change.new and not is_on:
            yield since, change.at
        elif is_on and not change.new:
            since = change.at + _UNDER_WAY
        is_on = bool(change.new)
    if not is_on:
        yield since, None


def _between(reports: Sequence[ReportRecord]) -> Iterator[tuple[datetime, datetime | None]]:
    """From the end of one until the next was made: only one at a time waits, and the oldest are deleted first."""
    for report, following in pairwise([*reversed(reports), None]):
        if report is not None and report.state in {"accepted", "refused"} and report.answered_at is not None:
            yield report.answered_at, None if following is None else following.created_at


def _milliseconds(time: datetime | None) -> int | None:
    return None if time is None else round(time.timestamp() * 1000)
