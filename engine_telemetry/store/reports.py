"""Reports, from the seal to their end."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Column, ColumnElement, Connection, Row, delete, insert, or_, select, update

from engine_telemetry.store.state import State, save
from engine_telemetry.store.tables import from_ms, report_table, source_table, to_ms, to_time

ENDED_REPORTS_KEPT = 30
SILENT_SOURCE_KEPT = timedelta(days=90)
LONGEST_PAUSE = timedelta(days=2)  # an endpoint can ask for one of a day

Cause = Literal["schedule", "close"]
ReportState = Literal["waiting", "accepted", "refused", "withdrawn"]


@dataclass(frozen=True)
class Claim:
    """A report that this process may send now: these bytes, under this id."""

    id: str
    body: bytes
    attempt: int


@dataclass(frozen=True)
class ReportRecord:
    """A line of the history.

    Attributes:
        id: The report id, sent as ``Idempotency-Key``.
        cause: Why it was sealed.
        created_at: When it was sealed.
        body: The very bytes; empty once it is withdrawn.
        state: What became of it.
        attempts: How often it was sent.
        next_attempt: When it is tried again, if it is waiting.
        answer: The endpoint's last answer, or why there was none.
        answered_at: When that was.
        not_before: Before when the endpoint does not want to see it.
        sending_until: Until when a process may be sending it right now; ``None`` if none is.
        endpoint: Where it was sent last; ``None`` if it was not, or before this was noted.
    """

    id: str
    cause: str
    created_at: datetime
    body: bytes
    state: ReportState
    attempts: int
    next_attempt: datetime
    answer: str | None
    answered_at: datetime | None
    not_before: datetime | None = None
    sending_until: datetime | None = None
    endpoint: str | None = None


Build = Callable[[Mapping[str, int], str | None], bytes]


def seal(
    connection: Connection,
    state: State,
    cause: Cause,
    build: Build,
    now: datetime,
    *,
    period: timedelta,
    server: str | None,
) -> tuple[State, str | None]:
    """Make what is pending the bytes of a new waiting report, if one is due or the engine closes, and none is waiting.

    Args:
        connection: In a transaction that has the lock.
        state: What ``lock`` or ``flush`` returned.
        cause: ``schedule`` seals when a report is due, and sets when the next one is; ``close`` seals at once.
        build: Makes the bytes of the counts and the application server.
        now: The time.
        period: From one report to the next.
        server: The application server of this node; see ``named_server``.

    Returns:
        The new state, and the id of the new report, or ``None``.
    """
    if not state.flag or state.next_due is None:
        return state, None
    due = min(state.next_due, now + period)
    if (cause == "schedule" and now < due) or waiting(connection):
        return (state if due == state.next_due else save(connection, replace(state, next_due=due))), None
    report_id = _insert_report(connection, cause, build(state.pending, named_server(connection, state, server)), now)
    due = now + period if cause == "schedule" else due
    _prune(connection, now)
    return save(connection, replace(state, pending={}, window_start=now, next_due=due)), report_id


def claim(
    connection: Connection,
    state: State,
    source: str,
    now: datetime,
    *,
    lease: timedelta,
    at_once: bool = False,
    endpoint: str | None = None,
) -> Claim | None:
    """The waiting report, if it may be sent now by this source; the attempt is noted.

    A report that another node is sending is left to it until its lease ends.

    Args:
        connection: In a transaction that has the lock.
        state: What ``lock`` returned.
        source: The counter file of this node.
        now: The time.
        lease: How long the attempt may take.
        at_once: Whether not to wait for the pause after a failed attempt, as after a start and when closing. The pause
            that the endpoint asked for (``Retry-After``) holds in any case.
        endpoint: Where it will be sent, for the history.
    """
    pause = report_table.c.not_before if at_once else report_table.c.next_attempt
    free = or_(
        report_table.c.claimed_by.is_(None),
        report_table.c.claimed_by == source,
        _is_over(report_table.c.claimed_until, now),
    )
    query = select(report_table).where(report_table.c.state == "waiting", _is_over(pause, now), free)
    row = connection.execute(query).first()
    if not state.flag or row is None:
        return None
    claimed = {"claimed_by": source, "claimed_until": to_ms(now + lease), "attempts": row.attempts + 1}
    claimed["endpoint"] = endpoint
    connection.execute(update(report_table).where(report_table.c.id == row.id).values(claimed))
    return Claim(row.id, row.body, row.attempts + 1)


@dataclass(frozen=True)
class Fate:
    """What the answer to an attempt means for the report.

    Attributes:
        state: ``accepted``, ``refused``, or still ``waiting``.
        answer: The answer in words, for people.
        next_attempt: When to try again, if it is waiting.
        not_before: Before when the endpoint does not want to see it.
        gone_endpoint: The endpoint, if it said that it is gone for good.
    """

    state: ReportState
    answer: str
    next_attempt: datetime
    not_before: datetime
    gone_endpoint: str | None = None


def answer(connection: Connection, state: State, report_id: str, fate: Fate, now: datetime, period: timedelta) -> State:
    """Note the fate of this report; if it was withdrawn meanwhile, only the answer; if it has ended, nothing."""
    noted = {"answer": fate.answer, "answered_at": to_ms(now), "claimed_by": None, "claimed_until": None}
    pauses = {"next_attempt": to_ms(fate.next_attempt), "not_before": to_ms(fate.not_before)}
    not_ended = (report_table.c.id == report_id, report_table.c.state.in_(("waiting", "withdrawn")))
    connection.execute(update(report_table).where(*not_ended).values(noted | pauses))
    still_waiting = (report_table.c.id == report_id, report_table.c.state == "waiting")
    connection.execute(update(report_table).where(*still_waiting).values(state=fate.state))
    noted_state = state if fate.gone_endpoint is None else replace(state, gone_endpoint=fate.gone_endpoint)
    if fate.state != "waiting" and state.next_due is not None and state.next_due <= now:
        noted_state = replace(noted_state, next_due=now + period)
    return state if noted_state is state else save(connection, noted_state)


def waiting(connection: Connection) -> ReportRecord | None:
    """The report that is sealed and not yet accepted, if there is one."""
    row = connection.execute(select(report_table).where(report_table.c.state == "waiting")).first()
    return None if row is None else _to_record(row)


def history(connection: Connection, limit: int = ENDED_REPORTS_KEPT + 1) -> list[ReportRecord]:
    """The last reports, the newest first."""
    rows = connection.execute(select(report_table).order_by(report_table.c.created_at.desc()).limit(limit))
    return [_to_record(row) for row in rows]


def delete_ended(connection: Connection) -> int:
    """Forget all reports but the waiting one; how many these were.

    Args:
        connection: In a transaction that has the lock.
    """
    return connection.execute(delete(report_table).where(report_table.c.state != "waiting")).rowcount


def _insert_report(connection: Connection, cause: Cause, body: bytes, now: datetime) -> str:
    report_id = str(uuid.uuid4())
    row = {"id": report_id, "cause": cause, "created_at": to_ms(now), "body": body, "state": "waiting"}
    schedule = {"attempts": 0, "next_attempt": to_ms(now), "not_before": to_ms(now)}
    connection.execute(insert(report_table).values(row | schedule))
    return report_id


def _is_over(pause: Column[int], now: datetime) -> ColumnElement[bool]:
    """Whether a pause is over; one that would last longer than any does was set by a clock that was wrong."""
    return or_(pause <= to_ms(now), pause > to_ms(now + LONGEST_PAUSE))


def named_server(connection: Connection, state: State, own: str | None) -> str | None:
    """The application server that a report names: that of this node, else of the last that flushed in its window."""
    if own is not None or state.window_start is None:
        return own
    in_window = source_table.c.seen_at >= to_ms(state.window_start)
    known = select(source_table.c.server).where(source_table.c.server.is_not(None), in_window)
    return connection.execute(known.order_by(source_table.c.seen_at.desc()).limit(1)).scalar_one_or_none()


def _prune(connection: Connection, now: datetime) -> None:
    connection.execute(delete(source_table).where(source_table.c.seen_at < to_ms(now - SILENT_SOURCE_KEPT)))
    ended = report_table.c.state != "waiting"
    newest_first = select(report_table.c.created_at).where(ended).order_by(report_table.c.created_at.desc())
    oldest_kept = connection.execute(newest_first.offset(ENDED_REPORTS_KEPT - 1).limit(1)).scalar_one_or_none()
    if oldest_kept is not None:
        connection.execute(delete(report_table).where(ended, report_table.c.created_at < oldest_kept))


def _to_record(row: Row[Any]) -> ReportRecord:
    return ReportRecord(
        id=row.id,
        cause=row.cause,
        created_at=to_time(row.created_at),
        body=row.body,
        state=row.state,
        attempts=row.attempts,
        next_attempt=to_time(row.next_attempt),
        answer=row.answer,
        answered_at=from_ms(row.answered_at),
        not_before=to_time(row.not_before),
        sending_until=from_ms(row.claimed_until),
        endpoint=row.endpoint,
    )
