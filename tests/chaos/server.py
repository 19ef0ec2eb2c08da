"""A gunicorn that is started again however it ended."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

PROJECT = Path(__file__).parents[2]
_SECONDS = 40
_GUNICORN = str(Path(sys.executable).with_name("gunicorn"))  # with "python -m", USR2 starts it with another sys.path


class Gunicorn:
    """The web apps under gunicorn, on one port, with whatever master there is at the time."""

    def __init__(self, port: int, folder: Path, environment: Mapping[str, str]) -> None:
        """Prepare; ``start`` starts it."""
        self.port = port
        self._folder = folder
        self.environment = dict(environment)
        self._groups: list[subprocess.Popen[bytes]] = []
        self.master = 0

    def start(self) -> None:
        """Start a master, and wait until it has workers."""
        for pid_file in self._folder.glob("pid*"):
            pid_file.unlink()
        options = [
            "--workers",
            "2",
            "--max-requests",
            "150",
            "--max-requests-jitter",
            "100",
            "--graceful-timeout",
            "3",
            "--timeout",
            "4",
        ]
        options += ["--bind", f"127.0.0.1:{self.port}", "--pid", str(self._folder / "pid"), "--no-control-socket"]
        with (self._folder / "server.log").open("ab") as log:
            process = subprocess.Popen(
                [_GUNICORN, "--config", "conf/gunicorn.conf.py", *options],
                cwd=PROJECT,
                env={"HOME": str(self._folder), "PYTHONPATH": str(PROJECT), **self.environment},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._groups.append(process)
        self.master = process.pid
        wait(lambda: process.poll() is not None or self.workers())
        if process.poll() is not None:  # workers of a killed master still had the port
            self.start()

    def workers(self) -> list[int]:
        """The children of the master."""
        return children(self.master)

    def send(self, number: signal.Signals) -> None:
        """Send the master a signal."""
        with suppress(ProcessLookupError):
            os.kill(self.master, number)

    def end(self, number: signal.Signals) -> None:
        """End the master by a signal, and wait until it is gone."""
        self.send(number)
        wait(lambda: not is_alive(self.master))

    def replace(self) -> None:
        """Have another master take over (USR2), and stop the old one."""
        old, new_file = self.master, self._folder / "pid.2"
        self.send(signal.SIGUSR2)
        wait(lambda: new_file.exists() and new_file.read_text().strip())
        new = int(new_file.read_text())
        wait(lambda: children(new))
        self.end(signal.SIGTERM)
        assert self.master == old
        self.master = new

    def kill_all(self) -> None:
        """Leave nothing behind."""
        for process in self._groups:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # a session of its own: nobody else is in it
            process.wait()


def children(pid: int) -> list[int]:
    """The processes that this one has started and that are still there."""
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def session(leader: int) -> list[int]:
    """The living processes of the session that this process began (``setsid(2)``)."""
    found = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [pid for pid in found if (fields := _fields(pid)) and fields[0] != "Z" and int(fields[3]) == leader]


def is_alive(pid: int) -> bool:
    """Whether it is there, and no zombie."""
    fields = _fields(pid)
    return bool(fields) and fields[0] != "Z"


def _fields(pid: int) -> list[str]:
    """State, parent, group, session and so on (``proc(5)``)."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return []


def wait(condition: Callable[[], object]) -> None:
    """Return when the condition is true; ``TimeoutError`` if that does not happen."""
    end = time.monotonic() + _SECONDS
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"The server did not do in {_SECONDS} s what it was told; its log says why.")
        time.sleep(0.02)
