"""Workers of a gunicorn that die by SIGKILL in the middle of commands: nothing acknowledged is lost or done twice."""

import http.client
import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Topic
from tests.chaos.server import Gunicorn
from tests.faults.conftest import TestDatabase
from tests.faults.databases import free_port
from tests.faults.test_engine import HEAD, new_engine

SECONDS = 10.0
CLIENTS = 4
ANSWERS_BETWEEN_KILLS = (1, 30)
OVERTAKEN = (b"is null", b"cannot be completed by worker")
LOCK = timedelta(seconds=1)
MODEL = f"""{HEAD}<process id="p" isExecutable="true"><startEvent id="start"/>
    <serviceTask id="work" camunda:type="external" camunda:topic="t"
        xmlns:camunda="http://camunda.org/schema/1.0/bpmn"/>
    <userTask id="user"/><endEvent id="end"/><sequenceFlow id="f1" sourceRef="start" targetRef="work"/>
    <sequenceFlow id="f2" sourceRef="work" targetRef="user"/><sequenceFlow id="f3" sourceRef="user" targetRef="end"/>
    </process></definitions>""".encode()


@dataclass
class Acknowledged:
    """What the server has said that it did.

    Attributes:
        instances: The ids of the instances that it started, by their business keys.
        done: The ids of the tasks that it completed.
        interrupted: How many requests got no answer.
        refused: What it answered with an error that nobody expected.
    """

    instances: dict[str, str] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    interrupted: int = 0
    refused: list[str] = field(default_factory=list)


class Client:
    """Starts instances and completes what waits, until it is told to stop, and notes what was acknowledged."""

    def __init__(self, number: int, port: int, stopped: threading.Event) -> None:
        self.said = Acknowledged()
        self._name, self._port, self._stopped = f"client-{number}", port, stopped
        self._random = random.Random(number)
        self.answers = 0

    def __call__(self) -> Acknowledged:
        number = 0
        while not self._stopped.is_set():
            number += 1
            self._start(f"{self._name}-{number}")
            self._work()
            self._decide()
        return self.said

    def _start(self, key: str) -> None:
        body = {"businessKey": key, "variables": {"by": {"value": self._name}}}
        if (started := self._post("process-definition/key/p/start", body)) is not None:
            self.said.instances[key] = started["id"]

    def _work(self) -> None:
        topic = {"topicName": "t", "lockDuration": LOCK // timedelta(milliseconds=1)}
        wanted = {"workerId": self._name, "maxTasks": 2, "topics": [topic]}
        for task in self._post("external-task/fetchAndLock", wanted) or []:
            body = {"workerId": self._name, "variables": {"worked": {"value": True}}}
            self._complete(f"external-task/{task['id']}/complete", body, task["id"])

    def _decide(self) -> None:
        tasks = self._post("task?maxResults=20", {}) or []
        if tasks:
            task = self._random.choice(tasks)
            self._complete(f"task/{task['id']}/complete", {}, task["id"])

    def _complete(self, path: str, body: object, task_id: str) -> None:
        if self._post(path, body) is not None:
            self.said.done.append(task_id)

    def _post(self, path: str, body: object) -> Any:
        """The answer; ``None`` if there is none, or somebody else was faster."""
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", self._port, timeout=20)) as connection:
                headers = {"Content-Type": "application/json"}
                connection.request("POST", f"/engine-rest/{path}", json.dumps(body), headers)
                answer = connection.getresponse()
                content = answer.read()
        except (OSError, http.client.HTTPException):
            self.said.interrupted += 1
            time.sleep(0.02)
            return None
        self.answers += 1
        if answer.status in {HTTPStatus.OK, HTTPStatus.NO_CONTENT}:
            return json.loads(content or b"{}")
        if answer.status != HTTPStatus.NOT_FOUND and not any(known in content for known in OVERTAKEN):
            self.said.refused.append(f"{path}: {answer.status} {content!r}")
        return None


@pytest.fixture
def gunicorn(database: TestDatabase, tmp_path: Path) -> Iterator[Gunicorn]:
    places = {"ENGINE_DATABASE_URL": database.url, "ENGINE_TELEMETRY_STATE_DIRECTORY": str(tmp_path / "state")}
    quick = {"ENGINE_INITIALIZE_TELEMETRY": "false", "GUNICORN_CMD_ARGS": "--preload"}  # so that many can die
    made = Gunicorn(free_port(), tmp_path, places | quick)
    yield made
    made.kill_all()


def run_and_kill(gunicorn: Gunicorn) -> tuple[list[Acknowledged], int]:
    """Let clients work while workers die; what they were told, and how many died."""
    stopped, kills, seen = threading.Event(), 0, 0
    clients = [Client(number, gunicorn.port, stopped) for number in range(CLIENTS)]
    with ThreadPoolExecutor(CLIENTS) as pool:
        working = [pool.submit(client) for client in clients]
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            wanted = seen + random.randint(*ANSWERS_BETWEEN_KILLS)
            while (seen := sum(client.answers for client in clients)) < wanted and time.monotonic() < end:
                time.sleep(random.uniform(0.001, 0.01))
            if workers := gunicorn.workers():
                with suppress(ProcessLookupError):
                    os.kill(random.choice(workers), signal.SIGKILL)
                    kills += 1
        stopped.set()
    return [client.result() for client in working], kills


def finish(engine: ProcessEngine) -> None:
    """Complete what still waits, when the locks of those that died are over."""
    time.sleep(LOCK.total_seconds())
    topics = [Topic("t", timedelta(minutes=1))]
    while tasks := engine.external_task_service.fetch_and_lock(worker_id="last", max_tasks=50, topics=topics):
        for external in tasks:
            engine.external_task_service.complete(external.id, worker_id="last")
    for task in engine.task_service.tasks():
        engine.task_service.complete(task.id)


@pytest.mark.full
@pytest.mark.timeout(120)
@pytest.mark.parametrize("database", ["SQLite", "PostgreSQL"], indirect=True)
def test_workers_that_are_killed_lose_nothing_that_was_acknowledged_and_do_nothing_twice(
    gunicorn: Gunicorn, database: TestDatabase, tmp_path: Path
) -> None:
    with new_engine(database.url, tmp_path / "test") as engine:
        engine.repository_service.deploy({"p.bpmn": MODEL})
        gunicorn.start()
        said, kills = run_and_kill(gunicorn)
        gunicorn.kill_all()
        finish(engine)
        check(engine, said)
    assert kills > 5


def check(engine: ProcessEngine, said: list[Acknowledged]) -> None:
    started = {key: instance_id for one in said for key, instance_id in one.instances.items()}
    done = Counter(task_id for one in said for task_id in one.done)
    assert [one.refused for one in said if one.refused] == []
    assert sum(one.interrupted for one in said) > 0
    assert started
    assert set(done.values()) == {1}, "a task was completed twice"
    assert engine.runtime_service.count_process_instances() == engine.external_task_service.count_external_tasks() == 0
    instances = {one.id: one for one in engine.history_service.process_instances()}
    assert {key: instances[instance_id].business_key for key, instance_id in started.items()} == {k: k for k in started}
    assert {one.state for one in instances.values()} == {"COMPLETED"}
    assert max(Counter(one.business_key for one in instances.values()).values()) == 1
    activities = engine.history_service.activity_instances()
    assert Counter(one.activity_id for one in activities) == dict.fromkeys(
        ("start", "work", "user", "end"), len(instances)
    )
    assert done.keys() <= {one.id for one in activities if one.end_time is not None and not one.canceled}
