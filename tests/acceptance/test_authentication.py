"""Whole servers that ask who asks."""

import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from tests.acceptance.servers import PROJECT, free_port, wait_until

PASSWORD = "correct horse"  # noqa: S105 - of users that live for one test
ANN, BOB = ("ann", PASSWORD), ("bob", PASSWORD)
BIN = Path(sys.executable).parent


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PYTHONDEVMODE", "COVERAGE_PROCESS_START") if name in os.environ}
    return {
        **kept,
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "PYTHON": sys.executable,
        "HOME": str(tmp_path),
        "ENGINE_DATABASE_URL": f"sqlite:///{tmp_path}/engine.db",
    }


class Running:
    """A command in a session of its own, with its output in a file."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self._log = log
        with log.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=PROJECT, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # its own session: nobody else is in it
        self.process.wait(10)


def run(environment: dict[str, str], *command: str, stdin: str = "") -> str:
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, input=stdin, capture_output=True, text=True, timeout=50, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def gunicorn(*options: str) -> list[str]:
    return [sys.executable, "-m", "gunicorn", "--config", "conf/gunicorn.conf.py", *options]


def ask(url: str, user: tuple[str, str] | None = None, **arguments: Any) -> httpx.Response:
    method = "POST" if "json" in arguments else "GET"
    return httpx.request(method, url, auth=user, timeout=20, **arguments)


def answers(url: str) -> bool:
    with suppress(httpx.TransportError):
        return ask(url).status_code == 401
    return False


def test_a_server_with_basic_knows_strangers_users_and_administrators(
    environment: dict[str, str], tmp_path: Path
) -> None:
    environment["ENGINE_REST_AUTHENTICATION"] = "basic"
    run(environment, "engine-telemetry", "create-admin", "ann", "--password-file", "-", stdin=PASSWORD)
    make_bob = (
        f"import engine_telemetry.engine as e; e.ProcessEngine().identity_service.create_user('bob', {PASSWORD!r})"
    )
    run(environment, sys.executable, "-c", make_bob)
    port = free_port()
    rest = f"http://127.0.0.1:{port}/engine-rest"
    with Running(gunicorn("--bind", f"127.0.0.1:{port}"), environment, tmp_path / "log") as server:
        wait_until(lambda: answers(f"{rest}/version"), 40)
        assert ask(f"{rest}/task", ("ann", "wrong password")).status_code == 401
        assert ask(f"{rest}/task", BOB).json() == []
        configuration = f"{rest}/telemetry/configuration"
        assert ask(configuration, json={"enableTelemetry": True}).status_code == 401
        refused = ask(configuration, BOB, json={"enableTelemetry": True})
        assert (refused.status_code, refused.json()["type"]) == (403, "AuthorizationException")
        assert ask(configuration, ANN).json() == {"enableTelemetry": None}
        assert ask(configuration, ANN, json={"enableTelemetry": True}).status_code == 204
        assert "switched on by ann with" in ask(f"{rest}/telemetry/status", ANN).json()["reason"]
        assert ask(f"http://127.0.0.1:{port}/", ANN).headers["Location"] == "/login", "a page takes no HTTP Basic"

        run(environment, "engine-telemetry", "disable")
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: ask(f"{rest}/task", BOB), range(8)))
        run(environment, "engine-telemetry", "enable")
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: ask(f"{rest}/task", BOB), range(12)))
        commands = ask(f"{rest}/telemetry/data", ANN).json()["product"]["internals"]["commands"]
        assert commands["TaskQueryImpl"] == {"count": 12}, "all workers learned both decisions at once"
        assert commands.get("CheckPassword", {"count": 0})["count"] <= 12
    assert PASSWORD not in server.log


@pytest.mark.parametrize("word", ["none", "basic"])
def test_gunicorn_listens_beyond_this_machine_only_with_a_password(
    environment: dict[str, str], tmp_path: Path, word: str
) -> None:
    environment["ENGINE_REST_AUTHENTICATION"] = word
    port = free_port()
    with Running(gunicorn("--bind", f"0.0.0.0:{port}"), environment, tmp_path / "log") as server:
        if word == "basic":
            wait_until(lambda: answers(f"http://127.0.0.1:{port}/engine-rest/version"), 40)
        else:
            assert server.process.wait(40) == 1
            assert "Not starting: The REST API asks for no password" in server.log
            assert "Traceback" not in server.log
            assert "Listening at" not in server.log


def test_uvicorn_refuses_what_comes_in_from_beyond_this_machine(environment: dict[str, str], tmp_path: Path) -> None:
    address = own_address()
    if address is None:
        pytest.skip("this machine has no address but the loopback one")
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "webapps.main:app", "--host", "0.0.0.0", "--port", str(port)]  # noqa: S104
    with Running(command, environment, tmp_path / "log"):
        local = f"http://127.0.0.1:{port}/engine-rest/version"
        wait_until(lambda: status(local) == 200, 40)
        assert status(f"http://{address}:{port}/engine-rest/version") == 403
        assert status(f"http://{address}:{port}/") == 403


def status(url: str) -> int:
    with suppress(httpx.TransportError):
        return ask(url).status_code
    return 0


def own_address() -> str | None:
    """An IPv4 address of this machine that is not the loopback one."""
    shown = Path("/proc/net/fib_trie").read_text() if Path("/proc/net/fib_trie").exists() else ""
    found = re.findall(r"\|-- (\S+)\n\s+/32 host LOCAL", shown)
    return next((address for address in found if not address.startswith("127.")), None)


def test_the_announcement_of_a_server_that_asks_for_a_password_names_the_way_in(
    environment: dict[str, str], tmp_path: Path
) -> None:
    environment |= {"ENGINE_REST_AUTHENTICATION": "basic"}
    port = free_port()
    with Running(["scripts/serve", "--port", str(port)], environment, tmp_path / "log") as server:
        wait_until(lambda: "create-admin NAME" in server.log, 50)
        time.sleep(0.2)
        assert f"engine-telemetry is running at http://127.0.0.1:{port}/" in server.log
        assert "asks for a user and a password" in server.log
