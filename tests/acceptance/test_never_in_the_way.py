"""Endpoints that misbehave and workers that are killed: the engine goes on, and the counts are right."""

import os
import random
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

import httpx
import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request

from tests.acceptance.servers import Serve, Server, free_port, wait_until

CLOSE_TIMEOUT_SECONDS = 2


@contextmanager
def silent_endpoint() -> Iterator[str]:
    """Accepts connections and never answers."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=50)) as listener:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/reports"


@contextmanager
def endpoint(kind: str, httpserver: HTTPServer) -> Iterator[str]:
    if kind == "silent":
        with silent_endpoint() as url:
            yield url
    elif kind == "refusing":
        yield f"http://127.0.0.1:{free_port()}/reports"
    else:
        httpserver.expect_request("/failing").respond_with_data(status=500)
        yield httpserver.url_for("/failing")


def seconds_to_stop_without_telemetry(serve: Serve) -> float:
    server = serve()
    server.deploy()
    server.start_instances(3)
    return server.stop()


@pytest.mark.parametrize(
    "kind",
    ["refusing", pytest.param("silent", marks=pytest.mark.full), pytest.param("failing", marks=pytest.mark.full)],
)
def test_a_bad_endpoint_disturbs_no_request_and_no_stop_and_the_report_arrives_after_the_restart(
    serve: Serve, httpserver: HTTPServer, kind: str
) -> None:
    without = seconds_to_stop_without_telemetry(serve)
    with endpoint(kind, httpserver) as url:
        server = serve(environment={"ENGINE_TELEMETRY_ENDPOINT": url, "ENGINE_TELEMETRY_REPORTING_PERIOD": "1"})
        server.switch(True)
        server.deploy()
        wait_until(lambda: server.get("/telemetry/status")["waiting"])
        server.start_instances(20)
        server.fetch_and_lock(20)
        assert server.stop() <= without + CLOSE_TIMEOUT_SECONDS + 1
    ((report_id, body),) = server.query("select id, body from telemetry_report where state = 'waiting'")

    httpserver.expect_request("/working").respond_with_data(status=202)
    server = serve(environment={"ENGINE_TELEMETRY_ENDPOINT": httpserver.url_for("/working")})

    def arrived() -> list[Request]:
        return [request for request, _ in httpserver.log if request.path == "/working"]

    first = wait_until(arrived, 90)[0]
    assert first.get_data() == body
    assert first.headers["Idempotency-Key"] == f'"{report_id}"'
    server.stop()
    (closing_report,) = arrived()[1:]
    assert closing_report.json["product"]["internals"]["commands"]["StartProcessInstanceCmd"] == {"count": 20}


@dataclass
class Tally:
    """What the clients of a server know."""

    attempted: int = 0
    acknowledged: int = 0


def start_instances_until(server: Server, stop: threading.Event, tally: Tally, lock: threading.Lock) -> None:
    while not stop.is_set():
        with lock:
            tally.attempted += 1
        try:
            answer = server.post("/process-definition/key/approval/start", {})
        except httpx.TransportError:
            continue  # its worker was killed: nobody knows whether it was counted
        with lock:
            tally.acknowledged += answer.status_code == 200


@pytest.mark.parametrize("kills", [0, pytest.param(8, marks=pytest.mark.full)])
def test_what_clients_were_told_is_reported_also_when_workers_are_killed(
    serve: Serve, httpserver: HTTPServer, kills: int
) -> None:
    httpserver.expect_request("/reports").respond_with_data(status=202)
    server = serve("--workers", "3", environment={"ENGINE_TELEMETRY_ENDPOINT": httpserver.url_for("/reports")})
    server.deploy()
    server.switch(True)
    stop, tally, lock = threading.Event(), Tally(), threading.Lock()
    clients = [threading.Thread(target=start_instances_until, args=(server, stop, tally, lock)) for _ in range(4)]
    for client in clients:
        client.start()
    for _ in range(kills):
        time.sleep(0.5)
        if workers := server.workers():
            os.kill(random.choice(workers), signal.SIGKILL)
    time.sleep(1)
    stop.set()
    for client in clients:
        client.join()
    server.stop()
    ((request, _),) = httpserver.log
    reported = request.json["product"]["internals"]["commands"]["StartProcessInstanceCmd"]["count"]
    assert tally.acknowledged > 20
    assert tally.acknowledged <= reported <= tally.attempted
    if not kills:
        assert tally.acknowledged == reported == tally.attempted


def test_a_master_that_is_killed_leaves_the_report_to_the_last_worker(serve: Serve, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/reports").respond_with_data(status=202)
    server = serve(environment={"ENGINE_TELEMETRY_ENDPOINT": httpserver.url_for("/reports")})
    server.deploy()
    server.switch(True)
    server.start_instances(5)
    server.stop(signal.SIGKILL)
    wait_until(lambda: httpserver.log)
    ((request, _),) = httpserver.log
    assert request.json["product"]["internals"]["commands"]["StartProcessInstanceCmd"] == {"count": 5}


def test_a_group_that_is_killed_whole_loses_nothing_that_it_counted(serve: Serve, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/reports").respond_with_data(status=202)
    environment = {"ENGINE_TELEMETRY_ENDPOINT": httpserver.url_for("/reports")}
    server = serve(environment=environment)
    server.deploy()
    server.switch(True)
    server.start_instances(5)
    os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait(10)
    server = serve(environment=environment)
    server.start_instances(2)
    server.stop()
    ((request, _),) = httpserver.log
    assert request.json["product"]["internals"]["commands"]["StartProcessInstanceCmd"] == {"count": 7}


def test_a_reload_makes_no_report_and_the_stop_after_it_makes_one(serve: Serve, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/reports").respond_with_data(status=202)
    server = serve(environment={"ENGINE_TELEMETRY_ENDPOINT": httpserver.url_for("/reports")})
    server.deploy()
    server.switch(True)
    server.start_instances(5)
    before = set(server.workers())
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: not before & set(server.workers()))
    wait_until(lambda: len(server.workers()) == 2)
    server.start_instances(2)
    assert not httpserver.log
    server.stop()
    ((request, _),) = httpserver.log
    assert request.json["product"]["internals"]["commands"]["StartProcessInstanceCmd"] == {"count": 7}
