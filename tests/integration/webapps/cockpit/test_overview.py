"""The first page of Cockpit."""

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.cockpit.samples import deploy, fail, go_on, rows_of, start, text_of
from tests.integration.webapps.people import Person


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
    assert '<a id="figure-3" href="/cockpit/instances?incidents=true"><span class="figure bad">1</span>' in html
    assert '<a id="figure-4" href="/cockpit/processes"><span class="figure">1</span>' in html
    assert rows_of(html) == ["Order order 2 2 1"]


def test_more_than_ten_processes_are_on_a_page_of_their_own(as_admin: Person, engine: ProcessEngine) -> None:
    for number in range(11):
        deploy(engine, f"p{number}")
    html = as_admin.get("/cockpit/")
    assert len(rows_of(html)) == 10
    assert '<a href="/cockpit/processes">All 11 processes</a>' in html


def test_the_state_of_telemetry_is_one_line(as_admin: Person, engine: ProcessEngine) -> None:
    for state in ("off", "on"):
        reason = engine.management_service.get_telemetry_status().reason
        assert f" {state} {reason} More about telemetry " in text_of(as_admin.get("/cockpit/"))
        engine.management_service.toggle_telemetry(True)
