"""The list of open incidents, and another try for what failed."""

import re
from urllib.parse import urlencode

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import ProcessEngineException
from tests.integration.webapps.cockpit.samples import MARKUP, deploy, fail, lock, rows_of, start, text_of
from tests.integration.webapps.people import Person

BROKEN = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://example.com"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn">
<process id="broken" name="Broken" isExecutable="true" camunda:historyTimeToLive="1">
  <startEvent id="start"/><sequenceFlow id="f" sourceRef="start" targetRef="book"/>
  <serviceTask id="book" name="Book" camunda:asyncBefore="true" camunda:expression="${nothing.there}"/>
</process></definitions>"""


@pytest.fixture
def settings(settings: dict[str, object]) -> dict[str, object]:
    """Nothing is worked off by itself."""
    return settings | {"job_executor_activate": False}


@pytest.fixture
def incidents(engine: ProcessEngine, definition_id: str) -> dict[str, str]:
    """The ids of three incidents by their messages."""
    assert definition_id
    deploy(engine, "refund", "Refund")
    start(engine, "A-1")
    fail(engine, "Out of stock")
    start(engine, "A-2")
    fail(engine, MARKUP)
    start(engine, "R-1", key="refund")
    fail(engine, "100 % out")
    return {one.message or "": one.id for one in engine.runtime_service.incidents()}


def found(as_admin: Person, **asked: str) -> list[str]:
    """The business keys of the instances that are listed, in their order."""
    html = as_admin.get(f"/cockpit/incidents?{urlencode(asked)}")
    return re.findall(r'<a href="/cockpit/instance/[^"]+">([^<]+)</a>', html)


def test_incidents_are_listed_with_what_leads_on(as_admin: Person, incidents: dict[str, str]) -> None:
    html = as_admin.get("/cockpit/incidents")
    first = rows_of(html)[0]
    assert first.startswith("100 % out charge R-1 Refund version 1 ")
    assert first.endswith(" UTC Retry charge of R-1")
    assert f'<a href="/cockpit/incident/{incidents["Out of stock"]}">Out of stock</a>' in html
    assert "3 open incidents" in text_of(html)
    assert "<b onclick" not in html


def test_incidents_are_searched_and_sorted(as_admin: Person, incidents: dict[str, str]) -> None:
    assert incidents
    for asked, keys in (
        ({}, ["R-1", "A-2", "A-1"]),
        ({"sort": "incidentTimestamp"}, ["A-1", "A-2", "R-1"]),
        ({"sort": "incidentMessage"}, ["R-1", "A-2", "A-1"]),
        ({"message": "OUT"}, ["R-1", "A-1"]),
        ({"message": "%"}, ["R-1"]),
        ({"message": MARKUP}, ["A-2"]),
        ({"process": "refund"}, ["R-1"]),
        ({"activity": "check"}, []),
        ({"activity": "charge", "process": "order", "sort": "drop"}, ["A-2", "A-1"]),
    ):
        assert (asked, found(as_admin, **asked)) == (asked, keys)
    assert "Nothing found." in text_of(as_admin.get("/cockpit/incidents?activity=x"))


def test_what_failed_is_tried_again(as_admin: Person, engine: ProcessEngine, incidents: dict[str, str]) -> None:
    path = f"/cockpit/incident/{incidents['Out of stock']}/retry"
    for retries in ("0", "-1", "x", "1001"):
        response = as_admin.act(path, {"retries": retries})
        assert f"not {retries!r}." in text_of(as_admin.get(response.headers["location"]))
    assert engine.runtime_service.count_incidents() == 3
    response = as_admin.act(path, {"next": "/cockpit/incidents?message=out"})
    assert response.headers["location"] == "/cockpit/incidents?message=out"
    html = as_admin.get(response.headers["location"])
    assert "Charge is tried again: it waits for a worker of topic charging." in text_of(html)
    assert len(rows_of(html)) == 1
    assert len(lock(engine)) == 1
    assert as_admin.act(path).status_code == 404


def test_nobody_is_led_elsewhere_by_a_retry(as_admin: Person, incidents: dict[str, str]) -> None:
    path = f"/cockpit/incident/{incidents['Out of stock']}/retry"
    location = as_admin.act(path, {"next": "//elsewhere.example/"}).headers["location"]
    assert location == "/cockpit/incidents"


def test_a_retry_in_a_caller_is_one_of_what_failed_in_the_called_instance(
    as_admin: Person, engine: ProcessEngine, definition_id: str
) -> None:
    assert definition_id
    deploy(engine, "caller", "Caller", calls="order")
    start(engine, "C-1", key="caller")
    fail(engine)
    rows = rows_of(as_admin.get("/cockpit/incidents?process=caller"))
    assert rows[0].startswith("Nothing goes charge C-1 , in its Order Caller version 1 ")
    (caused,) = engine.runtime_service.incidents(definition_keys=["caller"])
    as_admin.act(f"/cockpit/incident/{caused.id}/retry", {"retries": "2"})
    assert engine.runtime_service.count_incidents() == 0
    assert engine.external_task_service.external_tasks()[0].retries == 2


def test_a_failure_in_a_called_instance_is_listed_once_with_the_way_to_it(
    as_admin: Person, engine: ProcessEngine, definition_id: str
) -> None:
    assert definition_id
    deploy(engine, "caller", "Caller", calls="order")
    top = start(engine, "C-1", key="caller")
    fail(engine)
    html = as_admin.get("/cockpit/incidents")
    (row,) = rows_of(html)
    assert row.startswith("Nothing goes charge C-1 , in its Order Order version 1 ")
    assert row.endswith(" UTC Retry charge of C-1")
    (called,) = engine.runtime_service.process_instances(super_instance_id=top.id)
    assert (
        f'<a href="/cockpit/instance/{top.id}">C-1</a>, in its <a href="/cockpit/instance/{called.id}">Order</a>'
        in html
    )
    assert "1 open incident, each where it happened" in text_of(html)
    assert "1 open incident " in text_of(as_admin.get("/cockpit/"))


def test_a_job_that_is_tried_again_says_what_comes_next(as_admin: Person, engine: ProcessEngine) -> None:
    engine.repository_service.deploy({"broken.bpmn": BROKEN})
    start(engine, key="broken")
    (job,) = engine.management_service.jobs()
    engine.management_service.set_job_retries(job.id, 1)
    with pytest.raises(ProcessEngineException):
        engine.management_service.execute_job(job.id)
    (incident,) = engine.runtime_service.incidents()
    response = as_admin.act(f"/cockpit/incident/{incident.id}/retry")
    assert "Book is tried again: it waits for the engine," in text_of(as_admin.get(response.headers["location"]))


def test_without_incidents_it_says_so(as_admin: Person) -> None:
    assert "No incident is open." in text_of(as_admin.get("/cockpit/incidents"))
