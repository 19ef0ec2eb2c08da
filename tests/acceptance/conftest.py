"""Servers for the tests that ask for one."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest

from tests.acceptance.servers import PROJECT, Serve, Server, free_port, wait_until


@pytest.fixture(scope="session")
def httpserver_listen_address() -> tuple[str, int]:
    return "127.0.0.1", 0


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts servers on one database, and ends what a test left running."""
    servers: list[Server] = []

    def start(*options: str, environment: Mapping[str, str] | None = None, config: Path | None = None) -> Server:
        port = free_port()
        log_file = tmp_path / f"server-{len(servers)}.log"
        settings = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "ENGINE_DATABASE_URL": f"sqlite:///{tmp_path}/engine.db",
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
        servers.append(server := Server(process, f"http://127.0.0.1:{port}", log_file, tmp_path))
        _wait_until_it_answers(server)
        return server

    yield start
    for server in servers:
        if server.process.poll() is None:
            os.killpg(server.process.pid, signal.SIGKILL)  # its own session: nobody else is in it
            server.process.wait(10)


def _wait_until_it_answers(server: Server) -> None:
    def answers() -> bool:
        assert server.process.poll() is None, server.log
        try:
            return server.request("GET", "/engine-rest/version").status_code == 200
        except httpx.TransportError:
            return False

    wait_until(answers, 30)
