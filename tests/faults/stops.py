"""One stop of a gunicorn, from its start to what is left of it."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path

from engine_telemetry.testing import Collector
from tests.chaos.clients import FETCH, REQUESTS, ask
from tests.chaos.server import PROJECT, children, is_alive, session, wait
from tests.chaos.verdict import known
from tests.faults.nodes import commands, node

CONF = (PROJECT / "conf" / "gunicorn.conf.py").read_text()
WORKERS = {
    "asgi": ["--worker-class", "asgi"],
    "uvicorn": ["--worker-class", "uvicorn_worker.UvicornWorker"],
    "gthread": ["--worker-class", "gthread", "--threads", "2"],
    "gevent": ["--worker-class", "gevent"],
}
_FETCHES = 3
_GRACE_SECONDS = 3


@dataclass(frozen=True)
class Cell:
    """A place in the table: which worker, preloaded or not, and how it ends."""

    worker: str
    preload: bool
    end: str

    def __str__(self) -> str:
        """As the tests are called."""
        return f"{self.worker}{' preloaded' if self.preload else ''}, {self.end}"


@dataclass
class Outcome:
    """What was seen.

    Attributes:
        reports: The counts of each report that the collector got.
        seconds: From the last signal to the end of the last process.
        acknowledged: How many commands were answered before.
        attempted: How many were sent, answered or not.
        known: How many commands are in a report, or wait for the next one.
        master_threads: How many the master had.
        signals: The signals that the master and the workers catch, as masks (``SigCgt``, ``proc(5)``).
        log: What the server said.
    """

    reports: list[dict[str, int]] = field(default_factory=list)
    seconds: float = 0
    acknowledged: int = 0
    attempted: int = 0
    known: int = 0
    master_threads: int = 0
    signals: set[str] = field(default_factory=set)
    log: str = ""

    @property
    def kept(self) -> int:
        """Commands that were not sent, and are not lost."""
        return self.known - sum(report.get(FETCH, 0) for report in self.reports)


class Stop:
    """A gunicorn in a folder of its own, that is stopped."""

    def __init__(self, cell: Cell, folder: Path, program: Path, *, hooks: bool = True) -> None:
        """Prepare it: telemetry was switched on in its database before, unless it is to run without."""
        folder.mkdir(parents=True)
        self.cell, self.folder, self.program, self.hooks = cell, folder, program, hooks
        self.url, self.state = f"sqlite:///{folder}/engine.db", folder / "state"
        self.conf, self.outcome = folder / "gunicorn.conf.py", Outcome()
        self.conf.write_text(CONF if hooks else 'graceful_timeout = 5\nwsgi_app = "webapps.main:app"\n')
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        with node(self.url, self.state, telemetry_reporter_activate=False) as a:
            a.switch(hooks)

    def run(self) -> Outcome:
        """Start, count, stop."""
        with Collector() as collector:
            process = self._start(collector.url)
            try:
                ENDS[self.cell.end](self, process.pid)
                self._wait_for_the_end(process)
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            self.outcome.reports = [commands(report) for report in collector.reports]
        self._settle()
        return self.outcome

    def _start(self, endpoint: str) -> "subprocess.Popen[bytes]":
        if self.cell.end != "port in use":
            self.listener.close()
        app = "missing" if self.cell.end == "worker fails to boot" else self._app
        options = ["--bind", f"127.0.0.1:{self.port}", "--workers", "2", "--pid", str(self.folder / "pid")]
        options += ["--no-control-socket", "--graceful-timeout", str(_GRACE_SECONDS), *WORKERS[self.cell.worker]]
        options += ["--preload"] if self.cell.preload else []
        places = {"ENGINE_DATABASE_URL": self.url, "ENGINE_TELEMETRY_STATE_DIRECTORY": str(self.state)}
        more = {"ENGINE_TELEMETRY_ENDPOINT": endpoint, "HOME": str(self.folder), "PYTHONPATH": str(PROJECT)}
        more["ENGINE_TELEMETRY_CLOSE_TIMEOUT"] = "10000"  # other cells keep the machine busy meanwhile
        with (self.folder / "log").open("wb") as log:
            return subprocess.Popen(
                [str(self.program), "--config", str(self.conf), *options, f"webapps.main:{app}"],
                cwd=PROJECT,
                env=places | more | ({} if self.hooks else {"DO_NOT_TRACK": "1"}),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def _app(self) -> str:
        return "app" if self.cell.worker in {"asgi", "uvicorn"} else "wsgi_app"

    def serve(self, master: int) -> None:
        """Count something, and look at the processes."""
        wait(lambda: len(children(master)) == 2)
        for _ in range(_FETCHES):
            self.fetch()
        self.look(master)

    def fetch(self) -> None:
        """One command, acknowledged; workers may not listen yet."""

        wait(self._try_to_fetch)
        self.outcome.acknowledged += 1

    def _try_to_fetch(self) -> bool:
        self.outcome.attempted += 1
        try:
            return ask(self.port, *REQUESTS[FETCH]) == 200
        except ConnectionRefusedError:
            self.outcome.attempted -= 1  # nobody has seen it
        except (OSError, HTTPException):
            pass  # a worker that is about to end may have seen it
        return False

    def look(self, master: int) -> None:
        """Threads and signal handlers."""
        self.outcome.master_threads = len([*Path(f"/proc/{master}/task").iterdir()])
        while len({_caught(worker) for worker in children(master)}) > 1:
            self.fetch()  # one of the two has not served yet, and not imported all that serving takes
        self.outcome.signals = {_caught(pid) for pid in (master, *children(master))}

    def _wait_for_the_end(self, process: "subprocess.Popen[bytes]") -> None:
        began = time.monotonic()
        wait(lambda: process.poll() is not None and not session(process.pid))
        self.outcome.seconds = time.monotonic() - began

    def _settle(self) -> None:
        self.listener.close()
        self.outcome.log = (self.folder / "log").read_text()
        self.outcome.known = known(self.url, self.state, FETCH)


def _caught(pid: int) -> str:
    status = Path(f"/proc/{pid}/status").read_text()
    return next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt"))


def _signal(number: signal.Signals) -> Callable[[Stop, int], None]:
    def end(stop: Stop, master: int) -> None:
        stop.serve(master)
        os.kill(master, number)

    return end


def _reload(stop: Stop, master: int) -> None:
    stop.serve(master)
    old = set(children(master))
    os.kill(master, signal.SIGHUP)
    wait(lambda: len(children(master)) == 2 and not old & set(children(master)))
    stop.fetch()
    os.kill(master, signal.SIGTERM)


def _replace(stop: Stop, master: int) -> None:
    stop.serve(master)
    os.kill(master, signal.SIGUSR2)
    new_file = stop.folder / "pid.2"
    wait(lambda: new_file.exists() and new_file.read_text().strip())
    new = int(new_file.read_text())
    wait(lambda: len(children(new)) == 2)
    stop.fetch()
    os.kill(master, signal.SIGTERM)
    wait(lambda: not is_alive(master))
    stop.fetch()
    os.kill(new, signal.SIGTERM)


def _break_the_configuration(stop: Stop, master: int) -> None:
    stop.serve(master)
    stop.conf.write_text("this is no Python\n")
    os.kill(master, signal.SIGHUP)
    _end_orphans(stop, master)


def _kill(stop: Stop, master: int) -> None:
    stop.serve(master)
    os.kill(master, signal.SIGKILL)
    _end_orphans(stop, master)


def _end_orphans(stop: Stop, master: int) -> None:
    """uvicorn's worker does not notice that its master is gone, and serves on until somebody ends it."""
    if stop.cell.worker == "uvicorn":
        wait(lambda: not is_alive(master))
        for worker in session(master):
            os.kill(worker, signal.SIGTERM)


ENDS: dict[str, Callable[[Stop, int], None]] = {
    "TERM": _signal(signal.SIGTERM),
    "INT": _signal(signal.SIGINT),
    "QUIT": _signal(signal.SIGQUIT),
    "HUP, then TERM": _reload,
    "USR2, then TERM to both": _replace,
    "KILL to the master": _kill,
    "worker fails to boot": lambda _, __: None,
    "port in use": lambda _, __: None,
    "HUP with a broken configuration": _break_the_configuration,
}
REPORTS = {end: 0 if end in {"worker fails to boot", "port in use"} else 1 for end in ENDS}
