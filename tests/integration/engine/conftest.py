"""Engines on each kind of database, and small BPMN models."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import ExternalTask, Task
from tests.faults.conftest import mariadb, postgresql
from tests.faults.databases import DatabaseServer

__all__ = ["mariadb", "postgresql"]

NewEngine = Callable[..., ProcessEngine]

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://test"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn">'
)


def make_model(*nodes: str, flows: str, key: str = "p", process: str = "") -> bytes:
    """A model with one process: a start and an end event, these nodes, and flows like ``start-a a-end``."""
    arrows = (
        f'<sequenceFlow id="{flow}" sourceRef="{flow.partition("-")[0]}" targetRef="{flow.partition("-")[2]}"/>'
        for flow in flows.split()
    )
    return "\n".join(
        [
            HEAD,
            f'<process id="{key}" isExecutable="true" {process}><startEvent id="start"/><endEvent id="end"/>',
            *nodes,
            *arrows,
            "</process></definitions>",
        ]
    ).encode()


@pytest.fixture
def model() -> Callable[..., bytes]:
    return make_model


@pytest.fixture
def user_model() -> bytes:
    """A process that waits for one user task, ``a``."""
    return make_model('<userTask id="a" name="Do it"/>', flows="start-a a-end")


@pytest.fixture
def external_model() -> bytes:
    """A process that waits for one external task, ``b``, of topic ``t``."""
    return make_model('<serviceTask id="b" camunda:type="external" camunda:topic="t"/>', flows="start-b b-end")


@pytest.fixture
def parallel_model() -> bytes:
    """A process that waits for a user task ``a`` and an external one ``b``, of topic ``t``, and then for ``c``."""
    return make_model(
        '<parallelGateway id="fork"/><parallelGateway id="join"/><userTask id="c"/>',
        '<userTask id="a" name="Do it" camunda:assignee="joe" camunda:candidateGroups="staff, boss"/>',
        '<serviceTask id="b" camunda:type="external" camunda:topic="t" camunda:taskPriority="5"/>',
        flows="start-fork fork-a fork-b a-join b-join join-c c-end",
    )


@pytest.fixture(
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.full),
        pytest.param("mariadb", marks=pytest.mark.full),
    ]
)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database, of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'engine.db'}"
    server: DatabaseServer = request.getfixturevalue(request.param)
    return server.new_database()


@pytest.fixture(scope="session")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables: to copy it takes a tenth of the time that it takes to make them."""
    folder = tmp_path_factory.mktemp("tables")
    settings: dict[str, Any] = {"telemetry_reporter_activate": False, "job_executor_activate": False}
    with ProcessEngine(database_url=f"sqlite:///{folder / 'engine.db'}", **settings):
        pass
    return folder / "engine.db"


@pytest.fixture
def database_url(empty_database_url: str, tables: Path) -> str:
    """A database that may have its tables already."""
    if empty_database_url.startswith("sqlite"):
        shutil.copy(tables, empty_database_url.removeprefix("sqlite:///"))
    return empty_database_url


@pytest.fixture
def new_engine(tmp_path: Path, database_url: str) -> Iterator[NewEngine]:
    """Makes engines on one database file, and closes them in the end."""
    engines: list[ProcessEngine] = []

    def make(**settings: Any) -> ProcessEngine:
        defaults: dict[str, Any] = {
            "database_url": database_url,
            "telemetry_state_directory": tmp_path / "state",
            "telemetry_reporter_activate": False,
            "job_executor_activate": False,
        }
        engines.append(ProcessEngine(None, **defaults | settings))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


@pytest.fixture
def engine(new_engine: NewEngine) -> ProcessEngine:
    return new_engine()


@pytest.fixture
def only_task(engine: ProcessEngine) -> Callable[[], Task]:
    """The one user task that waits."""

    def find() -> Task:
        [task] = engine.task_service.tasks()
        return task

    return find


@pytest.fixture
def only_external_task(engine: ProcessEngine) -> Callable[[], ExternalTask]:
    """The one external task that waits."""

    def find() -> ExternalTask:
        [task] = engine.external_task_service.external_tasks()
        return task

    return find
