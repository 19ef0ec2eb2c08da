"""One report, to the byte, in all the places where it is seen: before, on the wire, in the log, and in the history."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.testing import Collector
from tests.acceptance.servers import PROJECT, Serve, Server
from tests.browser.browsing import ADMINISTRATOR, PASSWORD

pytestmark = pytest.mark.full

PAGE = "/cockpit/telemetry"
PRODUCT = 'Größer & "besser" <b>'


def test_the_preview_the_log_the_wire_and_the_history_have_the_same_bytes(serve: Serve, tmp_path: Path) -> None:
    create_administrator(tmp_path)
    with Collector() as collector:
        settings = {"ENGINE_TELEMETRY_ENDPOINT": collector.url, "ENGINE_PRODUCT_NAME": PRODUCT}
        server = serve("--workers", "2", config=logging_at_debug(tmp_path), environment=settings)
        server.switch(True)
        server.deploy()
        server.start_instances(9)
        preview = previewed(tmp_path)
        server.stop()
        (received,) = collector.reports
        assert preview == received.body
        (sent,) = re.findall(r"Sending report (\S+), attempt 1: (.*)", server.log)
        assert sent == (received.key, received.body.decode())
        server = serve("--workers", "2", environment=settings)
        assert saved_by_rest(server, received.key) == received.body
        assert saved_by_command_line(tmp_path, received.key) == received.body
        shown, downloaded = saved_by_page(server, received.key)
        assert shown == received.body
        assert downloaded == received.body


def test_what_is_shown_before_anybody_has_agreed_is_the_same_everywhere(serve: Serve, tmp_path: Path) -> None:
    create_administrator(tmp_path)
    server = serve("--workers", "2")
    with logged_in(server) as browser:
        preview = browser.get(f"{PAGE}/next.json").content
        for path in (PAGE, "/cockpit/consent", "/"):
            assert text_on(browser.get(path).text) == preview
    assert json.loads(preview) == server.get("/telemetry/data")
    assert json.loads(preview) == run_command_line(tmp_path, "preview")


@contextmanager
def looking_on(folder: Path) -> Iterator[ProcessEngine]:
    """An engine beside the server: what is asked of it is not counted."""
    engine = ProcessEngine(
        database_url=f"sqlite:///{folder}/engine.db", product_name=PRODUCT, telemetry_reporter_activate=False
    )
    engine.visit()
    try:
        yield engine
    finally:
        engine.close()


def create_administrator(folder: Path) -> None:
    with looking_on(folder) as engine:
        engine.identity_service.create_user(ADMINISTRATOR, PASSWORD, groups=["camunda-admin"])


def previewed(folder: Path) -> bytes:
    with looking_on(folder) as engine:
        return engine.management_service.get_telemetry_data().to_json()


def logging_at_debug(folder: Path) -> Path:
    config = folder / "gunicorn.conf.py"
    config.write_text(
        "import runpy\n"
        f"globals().update(runpy.run_path({str(PROJECT / 'conf' / 'gunicorn.conf.py')!r}))\n"
        "logconfig_dict['loggers']['engine_telemetry.telemetry']['level'] = 'DEBUG'\n"
    )
    return config


@contextmanager
def logged_in(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, follow_redirects=True, timeout=20) as browser:
        found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/login").text)
        assert found is not None
        fields = {"csrf_token": unescape(found.group(1)), "user": ADMINISTRATOR, "password": PASSWORD}
        assert browser.post("/login", data=fields).status_code == 200
        yield browser


def text_on(page: str) -> bytes:
    """The text of the report on a page, as a reader copies it."""
    found = re.search(r'<pre class="report"[^>]*><code[^>]*>(.*?)</code></pre>', page, re.DOTALL)
    assert found is not None, page
    return unescape(re.sub(r"<[^>]+>", "", found.group(1))).encode()


def body_of(history: Any, report_id: str) -> bytes:
    (body,) = [report["body"] for report in history["reports"] if report["id"] == report_id]
    return str(body).encode()


def saved_by_rest(server: Server, report_id: str) -> bytes:
    return body_of(server.get("/telemetry/history"), report_id)


def saved_by_page(server: Server, report_id: str) -> tuple[bytes, bytes]:
    """What the page shows, and what is downloaded from it."""
    with logged_in(server) as browser:
        address = f"{PAGE}/report/{report_id}"
        return text_on(browser.get(address).text), browser.get(f"{address}/bytes.json").content


def saved_by_command_line(folder: Path, report_id: str) -> bytes:
    return body_of(run_command_line(folder, "history"), report_id)


def run_command_line(folder: Path, command: str) -> Any:
    done = subprocess.run(
        [sys.executable, "-m", "engine_telemetry.cli", command, "--json"],
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "ENGINE_DATABASE_URL": f"sqlite:///{folder}/engine.db"},
        capture_output=True,
        timeout=60,
        check=True,
    )
    return json.loads(done.stdout)
