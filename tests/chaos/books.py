"""What the database knows: every report, every change of the flag, and what is in no report yet."""

import json
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from engine_telemetry.counters import open_counters

_LOOK_SECONDS = 0.2


@dataclass
class Report:
    """What was seen of a report.

    Attributes:
        id: Its id.
        created_at: When it was sealed, in seconds since 1970, by the real clock.
        state: The last that was seen.
        bodies: The bytes under its id; those of a withdrawn one are erased.
    """

    id: str
    created_at: float
    state: str
    bodies: set[bytes] = field(default_factory=set)


@dataclass(frozen=True)
class Change:
    """A change of the flag, as the database has it: when, in seconds since 1970, by the server's clock."""

    at: float
    new: bool


@dataclass(frozen=True)
class Remainder:
    """What is in no report: in the database, and in the counter files alone."""

    pending: Mapping[str, int]
    not_flushed: Mapping[str, int]


class Books:
    """Looks into the database again and again: it keeps thirty reports, and forgets the others."""

    def __init__(self, url: str) -> None:
        """Look from now on, in a thread."""
        self._engine = create_engine(url, poolclass=NullPool)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self.reports: dict[str, Report] = {}
        self._thread.start()

    def close(self) -> None:
        """Take a last look."""
        self._stopping.set()
        self._thread.join()
        self._look()

    def changes(self) -> list[Change]:
        """All changes of the flag, the oldest first."""
        rows = self._select("select at, new from telemetry_change order by no")
        return [Change(row.at / 1000, bool(row.new)) for row in rows]

    def remainder(self, state_directory: Path) -> Remainder:
        """What is in no report yet; no server may be running."""
        [state] = self._select("select flag, pending from telemetry_state")
        if not state.flag:
            return Remainder({}, {})
        moved = {row.id: json.loads(row.flushed) for row in self._select("select id, flushed from telemetry_source")}
        not_flushed: dict[str, int] = {}
        for path in state_directory.glob("*.v1"):
            counters = open_counters(path)
            for name, total in counters.totals().items() if counters.source in moved else ():
                not_flushed[name] = not_flushed.get(name, 0) + total - moved[counters.source].get(name, 0)
        return Remainder(json.loads(state.pending), not_flushed)

    def _look_on(self) -> None:
        while not self._stopping.wait(_LOOK_SECONDS):
            with suppress(SQLAlchemyError):  # before there are tables, and while they are locked
                self._look()

    def _look(self) -> None:
        for row in self._select("select id, created_at, state, body from telemetry_report"):
            created_at = by_real_clock(row.created_at / 1000, time.time())
            report = self.reports.setdefault(row.id, Report(row.id, created_at, row.state))
            report.state = row.state
            report.bodies |= {bytes(row.body)} if row.body else set()

    def _select(self, query: str) -> list[Any]:
        with self._engine.connect() as connection:
            return list(connection.execute(text(query)))


def by_real_clock(noted: float, about: float) -> float:
    """A time that was noted by a clock that was wrong by whole hours, if it is known to within half an hour."""
    return noted - 3600 * round((noted - about) / 3600)


def locking(url: str) -> Engine:
    """For somebody who locks telemetry's table: ``with engine.begin() as c: c.execute(LOCK)``."""
    return create_engine(url, poolclass=NullPool)


LOCK = text("update telemetry_state set schema_no = schema_no")
