"""A deployed process."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.cockpit.samples import deploy


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with its tables; making them takes longer than most tests."""
    folder = tmp_path_factory.mktemp("new")
    url, state = f"sqlite:///{folder / 'engine.db'}", folder / "state"
    with ProcessEngine(database_url=url, telemetry_state_directory=state, telemetry_reporter_activate=False):
        pass
    return folder / "engine.db"


@pytest.fixture
def settings(settings: dict[str, Any], tmp_path: Path, new_database: Path) -> dict[str, Any]:
    shutil.copy(new_database, tmp_path / "engine.db")
    return settings


@pytest.fixture
def definition_id(engine: ProcessEngine) -> str:
    """The first version of the process ``order``."""
    return deploy(engine)


@pytest.fixture
def deployment_id(engine: ProcessEngine, definition_id: str) -> str:
    """The deployment that it came with."""
    return engine.repository_service.process_definition(definition_id).deployment_id
