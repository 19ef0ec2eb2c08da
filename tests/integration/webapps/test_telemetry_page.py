"""The page about telemetry in Cockpit."""

import json
import re
from html import unescape

import pytest

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.people import Person


def page(person: Person) -> str:
    return person.get("/cockpit/telemetry")


def code_blocks(html: str) -> list[str]:
    return [unescape(block) for block in re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", html, re.DOTALL)]


def test_it_says_that_nobody_has_decided_and_how_to_decide(as_admin: Person) -> None:
    html = page(as_admin)
    assert '<h1 id="state">Usage telemetry is off</h1>' in html
    assert "nobody has decided" in html
    _, on, off = code_blocks(html)
    assert on.startswith("curl -X POST -H 'Content-Type: application/json'")
    assert """-d '{"enableTelemetry": true}'""" in on
    assert on.endswith("http://testserver/engine-rest/telemetry/configuration")
    assert """-d '{"enableTelemetry": false}'""" in off


def test_it_says_since_when_is_counted_and_when_a_report_is_due_once_it_is_on(
    as_admin: Person, engine: ProcessEngine
) -> None:
    engine.management_service.toggle_telemetry(enabled=True)
    html = page(as_admin)
    status = engine.management_service.get_telemetry_status().to_dict()
    assert '<h1 id="state">Usage telemetry is on</h1>' in html
    for time in (status["countingSince"], status["nextReportDue"]):
        assert f'<time datetime="{time[:19]}Z">' in html
    assert "no endpoint is set" in html
    for problem in status["problems"]:
        assert problem in unescape(html)


def test_the_report_on_it_is_the_next_report(as_admin: Person, engine: ProcessEngine) -> None:
    shown = json.loads(code_blocks(page(as_admin))[0])
    seen = engine.management_service.get_telemetry_data().to_dict()
    assert shown == seen


@pytest.fixture
def do_not_track(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DO_NOT_TRACK", "1")


@pytest.mark.usefixtures("do_not_track")
def test_do_not_track_is_named_and_cannot_be_undone_there(as_admin: Person, engine: ProcessEngine) -> None:
    engine.management_service.toggle_telemetry(enabled=True)
    html = page(as_admin)
    assert '<h1 id="state">Usage telemetry is off</h1>' in html
    assert "<dd>DO_NOT_TRACK</dd>" in html
    assert "a yes is stored and has no effect here" in html
