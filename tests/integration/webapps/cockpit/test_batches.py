"""What is done to many instances: the question, the progress, and the list of batches."""

import re
from urllib.parse import urlencode

import pytest

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.cockpit.samples import MARKUP, fail, rows_of, start, text_of
from tests.integration.webapps.people import Person

PAGE = "/cockpit/instances/batch"


@pytest.fixture
def settings(settings: dict[str, object]) -> dict[str, object]:
    """Nothing is worked off by itself."""
    return settings | {"job_executor_activate": False}


@pytest.fixture
def ids(engine: ProcessEngine, definition_id: str) -> list[str]:
    """Twelve instances with a business key and one without."""
    assert definition_id
    return [start(engine, f"A-{number}", n=number).id for number in range(12)] + [start(engine).id]


def asked(as_admin: Person, **fields: object) -> str:
    return as_admin.get(f"{PAGE}?{urlencode(fields, doseq=True)}")


def test_a_list_of_instances_leads_to_the_question(as_admin: Person, ids: list[str]) -> None:
    assert ids
    html = as_admin.get("/cockpit/instances?business_key=a-&variable=n&operator=lt&value=5")
    form = html[html.index(f'<form class="choosing" method="get" action="{PAGE}"') :]
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[: form.index("<table")])
    assert hidden == [("business_key", "a-"), ("variable", "n"), ("operator", "lt"), ("value", "5")]
    assert "All 5 found" in text_of(html)
    assert len(re.findall(r'name="id"', form)) == 5
    assert "data-choosing" not in as_admin.get("/cockpit/instances?state=ended")


def test_the_question_says_how_many_and_shows_the_first_ones(as_admin: Person, ids: list[str]) -> None:
    html = asked(as_admin, action="suspend", id=ids[:2])
    assert "Suspend 2 instances? Nothing goes on in them" in text_of(html)
    assert sorted(re.findall(r">(A-\d+)</a>", html)) == ["A-0", "A-1"]
    html = asked(as_admin, action="cancel", all="true", business_key="a-")
    assert "Cancel 12 instances?" in text_of(html)
    assert "and 2 more: all that the search finds when you confirm." in text_of(html)
    assert ('<input type="hidden" name="all" value="true">' in html, 'name="id"' in html) == (True, False)


def test_what_is_asked_about_nothing_leads_back(as_admin: Person, ids: list[str]) -> None:
    assert ids
    for fields in (
        {},
        {"id": ["no such", "\0"]},
        {"id": [str(number) for number in range(1001)]},
        {"all": "true", "business_key": "x"},
        {"all": "true", "from": "x"},
        {"all": "true", "state": "ended"},
    ):
        response = as_admin.http.get(f"{PAGE}?{urlencode({'action': 'cancel', **fields}, doseq=True)}")
        assert (fields, response.headers.get("location")) == (fields, "/cockpit/instances")
        assert "No running instance was chosen." in text_of(as_admin.get("/cockpit/instances"))
    assert as_admin.http.get(f"{PAGE}?action=explode&id={ids[0]}").status_code == 404
    assert as_admin.act(PAGE, {"action": "explode", "id": ids[0]}).status_code == 404
    assert as_admin.act(PAGE, {"action": "cancel"}).headers["location"] == "/cockpit/instances"


def test_those_chosen_and_all_that_is_found_become_batches(
    as_admin: Person, engine: ProcessEngine, ids: list[str]
) -> None:
    conditions = {"variable": ["n", "n"], "operator": ["gteq", "lt"], "value": ["2", "5"]}
    for fields, expected in (
        ({"action": "suspend", "id": ids[:2]}, ("instance-update-suspension-state", {"suspended": True}, 2)),
        ({"action": "activate", "all": "true"}, ("instance-update-suspension-state", {"suspended": False}, 13)),
        ({"action": "retry", "retries": "3", "all": "true", **conditions}, ("set-job-retries", {"retries": 3}, 3)),
    ):
        address = as_admin.act(PAGE, fields).headers["location"]
        batch = engine.management_service.batch(address.rpartition("/")[2])
        assert (batch.kind, {name: batch.settings[name] for name in expected[1]}, batch.total) == expected
        assert batch.created_by == "ann"


def test_the_reason_is_kept_or_else_who_did_it(as_admin: Person, engine: ProcessEngine, ids: list[str]) -> None:
    for reason, kept in ((" no longer wanted ", "no longer wanted"), (" ", "Cancelled by ann in Cockpit")):
        address = as_admin.act(PAGE, {"action": "cancel", "id": ids[0], "reason": reason}).headers["location"]
        assert engine.management_service.batch(address.rpartition("/")[2]).settings["reason"] == kept


def test_retries_are_a_number(as_admin: Person, ids: list[str], engine: ProcessEngine) -> None:
    response = as_admin.act(PAGE, {"action": "retry", "id": ids[0], "retries": "none"})
    assert response.status_code == 422
    assert "Write a number from 1 to 1000." in text_of(response.text)
    assert 'value="none"' in response.text
    assert engine.management_service.count_batches() == 0


def test_a_batch_shows_how_far_it_is_and_refreshes_while_it_runs(
    as_admin: Person, engine: ProcessEngine, ids: list[str]
) -> None:
    page = as_admin.act(PAGE, {"action": "suspend", "id": ids}).headers["location"]
    html = as_admin.get(page)
    assert "Suspend 13 instances running 0 of 13: 0 done, 0 failed" in text_of(html)
    assert '<progress id="bar" max="13" value="0"></progress>' in html
    assert f'hx-get="{page}" hx-trigger="every 1s"' in html
    for action, said in (("halt", "The batch is halted."), ("resume", "The batch goes on.")):
        response = as_admin.act(f"{page}/{action}")
        html = as_admin.get(response.headers["location"])
        assert said in text_of(html)
        assert ("hx-get" in html[html.index('id="progress"') :]) == (action == "resume")
    response = as_admin.act(f"{page}/delete")
    assert "The batch was deleted." in text_of(as_admin.get(response.headers["location"]))
    assert as_admin.http.get(page).status_code == 404
    assert not engine.runtime_service.count_process_instances(suspended=True)


def test_batches_are_listed(as_admin: Person, ids: list[str]) -> None:
    assert "No batch yet." in text_of(as_admin.get("/cockpit/batches"))
    as_admin.act(PAGE, {"action": "suspend", "id": ids[:1]})
    as_admin.act(PAGE, {"action": "cancel", "id": ids[:2], "reason": MARKUP})
    rows = rows_of(as_admin.get("/cockpit/batches"))
    assert sorted(row[: row.index(" ann ")] for row in rows) == [
        "Cancel 2 instances running 0 of 2 0",
        "Suspend 1 instance running 0 of 1 0",
    ]


def test_incidents_lead_to_one_question_for_all_of_them(
    as_admin: Person, engine: ProcessEngine, ids: list[str]
) -> None:
    assert ids
    fail(engine, MARKUP)
    html = as_admin.get("/cockpit/incidents?process=order")
    found = re.search(r'href="([^"]+)">Retry them all…', html)
    assert found is not None
    address = found.group(1).replace("&amp;", "&")
    assert "Retry 10 instances?" in text_of(as_admin.get(address))
