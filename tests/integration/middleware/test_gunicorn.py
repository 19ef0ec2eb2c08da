"""Under gunicorn the serving worker recognises the server, never the master that only loads the application."""

import signal
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import httpx
import pytest

from engine_telemetry.application_server import ApplicationServer, Sighting

VERSION = metadata.version("gunicorn")

APPLICATION = """
from engine_telemetry.middleware.wsgi import TelemetryMiddleware
from engine_telemetry.registry import process_registry

def answer(environ, start_response):
    body = repr(process_registry.application_server).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]

app = TelemetryMiddleware(answer)
"""
CONFIGURATION = """
from pathlib import Path
from engine_telemetry.registry import process_registry

def when_ready(server):
    Path("ready").touch()

def on_exit(server):
    Path("master").write_text(repr(process_registry.application_server))
"""


GREENLET = """
__name__ = "a greenlet, whose frames are all there is"
import gunicorn.arbiter, gunicorn.workers.base
from engine_telemetry.application_server import Call, find
print(find(Call((print,))))
"""


@pytest.mark.parametrize(("version", "vendor"), [(VERSION, "gunicorn"), ("1.0", None)])
def test_gunicorn_is_known_by_its_environment_where_greenlets_hide_its_frames(
    version: str, vendor: str | None, pytestconfig: pytest.Config
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", GREENLET],
        env={"SERVER_SOFTWARE": f"gunicorn/{version}"},
        cwd=pytestconfig.rootpath,
        capture_output=True,
        text=True,
        check=True,
    )
    expected = Sighting(vendor, version) if vendor else None
    assert done.stdout.strip() == repr(expected)


def test_a_preloaded_application_is_recognised_in_the_worker_only(tmp_path: Path) -> None:
    (tmp_path / "application.py").write_text(APPLICATION)
    (tmp_path / "gunicorn.conf.py").write_text(CONFIGURATION)
    command = [sys.executable, "-m", "gunicorn", "--preload", "--no-control-socket", "-b", "unix:socket"]
    with subprocess.Popen([*command, "application:app"], cwd=tmp_path, stderr=subprocess.PIPE, text=True) as gunicorn:
        try:
            answer = ask(tmp_path)
        finally:
            gunicorn.send_signal(signal.SIGTERM)
            log = gunicorn.communicate(timeout=20)[1]
    assert answer == repr(ApplicationServer("gunicorn", f"gunicorn/{VERSION}")), log
    assert (tmp_path / "master").read_text() == "None"


def ask(folder: Path) -> str:
    """The answer of the server, once it is ready."""
    for _ in range(200):
        if (folder / "ready").exists():
            break
        time.sleep(0.1)
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(folder / "socket"))) as client:
        return client.get("http://test/").text
