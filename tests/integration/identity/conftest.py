"""Engines with users, on SQLite files."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from engine_telemetry.engine import ProcessEngine
from webapps.main import create_app

PASSWORD = "correct horse"  # noqa: S105 - of users that live for one test
Basic = Callable[..., dict[str, str]]


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    return {
        "database_url": f"sqlite:///{tmp_path / 'engine.db'}",
        "telemetry_state_directory": tmp_path / "state",
        "telemetry_reporter_activate": False,
        "rest_authentication": "basic",
    }


@pytest.fixture
def app(settings: dict[str, Any]) -> Starlette:
    return create_app(**settings)


@pytest.fixture
def engine(app: Starlette) -> Iterator[ProcessEngine]:
    """An engine with an administrator, ann, and another user, bob."""
    engine: ProcessEngine = app.state.engine
    engine.identity_service.create_user("ann", PASSWORD, first_name="Ann", groups=["camunda-admin"])
    engine.identity_service.create_user("bob", PASSWORD, last_name="Builder", email="bob@example.com")
    yield engine
    engine.close()


@pytest.fixture
def password() -> str:
    return PASSWORD


@pytest.fixture
def basic() -> Basic:
    """The header of a user; RFC 7617."""

    def header(user: str, password: str = PASSWORD) -> dict[str, str]:
        return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}

    return header
