"""What a forked child knows of the application server."""

from collections.abc import Iterator

import pytest

from engine_telemetry.application_server import ApplicationServer
from engine_telemetry.registry import process_registry
from tests.integration.core.conftest import Fork

GUNICORN, UVICORN = ApplicationServer("gunicorn", "gunicorn/27.0.1"), ApplicationServer("uvicorn", "uvicorn/0.54.0")


class Listener:
    def __init__(self) -> None:
        self.told: list[ApplicationServer] = []

    def application_server_noted(self, server: ApplicationServer) -> None:
        self.told.append(server)


@pytest.fixture(autouse=True)
def _registry_as_it_was() -> Iterator[None]:
    process_registry.forget()
    yield
    process_registry.forget()


def test_a_forked_child_knows_no_server_and_tells_the_listeners_of_its_own(fork: Fork) -> None:
    listener = Listener()
    process_registry.listen(listener)
    process_registry.note_application_server(GUNICORN)

    def work() -> tuple[ApplicationServer | None, list[ApplicationServer]]:
        known = process_registry.application_server
        process_registry.note_application_server(UVICORN)
        return known, listener.told

    assert fork(work).result() == (None, [GUNICORN, UVICORN])
    assert process_registry.application_server == GUNICORN
    assert listener.told == [GUNICORN]
