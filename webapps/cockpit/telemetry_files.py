"""All reports that are kept as one file: as JSON, with the very text of each; as CSV, for spreadsheets."""

import csv
import io
import json
from collections.abc import Iterator, Sequence

from engine_telemetry.history import History
from engine_telemetry.status import rfc3339
from webapps.cockpit.telemetry_counts import Window

COLUMNS = (
    "report",
    "made at",
    "covers from",
    "why",
    "state",
    "answer",
    "sent to",
    "attempts",
    "bytes",
    "command",
    "count",
)
_BEGIN_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")


def reports_as_json(history: History) -> bytes:
    """The reports, the newest first, as ``GET /engine-rest/telemetry/history`` has them."""
    return json.dumps({"reports": history.to_dict()["reports"]}, indent=2, ensure_ascii=False).encode()


def reports_as_csv(windows: Sequence[Window]) -> bytes:
    """One row for each report and command (RFC 4180), the newest report first; of a report without counts, one row.

    No cell is a formula to a spreadsheet: a text that begins like one has an apostrophe before it.
    """
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for window in reversed(windows):
        writer.writerows([_defused(cell) for cell in row] for row in _rows(window))
    return text.getvalue().encode()


def _rows(window: Window) -> Iterator[tuple[object, ...]]:
    report = window.report
    head = (
        report.id,
        rfc3339(report.created_at),
        rfc3339(window.start if window.exact else None) or "",
        report.cause,
        report.state,
        report.answer or "",
        report.endpoint or "",
        report.attempts,
        len(report.body),
    )
    for name, count in sorted((window.counts or {}).items()) or (("", 0),):
        yield (*head, name, count)


def _defused(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_BEGIN_FORMULAS) else cell
