"""Databases of each kind, the two servers started once for a session, and a collector."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest

from engine_telemetry.testing import Collector
from tests.faults.databases import DatabaseServer, MissingServerError, Vendor, run_mariadb, run_postgresql


@dataclass(frozen=True)
class TestDatabase:
    """An empty database.

    Attributes:
        vendor: The kind of its server.
        url: A SQLAlchemy URL.
        server: The server, if there is one.
    """

    __test__ = False

    vendor: Vendor
    url: str
    server: DatabaseServer | None = None


@pytest.fixture(scope="session")
def postgresql() -> Iterator[DatabaseServer]:
    yield from _started(run_postgresql)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[DatabaseServer]:
    yield from _started(run_mariadb)


def _started(run: Callable[[], AbstractContextManager[DatabaseServer]]) -> Iterator[DatabaseServer]:
    try:
        with run() as server:
            yield server
    except MissingServerError as exc:
        pytest.skip(str(exc))


@pytest.fixture(
    params=[
        "SQLite",
        pytest.param("PostgreSQL", marks=pytest.mark.full),
        pytest.param("MariaDB", marks=pytest.mark.full),
    ]
)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> TestDatabase:
    if request.param == "SQLite":
        return TestDatabase("SQLite", f"sqlite:///{tmp_path}/engine.db")
    server: DatabaseServer = request.getfixturevalue(request.param.lower())
    return TestDatabase(server.vendor, server.new_database(), server)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        yield collector
