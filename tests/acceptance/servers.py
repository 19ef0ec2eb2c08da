"""Whole servers, as processes, for tests that speak HTTP to them."""

import mmap
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

PROJECT = Path(__file__).parents[2]
CLIENT = httpx.Client(timeout=20, limits=httpx.Limits(max_keepalive_connections=0))
MODEL = PROJECT / "docs" / "examples" / "approval.bpmn"


def wait_until(condition: Callable[[], Any], seconds: float = 20) -> Any:
    """The first true value of the condition; fails if there is none in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.05)
    pytest.fail(f"Waited {seconds} s in vain for {condition}")


def free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@dataclass
class Server:
    """A server process, and what belongs to it."""

    process: "subprocess.Popen[bytes]"
    url: str
    log_file: Path
    folder: Path

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """One request on a connection of its own, so that any worker may get it."""
        return CLIENT.request(method, self.url + path, **arguments)

    def get(self, path: str) -> Any:
        answer = self.request("GET", f"/engine-rest{path}")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.request("POST", f"/engine-rest{path}", json=body)

    def switch(self, enabled: bool) -> None:
        assert self.post("/telemetry/configuration", {"enableTelemetry": enabled}).status_code == 204

    def deploy(self) -> None:
        files = {"approval.bpmn": ("approval.bpmn", MODEL.read_bytes())}
        answer = self.request("POST", "/engine-rest/deployment/create", files=files)
        assert answer.status_code == 200, answer.text

    def start_instances(self, count: int) -> None:
        self.many(count, "/process-definition/key/approval/start", {"businessKey": "A-1"})

    def fetch_and_lock(self, count: int) -> None:
        topic = {"topicName": "reserve", "lockDuration": 1000}
        self.many(count, "/external-task/fetchAndLock", {"workerId": "w", "maxTasks": 1, "topics": [topic]})

    def many(self, count: int, path: str, body: Any) -> None:
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: self.post(path, body), range(count)))
        assert {answer.status_code for answer in answers} == {200}, answers[0].text

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in children.split()]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> float:
        """Stop it; how many seconds that took."""
        began = time.monotonic()
        self.process.send_signal(how)
        self.process.wait(40)
        return time.monotonic() - began

    def rows_in_use(self) -> int:
        """How many processes have counted something, by the layout that ``counters.py`` documents."""
        (file,) = self.folder.glob("*-telemetry/*.v1")
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            rows = [content[49152 + row * 4096 : 49152 + (row + 1) * 4096] for row in range(128)]
        return sum(any(row) for row in rows)

    def query(self, statement: str) -> list[Any]:
        with closing(sqlite3.connect(self.folder / "engine.db")) as connection:
            return connection.execute(statement).fetchall()


Serve = Callable[..., Server]


def start_server(
    folder: Path, *options: str, environment: Mapping[str, str] | None = None, config: Path | None = None
) -> Server:
    """gunicorn with these options, on the database of the folder, once it answers."""
    port = free_port()
    log_file = folder / f"server-{port}.log"
    settings = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(folder),
        "ENGINE_DATABASE_URL": f"sqlite:///{folder}/engine.db",
    }
    kept = {name: os.environ[name] for name in ("PYTHONDEVMODE", "COVERAGE_PROCESS_START") if name in os.environ}
    command = [sys.executable, "-m", "gunicorn", "--config", str(config or PROJECT / "conf" / "gunicorn.conf.py")]
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [*command, "--bind", f"127.0.0.1:{port}", *options],
            cwd=PROJECT,
            env={**kept, **settings, **(environment or {})},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    server = Server(process, f"http://127.0.0.1:{port}", log_file, folder)
    try:
        wait_until(lambda: _answers(server), 30)
    except BaseException:
        kill_server(server)
        raise
    return server


def kill_server(server: Server) -> None:
    """End what is left of it."""
    if server.process.poll() is None:
        os.killpg(server.process.pid, signal.SIGKILL)  # its own session: nobody else is in it
        server.process.wait(10)


def _answers(server: Server) -> bool:
    assert server.process.poll() is None, server.log
    try:
        return server.request("GET", "/engine-rest/version").status_code in {200, 401}
    except httpx.TransportError:
        return False
