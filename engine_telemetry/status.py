"""What holds now and what decided it, for people and for the REST API."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from engine_telemetry import store
from engine_telemetry.exporter import NOT_ARRIVING, why_nothing_is_sent_to
from engine_telemetry.store import Change, ReportRecord


@dataclass(frozen=True)
class ProcessStatus:
    """What only the process knows of its telemetry.

    Attributes:
        do_not_track: Whether the environment forbids it.
        counting: Whether it has counters.
        endpoint: Where reports are posted.
        reporter: As in ``Status``.
    """

    do_not_track: bool
    counting: bool
    endpoint: str | None
    reporter: str


@dataclass(frozen=True)
class Status:
    """The effective state of telemetry in this process.

    Attributes:
        enabled: Whether commands are counted and reports are sent.
        configured: What is stored: on, off, or ``None`` while nobody has decided.
        decided_by: What decided ``enabled``: ``nobody``, ``DO_NOT_TRACK``, what the last change of the flag says, or
            ``tables`` if those in the database cannot be used.
        reason: The same as a sentence.
        installation: The id of this database; ``None`` if its tables cannot be used.
        endpoint: Where reports are posted; ``None`` if nowhere.
        counting_since: Since when is counted for the next report.
        next_report_due: When the next scheduled report is due.
        waiting: The report that is sealed and not yet accepted.
        last: The newest report that came to its end.
        reporter: ``leading`` (this process reports for its node), ``standing by``, ``not active`` or ``not started``.
        problems: What keeps telemetry from working, in sentences.
    """

    enabled: bool
    configured: bool | None
    decided_by: str
    reason: str
    installation: str | None
    endpoint: str | None
    counting_since: datetime | None
    next_report_due: datetime | None
    waiting: ReportRecord | None
    last: ReportRecord | None
    reporter: str
    problems: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The status as JSON-ready values; times are RFC 3339 in UTC."""
        return {
            "enabled": self.enabled,
            "configured": self.configured,
            "decidedBy": self.decided_by,
            "reason": self.reason,
            "installation": self.installation,
            "endpoint": self.endpoint,
            "countingSince": rfc3339(self.counting_since),
            "nextReportDue": rfc3339(self.next_report_due),
            "waiting": _report(self.waiting),
            "last": _report(self.last),
            "reporter": self.reporter,
            "problems": list(self.problems),
        }


def describe(connection: Connection, process: ProcessStatus, problems: tuple[str, ...]) -> Status:
    """The status of this process and this database."""
    if table_problem := store.table_problem(connection):
        return _without_tables(process, table_problem, problems)
    state = store.read(connection)
    history = store.history(connection, 2)
    change = next(iter(store.changes(connection, 1)), None)
    decided_by, reason = _decision(change, process, configured=state.flag)
    enabled = bool(state.flag) and not process.do_not_track and process.counting
    if enabled and process.endpoint is None:
        problems = ("Nothing is sent: no telemetryEndpoint is set", *problems)
    elif enabled and state.gone_endpoint is not None and process.endpoint == state.gone_endpoint:
        problems = (why_nothing_is_sent_to(state.gone_endpoint), *problems)
    waiting = store.waiting(connection)
    if waiting is not None and waiting.answer is not None:
        problems = (f"{NOT_ARRIVING}: {waiting.answer}", *problems)
    return Status(
        enabled=enabled,
        configured=state.flag,
        decided_by=decided_by,
        reason=reason,
        installation=state.installation,
        endpoint=process.endpoint,
        counting_since=state.window_start,
        next_report_due=state.next_due,
        waiting=waiting,
        last=next((report for report in history if report.state != "waiting"), None),
        reporter=process.reporter,
        problems=problems,
    )


def _without_tables(process: ProcessStatus, table_problem: str, problems: tuple[str, ...]) -> Status:
    decided_by, reason = "tables", table_problem
    if process.do_not_track:
        decided_by, reason = _decision(None, process, configured=None)
    return Status(
        enabled=False,
        configured=None,
        decided_by=decided_by,
        reason=reason,
        installation=None,
        endpoint=process.endpoint,
        counting_since=None,
        next_report_due=None,
        waiting=None,
        last=None,
        reporter=process.reporter,
        problems=tuple(dict.fromkeys((table_problem, *problems))),
    )


def _decision(change: Change | None, process: ProcessStatus, *, configured: bool | None) -> tuple[str, str]:
    """What decided the effective state, as a word and as a sentence."""
    if process.do_not_track:
        stored = " and wins over the stored yes" if configured else ""
        return "DO_NOT_TRACK", f"Telemetry is off: DO_NOT_TRACK is set in the environment{stored}."
    if change is None:
        return "nobody", "Telemetry is off: nobody has decided yet."
    state = "on" if change.new else "off"
    holds = "not working here" if change.new and not process.counting else state
    who = f" by {change.who}" if change.who else ""
    switched = f"switched {state}{who} with {change.cause}, {change.at:%Y-%m-%d %H:%M} UTC."
    return change.cause, f"Telemetry is {holds}: {switched}"


def rfc3339(time: datetime | None) -> str | None:
    """The time in UTC to the millisecond (RFC 3339), for example ``2026-11-24T03:57:55.474Z``."""
    if time is None:
        return None
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _report(record: ReportRecord | None) -> dict[str, Any] | None:
    if record is None:
        return None
    return {
        "id": record.id,
        "cause": record.cause,
        "createdAt": rfc3339(record.created_at),
        "state": record.state,
        "bytes": len(record.body),
        "attempts": record.attempts,
        "nextAttempt": rfc3339(record.next_attempt) if record.state == "waiting" else None,
        "answer": record.answer,
        "answeredAt": rfc3339(record.answered_at),
    }
