"""The web apps over a real engine on a SQLite file."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.people import Person, log_in, make_user
from tests.integration.webapps.rest_client import RestClient, TestClient
from webapps.main import create_app


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables; making them takes longer than most tests."""
    folder = tmp_path_factory.mktemp("new")
    url, state = f"sqlite:///{folder / 'engine.db'}", folder / "state"
    with ProcessEngine(database_url=url, telemetry_state_directory=state, telemetry_reporter_activate=False):
        pass
    return folder / "engine.db"


@pytest.fixture
def settings(tmp_path: Path, new_database: Path) -> dict[str, Any]:
    shutil.copy(new_database, tmp_path / "engine.db")
    return {
        "database_url": f"sqlite:///{tmp_path / 'engine.db'}",
        "telemetry_state_directory": tmp_path / "state",
        "telemetry_reporter_activate": False,
    }


@pytest.fixture
def app(settings: dict[str, Any]) -> Starlette:
    return create_app(**settings)


@pytest.fixture
def engine(app: Starlette) -> ProcessEngine:
    engine: ProcessEngine = app.state.engine
    return engine


@pytest.fixture
def http(app: Starlette) -> Iterator[TestClient]:
    with TestClient(app, follow_redirects=False, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def rest(http: TestClient) -> RestClient:
    return RestClient(http)


@pytest.fixture
def as_admin(http: TestClient, engine: ProcessEngine) -> Person:
    """ann, an administrator, who is logged in."""
    make_user(engine, "ann", "camunda-admin")
    return log_in(engine, TestClient(http.app, follow_redirects=False, raise_server_exceptions=False), "ann")


@pytest.fixture
def as_user(http: TestClient, engine: ProcessEngine) -> Person:
    """bob, an ordinary user, who is logged in."""
    make_user(engine, "bob")
    return log_in(engine, TestClient(http.app, follow_redirects=False, raise_server_exceptions=False), "bob")
