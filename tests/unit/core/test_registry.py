"""Who is told which application server, and when."""

import gc
import threading

import pytest

from engine_telemetry.application_server import ApplicationServer
from engine_telemetry.registry import Registry

GUNICORN, UVICORN = ApplicationServer("gunicorn", "gunicorn/27.0.1"), ApplicationServer("uvicorn", "uvicorn/0.54.0")


class Listener:
    def __init__(self) -> None:
        self.told: list[ApplicationServer] = []

    def application_server_noted(self, server: ApplicationServer) -> None:
        self.told.append(server)


@pytest.fixture
def registry() -> Registry:
    return Registry()


def test_nothing_is_known_at_first(registry: Registry) -> None:
    listener = Listener()
    registry.listen(listener)
    assert registry.application_server is None
    assert listener.told == []


def test_the_first_server_that_is_noted_wins(registry: Registry) -> None:
    registry.note_application_server(GUNICORN)
    registry.note_application_server(UVICORN)
    assert registry.application_server == GUNICORN


def test_a_listener_is_told_once_whether_it_came_before_or_after(registry: Registry) -> None:
    early, late = Listener(), Listener()
    registry.listen(early)
    registry.note_application_server(GUNICORN)
    registry.note_application_server(UVICORN)
    registry.listen(late)
    assert early.told == late.told == [GUNICORN]


def test_a_listener_is_not_kept_alive(registry: Registry) -> None:
    told: list[ApplicationServer] = []
    listener = Listener()
    listener.told = told
    registry.listen(listener)
    del listener
    gc.collect()
    registry.note_application_server(GUNICORN)
    assert told == []


def test_what_is_forgotten_can_be_noted_again_and_the_listeners_stay(registry: Registry) -> None:
    listener = Listener()
    registry.listen(listener)
    registry.note_application_server(GUNICORN)
    registry.forget()
    assert registry.application_server is None
    registry.note_application_server(UVICORN)
    assert listener.told == [GUNICORN, UVICORN]


def test_of_threads_that_note_and_listen_at_once_one_wins_and_each_listener_is_told_once(registry: Registry) -> None:
    servers = [ApplicationServer(f"server{number}", None) for number in range(8)]
    listeners = [Listener() for _ in servers]
    barrier = threading.Barrier(len(servers))

    def note_and_listen(server: ApplicationServer, listener: Listener) -> None:
        barrier.wait(30)
        registry.listen(listener)
        registry.note_application_server(server)

    threads = [threading.Thread(target=note_and_listen, args=pair) for pair in zip(servers, listeners, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert registry.application_server in servers
    assert all(listener.told == [registry.application_server] for listener in listeners)
