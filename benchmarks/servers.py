"""Servers with telemetry, started for a measurement, and an endpoint that never answers them."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Self

TIME_LIMIT_SECONDS = 60

_PROJECT = Path(__file__).parents[1]
_LOOK = "/engine-rest/process-definition/count"


class SilentEndpoint:
    """An endpoint that takes connections and never says anything.

    Attributes:
        url: Where reports are posted.
    """

    def __enter__(self) -> Self:
        """Listen on the loopback address."""
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1000)
        self._listener.settimeout(TIME_LIMIT_SECONDS)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/reports"
        self._asked: list[socket.socket] = []
        return self

    def wait_until_asked(self) -> None:
        """Wait for a connection, and keep it."""
        self._asked.append(self._listener.accept()[0])

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close everything."""
        for connection in (*self._asked, self._listener):
            connection.close()


@dataclass(frozen=True)
class Server:
    """A server that was started."""

    port: int
    process: "subprocess.Popen[bytes]"
    log_file: Path

    def wait_until_it_answers(self) -> None:
        """Wait for its first answer.

        Raises:
            RuntimeError: It ended, or took too long.
        """
        end = time.monotonic() + TIME_LIMIT_SECONDS
        while not _answers(self.port):
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"A server does not start:\n{self.log_file.read_text()}")
            time.sleep(0.1)

    def cpu_seconds(self) -> float:
        """What all threads of the master and its worker have used, by the kernel's scheduler (``schedstat``)."""
        master = _tasks(str(self.process.pid))
        children = (master / str(self.process.pid) / "children").read_text().split()
        tasks = [task for folder in (master, *map(_tasks, children)) for task in folder.iterdir()]
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def _tasks(pid: str) -> Path:
    return Path(f"/proc/{pid}/task")


@contextmanager
def running(settings: Mapping[str, str]) -> Iterator[Server]:
    """The web apps under gunicorn, with one worker and a database of their own, unless the settings name one."""
    port = _free_port()
    options = ["--config", "conf/gunicorn.conf.py", "--workers", "1", "--bind", f"127.0.0.1:{port}"]
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "ENGINE_DATABASE_URL": f"sqlite:///{folder}/engine.db",
        }
        environment |= {f"ENGINE_{name}": value for name, value in settings.items()}
        log_file = Path(folder) / "log"
        with log_file.open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 - our own server
                [sys.executable, "-m", "gunicorn", *options], cwd=_PROJECT, env=environment, stdout=log, stderr=log
            )
        try:
            yield Server(port, process, log_file)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(TIME_LIMIT_SECONDS)


def _free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    with closing(HTTPConnection("127.0.0.1", port, timeout=TIME_LIMIT_SECONDS)) as connection:
        try:
            ask_all([connection])
        except (OSError, HTTPException):
            return False
        return True


def ask_all(connections: list[HTTPConnection]) -> None:
    """One request on each connection, all at once, and all the answers.

    Raises:
        RuntimeError: One was not answered with 200.
    """
    for connection in connections:
        connection.request("GET", _LOOK)
    for connection in connections:
        answer = connection.getresponse()
        answer.read()
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(f"GET {_LOOK} was answered with {answer.status}: the server's log says why.")
