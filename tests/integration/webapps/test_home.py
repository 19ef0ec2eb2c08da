"""The page at ``/``."""

import json
import re
from html import unescape
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.rest_client import RestClient, TestClient
from webapps.main import create_app


def page(http: TestClient) -> str:
    response = http.get("/")
    assert response.status_code == 200
    return str(response.text)


def code_blocks(html: str) -> list[str]:
    return [unescape(block) for block in re.findall(r"<pre[^>]*><code>(.*?)</code></pre>", html, re.DOTALL)]


def test_it_says_that_nobody_has_decided_and_how_to_decide(http: TestClient) -> None:
    html = page(http)
    assert '<h1 id="state">Usage telemetry is off</h1>' in html
    assert "nobody has decided" in html
    _, on, off = code_blocks(html)
    assert on.startswith("curl -X POST -H 'Content-Type: application/json'")
    assert """-d '{"enableTelemetry": true}'""" in on
    assert on.endswith("http://testserver/engine-rest/telemetry/configuration")
    assert """-d '{"enableTelemetry": false}'""" in off


def test_it_says_since_when_is_counted_and_when_a_report_is_due_once_it_is_on(
    http: TestClient, engine: ProcessEngine
) -> None:
    engine.management_service.toggle_telemetry(enabled=True)
    html = page(http)
    status = engine.management_service.get_telemetry_status().to_dict()
    assert '<h1 id="state">Usage telemetry is on</h1>' in html
    assert f'<time datetime="{status["countingSince"]}">' in html
    assert f'<time datetime="{status["nextReportDue"]}">' in html
    assert "no endpoint is set" in html
    for problem in status["problems"]:
        assert problem in unescape(html)


def test_the_report_on_it_is_the_next_report(http: TestClient, engine: ProcessEngine) -> None:
    shown = json.loads(code_blocks(page(http))[0])
    assert shown == engine.management_service.get_telemetry_data().to_dict()


def test_do_not_track_is_named_and_cannot_be_undone_there(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    with TestClient(create_app(**settings)) as http:
        RestClient(http).post("/telemetry/configuration", {"enableTelemetry": True})
        html = page(http)
    assert '<h1 id="state">Usage telemetry is off</h1>' in html
    assert "<dd>DO_NOT_TRACK</dd>" in html
    assert "a yes is stored and has no effect here" in html


def test_names_with_markup_are_shown_as_text(settings: dict[str, Any]) -> None:
    with TestClient(create_app(**settings, product_name="<script>alert(1)</script>")) as http:
        html = page(http)
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_all_its_links_lead_somewhere(http: TestClient) -> None:
    links = re.findall(r'(?:href|src)="(/[^"]*)"', page(http))
    assert len(links) >= 12
    assert [link for link in links if http.get(link).status_code != 200] == []


def test_it_needs_no_script_and_no_inline_style_and_its_policy_allows_none(http: TestClient) -> None:
    response = http.get("/")
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'")
    assert "unsafe" not in policy
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=", response.text)
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"


def test_it_is_well_formed_and_made_for_screen_readers(http: TestClient) -> None:
    html = page(http)
    root = ET.fromstring(re.sub(r"<(meta|link)([^>]*)>", r"<\1\2/>", html.partition("\n")[2]))  # noqa: S314 - our own page
    assert root.get("lang") == "en"
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    labels = [element.get("aria-labelledby") for element in root.iter() if element.get("aria-labelledby")]
    assert set(labels) <= set(ids)
    headings = [int(element.tag[1]) for element in root.iter() if re.fullmatch(r"h\d", element.tag)]
    assert headings[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(headings))
