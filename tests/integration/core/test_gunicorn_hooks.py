"""gunicorn's hooks in real masters and real forks, called as gunicorn calls them, without gunicorn."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine_telemetry.testing import Answer, Collector

PROGRAM = """
import json, os, sys, threading, time
from types import SimpleNamespace
from engine_telemetry.configuration import Configuration
from engine_telemetry.integrations import gunicorn as hooks
from engine_telemetry.telemetry import Telemetry, known_telemetries

applications = []

def arbiter(uid=os.geteuid(), gid=os.getegid()):
    return SimpleNamespace(cfg=SimpleNamespace(uid=uid, gid=gid))

def load():
    "What loading the application does: it makes a telemetry and opens nothing."
    applications.append(Telemetry(Configuration.load(**json.loads(sys.argv[1]))))

def count(name, times=1):
    for _ in range(times):
        applications[0].count(name)

def open_files():
    links = (os.path.join("/proc/self/fd", fd) for fd in os.listdir("/proc/self/fd"))
    return sorted({os.path.basename(os.readlink(link)) for link in links if os.path.lexists(link)})

def state():
    return {"threads": [thread.name for thread in threading.enumerate()], "files": open_files()}

def worker(*steps):
    "Fork, and do this in the child; returns what the last step said and how the child ended."
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writing, json.dumps([step() for step in steps][-1]).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        said = answer.read()
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return [json.loads(said) if said else None, code]

def init():
    hooks.post_worker_init(None)

def leave():
    hooks.worker_exit(arbiter(), None)

def kill():
    os.kill(os.getpid(), 9)

def seconds(work):
    begin = time.monotonic()
    work()
    return time.monotonic() - begin

def refused(work):
    try:
        work()
    except Exception as error:
        return f"{type(error).__name__}: {error}"

print(json.dumps(None), flush=True)
for line in sys.stdin:
    print(json.dumps(eval(line)), flush=True)
"""


class Master:
    """A process that evaluates what it is told, as gunicorn's master would call the hooks."""

    def __init__(self, environment: dict[str, str], keywords: dict[str, object]) -> None:
        command = [sys.executable, "-c", PROGRAM, json.dumps(keywords)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        assert self._read() is None

    def _read(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def __call__(self, expression: str) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{expression}\n")
        self._process.stdin.flush()
        return self._read()

    def end(self) -> int:
        """Come to the end of the program."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        return self._process.wait(20)

    def clean_up(self) -> None:
        self._process.kill()
        self._process.__exit__(None, None, None)


Start = Callable[..., Master]


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as opened:
        yield opened


@pytest.fixture
def start(tmp_path: Path, collector: Collector) -> Iterator[Start]:
    """Starts masters whose settings are in the environment, as ``raw_env`` puts them there."""
    masters: list[Master] = []
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("ENGINE_", "DO_NOT_TRACK"))}
    settings = {
        "ENGINE_DATABASE_URL": f"sqlite:///{tmp_path}/engine.db",
        "ENGINE_TELEMETRY_ENDPOINT": collector.url,
        "ENGINE_INITIALIZE_TELEMETRY": "true",
        "ENGINE_TELEMETRY_CLOSE_TIMEOUT": "20000",  # for a machine that is busy
    }

    def start_one(keywords: dict[str, object] | None = None, **more: str) -> Master:
        masters.append(Master(inherited | settings | more, keywords or {}))
        return masters[-1]

    yield start_one
    collector.release()
    for master in masters:
        master.clean_up()


def received(collector: Collector) -> list[dict[str, int]]:
    documents = (request.json()["product"]["internals"]["commands"] for request in collector.requests)
    return [{name: entry["count"] for name, entry in commands.items()} for commands in documents]


def test_the_master_has_no_thread_and_no_connection_before_and_beside_its_workers(start: Start, tmp_path: Path) -> None:
    master = start()
    master("hooks.on_starting(arbiter())")
    before = master("state()")
    assert before["threads"] == ["MainThread"]
    assert [file for file in before["files"] if file.startswith("engine.db")] == []
    assert [file.suffix for file in (tmp_path / "engine.db-telemetry").iterdir() if file.suffix == ".lock"] == [".lock"]
    assert not (tmp_path / "engine.db").exists()
    said, code = master("worker(load, init, lambda: count('a'), state)")
    assert code == 0
    assert "engine-telemetry-reporter" in said["threads"]
    assert master("state()") == before


def test_a_worker_opens_what_its_application_made_and_nothing_of_the_masters(start: Start) -> None:
    master = start()
    master("hooks.on_starting(arbiter())")
    program = "lambda: [state()['threads'].count('engine-telemetry-reporter'), len(known_telemetries())]"
    assert master(f"worker(init, {program})") == [[0, 1], 0]
    assert master(f"worker(load, init, {program})") == [[1, 2], 0]


def test_the_closing_report_is_the_masters_when_all_workers_are_gone(start: Start, collector: Collector) -> None:
    master = start()
    master("hooks.on_starting(arbiter())")
    for _ in range(3):
        assert master("worker(load, init, lambda: count('a', 2), leave)") == [None, 0]
        master("leave()")  # gunicorn calls the hook in the master too
    assert collector.requests == []
    master("hooks.on_exit(None)")
    assert received(collector) == [{"a": 6}]
    assert master.end() == 0
    assert len(collector.requests) == 1


def test_workers_of_a_preloaded_application_report_once(start: Start, collector: Collector) -> None:
    master = start()
    master("load()")
    master("hooks.on_starting(arbiter())")
    assert master("len(known_telemetries())") == 1
    for _ in range(2):
        master("worker(init, lambda: count('a'), leave)")
    assert master("state()")["threads"] == ["MainThread"]
    master("hooks.on_exit(None)")
    assert received(collector) == [{"a": 2}]


def test_a_worker_that_is_killed_loses_nothing(start: Start, collector: Collector) -> None:
    master = start()
    master("hooks.on_starting(arbiter())")
    assert master("worker(load, init, lambda: count('a', 100), kill)") == [None, -signal.SIGKILL]
    master("hooks.on_exit(None)")
    assert received(collector) == [{"a": 100}]


def test_what_on_exit_did_not_do_is_done_at_the_end_of_the_process(start: Start, collector: Collector) -> None:
    if (3, 12) <= sys.version_info < (3, 12, 2):
        pytest.skip("this Python starts no thread at its end; the next start reports")
    master = start()
    master("hooks.on_starting(arbiter())")
    master("worker(load, init, lambda: count('a'), leave)")
    assert master.end() == 0
    assert received(collector) == [{"a": 1}]


def test_a_group_that_opened_no_engine_sends_nothing(start: Start, collector: Collector, tmp_path: Path) -> None:
    master = start()
    master("hooks.on_starting(arbiter())")
    master("hooks.on_exit(None)")
    assert master.end() == 0
    assert collector.requests == []
    assert not (tmp_path / "engine.db").exists()


def test_an_endpoint_that_hangs_does_not_hold_up_the_master(start: Start, collector: Collector) -> None:
    collector.answer = Answer(hang=True)
    master = start(ENGINE_TELEMETRY_CLOSE_TIMEOUT="500")
    master("hooks.on_starting(arbiter())")
    master("worker(load, init, lambda: count('a'), leave)")
    assert master("seconds(lambda: hooks.on_exit(None))") < 8
    collector.wait_for_requests(1)
    assert master.end() == 0


def test_under_do_not_track_the_master_leaves_no_trace(start: Start, collector: Collector, tmp_path: Path) -> None:
    master = start(DO_NOT_TRACK="1")
    master("hooks.on_starting(arbiter())")
    master("hooks.on_exit(None)")
    assert list(tmp_path.iterdir()) == []
    assert collector.requests == []


def test_two_masters_of_one_database_are_one_group(start: Start, collector: Collector) -> None:
    old, new = start(), start()  # as after USR2
    for master in (old, new):
        master("hooks.on_starting(arbiter())")
        master("worker(load, init, lambda: count('a'), leave)")
    old("hooks.on_exit(None)")
    assert collector.requests == []
    new("hooks.on_exit(None)")
    assert received(collector) == [{"a": 2}]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can hand files over")
def test_a_master_that_runs_as_root_hands_the_state_directory_to_its_workers(start: Start, tmp_path: Path) -> None:
    master = start()
    master("hooks.on_starting(arbiter(uid=65534, gid=65534))")
    directory = tmp_path / "engine.db-telemetry"
    assert {file.stat().st_uid for file in (directory, *directory.iterdir())} == {65534}


def test_a_setting_that_cannot_be_used_stops_the_start(start: Start) -> None:
    master = start(ENGINE_TELEMETRY_FLUSH_INTERVAL="soon")
    assert master("refused(lambda: hooks.on_starting(arbiter()))").startswith(
        "ConfigurationError: The environment variable ENGINE_TELEMETRY_FLUSH_INTERVAL has the value 'soon'"
    )
