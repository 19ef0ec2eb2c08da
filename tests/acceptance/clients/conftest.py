"""A server of two workers for the clients, with a process deployed that has something for each of them to do."""

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.servers import Serve, Server
from tests.integration.webapps.day import PROCESS


@pytest.fixture
def server(serve: Serve) -> Server:
    return serve()


@pytest.fixture
def url(server: Server) -> str:
    return f"{server.url}/engine-rest"


@pytest.fixture
def model_file(tmp_path: Path) -> Path:
    file = tmp_path / "day.bpmn"
    file.write_bytes(PROCESS)
    return file


@pytest.fixture
def deployed(server: Server, model_file: Path) -> dict[str, Any]:
    files = {"data": (model_file.name, model_file.read_bytes())}
    answer: dict[str, Any] = server.request("POST", "/engine-rest/deployment/create", files=files).json()
    return answer
