"""Counts, on their way from a counter file to a report."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from engine_telemetry.counters import MAX_NAMES, OTHER
from engine_telemetry.store.state import State, save
from engine_telemetry.store.tables import dump, source_table, to_ms

_SEEN_AGAIN_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Source:
    """One counter file, as a flush sees it.

    Attributes:
        id: Its UUID.
        totals: Reads what it has counted; called under the lock.
        server: The application server of its processes, as text.
    """

    id: str
    totals: Callable[[], Mapping[str, int]]
    server: str | None


def flush(connection: Connection, state: State, source: Source, now: datetime) -> State:
    """Move what the source has counted since the last flush to what is pending; nothing while off."""
    if not state.flag:
        return state
    row = connection.execute(select(source_table).where(source_table.c.id == source.id)).first()
    if row is None:
        rebase(connection, source, now)
        return state
    totals, flushed = source.totals(), json.loads(row.flushed)
    stale = row.seen_at < to_ms(now - _SEEN_AGAIN_AFTER)
    if totals != flushed or source.server != row.server or stale:
        values = {"flushed": dump(totals), "server": source.server, "seen_at": to_ms(now)}
        connection.execute(update(source_table).where(source_table.c.id == source.id).values(values))
    more = _difference(totals, flushed)
    return save(connection, replace(state, pending=_add(state.pending, more))) if more else state


def rebase(connection: Connection, source: Source, now: datetime) -> None:
    """Remember what an unknown source has counted so far; it is not ours to report."""
    values = {"id": source.id, "flushed": dump(source.totals()), "server": source.server, "seen_at": to_ms(now)}
    connection.execute(insert(source_table).values(values))


def preview(connection: Connection, state: State, source: Source | None) -> dict[str, int]:
    """What a flush and a seal would put into a report now; takes nothing."""
    if not state.flag or source is None:
        return dict(state.pending)
    query = select(source_table.c.flushed).where(source_table.c.id == source.id)
    flushed = connection.execute(query).scalar_one_or_none()
    if flushed is None:
        return dict(state.pending)
    return _add(state.pending, _difference(source.totals(), json.loads(flushed)))


def _difference(totals: Mapping[str, int], flushed: Mapping[str, int]) -> dict[str, int]:
    return {name: total - flushed.get(name, 0) for name, total in totals.items() if total > flushed.get(name, 0)}


def _add(pending: Mapping[str, int], more: Mapping[str, int]) -> dict[str, int]:
    """The sum; names beyond those that one report may have are counted as ``other``, as in a counter file."""
    total = dict(pending)
    for name, count in more.items():
        key = name if name in total or len(total) < MAX_NAMES else OTHER
        total[key] = total.get(key, 0) + count
    return total
