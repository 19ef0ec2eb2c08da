"""The engine in a program without web apps, as the README shows it."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from pytest_httpserver import HTTPServer

from engine_telemetry.engine import ProcessEngine
from tests.acceptance.servers import MODEL, PROJECT


def run(program: str, folder: Path) -> str:
    environment = {**os.environ, "HOME": str(folder)}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=40, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


def test_the_script_in_the_readme_reports_without_a_server(tmp_path: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(status=202)
    (script,) = re.findall(r"```python\n(.*?)```", (PROJECT / "README.md").read_text(), re.DOTALL)
    assert len([line for line in script.splitlines() if line]) <= 15
    script = script.replace("http://127.0.0.1:8089", httpserver.url_for("/")).replace(
        "docs/examples/", f"{MODEL.parent}/"
    )
    run(script, tmp_path)
    ((request, _),) = httpserver.log
    report = json.loads(request.get_data())
    internals = report["product"]["internals"]
    assert list(internals) == ["database", "commands"]
    assert internals["commands"]["StartProcessInstanceCmd"] == {"count": 1}
    assert internals["commands"]["CompleteTaskCmd"] == {"count": 1}
    assert internals["commands"]["GetTelemetryDataCmd"] == {"count": 1}


def test_two_engines_on_two_databases_keep_apart(tmp_path: Path, httpserver: HTTPServer) -> None:
    engines = []
    for name, count in (("one", 1), ("two", 2)):
        httpserver.expect_request(f"/{name}").respond_with_data(status=202)
        engine = ProcessEngine(
            database_url=f"sqlite:///{tmp_path}/{name}.db",
            telemetry_endpoint=httpserver.url_for(f"/{name}"),
            initialize_telemetry=True,
        )
        engines.append(engine)
        engine.repository_service.deploy({"approval.bpmn": MODEL.read_bytes()})
        for _ in range(count):
            engine.runtime_service.start_process_instance(key="approval")
    engines[0].management_service.toggle_telemetry(False)
    engines[0].management_service.toggle_telemetry(True)
    engines[0].runtime_service.start_process_instance(key="approval")
    for engine in engines:
        engine.close()
    reports = {request.path: request.json for request, _ in httpserver.log}
    assert len(httpserver.log) == 2
    one, two = reports["/one"], reports["/two"]
    assert one["installation"] != two["installation"]
    assert one["product"]["internals"]["commands"] == {
        "StartProcessInstanceCmd": {"count": 1},
        "TelemetryConfigureCmd": {"count": 1},
    }
    assert two["product"]["internals"]["commands"]["StartProcessInstanceCmd"] == {"count": 2}


def test_an_engine_that_nobody_closes_reports_at_the_end_of_the_program(tmp_path: Path, httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(status=202)
    run(
        "from engine_telemetry.engine import ProcessEngine\n"
        f"engine = ProcessEngine(database_url='sqlite:///x.db', telemetry_endpoint={httpserver.url_for('/')!r},"
        " initialize_telemetry=True)\n"
        "engine.task_service.tasks()\n",
        tmp_path,
    )
    assert len(httpserver.log) == 1


def test_an_engine_without_a_yes_opens_no_socket_and_loads_no_http_client(tmp_path: Path) -> None:
    program = (
        "import socket, sys\n"
        "def refuse(*args): raise AssertionError(args)\n"
        "socket.socket.connect = refuse\n"
        "from engine_telemetry.engine import ProcessEngine\n"
        "with ProcessEngine(database_url='sqlite:///x.db', telemetry_endpoint='https://example.org') as engine:\n"
        "    engine.task_service.tasks()\n"
        "assert 'httpx' not in sys.modules and 'httpcore' not in sys.modules\n"
    )
    run(program, tmp_path)


def test_a_reporter_that_is_not_activated_has_no_thread_and_sends_nothing(
    tmp_path: Path, httpserver: HTTPServer
) -> None:
    program = (
        "import threading\n"
        "from engine_telemetry.engine import ProcessEngine\n"
        f"with ProcessEngine(database_url='sqlite:///x.db', telemetry_endpoint={httpserver.url_for('/')!r},\n"
        "        initialize_telemetry=True, telemetry_reporter_activate=False) as engine:\n"
        "    engine.task_service.tasks()\n"
        "    assert threading.enumerate() == [threading.main_thread()]\n"
    )
    run(program, tmp_path)
    assert not httpserver.log
