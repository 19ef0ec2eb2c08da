"""Servers for the tests that ask for one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.servers import Serve, Server, kill_server, start_server


@pytest.fixture(scope="session")
def httpserver_listen_address() -> tuple[str, int]:
    return "127.0.0.1", 0


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts servers on one database, and ends what a test left running."""
    servers: list[Server] = []

    def start(*options: str, **arguments: Any) -> Server:
        servers.append(server := start_server(tmp_path, *options, **arguments))
        return server

    yield start
    for server in servers:
        kill_server(server)
