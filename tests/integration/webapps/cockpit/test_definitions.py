"""The pages of process definitions."""

import re
from html import unescape
from json import loads
from urllib.parse import quote

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.cockpit.samples import MARKUP, TIMER, deploy, fail, go_on, model, rows_of, start, text_of
from tests.integration.webapps.people import Person


def test_the_newest_version_of_each_key_is_listed_with_what_goes_on(as_admin: Person, engine: ProcessEngine) -> None:
    deploy(engine)
    start(engine)
    fail(engine)
    deploy(engine)
    start(engine)
    deploy(engine, "refund", "A refund")
    html = as_admin.get("/cockpit/processes")
    assert rows_of(html) == ["A refund refund 1 active 0 0", "Order order 2 active 2 1 incident of Order"]
    assert "2 processes." in text_of(html)


def test_processes_are_searched_by_name_and_key_as_text(as_admin: Person, engine: ProcessEngine) -> None:
    for key, name in (("order", "Order"), ("refund", "100 % back"), ("other", "Bestellung")):
        deploy(engine, key, name)
    for text, keys in (("BACK", ["refund"]), ("ord", ["order"]), ("OTH", ["other"]), ("%", ["refund"]), ("_", [])):
        html = as_admin.get(f"/cockpit/processes?q={quote(text)}")
        assert re.findall(r'data-label="Key"><code>(\w+)', html) == keys, text
    html = as_admin.get(f"/cockpit/processes?q={quote(MARKUP)}")
    assert "<b onclick" not in html
    assert "Nothing found." in text_of(html)


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
    assert rows_of(html)[:2] == [
        "Charge charge 2 running in Charge 2 incidents in Charge",
        "Check check 1 running in Check 0",
    ]
    badges = loads(unescape(re.findall(r'data-badges="([^"]*)"', html)[0]))
    shown = [(one["text"], one["kind"], one["title"]) for one in badges["charge"]]
    assert shown == [("2", "", "2 running in Charge"), ("2", "bad", "2 incidents in Charge")]
    assert [one["title"] for one in badges["check"]] == ["1 running in Check"]
    for address in (one["address"] for one in badges["charge"]):
        assert as_admin.http.get(address).status_code == 200
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
    assert "Only in Check Everywhere" in text_of(html)
    html = as_admin.get(f"{page}?activity={quote(MARKUP)}")
    assert f"Only in {MARKUP} Everywhere No instance is in this activity now." in text_of(html)
    assert "<b onclick" not in html


def test_the_facts_of_a_definition_lead_to_its_deployment_and_its_other_versions(
    as_admin: Person, engine: ProcessEngine, definition_id: str, deployment_id: str
) -> None:
    newer = deploy(engine)
    start(engine)
    html = as_admin.get(f"/cockpit/process/{definition_id}")
    assert f'<a href="/cockpit/deployment/{deployment_id}">Orders</a>' in html
    assert (
        "Key order Version 1 Version tag none State active In Tasklist people can start it History kept for ever "
        in text_of(html)
    )
    options = re.findall(r'<option value="([^"]+)"( selected)?>', html)
    assert options == [("all", ""), (newer, ""), (definition_id, " selected")]
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


def test_all_versions_are_counted_and_listed_together(
    as_admin: Person, engine: ProcessEngine, definition_id: str
) -> None:
    start(engine, "old")
    fail(engine)
    newer = deploy(engine)
    start(engine, "new")
    response = as_admin.http.get(f"/cockpit/process?version=all&of={quote(newer)}")
    page = response.headers["location"]
    assert page == f"/cockpit/process/{quote(newer, safe='')}?versions=all"
    html = as_admin.get(page)
    assert rows_of(html)[0] == "Charge charge 2 running in Charge 1 incident in Charge"
    assert [row.split()[1] for row in rows_of(html)[1:]] == ["new", "old"]
    assert "Instances 2 Incidents 1" in text_of(html)
    assert rows_of(as_admin.get(f"{page}&show=incidents"))[1].startswith("Nothing goes charge old ")
    assert "Instances 1 Incidents 1" in text_of(as_admin.get(f"/cockpit/process/{quote(definition_id)}"))


def test_the_incidents_of_an_activity_are_listed(as_admin: Person, engine: ProcessEngine, definition_id: str) -> None:
    start(engine, "A-1")
    fail(engine, MARKUP)
    page = f"/cockpit/process/{quote(definition_id)}?show=incidents"
    html = as_admin.get(f"{page}&activity=charge")
    assert rows_of(html)[0].startswith(f"{MARKUP} charge A-1 ")
    assert "<b onclick" not in html
    assert 'class="badge bad"' in html
    assert "No incident is open in this activity." in text_of(as_admin.get(f"{page}&activity=check"))


def test_called_processes_and_jobs_have_tabs_if_there_are_any(as_admin: Person, engine: ProcessEngine) -> None:
    definition_id = deploy(engine, "caller", "Caller", calls="order")
    page = f"/cockpit/process/{quote(definition_id)}"
    assert rows_of(as_admin.get(f"{page}?show=called")) == [
        "call activity order not deployed, or chosen when it is called 0"
    ]
    deploy(engine)
    start(engine)
    html = as_admin.get(f"{page}?show=called")
    assert "Instances 0 Incidents 0 Called processes 1" in text_of(html)
    assert rows_of(html) == ["call activity Order 1"]
    timer = engine.repository_service.deploy({"timer.bpmn": TIMER}).process_definitions[0]
    start(engine, key="timer")
    rows = rows_of(as_admin.get(f"/cockpit/process/{quote(timer.id)}?show=jobs"))
    assert rows[-1].startswith("Wait timer ")
    assert rows[-1].endswith(" 3 none")


def test_a_definition_is_suspended_and_activated_with_its_instances_or_without(
    as_admin: Person, engine: ProcessEngine, definition_id: str
) -> None:
    newer = deploy(engine)
    instance = start(engine)
    page = f"/cockpit/process/{quote(newer)}"
    assert "1 instance of this version, 1 of all versions now." in text_of(as_admin.get(f"{page}/suspension"))

    def states() -> tuple[bool, bool, bool]:
        (running,) = engine.runtime_service.process_instances(instance_id=instance.id)
        definitions = [engine.repository_service.process_definition(each) for each in (definition_id, newer)]
        return definitions[0].suspended, definitions[1].suspended, running.suspended

    for fields, said, expected in (
        ({"suspended": "true"}, "Version 2 is suspended now.", (False, True, False)),
        ({"suspended": "true", "instances": "true", "all": "true"}, "All versions are suspended now.", (True,) * 3),
        ({"suspended": "false", "instances": "true"}, "Version 2 is active now.", (True, False, False)),
    ):
        response = as_admin.act(f"{page}/suspension", fields)
        assert said in text_of(as_admin.get(response.headers["location"]))
        assert states() == expected
    assert "Activate this process?" in text_of(as_admin.get(f"/cockpit/process/{quote(definition_id)}/suspension"))
    assert as_admin.act(f"{page}/suspension", {"suspended": "maybe"}).status_code == 400
    as_admin.act(f"{page}/suspension", {"suspended": "true"})
    assert rows_of(as_admin.get("/cockpit/processes")) == ["Order order 2 suspended 1 0"]
    assert "Version 2 is suspended: no new instance" in text_of(as_admin.get(page))
