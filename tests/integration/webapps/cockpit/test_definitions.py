"""The pages of process definitions."""

import re
from html import unescape
from json import loads
from urllib.parse import quote

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.cockpit.samples import MARKUP, deploy, fail, go_on, model, rows_of, start, text_of
from tests.integration.webapps.people import Person


def test_the_newest_version_of_each_key_is_listed_with_what_goes_on(as_admin: Person, engine: ProcessEngine) -> None:
    deploy(engine)
    start(engine)
    fail(engine)
    deploy(engine)
    start(engine)
    deploy(engine, "refund", "A refund")
    html = as_admin.get("/cockpit/processes")
    assert rows_of(html) == ["A refund refund 1 0 0", "Order order 2 2 1"]
    assert "2 processes." in text_of(html)


def test_processes_are_searched_by_name_and_key_as_text(as_admin: Person, engine: ProcessEngine) -> None:
    for key, name in (("order", "Order"), ("refund", "100 % back"), ("other", "Bestellung")):
        deploy(engine, key, name)
    for text, keys in (("BACK", ["refund"]), ("ord", ["order"]), ("OTH", ["other"]), ("%", ["refund"]), ("_", [])):
        html = as_admin.get(f"/cockpit/processes?q={quote(text)}")
        assert re.findall(r'data-label="Key"><code>(\w+)', html) == keys, text
    html = as_admin.get(f"/cockpit/processes?q={quote(MARKUP)}")
    assert "<b onclick" not in html
    assert f"No process has “{MARKUP}” in its name or key." in text_of(html)


def test_processes_are_shown_in_parts(as_admin: Person, engine: ProcessEngine) -> None:
    for number in range(27):
        deploy(engine, f"p{number:02}", "p")
    first, second = (as_admin.get(f"/cockpit/processes?q=p&page={page}") for page in (1, 2))
    assert (len(rows_of(first)), len(rows_of(second))) == (25, 2)
    assert "26 to 27 of 27" in text_of(second)
    assert 'rel="prev" href="/cockpit/processes?q=p&amp;page=1"' in second
    for beyond in ("3", "-1", "x", "9" * 30, "²"):
        assert " of 27" in text_of(as_admin.get(f"/cockpit/processes?q=p&page={quote(beyond)}"))


def test_a_definition_shows_what_goes_on_in_its_activities(as_admin: Person, engine: ProcessEngine) -> None:
    definition_id = deploy(engine)
    start(engine)
    go_on(engine)
    start(engine)
    start(engine)
    fail(engine)
    html = as_admin.get(f"/cockpit/process/{definition_id}")
    assert rows_of(html)[:2] == ["Charge charge 2 2", "Check check 1 0"]
    badges = loads(unescape(re.findall(r'data-badges="([^"]*)"', html)[0]))
    assert badges["charge"] == [
        {"text": "2", "title": "2 running"},
        {"text": "2", "kind": "bad", "title": "2 incidents"},
    ]
    assert badges["check"] == [{"text": "1", "title": "1 running"}]
    links = loads(unescape(re.findall(r'data-links="([^"]*)"', html)[0]))
    assert as_admin.http.get(links["check"]).status_code == 200


def test_the_instances_of_a_definition_can_be_those_in_one_activity(
    as_admin: Person, engine: ProcessEngine, definition_id: str
) -> None:
    waiting = start(engine)
    go_on(engine)
    other = start(engine)
    page = f"/cockpit/process/{definition_id}"
    assert waiting.id in (html := as_admin.get(page))
    assert other.id in html
    html = as_admin.get(f"{page}?activity=check")
    assert waiting.id in html
    assert other.id not in html
    assert "Instances in “Check”" in text_of(html)
    assert "No instance of this version is there." in text_of(as_admin.get(f"{page}?activity={quote(MARKUP)}"))


def test_the_facts_of_a_definition_lead_to_its_deployment_and_its_other_versions(
    as_admin: Person, engine: ProcessEngine, definition_id: str, deployment_id: str
) -> None:
    newer = deploy(engine)
    start(engine)
    html = as_admin.get(f"/cockpit/process/{definition_id}")
    assert f'<a href="/cockpit/deployment/{deployment_id}">Orders</a>' in html
    assert "Key order Version 1 Version tag none Running instances 0 " in text_of(html)
    assert re.findall(r'<option value="([^"]+)"( selected)?>', html) == [(newer, ""), (definition_id, " selected")]
    response = as_admin.http.get(f"/cockpit/process?version={quote(newer)}")
    assert response.headers["location"] == f"/cockpit/process/{quote(newer, safe='')}"
    assert "Version 2, the newest" in text_of(as_admin.get(f"/cockpit/process/{quote(newer)}"))


def test_the_version_to_show_stays_an_address_of_ours(as_admin: Person) -> None:
    location = as_admin.http.get("/cockpit/process?version=//elsewhere.example/%0d%0ax").headers["location"]
    assert location == "/cockpit/process/%2F%2Felsewhere.example%2F%0D%0Ax"
    as_admin.get(location, status=404)


def test_the_model_is_a_download(as_admin: Person, definition_id: str) -> None:
    response = as_admin.http.get(f"/cockpit/process/{definition_id}/model")
    assert response.content == model()
    assert response.headers["content-type"] == "application/xml"
    assert response.headers["content-disposition"] == "attachment; filename*=UTF-8''order.bpmn"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["content-security-policy"].startswith("default-src 'none';")


def test_names_with_markup_are_text(as_admin: Person, engine: ProcessEngine) -> None:
    definition_id = deploy(engine, "order", MARKUP)
    instance = start(engine, MARKUP)
    for path in ("/", "/processes", f"/process/{definition_id}", "/instances", f"/instance/{instance.id}"):
        html = as_admin.get(f"/cockpit{path}")
        assert "<b onclick" not in html
        assert MARKUP in text_of(html)
