"""The telemetry page's own example, from the command to the endpoint."""

import json
import re
import uuid
from importlib.metadata import version
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pytest_httpserver import HTTPServer

from tests.acceptance.servers import PROJECT, Serve, Server

UVICORN_VERSION = f"gunicorn/{version('gunicorn')} (uvicorn/{version('uvicorn')})"
GUNICORN_VERSION = f"gunicorn/{version('gunicorn')}"


def run_the_example(server: Server) -> None:
    server.deploy()
    server.start_instances(40)
    server.fetch_and_lock(100)


def check_report(report: Any, server: Server, schema: Any, server_version: str) -> None:
    Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(report)
    internals = report["product"]["internals"]
    assert internals["commands"]["StartProcessInstanceCmd"] == {"count": 40}
    assert internals["commands"]["FetchExternalTasksCmd"] == {"count": 100}
    (sqlite_version,) = server.query("select sqlite_version()")[0]
    assert internals["database"] == {"vendor": "SQLite", "version": sqlite_version}
    assert internals["application-server"] == {"vendor": "gunicorn", "version": server_version}
    product = {name: report["product"][name] for name in ("name", "version", "edition")}
    assert product == {
        "name": "engine-telemetry Runtime",
        "version": version("engine-telemetry"),
        "edition": "community",
    }
    assert uuid.UUID(report["installation"]).version == 4
    assert server.query("select installation from telemetry_state") == [(report["installation"],)]


@pytest.mark.parametrize(
    ("options", "workers", "server_version"),
    [
        pytest.param((), 2, GUNICORN_VERSION, id="asgi"),
        pytest.param(
            ("--worker-class", "gthread", "--threads", "4", "--preload", "webapps.main:wsgi_app"),
            2,
            GUNICORN_VERSION,
            id="gthread-preload",
        ),
        pytest.param(
            ("--worker-class", "uvicorn_worker.UvicornWorker", "--workers", "4"),
            4,
            UVICORN_VERSION,
            id="uvicorn-worker",
            marks=pytest.mark.full,
        ),
    ],
)
def test_the_pages_own_example_arrives_once_when_the_server_stops(
    serve: Serve, httpserver: HTTPServer, options: tuple[str, ...], workers: int, server_version: str
) -> None:
    httpserver.expect_request("/reports", method="POST").respond_with_data(status=202)
    server = serve(*options, environment={"ENGINE_TELEMETRY_ENDPOINT": httpserver.url_for("/reports")})
    server.switch(True)
    run_the_example(server)
    schema = server.get("/telemetry/schema")
    assert server.rows_in_use() >= 2, "the requests were not spread over the workers"
    assert len(server.workers()) == workers
    assert not httpserver.log
    server.stop()

    ((request, _),) = httpserver.log
    assert request.method == "POST"
    assert sorted(request.headers.keys()) == [
        "Content-Length",
        "Content-Type",
        "Host",
        "Idempotency-Key",
        "User-Agent",
    ]
    assert request.headers["Content-Type"] == "application/json"
    assert re.fullmatch(r'"[0-9a-f-]{36}"', request.headers["Idempotency-Key"])
    assert request.headers["User-Agent"] == f"engine-telemetry/{version('engine-telemetry')}"
    check_report(json.loads(request.get_data()), server, schema, server_version)


@pytest.mark.full
def test_the_pages_property_switches_on_and_a_later_no_holds(serve: Serve, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/reports").respond_with_data(status=202)
    environment = {
        "ENGINE_CONFIG": str(PROJECT / "conf" / "engine.xml"),
        "ENGINE_TELEMETRY_ENDPOINT": httpserver.url_for("/reports"),
    }
    server = serve(environment=environment)
    run_the_example(server)
    schema = server.get("/telemetry/schema")
    server.stop()
    ((request, _),) = httpserver.log
    check_report(json.loads(request.get_data()), server, schema, GUNICORN_VERSION)

    server = serve(environment=environment)
    server.switch(False)
    server.stop()
    server = serve(environment=environment)
    server.fetch_and_lock(10)
    status = server.get("/telemetry/status")
    assert server.get("/telemetry/data")["product"]["internals"]["commands"] == {}
    server.stop()
    assert (status["enabled"], status["configured"], status["decidedBy"]) == (False, False, "the REST API")
    assert "switched off" in status["reason"]
    assert server.log.count("Ignoring initializeTelemetry") == 1
    assert "engine.xml, line" in server.log
    assert len(httpserver.log) == 1
    assert server.query("select count(*) from telemetry_report where state = 'waiting'") == [(0,)]


def test_the_documented_report_is_what_a_server_sends(serve: Serve, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/reports").respond_with_data(status=202)
    server = serve(environment={"ENGINE_TELEMETRY_ENDPOINT": httpserver.url_for("/reports")})
    server.switch(True)
    run_the_example(server)
    server.stop()
    sent = json.loads(httpserver.log[0][0].get_data())
    for document in ("README.md", "docs/telemetry.md"):
        (text,) = re.findall(r'```json\n(\{\n  "installation".*?)```', (PROJECT / document).read_text(), re.DOTALL)
        documented = json.loads(text)
        commands = documented["product"]["internals"]["commands"]
        if document != "README.md":  # which shows two commands of them
            assert commands == sent["product"]["internals"]["commands"]
        assert commands.items() <= sent["product"]["internals"]["commands"].items()
        assert shape(documented) == shape(sent)


def shape(report: Any) -> Any:
    """The names of the members, without commands, ids and versions."""
    if not isinstance(report, dict):
        return None
    return {name: shape(value) if name != "commands" else None for name, value in report.items()}
