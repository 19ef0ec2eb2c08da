"""The changes of the flag."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from engine_telemetry.store.counts import Source, flush, rebase
from engine_telemetry.store.state import State, save
from engine_telemetry.store.tables import change_table, report_table, source_table, to_ms, to_time


@dataclass(frozen=True)
class Change:
    """One change of the flag, for the audit."""

    at: datetime
    who: str | None
    cause: str
    old: bool | None
    new: bool


def change_flag(
    connection: Connection, state: State, change: Change, *, period: timedelta, source: Source | None
) -> State:
    """Switch on or off. Setting the value that the flag has changes nothing, but this process counts from now on.

    Args:
        connection: In a transaction that has the lock.
        state: What ``lock`` returned.
        change: The new value, and who sets it why.
        period: From one report to the next.
        source: The counter file of this process, which counts from now on if it is *on*; ``None`` if it has none.
    """
    if state.flag is change.new:
        if source is not None:
            flush(connection, state, source, change.at)  # what the database does not know would be rebased later
        return state
    connection.execute(delete(source_table))
    withdrawn = {"state": "withdrawn", "body": b""}
    connection.execute(update(report_table).where(report_table.c.state == "waiting").values(withdrawn))
    number = state.change_no + 1
    audit = {"no": number, "at": to_ms(change.at), "who": change.who, "cause": change.cause}
    connection.execute(insert(change_table).values(audit | {"old": state.flag, "new": change.new}))
    if change.new and source is not None:
        rebase(connection, source, change.at)
    state = State(state.installation, change.new, number, pending={}, window_start=None, next_due=None)
    if change.new:
        state = replace(state, window_start=change.at, next_due=change.at + period)
    return save(connection, state)


def changes(connection: Connection, limit: int | None = 30) -> list[Change]:
    """The last changes of the flag, the newest first; all of them without a limit."""
    rows = connection.execute(select(change_table).order_by(change_table.c.no.desc()).limit(limit))
    return [Change(to_time(row.at), row.who, row.cause, row.old, row.new) for row in rows]
