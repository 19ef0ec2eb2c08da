"""The first page of Cockpit."""

import re

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.cockpit.samples import deploy, fail, go_on, rows_of, start, text_of
from tests.integration.webapps.people import Person
from webapps.cockpit.chart import HOURS


def test_without_anything_it_leads_to_the_first_deployment(as_admin: Person) -> None:
    html = as_admin.get("/cockpit/")
    assert "0 running instances 0 open human tasks 0 open incidents 0 deployed processes" in text_of(html)
    assert '<a class="button primary" href="/cockpit/deployments">Deploy a process</a>' in html


def test_the_numbers_lead_on(as_admin: Person, engine: ProcessEngine) -> None:
    deploy(engine)
    deploy(engine)
    start(engine)
    go_on(engine)
    start(engine)
    fail(engine)
    html = as_admin.get("/cockpit/")
    assert "2 running instances 1 open human task 1 open incident 1 deployed process " in text_of(html)
    assert '<a id="figure-1" href="/cockpit/instances"><span class="figure">2</span>' in html
    assert '<a id="figure-3" href="/cockpit/incidents"><span class="figure bad">1</span>' in html
    assert '<a id="figure-4" href="/cockpit/processes"><span class="figure">1</span>' in html
    assert rows_of(html)[HOURS:] == ["Order order 2 active 2 1 incident of Order"]


def test_more_than_ten_processes_are_on_a_page_of_their_own(as_admin: Person, engine: ProcessEngine) -> None:
    for number in range(11):
        deploy(engine, f"p{number}")
    html = as_admin.get("/cockpit/")
    assert len(rows_of(html)) == HOURS + 10
    assert '<a href="/cockpit/processes">All 11 processes</a>' in html


def test_the_state_of_telemetry_is_one_line(as_admin: Person, engine: ProcessEngine) -> None:
    for state in ("off", "on"):
        reason = engine.management_service.get_telemetry_status().reason
        assert f" {state} {reason} More about telemetry " in text_of(as_admin.get("/cockpit/"))
        engine.management_service.toggle_telemetry(True)


def test_the_chart_and_its_table_have_what_happened_in_the_present_hour(
    as_admin: Person, engine: ProcessEngine, definition_id: str
) -> None:
    assert definition_id
    assert "Nothing started or ended, and there was no incident." in text_of(as_admin.get("/cockpit/"))
    for _ in range(3):
        start(engine)
    fail(engine)
    engine.runtime_service.delete_process_instance(engine.runtime_service.process_instances()[0].id)
    html = as_admin.get("/cockpit/")
    assert " 3 started 1 ended 3 incidents " in text_of(html)
    newest, *others = rows_of(html)[:HOURS]
    assert newest.endswith(" UTC 3 1 3")
    assert all(other.endswith(" UTC 0 0 0") for other in others)
    bars = re.findall(r'<rect class="bar (\w+)" x="\d+" y="([\d.]+)" width="8" height="([\d.]+)"', html)
    assert bars == [("started", "25.0", "75.0"), ("ended", "75.0", "25.0"), ("incidents", "25.0", "75.0")]
    assert " style=" not in html
