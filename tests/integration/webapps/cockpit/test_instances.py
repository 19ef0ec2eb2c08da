"""The list of running instances, and the search in it."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import TypedValue
from tests.integration.webapps.cockpit.samples import MARKUP, deploy, fail, go_on, rows_of, start, text_of
from tests.integration.webapps.people import Person

CASES: list[tuple[dict[str, str | list[str]], set[str]]] = [
    ({}, {"A-1", "A-2", "b_1", "B-1"}),
    ({"business_key": "a-"}, {"A-1", "A-2"}),
    ({"business_key": "b_"}, {"b_1"}),
    ({"business_key": " A-1 "}, {"A-1"}),
    ({"process": "refund"}, {"b_1", "B-1"}),
    ({"process": "refund", "business_key": "-"}, {"B-1"}),
    ({"activity": "check"}, {"A-1"}),
    ({"activity": "start"}, set()),
    ({"incidents": "true"}, {"A-2", "b_1"}),
    ({"variable": "customer", "value": "Smith"}, {"A-1"}),
    ({"variable": "customer"}, {"A-1", "A-2"}),
    ({"variable": "amount", "value": "5"}, {"A-1"}),
    ({"variable": "amount", "value": "7.50"}, {"A-2"}),
    ({"variable": "text", "value": "5"}, {"A-1"}),
    ({"variable": "text", "value": "true"}, {"A-2"}),
    ({"variable": "paid", "value": "true"}, {"A-1"}),
    ({"variable": "none", "value": "null"}, {"A-1"}),
    ({"variable": "none"}, {"A-1"}),
    ({"variable": "customer", "value": "smith' or 1=1"}, set()),
    ({"variable": "amount", "value": "9" * 255}, set()),
    ({"variable": "amount", "operator": "gt", "value": "5"}, {"A-2"}),
    ({"variable": "amount", "operator": "lteq", "value": "7.5"}, {"A-1", "A-2"}),
    ({"variable": "amount", "operator": "neq", "value": "5"}, {"A-2"}),
    ({"variable": "customer", "operator": "neq", "value": "Smith"}, {"A-2"}),
    ({"variable": "customer", "operator": "like", "value": "one"}, {"A-2"}),
    ({"variable": "amount", "operator": "drop table", "value": "5"}, {"A-1"}),
    ({"variable": ["amount", "customer", ""], "operator": ["gteq", "eq"], "value": ["5", "Smith"]}, {"A-1"}),
    ({"variable": ["amount", "text"], "value": ["5", "true"]}, set()),
    ({"process": "order", "version": "1"}, {"A-1", "A-2"}),
    ({"process": "order", "version": "2"}, set()),
    ({"state": "active"}, {"A-1", "A-2", "b_1"}),
    ({"state": "suspended"}, {"B-1"}),
    ({"state": "all"}, {"A-1", "A-2", "b_1", "B-1", "gone", "done"}),
    ({"state": "all", "process": "order", "incidents": "true"}, {"A-2"}),
    ({"state": "ended"}, {"gone", "done"}),
    ({"state": "completed"}, {"done"}),
    ({"state": "cancelled"}, {"gone"}),
    ({"state": "ended", "business_key": "GO", "process": "order", "version": "1"}, {"gone"}),
    ({"state": "ended", "activity": "check"}, {"done"}),
    ({"state": "ended", "incidents": "true"}, set()),
    ({"state": "ended", "variable": ["n", "m"], "operator": ["gt", "eq"], "value": ["1", "x"]}, {"done"}),
    ({"state": "no such"}, {"A-1", "A-2", "b_1", "B-1"}),
]


def found(as_admin: Person, **asked: str | list[str]) -> list[str]:
    """The business keys of what is found, in its order."""
    html = as_admin.get(f"/cockpit/instances?{urlencode(asked, doseq=True)}")
    return re.findall(r'<a href="/cockpit/instance/[^"]+">([^<]+)</a>', html)


@pytest.fixture
def instances(engine: ProcessEngine, definition_id: str) -> dict[str, str]:
    """The ids of four instances that run by their business keys; two more have ended."""
    assert definition_id
    deploy(engine, "refund", "Refund")
    gone = start(engine, "gone")
    engine.runtime_service.delete_process_instance(gone.id)
    start(engine, "done", n=2, m="x")
    go_on(engine)
    engine.task_service.complete(engine.task_service.tasks()[0].id)
    made = {"A-1": start(engine, "A-1", customer="Smith", amount=5, text="5", paid=True, none=None).id}
    go_on(engine)
    made["A-2"] = start(engine, "A-2", customer="Jones", amount=7.5, text="true").id
    made["b_1"] = start(engine, "b_1", key="refund", order=TypedValue("Json", '{"a": 1}')).id
    fail(engine)
    made["B-1"] = start(engine, "B-1", key="refund").id
    engine.runtime_service.suspend_process_instance(made["B-1"])
    return made


def test_instances_are_found_by_what_is_asked(as_admin: Person, instances: dict[str, str]) -> None:
    assert instances
    for asked, keys in CASES:
        assert (asked, set(found(as_admin, **asked))) == (asked, keys)


def test_an_instance_is_found_by_its_id(as_admin: Person, instances: dict[str, str]) -> None:
    assert found(as_admin, instance=instances["A-2"]) == ["A-2"]
    assert found(as_admin, instance=f" {instances['A-2']}\0\n") == ["A-2"]


def test_instances_are_found_by_the_days_between_which_they_started(
    as_admin: Person, engine: ProcessEngine, instances: dict[str, str]
) -> None:
    started = engine.runtime_service.process_instances(instance_id=instances["A-1"])[0].start_time
    assert started is not None
    today = started.astimezone(UTC).date()
    yesterday, tomorrow = (str(today + timedelta(days=days)) for days in (-1, 1))
    assert "A-1" in found(as_admin, **{"from": str(today), "to": str(datetime.now(UTC).date())})
    assert found(as_admin, **{"from": yesterday, "to": yesterday}) == []
    assert found(as_admin, **{"from": str(today + timedelta(days=2))}) == []
    assert len(found(as_admin, **{"from": yesterday, "to": tomorrow})) == 4


def test_instances_are_sorted_in_the_database(as_admin: Person, instances: dict[str, str]) -> None:
    assert instances
    assert found(as_admin, sort="businessKey") == ["A-1", "A-2", "B-1", "b_1"]
    assert found(as_admin, sort="businessKey", order="desc") == ["b_1", "B-1", "A-2", "A-1"]
    assert found(as_admin, sort="id; drop table") == found(as_admin)
    html = as_admin.get("/cockpit/instances?sort=businessKey&business_key=a&page=2")
    assert 'aria-sort="ascending"' in html
    assert 'href="/cockpit/instances?sort=businessKey&amp;business_key=a&amp;order=desc"' in html


def test_instances_are_shown_in_parts(as_admin: Person, engine: ProcessEngine, definition_id: str) -> None:
    assert definition_id
    for number in range(26):
        start(engine, f"K-{number}")
    html = as_admin.get("/cockpit/instances?business_key=k")
    assert (len(rows_of(html)), "1 to 25 of 26" in text_of(html)) == (25, True)
    assert 'rel="next" href="/cockpit/instances?business_key=k&amp;page=2"' in html
    assert len(rows_of(as_admin.get("/cockpit/instances?business_key=k&page=2"))) == 1


def test_a_field_that_cannot_be_understood_says_so(as_admin: Person, instances: dict[str, str]) -> None:
    assert instances
    for name, value, said in (
        ("from", "24.11.2026", "This is no date."),
        ("to", "9999-12-31", "This is no date."),
        ("from", "0001-01-01", "This is no date."),
        ("value", "x" * 256, "Values of more than 255 characters cannot be searched."),
        ("value", MARKUP, "Say which variable has this value."),
        ("version", "1st", "This is no version."),
        ("version", "9" * 10, "This is no version."),
        ("version", "0", "This is no version."),
        ("activity", "check", "Say as the state whether they run or have ended"),
    ):
        html = as_admin.get(f"/cockpit/instances?{urlencode({name: value, 'state': 'all'})}", status=422)
        assert said in text_of(html)
        assert 'aria-invalid="true"' in html
        assert '<details class="more" open>' in html
        assert rows_of(html) == []
        assert "<b onclick" not in html


def test_what_cannot_be_compared_says_so(as_admin: Person, instances: dict[str, str]) -> None:
    assert instances
    asked = urlencode({"variable": "paid", "operator": "gt", "value": "true"})
    assert "Nothing is more or less than true." in text_of(as_admin.get(f"/cockpit/instances?{asked}", status=422))


def test_instances_that_have_ended_are_found_by_the_day_they_started(
    as_admin: Person, instances: dict[str, str]
) -> None:
    assert instances
    today, tomorrow = (str(datetime.now(UTC).date() + timedelta(days=days)) for days in (0, 1))
    assert set(found(as_admin, state="ended", to=today)) == {"gone", "done"}
    assert found(as_admin, **{"state": "ended", "from": tomorrow}) == []
    assert found(as_admin, state="ended", sort="businessKey") == ["done", "gone"]
    rows = rows_of(as_admin.get("/cockpit/instances?state=ended&sort=businessKey"))
    assert (rows[0].split()[-1], rows[1].split()[-1]) == ("completed", "cancelled")


def test_running_and_ended_ones_in_one_list_say_how_they_stand(as_admin: Person, instances: dict[str, str]) -> None:
    html = as_admin.get("/cockpit/instances?state=all&sort=businessKey")
    assert [row.split()[-1] for row in rows_of(html)] == [
        *("running", "incident", "suspended", "incident"),
        *("completed", "cancelled"),
    ]
    assert "data-choosing" not in html
    assert f'<code title="{instances["A-1"]}">…{instances["A-1"][-12:]}</code>' in html
    today = datetime.now(UTC).date()
    assert f'href="/cockpit/instances?state=all&amp;sort=businessKey&amp;from={today}">Started today</a>' in html


def test_one_instance_is_found_by_its_key_or_id_whether_it_runs_or_not(
    as_admin: Person, engine: ProcessEngine, instances: dict[str, str]
) -> None:
    (done,) = engine.history_service.process_instances(business_key="done")
    for text, address in (
        ("a-1", f"/cockpit/instance/{instances['A-1']}"),
        (" don\0", f"/cockpit/instance/{done.id}"),
        (done.id, f"/cockpit/instance/{done.id}"),
        ("A-", "/cockpit/instances?business_key=A-&state=all"),
        (MARKUP, f"/cockpit/instances?{urlencode({'business_key': MARKUP, 'state': 'all'})}"),
        ("", "/cockpit/instances?state=all"),
    ):
        response = as_admin.http.get(f"/cockpit/find?{urlencode({'q': text})}")
        assert (text, response.headers["location"]) == (text, address)
    longer = start(engine, "A-12")
    found_first = as_admin.http.get("/cockpit/find?q=A-1").headers["location"]
    assert (found_first.endswith(instances["A-1"]), longer.id in found_first) == (True, False)
    for page in ("/cockpit/", "/cockpit/instances", "/cockpit/incidents"):
        assert 'method="get" action="/cockpit/find"' in as_admin.get(page)


def test_a_search_keeps_a_row_for_one_more_variable(as_admin: Person, instances: dict[str, str]) -> None:
    assert instances
    asked = urlencode({"variable": ["amount", "paid"], "value": ["5", ""]}, doseq=True)
    html = as_admin.get(f"/cockpit/instances?{asked}")
    assert re.findall(r'<input name="variable" value="(\w*)"', html) == ["amount", "paid", ""]
    assert "?variable=amount&amp;variable=paid&amp;value=5&amp;value=&amp;sort=businessKey&amp;order=asc" in html


def test_nothing_found_is_said(as_admin: Person, engine: ProcessEngine) -> None:
    assert "No process instance runs." in text_of(as_admin.get("/cockpit/instances"))
    deploy(engine)
    assert "Nothing found. Search those that have ended too" in text_of(
        as_admin.get("/cockpit/instances?business_key=x")
    )
    html = as_admin.get(f"/cockpit/instances?{urlencode({'process': MARKUP})}")
    assert "<b onclick" not in html
