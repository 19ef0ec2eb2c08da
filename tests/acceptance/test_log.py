"""What an operator reads in gunicorn's log."""

from pathlib import Path

from pytest_httpserver import HTTPServer

from engine_telemetry.testing import Collector
from tests.acceptance.servers import PROJECT, Serve, free_port, wait_until

BEGIN = "Reports do not arrive at the endpoint; they are kept and tried again: "
END = "Reports do not arrive at the endpoint; they are kept and tried again: it works again"


def test_the_telemetry_logger_alone_at_debug_shows_the_very_body(
    serve: Serve, httpserver: HTTPServer, tmp_path: Path
) -> None:
    httpserver.expect_request("/reports").respond_with_data(status=202)
    config = tmp_path / "gunicorn.conf.py"
    config.write_text(
        "import runpy\n"
        f"globals().update(runpy.run_path({str(PROJECT / 'conf' / 'gunicorn.conf.py')!r}))\n"
        "logconfig_dict['loggers']['engine_telemetry.telemetry']['level'] = 'DEBUG'\n"
    )
    server = serve(config=config, environment={"ENGINE_TELEMETRY_ENDPOINT": httpserver.url_for("/reports")})
    server.switch(True)
    server.deploy()
    server.stop()
    ((request, _),) = httpserver.log
    assert server.log.count(request.get_data(as_text=True)) == 1
    assert "was accepted (HTTP 202)" in server.log
    assert server.log.count("Telemetry was switched on with the REST API") == 1
    assert "engine_telemetry.engine" not in server.log


def test_an_unreachable_endpoint_is_one_record_when_it_begins_and_one_when_it_ends(serve: Serve) -> None:
    port = free_port()
    server = serve(
        "--workers",
        "1",
        environment={
            "ENGINE_TELEMETRY_ENDPOINT": f"http://127.0.0.1:{port}/",
            "ENGINE_TELEMETRY_REPORTING_PERIOD": "1",
            "ENGINE_TELEMETRY_REQUEST_RETRIES": "3",
        },
    )
    server.switch(True)
    wait_until(lambda: (server.get("/telemetry/status")["waiting"] or {"attempts": 0})["attempts"] >= 2)
    problems = server.get("/telemetry/status")["problems"]
    assert [problem for problem in problems if problem.startswith(BEGIN)]
    with Collector(port=port) as collector:
        collector.wait_for(1, timeout=45)
        wait_until(lambda: END in server.log)
        server.stop()
    assert server.log.count(BEGIN) == 2  # the begin, and the end that repeats what began
    assert server.log.count(END) == 1
