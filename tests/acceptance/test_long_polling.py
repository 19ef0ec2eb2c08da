"""Workers that wait at real servers: who gets what, how soon, and what happens when somebody goes."""

import json
import socket
import statistics
import threading
import time
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from tests.acceptance.servers import Serve, Server
from tests.integration.webapps.rest_client import MODEL

pytestmark = pytest.mark.full
FILES = {"data": ("order.bpmn", MODEL)}


def body(seconds: float, lock_seconds: float = 60) -> dict[str, Any]:
    topics = [{"topicName": "charging", "lockDuration": int(lock_seconds * 1000)}]
    return {"workerId": "w", "maxTasks": 1, "asyncResponseTimeout": int(seconds * 1000), "topics": topics}


def deploy(server: Server) -> None:
    assert server.request("POST", "/engine-rest/deployment/create", files=FILES).status_code == 200


def start(server: Server) -> None:
    assert server.post("/process-definition/key/order/start", {}).status_code == 200


class Worker(threading.Thread):
    """Waits once; knows what it got and when."""

    def __init__(self, server: Server, seconds: float = 15) -> None:
        super().__init__()
        self.server, self.seconds = server, seconds
        self.got: Any = None
        self.at = 0.0
        self.start()
        time.sleep(0.3)  # it is on its way

    def run(self) -> None:
        answer = httpx.post(
            f"{self.server.url}/engine-rest/external-task/fetchAndLock", json=body(self.seconds), timeout=30
        )
        self.at, self.got = time.monotonic(), answer.json()


def test_one_who_waits_is_woken_soon_in_the_same_process_and_in_another_one(serve: Serve) -> None:
    server = serve()
    deploy(server)
    delays = []
    for _ in range(10):
        worker = Worker(server)
        began = time.monotonic()
        start(server)  # in either of the two processes
        worker.join(20)
        assert len(worker.got) == 1
        delays.append(worker.at - began)
    assert max(delays) < 2.0, delays  # a second is promised; the machine may be busy
    assert statistics.median(delays) < 1.0, delays


def test_nothing_is_locked_for_a_client_that_has_gone(serve: Serve) -> None:
    server = serve()
    deploy(server)
    address = urlsplit(server.url)
    content = json.dumps(body(30)).encode()
    head = (
        f"POST /engine-rest/external-task/fetchAndLock HTTP/1.1\r\nHost: {address.netloc}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    for _ in range(5):
        with closing(socket.create_connection((str(address.hostname), address.port or 80))) as gone:
            gone.sendall(head.encode() + content)
            time.sleep(0.4)
    start(server)
    time.sleep(1.2)  # longer than any look takes to come
    [task] = server.get("/external-task")
    assert task["workerId"] is None
    assert len(server.post("/external-task/fetchAndLock", body(5)).json()) == 1


def test_a_lock_that_ends_wakes_one_who_waits(serve: Serve) -> None:
    server = serve()
    deploy(server)
    start(server)
    assert len(server.post("/external-task/fetchAndLock", body(0, lock_seconds=1)).json()) == 1
    worker = Worker(server)
    worker.join(10)
    assert len(worker.got) == 1


def test_many_wait_and_no_thread_waits_with_them(serve: Serve) -> None:
    server = serve()
    deploy(server)
    workers = [Worker(server, seconds=20) for _ in range(50)]
    began = time.monotonic()
    assert server.get("/version")["version"]
    assert time.monotonic() - began < 5
    for _ in range(50):
        start(server)
    for worker in workers:
        worker.join(30)
    assert len({task["id"] for worker in workers for task in worker.got}) == 50


def test_a_stop_answers_those_who_wait(serve: Serve) -> None:
    server = serve()
    deploy(server)
    workers = [Worker(server, seconds=25) for _ in range(4)]
    assert server.stop() < 15
    for worker in workers:
        worker.join(5)
        assert worker.got == []
    assert "Forcing close" not in server.log  # which gunicorn does after five seconds


def test_a_wsgi_server_lets_a_few_wait_for_a_short_time(serve: Serve) -> None:
    server = serve("--worker-class=gthread", "--threads=4", "webapps.main:wsgi_app")
    deploy(server)
    began = time.monotonic()
    assert server.post("/external-task/fetchAndLock", body(20)).json() == []
    assert 1 < time.monotonic() - began < 8
    start(server)
    assert len(server.post("/external-task/fetchAndLock", body(20)).json()) == 1


def test_a_wait_that_is_too_long_is_refused(serve: Serve) -> None:
    server = serve()
    answer = server.post("/external-task/fetchAndLock", body(1800.001))
    assert (answer.status_code, answer.json()["type"]) == (400, "InvalidRequestException")
