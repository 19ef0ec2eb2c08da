"""Other servers than gunicorn, and programs without one: exact counts, and one report when the whole group stops."""

import multiprocessing
import os
import shlex
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from multiprocessing.context import ForkContext, SpawnContext
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.testing import Collector
from tests.chaos.clients import FETCH, REQUESTS, ask
from tests.chaos.server import PROJECT, session, wait
from tests.chaos.verdict import known
from tests.faults.nodes import commands, node, settings
from tests.servers.conftest import Environment, free_port, needs_debians_python

REQUESTED = 40


@dataclass(frozen=True)
class Model:
    """A server.

    Attributes:
        name: As the test is called, and of the requirements file.
        command: What starts it.
        says: What each of its processes says in the log when it serves.
        processes: How many say so.
        stop: The signal that ends it in order.
        patient: Whether it lets its processes end in order; hypercorn kills the others when one has ended.
    """

    name: str
    command: str
    says: str
    processes: int
    stop: signal.Signals = signal.SIGTERM
    patient: bool = True


MODELS = [
    Model("uvicorn", "{bin}/uvicorn --port {port} --workers 4 tests.faults.site:app", "startup complete", 4),
    Model(
        "hypercorn",
        "{bin}/hypercorn --workers 3 --bind 127.0.0.1:{port} tests.faults.site:app",
        "Running on",
        3,
        patient=False,
    ),
    Model(
        "granian", "{bin}/granian --interface asgi --workers 2 --port {port} tests.faults.site:app", "Started worker", 2
    ),
    Model(
        "waitress",
        "{bin}/waitress-serve --listen 127.0.0.1:{port} tests.faults.site:wsgi_app",
        "Serving on",
        1,
        signal.SIGINT,
    ),
    Model(
        "uwsgi",
        "/usr/bin/uwsgi --plugin python3 --virtualenv {path} --pythonpath {project} --module tests.faults.site:wsgi_app"
        " --master --processes 3 --enable-threads --die-on-term --http-socket 127.0.0.1:{port}",
        "spawned uWSGI worker",
        3,
    ),
]


@pytest.mark.full
@pytest.mark.timeout(300)
@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_server_counts_exactly_and_makes_one_report_when_all_its_processes_stop(
    model: Model, tmp_path: Path, collector: Collector
) -> None:
    url, port = f"sqlite:///{tmp_path}/engine.db", free_port()
    with node(url, tmp_path / "state", telemetry_reporter_activate=False) as a:
        a.switch(True)
    process = start(model, port, tmp_path, collector.url)
    try:
        wait(lambda: fetched(port) or process.poll() is not None)
        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(lambda _: fetched(port), range(REQUESTED - 1)))
        wait(lambda: (tmp_path / "log").read_text().count(model.says) >= model.processes)
        process.send_signal(model.stop)
        wait(lambda: process.poll() is not None and not session(process.pid))
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    log = (tmp_path / "log").read_text()
    assert len(collector.reports) == 1 or (not model.patient and not collector.reports), log
    assert known(url, tmp_path / "state", FETCH) == REQUESTED, log


def start(model: Model, port: int, folder: Path, endpoint: str) -> "subprocess.Popen[bytes]":
    if model.command.startswith("/"):
        if not Path("/usr/bin/uwsgi").exists():
            pytest.skip("uWSGI is missing: apt-get install uwsgi-core uwsgi-plugin-python3")
        needs_debians_python()
    environment = Environment(model.name)
    command = model.command.format(bin=environment.bin, path=environment.path, port=port, project=PROJECT)
    variables = {
        "ENGINE_DATABASE_URL": f"sqlite:///{folder}/engine.db",
        "ENGINE_TELEMETRY_STATE_DIRECTORY": str(folder / "state"),
        "ENGINE_TELEMETRY_ENDPOINT": endpoint,
        "HOME": str(folder),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PROJECT),
    }
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(
            shlex.split(command), cwd=folder, env=variables, stdout=log, stderr=log, start_new_session=True
        )


def fetched(port: int) -> bool:
    with suppress(OSError, HTTPException):
        return ask(port, *REQUESTS[FETCH]) == 200
    return False


# -- programs without a server -----------------------------------------------------------------------------------------

COUNTED = "IsTelemetryEnabledCmd"


def use_the_engine(more: dict[str, Any], times: int, everybody: Barrier | None = None) -> None:
    with ProcessEngine(settings(**more)) as engine:
        for _ in range(times):
            assert engine.management_service.is_telemetry_enabled()
        if everybody is not None:
            everybody.wait(60)  # a child that ends before the next one begins is a group of its own


@pytest.fixture
def more(tmp_path: Path, collector: Collector) -> dict[str, Any]:
    return {
        "url": f"sqlite:///{tmp_path}/engine.db",
        "state": tmp_path / "state",
        "telemetry_endpoint": collector.url,
        "initialize_telemetry": True,
    }


def test_one_plain_process_makes_one_report_of_all_it_counted(more: dict[str, Any], collector: Collector) -> None:
    use_the_engine(more, 5)
    assert [commands(report) for report in collector.reports] == [{COUNTED: 5}]


SPAWN, FORK = multiprocessing.get_context("spawn"), multiprocessing.get_context("fork")


@pytest.mark.parametrize("context", [SPAWN, FORK], ids=["spawned", "forked before the engine is opened"])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_children_of_a_program_count_with_it_and_the_last_one_makes_the_report(
    context: SpawnContext | ForkContext, more: dict[str, Any], collector: Collector
) -> None:
    engine = ProcessEngine(settings(**more))
    if context is SPAWN:
        engine.open()
    everybody = context.Barrier(4)
    children = [context.Process(target=use_the_engine, args=(more, 4, everybody)) for _ in range(3)]
    for child in children:
        child.start()
    with engine:
        assert engine.management_service.is_telemetry_enabled()
        everybody.wait(60)
        for child in children:
            child.join(60)
        assert {child.exitcode for child in children} == {0}
    assert [commands(report) for report in collector.reports] == [{COUNTED: 3 * 4 + 1}]
