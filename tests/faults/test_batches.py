"""Nodes that die by SIGKILL in the middle of a batch: each item is done, and none is done twice."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.batches import Batch
from engine_telemetry.engine.delegates import Delegates
from tests.faults.conftest import TestDatabase

SECONDS = 60
ITEMS = 150
KILLS = 4
MODEL = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://test"
    xmlns:camunda="http://camunda.org/schema/1.0/bpmn"><process id="p" isExecutable="true">
    <startEvent id="start"/><sequenceFlow id="f" sourceRef="start" targetRef="a"/>
    <userTask id="a"><extensionElements>
      <camunda:executionListener event="end" delegateExpression="${slowly}"/>
    </extensionElements></userTask></process></definitions>"""
NODE = """
import sys, time
from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.delegates import Delegates
delegates = Delegates(beans={"slowly": lambda execution: time.sleep(0.02)})
settings = {"database_url": sys.argv[1], "telemetry_state_directory": sys.argv[2]}
with ProcessEngine(delegates=delegates, **settings):
    sys.stdin.readline()
"""


class Nodes:
    """Two nodes: processes with folders for temporary files of their own, so that neither knows of the other."""

    def __init__(self, url: str, folder: Path) -> None:
        self._url, self._folder = url, folder
        self.processes = [self._start(number) for number in range(2)]

    def replace_one(self) -> None:
        """Kill one without warning, and start another one in its place."""
        number = random.randrange(2)
        self.processes[number].kill()
        self.processes[number].communicate()
        self.processes[number] = self._start(number)

    def _start(self, number: int) -> "subprocess.Popen[bytes]":
        folder = self._folder / str(number)
        folder.mkdir(exist_ok=True)
        command = [sys.executable, "-c", NODE, self._url, str(folder / "state")]
        return subprocess.Popen(command, stdin=subprocess.PIPE, env={**os.environ, "TMPDIR": str(folder)})

    def stop(self) -> None:
        for process in self.processes:
            process.kill()
            process.communicate()


@pytest.fixture
def nodes(database: TestDatabase, tmp_path: Path) -> Iterator[Callable[[], Nodes]]:
    started: list[Nodes] = []

    def start() -> Nodes:
        started.append(Nodes(database.url, tmp_path))
        return started[-1]

    yield start
    for one in started:
        one.stop()


def new_engine(url: str, folder: Path) -> ProcessEngine:
    """An engine that works no batches off."""
    return ProcessEngine(
        delegates=Delegates(beans={"slowly": print}),
        database_url=url,
        telemetry_state_directory=folder,
        telemetry_reporter_activate=False,
        job_executor_activate=False,
    )


def settled(engine: ProcessEngine, batch_id: str, number: int) -> Batch:
    """The batch, when so many items of it are settled."""
    end = time.monotonic() + SECONDS
    while (batch := engine.management_service.batch(batch_id)).remaining > ITEMS - number:
        assert time.monotonic() < end, batch
        time.sleep(0.01)
    return batch


@pytest.mark.full
@pytest.mark.timeout(120)
def test_a_batch_survives_its_nodes(database: TestDatabase, nodes: Callable[[], Nodes], tmp_path: Path) -> None:
    with new_engine(database.url, tmp_path / "test") as engine:
        engine.repository_service.deploy({"p.bpmn": MODEL})
        ids = [engine.runtime_service.start_process_instance(key="p").id for _ in range(ITEMS)]
        with engine.identity_service.acting_as("mary"):
            batch = engine.management_service.create_batch("instance-deletion", ids=ids, must_exist=True)
        running = nodes()
        for kill in range(1, KILLS + 1):
            settled(engine, batch.id, kill * ITEMS // (KILLS + 2))
            running.replace_one()
        batch = settled(engine, batch.id, ITEMS)
        noted = engine.history_service.operations(user_id="mary")
        left = engine.runtime_service.count_process_instances()
    assert (batch.done, batch.failed, batch.state, left) == (ITEMS, 0, "finished", 0)
    assert Counter(one.instance_id for one in noted if one.instance_id) == dict.fromkeys(ids, 1)
