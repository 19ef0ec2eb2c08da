"""The one row that all of an installation turns on, and the lock on it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select, text, update

from engine_telemetry.store.tables import dump, from_ms, state_table, to_ms


@dataclass(frozen=True)
class State:
    """The one row: what holds for the whole installation.

    Attributes:
        installation: The id of this database, a UUID of version 4.
        flag: Whether telemetry is switched on; ``None`` while nobody has decided.
        change_no: How often the flag was changed.
        pending: Counts that are in no report yet.
        window_start: Since when is counted; ``None`` while off.
        next_due: When the next scheduled report is due; ``None`` while off.
        gone_endpoint: The endpoint that said last that it is gone for good: nothing more is sent there.
    """

    installation: str
    flag: bool | None
    change_no: int
    pending: Mapping[str, int]
    window_start: datetime | None
    next_due: datetime | None
    gone_endpoint: str | None = None


def read(connection: Connection) -> State:
    """The state, without a lock."""
    return _to_state(connection.execute(_state_query()).one())


def lock(connection: Connection) -> State:
    """The state, locked until the end of the transaction; what that commits is on the disk.

    PostgreSQL can be set up to be quicker than the disk (``synchronous_commit=off``); a consent, or a report that was
    sent, must not be gone after a crash.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("set local synchronous_commit = on"))
    return _to_state(connection.execute(_state_query().with_for_update()).one())


def _state_query() -> Select[Any]:
    return select(state_table).where(state_table.c.id == 1)


def _to_state(row: Row[Any]) -> State:
    return State(
        row.installation,
        row.flag,
        row.change_no,
        json.loads(row.pending),
        from_ms(row.window_start),
        from_ms(row.next_due),
        row.gone_endpoint,
    )


def save(connection: Connection, state: State) -> State:
    """Write the state; returns it."""
    values = {
        "flag": state.flag,
        "change_no": state.change_no,
        "pending": dump(state.pending),
        "window_start": to_ms(state.window_start),
        "next_due": to_ms(state.next_due),
        "gone_endpoint": state.gone_endpoint,
    }
    connection.execute(update(state_table).where(state_table.c.id == 1).values(values))
    return state
