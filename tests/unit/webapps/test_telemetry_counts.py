"""Counts by command over the reports that are kept: charts, and the file for spreadsheets."""

import csv
import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from engine_telemetry.history import History
from engine_telemetry.store import Change, ReportRecord
from webapps.cockpit.telemetry_counts import GAP, HEIGHT, STEP, Window, counts_of, in_words, windows_of
from webapps.cockpit.telemetry_files import COLUMNS, reports_as_csv, reports_as_json

START = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def report(hours: float, counts: Mapping[str, int] | None = None, answer: str = "HTTP 202") -> ReportRecord:
    """A report that was made so many hours after the start."""
    at = START + hours * HOUR
    commands = {name: {"count": number} for name, number in (counts or {}).items()}
    body = json.dumps({"product": {"internals": {"commands": commands}}}).encode()
    known = {"id": f"r{hours:g}", "cause": "schedule", "created_at": at, "next_attempt": at, "answered_at": at}
    return ReportRecord(**known, body=body, state="accepted", attempts=1, answer=answer)  # type: ignore[arg-type]


def history(*reports: ReportRecord, on: tuple[float, ...] = (0,), off: tuple[float, ...] = ()) -> History:
    changes = [Change(START + hours * HOUR, "ann", "test", None, hours in on) for hours in (*on, *off)]
    return History(tuple(reversed(reports)), tuple(sorted(changes, key=lambda one: one.at, reverse=True)))


def rows(windows: list[Window]) -> list[list[str]]:
    return list(csv.reader(io.StringIO(reports_as_csv(windows).decode(), newline="")))


def test_a_report_covers_the_time_since_the_one_before_it() -> None:
    windows = windows_of(history(report(24), report(25.5), report(48)))
    assert [window.covered_text for window in windows] == ["at most 24 h", "1.5 h", "22.5 h"]
    assert [window.exact for window in windows] == [False, True, True]


def test_or_since_telemetry_was_switched_on_again() -> None:
    windows = windows_of(history(report(24), report(50), on=(0, 49), off=(30,)))
    assert windows[1].covered_text == "1 h"


def test_without_any_change_the_time_of_the_oldest_is_not_known() -> None:
    (window,) = windows_of(history(report(24), on=()))
    assert (window.covered_text, window.covered) == ("not known", None)
    assert rows([window])[1][2] == ""


@pytest.mark.parametrize(
    ("time", "words"), [(24 * HOUR, "24 h"), (1.5 * HOUR, "1.5 h"), (HOUR / 20, "3 min"), (HOUR / 1800, "2 s")]
)
def test_times_are_said_in_the_largest_unit(time: timedelta, words: str) -> None:
    assert in_words(time) == words


def test_columns_are_as_high_as_the_counts_and_as_the_time_that_they_come_from() -> None:
    counts = counts_of(
        windows_of(history(report(24, {"A": 10}), report(36, {"A": 5, "B": 1}), report(60, {"A": 0}))), []
    )
    times, of_a, of_b = counts.charts
    assert (times.name, of_a.name, of_b.name) == ("", "A", "B")
    assert [bar.height for bar in times.bars] == [HEIGHT, HEIGHT / 2, HEIGHT]
    assert [bar.exact for bar in times.bars] == [False, True, True]
    assert [bar.height for bar in of_a.bars] == [HEIGHT, HEIGHT / 2, 0]
    assert [bar.y + bar.height for bar in of_a.bars] == [HEIGHT] * 3
    assert [bar.x for bar in of_b.bars] == [0, STEP, 2 * STEP]
    assert of_a.about == "15 in all, at most 10 in one report"
    assert of_a.bars[1].title == "22 November 2026, 00:00 UTC: 5"
    assert of_a.width == 10 * STEP - GAP


def test_the_most_frequent_commands_are_shown_unless_others_are_chosen() -> None:
    windows = windows_of(history(report(24, {f"C{number:02}": number + 1 for number in range(20)})))
    assert list(counts_of(windows, []).chosen) == ["C19", "C18", "C17", "C16", "C15"]
    assert list(counts_of(windows, ["C00", "C05", "nothing"]).chosen) == ["C05", "C00"]
    assert len(counts_of(windows, [f"C{number:02}" for number in range(20)]).chosen) == 12
    assert len(counts_of(windows, ["nothing"]).chosen) == 5


def test_a_report_that_was_withdrawn_has_no_counts() -> None:
    erased = ReportRecord(**(vars(report(36)) | {"state": "withdrawn", "body": b""}))
    counts = counts_of(windows_of(history(report(24, {"A": 1}), erased)), [])
    assert [bar.height for bar in counts.charts[1].bars] == [HEIGHT, 0]
    assert rows(list(counts.windows))[1][-3:] == ["0", "", "0"]


def test_the_csv_has_a_row_for_each_report_and_command_the_newest_first() -> None:
    windows = windows_of(history(report(24, {"B": 2, "A": 1}), report(48, {"A": 3}), report(49)))
    found = rows(windows)
    assert tuple(found[0]) == COLUMNS
    assert [(row[0], row[-2], row[-1]) for row in found[1:]] == [
        ("r49", "", "0"),
        ("r48", "A", "3"),
        ("r24", "A", "1"),
        ("r24", "B", "2"),
    ]
    assert found[2][1:8] == [
        "2026-11-22T12:00:00.000Z",
        "2026-11-21T12:00:00.000Z",
        "schedule",
        "accepted",
        "HTTP 202",
        "",
        "1",
    ]
    assert found[3][2] == ""
    text = reports_as_csv(windows)
    assert text.endswith(b"\r\n")
    assert text.count(b"\n") == text.count(b"\r\n") == 5


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_no_cell_is_a_formula(begin: str) -> None:
    text = f'{begin}HYPERLINK("http://example.com","a, b")'
    found = rows(windows_of(history(report(24, {text: 1}, answer=text))))
    assert (found[1][5], found[1][9]) == (f"'{text}", f"'{text}")
    assert found[1][-1] == "1"


def test_the_json_has_the_very_text_of_each_report() -> None:
    first, second = report(24, {"A": 1}), report(48)
    document = json.loads(reports_as_json(history(first, second)))
    assert [one["body"].encode() for one in document["reports"]] == [second.body, first.body]
    assert list(document) == ["reports"]
