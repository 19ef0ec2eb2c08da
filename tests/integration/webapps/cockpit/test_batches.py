"""What is done to many instances: the question, the progress, and the list of batches."""

import re
from urllib.parse import urlencode

import pytest

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.cockpit.samples import MARKUP, deploy, fail, rows_of, start, text_of
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


def id_in(address: str) -> str:
    return address.partition("?")[0].rpartition("/")[2]


def asked(as_admin: Person, **fields: object) -> str:
    return as_admin.get(f"{PAGE}?{urlencode(fields, doseq=True)}")


def test_a_list_of_instances_leads_to_the_question(as_admin: Person, ids: list[str]) -> None:
    assert ids
    html = as_admin.get("/cockpit/instances?business_key=a-&variable=n&operator=lt&value=5")
    form = html[html.index(f'<form class="choosing" method="get" action="{PAGE}"') :]
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[: form.index("<table")])
    back = "/cockpit/instances?business_key=a-&amp;variable=n&amp;operator=lt&amp;value=5"
    assert hidden == [("back", back), ("business_key", "a-"), ("variable", "n"), ("operator", "lt"), ("value", "5")]
    assert "All 5 found" in text_of(html)
    assert len(re.findall(r'name="id"', form)) == 5
    assert "data-choosing" not in as_admin.get("/cockpit/instances?state=ended")


def test_the_question_says_how_many_and_shows_the_first_ones(as_admin: Person, ids: list[str]) -> None:
    html = asked(as_admin, action="suspend", id=ids[:2])
    assert "Suspend 2 instances? They pause: nothing goes on in them" in text_of(html)
    assert sorted(re.findall(r">(A-\d+)</a>", html)) == ["A-0", "A-1"]
    html = asked(as_admin, action="cancel", all="true", business_key="a-")
    assert "Cancel 12 instances?" in text_of(html)
    assert "and 2 more: all that the search finds when you confirm." in text_of(html)
    assert ('<input type="hidden" name="all" value="true">' in html, 'name="id"' in html) == (True, False)


def test_what_is_asked_about_nothing_leads_back(as_admin: Person, ids: list[str]) -> None:
    assert ids
    for fields in (
        {"id": ["no such", "\0"]},
        {"id": [str(number) for number in range(1001)]},
        {"all": "true", "business_key": "x"},
        {"all": "true", "from": "x"},
        {"all": "true", "state": "ended"},
    ):
        response = as_admin.http.get(f"{PAGE}?{urlencode({'action': 'cancel', **fields}, doseq=True)}")
        assert (fields, response.headers["location"].partition("?")[0]) == (fields, "/cockpit/instances")
        assert "No running instance was chosen." in text_of(as_admin.get("/cockpit/instances"))
    assert as_admin.http.get(f"{PAGE}?action=explode&id={ids[0]}").status_code == 404
    assert as_admin.act(PAGE, {"action": "explode", "id": ids[0]}).status_code == 404
    assert as_admin.act(PAGE, {"action": "cancel"}).headers["location"] == "/cockpit/instances#choose-first"


def test_who_chose_nothing_keeps_the_search_and_is_told_at_the_buttons(as_admin: Person, ids: list[str]) -> None:
    assert ids
    search = "/cockpit/instances?business_key=a-&variable=n&operator=lt&value=5&sort=businessKey"
    html = as_admin.get(search)
    assert '<p class="error choose-first" id="choose-first">Choose instances first.</p>' in html
    for fields, expected in (
        ({"action": "cancel", "back": search, "business_key": "a-"}, search),
        (
            {"action": "cancel", "business_key": "a-", "state": "active"},
            "/cockpit/instances?business_key=a-&state=active",
        ),
        ({"action": "cancel", "back": "//elsewhere.example/"}, "/cockpit/instances"),
    ):
        location = as_admin.http.get(f"{PAGE}?{urlencode(fields)}").headers["location"]
        assert location == f"{expected}#choose-first"


def test_the_question_and_the_batch_lead_back_to_the_same_search(as_admin: Person, ids: list[str]) -> None:
    search = "/cockpit/instances?business_key=a-&page=1"
    html = asked(as_admin, action="cancel", id=ids[:3], back=search)
    shown = search.replace("&", "&amp;")
    assert f'<a class="button" href="{shown}">Leave them as they are</a>' in html
    page = as_admin.act(PAGE, {"action": "cancel", "id": ids[:3], "back": search}).headers["location"]
    assert f'<a class="button" href="{shown}">Back to the instances</a>' in as_admin.get(page)


def test_the_question_before_cancelling_says_what_goes_along_and_what_may_still_come(
    as_admin: Person, engine: ProcessEngine, definition_id: str
) -> None:
    caller_id = deploy(engine, "caller", "Caller", calls="order")
    caller = start(engine, "C-1", key="caller")
    (called,) = engine.runtime_service.process_instances(super_instance_id=caller.id)
    html = asked(as_admin, action="cancel", id=caller.id)
    assert "1 instance that they called ends with them, and what it called in turn." in text_of(html)
    assert f'href="/cockpit/process/{caller_id.replace(":", "%3A")}/suspension">Caller</a> first.' in html
    html = asked(as_admin, action="cancel", id=[caller.id, called.id])
    assert "that they called" not in text_of(html)
    assert set(re.findall(r'/suspension">(\w+)</a>', html)) == {"Order", "Caller"}
    engine.repository_service.suspend_process_definition(definition_id=definition_id)
    assert "can still be started" not in text_of(asked(as_admin, action="cancel", id=called.id))


def test_all_found_is_offered_beside_these_only_if_there_are_more_pages(
    as_admin: Person, engine: ProcessEngine, ids: list[str]
) -> None:
    everything = '<label class="tick"><input type="checkbox" name="all"'
    html = as_admin.get("/cockpit/instances")
    assert everything not in re.sub("<noscript>.*?</noscript>", "", html, flags=re.DOTALL)
    assert ("These 13" in text_of(html), everything in html) == (True, True)
    for _ in range(len(ids), 26):
        start(engine)
    html = as_admin.get("/cockpit/instances")
    assert everything in re.sub("<noscript>.*?</noscript>", "", html, flags=re.DOTALL)
    assert "This one" in text_of(as_admin.get("/cockpit/instances?business_key=A-11"))


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
        batch = engine.management_service.batch(id_in(address))
        assert (batch.kind, {name: batch.settings[name] for name in expected[1]}, batch.total) == expected
        assert batch.created_by == "ann"


def test_the_reason_is_kept_or_else_who_did_it(as_admin: Person, engine: ProcessEngine, ids: list[str]) -> None:
    for reason, kept in ((" no longer wanted ", "no longer wanted"), (" ", "Cancelled by ann in Cockpit")):
        address = as_admin.act(PAGE, {"action": "cancel", "id": ids[0], "reason": reason}).headers["location"]
        assert engine.management_service.batch(id_in(address)).settings["reason"] == kept
        assert f"Reason: {kept}" in text_of(as_admin.get(address))


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
    assert "Suspending 13 instances running Back to the instances 0 of 13: 0 done, 0 failed" in text_of(html)
    assert '<progress id="bar" max="13" value="0"></progress>' in html
    assert f'hx-get="{page}" hx-trigger="every 1s"' in html
    for action, said in (("halt", "It pauses."), ("resume", "It goes on.")):
        response = as_admin.act(f"{page}/{action}")
        html = as_admin.get(response.headers["location"])
        assert said in text_of(html)
        assert ("hx-get" in html[html.index('id="progress"') :]) == (action == "resume")
    response = as_admin.act(f"{page}/delete")
    assert "It was stopped: 13 of 13 are as they were." in text_of(as_admin.get(response.headers["location"]))
    assert as_admin.http.get(page).status_code == 404
    assert not engine.runtime_service.count_process_instances(suspended=True)


def test_batches_are_listed(as_admin: Person, ids: list[str]) -> None:
    assert "No batch yet." in text_of(as_admin.get("/cockpit/batches"))
    as_admin.act(PAGE, {"action": "suspend", "id": ids[:1]})
    as_admin.act(PAGE, {"action": "cancel", "id": ids[:2], "reason": MARKUP})
    rows = rows_of(as_admin.get("/cockpit/batches"))
    assert sorted(row[: row.index(" ann ")] for row in rows) == [
        "Cancelling 2 instances running 0 of 2 0",
        "Suspending 1 instance running 0 of 1 0",
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
