"""Nodes: a state directory each, on one database, with a telemetry that tests drive."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from engine_telemetry import store
from engine_telemetry.configuration import Configuration
from engine_telemetry.database import Database
from engine_telemetry.reporter import utc_now
from engine_telemetry.store import ReportRecord
from engine_telemetry.telemetry import Telemetry
from engine_telemetry.testing import FakeClock, ReceivedReport


@dataclass
class Node:
    """A telemetry with its database."""

    telemetry: Telemetry
    database: Database

    def switch(self, enabled: bool) -> None:
        """Change the flag, as a command does."""
        with self.database.begin() as connection:
            after_commit = self.telemetry.toggle(connection, enabled=enabled, user="山田")
        after_commit()

    def count(self, name: str, times: int) -> None:
        for _ in range(times):
            self.telemetry.count(name)

    def flush(self) -> None:
        """What the end of a process and the start of the next one do."""
        self.telemetry.close()
        self.telemetry.open()

    def status(self) -> dict[str, Any]:
        with self.database.read() as connection:
            return self.telemetry.status(connection).to_dict()

    def troubles(self) -> list[str]:
        """What the status says about the database."""
        return [problem for problem in self.status()["problems"] if "cannot use the database" in problem]

    def vendor_and_version(self) -> tuple[str, str]:
        with self.database.read() as connection:
            said = self.telemetry.data(connection).to_dict()["product"]["internals"]["database"]
        return said["vendor"], said["version"]


def settings(url: str, state: Path, **more: Any) -> Configuration:
    """Settings with pauses that suit a test."""
    quick = {"telemetry_flush_interval": timedelta(milliseconds=100), "telemetry_state_directory": state}
    return Configuration(database_url=url, **{**quick, **more})


@contextmanager
def node(url: str, state: Path, *, clock: FakeClock | None = None, **more: Any) -> Iterator[Node]:
    """An open node, until the end of the block."""
    database = Database(url)
    telemetry = Telemetry(settings(url, state, **more), database, clock=clock.now if clock else utc_now)
    telemetry.open()
    try:
        yield Node(telemetry, database)
    finally:
        telemetry.close()
        database.dispose()


def pending(url: str) -> Mapping[str, int]:
    with _read(url) as state:
        return state.pending


def installation(url: str) -> str:
    with _read(url) as state:
        return state.installation


@contextmanager
def _read(url: str) -> Iterator[store.State]:
    database = Database(url, pooled=False)
    with database.read() as connection:
        yield store.read(connection)


def sources(url: str) -> int:
    """How many counter files the database knows."""
    with Database(url, pooled=False).read() as connection:
        return int(connection.execute(text("select count(*) from telemetry_source")).scalar_one())


def report_states(url: str) -> list[str]:
    """What became of each report, the newest first."""
    with Database(url, pooled=False).read() as connection:
        return [record.state for record in store.history(connection)]


@contextmanager
def locked(url: str, lock: str = "update telemetry_state set schema_no = schema_no") -> Iterator[None]:
    """Telemetry's state row is locked, by a program that knows nothing of this one."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text(lock))
        yield


def commands(report: ReceivedReport | ReportRecord) -> dict[str, int]:
    """The counts in a report."""
    counted = json.loads(report.body)["product"]["internals"]["commands"]
    return {name: entry["count"] for name, entry in counted.items()}


def wait_until(condition: Callable[[], Any], seconds: float = 20) -> Any:
    """The first true value of the condition."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"waited {seconds} s in vain"
        time.sleep(0.02)
    return value
