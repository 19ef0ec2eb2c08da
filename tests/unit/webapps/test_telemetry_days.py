"""When nothing was sent, for certain."""

from datetime import UTC, datetime, timedelta

from engine_telemetry.history import History
from engine_telemetry.store import Change, ReportRecord, ReportState
from webapps.cockpit.telemetry_days import quiet_spans

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def report(made: int, state: ReportState, ended: int | None = None) -> ReportRecord:
    """A report, with the hours after the start when it was made and came to its end."""
    at, answered = START + made * HOUR, None if ended is None else START + ended * HOUR
    return ReportRecord(f"r{made}", "schedule", at, b"{}", state, 1, at, "HTTP 202", answered)


def spans(*reports: ReportRecord, switched: dict[int, bool]) -> list[tuple[float | None, float | None]]:
    """The quiet times in hours after the start."""
    changes = tuple(Change(START + hours * HOUR, "ann", "test", None, to) for hours, to in reversed(switched.items()))
    found = quiet_spans(History(tuple(reversed(reports)), changes))
    return [(_hours(begin), _hours(end)) for begin, end in found]


def _hours(milliseconds: int | None) -> float | None:
    return None if milliseconds is None else (milliseconds / 1000 - START.timestamp()) / 3600


def test_what_was_never_on_never_sent_anything() -> None:
    assert spans(switched={}) == [(None, None)]
    assert spans(switched={1: False, 2: False}) == [(None, None)]


def test_nothing_is_sent_while_it_is_off_but_for_what_was_under_way() -> None:
    assert spans(switched={0: True, 5: False, 9: False, 20: True}) == [(None, 0), (6, 20)]
    assert spans(switched={0: True, 1: True, 5: False}) == [(None, 0), (6, None)]


def test_nothing_is_sent_after_a_report_until_the_next_is_made() -> None:
    reports = report(24, "accepted", 25), report(48, "refused", 49)
    assert spans(*reports, switched={0: True})[1:] == [(25, 48), (49, None)]


def test_a_report_that_waits_or_was_withdrawn_may_have_been_sent_at_any_time() -> None:
    reports = report(24, "withdrawn", 25), report(48, "accepted", 49), report(72, "waiting", 73)
    assert spans(*reports, switched={0: True})[1:] == [(49, 72)]
