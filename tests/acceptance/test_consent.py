"""Off by default, and switched at any time."""

import itertools
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from tests.acceptance.servers import Serve, wait_until

SECONDS_OF_SILENCE = 10
QUICK = {"ENGINE_TELEMETRY_REPORTING_PERIOD": "1", "ENGINE_TELEMETRY_FLUSH_INTERVAL": "1"}


@pytest.mark.parametrize(
    ("environment", "stored"),
    [
        pytest.param({}, None, id="undecided"),
        pytest.param(
            {"ENGINE_INITIALIZE_TELEMETRY": "false"}, False, id="initialised with false", marks=pytest.mark.full
        ),
        pytest.param({"DO_NOT_TRACK": "1"}, True, id="DO_NOT_TRACK over a stored yes", marks=pytest.mark.full),
    ],
)
def test_nothing_is_counted_stored_or_sent_without_a_yes(
    serve: Serve, httpserver: HTTPServer, environment: dict[str, str], stored: bool | None
) -> None:
    httpserver.expect_request("/reports").respond_with_data(status=202)
    server = serve(environment={**QUICK, "ENGINE_TELEMETRY_ENDPOINT": httpserver.url_for("/reports"), **environment})
    if stored:
        server.switch(True)
    server.deploy()
    server.start_instances(5)
    end = time.monotonic() + SECONDS_OF_SILENCE
    while time.monotonic() < end:
        server.fetch_and_lock(2)
        time.sleep(0.5)
    configuration, status = server.get("/telemetry/configuration"), server.get("/telemetry/status")
    data = server.get("/telemetry/data")
    server.stop()

    assert configuration == {"enableTelemetry": stored}
    assert status["enabled"] is False
    if "DO_NOT_TRACK" in environment:
        assert status["decidedBy"] == "DO_NOT_TRACK"
        assert "DO_NOT_TRACK" in status["reason"]
    assert data["product"]["internals"]["commands"] == {}
    assert not httpserver.log
    assert server.query("select count(*) from telemetry_report") == [(0,)]
    assert server.query("select count(*) from telemetry_source") == [(0,)]
    assert server.query("select pending from telemetry_state") == [("{}",)]
    assert data["installation"] == server.query("select installation from telemetry_state")[0][0]
    assert not list(server.folder.glob("*-telemetry/*.v1")), "the last one out leaves no counters without a yes"


def test_a_yes_in_one_worker_counts_in_all_and_a_no_stops_all_and_drops_what_was_not_sent(
    serve: Serve, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/reports").respond_with_data(status=202)
    server = serve("--workers", "3", environment={"ENGINE_TELEMETRY_ENDPOINT": httpserver.url_for("/reports")})
    server.deploy()
    server.start_instances(7)

    def commands() -> Any:
        return server.get("/telemetry/data")["product"]["internals"]["commands"]

    assert commands() == {}
    server.switch(True)
    server.start_instances(30)
    assert commands()["StartProcessInstanceCmd"] == {"count": 30}
    assert server.rows_in_use() >= 2
    server.switch(False)
    server.start_instances(11)
    assert commands() == {}
    server.switch(True)
    server.start_instances(13)
    assert commands()["StartProcessInstanceCmd"] == {"count": 13}
    server.stop()
    ((request, _),) = httpserver.log
    assert request.json["product"]["internals"]["commands"]["StartProcessInstanceCmd"] == {"count": 13}


@pytest.mark.full
def test_reports_come_once_in_a_period_and_a_restart_neither_hastens_nor_loses_one(
    serve: Serve, httpserver: HTTPServer
) -> None:
    httpserver.expect_request("/reports").respond_with_data(status=202)
    environment = {
        "ENGINE_TELEMETRY_ENDPOINT": httpserver.url_for("/reports"),
        "ENGINE_TELEMETRY_REPORTING_PERIOD": "2",
    }
    server = serve(environment=environment)
    server.deploy()
    server.switch(True)
    began = time.monotonic()
    started = 0
    while time.monotonic() < began + 9:
        server.start_instances(3)
        started += 3
    server.stop()
    server = serve(environment=environment)
    server.start_instances(4)
    server.stop()

    counts = [
        request.json["product"]["internals"]["commands"].get("StartProcessInstanceCmd", {"count": 0})["count"]
        for request, _ in httpserver.log
    ]
    assert sum(counts) == started + 4
    sealed = server.query("select cause, created_at from telemetry_report order by created_at")
    scheduled = [at for cause, at in sealed if cause == "schedule"]
    assert len(scheduled) >= 3
    assert min(later - earlier for earlier, later in itertools.pairwise(scheduled)) >= 2000
    assert [cause for cause, _ in sealed].count("close") == 2
    assert len(httpserver.log) == len(sealed)


def test_the_time_of_the_next_report_is_the_same_after_a_restart(serve: Serve, httpserver: HTTPServer) -> None:
    environment = {"ENGINE_TELEMETRY_ENDPOINT": httpserver.url_for("/reports")}
    server = serve(environment=environment)
    server.switch(True)
    due = server.get("/telemetry/status")["nextReportDue"]
    server.stop()
    server = serve(environment=environment)
    assert server.get("/telemetry/status")["nextReportDue"] == due


def test_clients_of_all_workers_see_the_switch_while_they_work(serve: Serve, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/reports").respond_with_data(status=202)
    server = serve("--workers", "3", environment={"ENGINE_TELEMETRY_ENDPOINT": httpserver.url_for("/reports")})
    server.deploy()
    with ThreadPoolExecutor(1) as pool:
        before = pool.submit(server.start_instances, 60)
        wait_until(lambda: instances(server.folder) >= 10)
        asked = instances(server.folder)
        server.switch(True)
        answered = instances(server.folder)
        before.result()
    server.stop()
    ((request, _),) = httpserver.log
    counted = request.json["product"]["internals"]["commands"]["StartProcessInstanceCmd"]["count"]
    in_flight = 4  # the threads of start_instances: their commands end on either side of the switch
    assert 60 - answered - in_flight <= counted <= 60 - asked + in_flight


def instances(folder: Path) -> int:
    with sqlite3.connect(folder / "engine.db") as connection:
        count: int = connection.execute("select count(*) from engine_process_instance").fetchone()[0]
    connection.close()
    return count
