"""What an administrator does to a process instance and to what it waits for."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import Response

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.runtime_entities import Job
from tests.integration.webapps.cockpit.drawn_models import ARCHIVE
from tests.integration.webapps.cockpit.samples import MARKUP, deploy, fail, go_on, lock, rows_of, start, text_of
from tests.integration.webapps.people import Person
from webapps.cockpit.retried import Failed, tried_again


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Jobs are done by tests alone."""
    return settings | {"job_executor_activate": False}


@pytest.fixture
def page(engine: ProcessEngine, definition_id: str) -> str:
    """The path of the page of an instance."""
    assert definition_id
    return f"/cockpit/instance/{start(engine, 'A-1').id}"


@pytest.fixture
def failed(engine: ProcessEngine) -> Job:
    """A job that has failed for good."""
    engine.repository_service.deploy({"archive.bpmn": ARCHIVE})
    start(engine, key="archive")
    (job,) = engine.management_service.jobs()
    with pytest.raises(Exception, match="place"):
        engine.management_service.execute_job(job.id)
    return job


def said(person: Person, response: Response) -> str:
    """What the page says to which an action leads."""
    return text_of(person.get(response.headers["location"].partition("#")[0]))


def test_an_instance_is_cancelled_after_a_question(as_admin: Person, engine: ProcessEngine, page: str) -> None:
    assert "Cancel this instance? Order , A-1, started " in text_of(as_admin.get(f"{page}/cancel"))
    assert engine.runtime_service.count_process_instances() == 1
    response = as_admin.act(f"{page}/cancel", {"reason": f" {MARKUP} "})
    assert response.headers["location"] == "/cockpit/instances"
    assert "The instance was cancelled." in text_of(as_admin.get("/cockpit/instances"))
    assert engine.runtime_service.count_process_instances() == 0
    html = as_admin.get(page)
    assert re.search(rf" Cancelled, .* UTC : {re.escape(MARKUP)} ", text_of(html))
    assert "<b onclick" not in html


def test_an_instance_that_has_ended_meanwhile_is_not_cancelled(
    as_admin: Person, engine: ProcessEngine, page: str
) -> None:
    go_on(engine)
    engine.task_service.complete(engine.task_service.tasks()[0].id)
    for act in (as_admin.http.get, as_admin.act):
        response: Response = act(f"{page}/cancel")
        assert response.headers["location"] == page
        assert "It does not run any more." in said(as_admin, response)
    for action in ("suspend", "activate"):
        assert "It does not run any more." in said(as_admin, as_admin.act(f"{page}/{action}"))


def test_without_a_reason_the_history_says_who_cancelled(as_admin: Person, engine: ProcessEngine, page: str) -> None:
    as_admin.act(f"{page}/cancel", {"reason": " "})
    (ended,) = engine.history_service.process_instances()
    assert ended.delete_reason == "Cancelled by ann in Cockpit"


def test_an_instance_is_suspended_and_activated(as_admin: Person, engine: ProcessEngine, page: str) -> None:
    text = said(as_admin, as_admin.act(f"{page}/suspend"))
    assert re.search("Suspended by ann since .* UTC : nothing goes on in it until somebody activates it.", text)
    assert engine.runtime_service.process_instances()[0].suspended
    assert "The instance goes on." in said(as_admin, as_admin.act(f"{page}/activate"))
    assert not engine.runtime_service.process_instances()[0].suspended


def test_all_that_failed_is_tried_again_also_in_called_instances(
    as_admin: Person, engine: ProcessEngine, page: str, failed: Job
) -> None:
    fail(engine)
    text = said(as_admin, as_admin.act(f"{page}/retry"))
    assert "Charge is tried again: it waits for a worker of topic charging." in text
    assert engine.external_task_service.external_tasks()[0].retries == 1
    text = said(as_admin, as_admin.act(f"/cockpit/instance/{failed.instance_id}/retry"))
    assert "Archive invoice is tried again: it waits for the engine, which tries it as soon as it can." in text
    assert engine.management_service.jobs()[0].retries == 1
    assert engine.runtime_service.count_incidents() == 0
    assert "Nothing in it has failed" in said(as_admin, as_admin.act(f"{page}/retry"))
    deploy(engine, "caller", "Caller", calls="order")
    caller = start(engine, key="caller")
    fail(engine)
    text = said(as_admin, as_admin.act(f"/cockpit/instance/{caller.id}/retry"))
    assert "charge is tried again: its Order waits for a worker of topic charging." in text


def test_of_much_that_is_tried_again_a_little_is_named(engine: ProcessEngine, page: str) -> None:
    assert page
    fail(engine)
    (incident,) = engine.runtime_service.incidents()
    failed = [Failed(incident, incident.kind, str(incident.configuration), None)] * 5
    sentence = "Charge is tried again: it waits for a worker of topic charging."
    assert tried_again(engine, failed) == f"{sentence} So are 4 more."
    assert tried_again(engine, failed[:2]) == f"{sentence} So is 1 more."


def test_an_instance_that_has_ended_is_deleted_from_the_history_after_a_question(
    as_admin: Person, engine: ProcessEngine, page: str
) -> None:
    for act in (as_admin.http.get, as_admin.act):
        assert "It still runs: cancel it first." in said(as_admin, act(f"{page}/delete"))
    engine.runtime_service.delete_process_instance(page.rpartition("/")[2])
    assert "Delete this instance from the history? Order , A-1, ended " in text_of(as_admin.get(f"{page}/delete"))
    text = said(as_admin, as_admin.act(f"{page}/delete"))
    assert "The instance was deleted from the history." in text
    as_admin.get(page, status=404)


@pytest.mark.usefixtures("as_user")
def test_a_user_task_is_reassigned(as_admin: Person, engine: ProcessEngine, page: str) -> None:
    go_on(engine)
    (task,) = engine.task_service.tasks()
    address = f"{page}/task/{task.id}/assignee"
    response = as_admin.act(address, {"assignee": " bob "})
    assert response.headers["location"] == f"{page}?show=tasks#shown"
    assert "The task is assigned to bob." in said(as_admin, response)
    assert engine.task_service.tasks()[0].assignee == "bob"
    assert "There is no user 'nobody'." in said(as_admin, as_admin.act(address, {"assignee": "nobody"}))
    assert "assigned to nobody" in said(as_admin, as_admin.act(address, {"assignee": ""}))
    assert engine.task_service.tasks()[0].assignee is None
    engine.task_service.complete(task.id)
    assert "It does not wait any more." in said(as_admin, as_admin.act(address, {"assignee": "bob"}))


def test_an_external_task_is_unlocked_and_its_retries_set(as_admin: Person, engine: ProcessEngine, page: str) -> None:
    (task_id,) = lock(engine)
    own = f"{page}/external-task/{task_id}"
    assert "Any worker can fetch the task now." in said(as_admin, as_admin.act(f"{own}/unlock"))
    assert engine.external_task_service.external_tasks()[0].worker_id is None
    assert "The retries are set." in said(as_admin, as_admin.act(f"{own}/retries", {"retries": "7"}))
    assert engine.external_task_service.external_tasks()[0].retries == 7
    for wrong in ("", "-1", "1001", "x", "1" * 5000):
        assert "Retries are a number from 0 to 1000" in said(
            as_admin, as_admin.act(f"{own}/retries", {"retries": wrong})
        )
    assert "does not wait any more" in said(as_admin, as_admin.act(f"{page}/external-task/x/retries", {"retries": "1"}))


def test_a_job_is_run_and_says_why_it_fails(as_admin: Person, engine: ProcessEngine, failed: Job) -> None:
    page = f"/cockpit/instance/{failed.instance_id}"
    assert rows_of(as_admin.get(f"{page}?show=jobs"))[0].startswith("Archive invoice starts it ")
    assert "The job failed: Unknown property" in said(as_admin, as_admin.act(f"{page}/job/{failed.id}/run"))
    engine.runtime_service.set_variables(str(failed.instance_id), {"place": "here"})
    assert "The job was done." in said(as_admin, as_admin.act(f"{page}/job/{failed.id}/run"))
    assert engine.runtime_service.count_process_instances() == 0
    assert "It does not wait any more." in said(as_admin, as_admin.act(f"{page}/job/{failed.id}/run"))


def test_the_retries_and_the_due_date_of_a_job_are_set(as_admin: Person, engine: ProcessEngine, failed: Job) -> None:
    own = f"/cockpit/instance/{failed.instance_id}/job/{failed.id}"
    assert "The retries are set." in said(as_admin, as_admin.act(f"{own}/retries", {"retries": "2"}))
    assert engine.management_service.jobs()[0].retries == 2
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).replace(second=0, microsecond=0)
    sent = {"due": tomorrow.strftime("%Y-%m-%dT%H:%M")}
    assert "The due date is set." in said(as_admin, as_admin.act(f"{own}/due", sent))
    assert engine.management_service.jobs()[0].due == tomorrow
    assert "'soon' is no date." in said(as_admin, as_admin.act(f"{own}/due", {"due": "soon"}))
    as_admin.act(f"{own}/due", {"due": ""})
    assert engine.management_service.jobs()[0].due is None


def test_a_suspended_job_is_not_run_until_it_is_activated(as_admin: Person, engine: ProcessEngine, failed: Job) -> None:
    page = f"/cockpit/instance/{failed.instance_id}"
    assert "The job waits until" in said(as_admin, as_admin.act(f"{page}/job/{failed.id}/suspend"))
    row = rows_of(as_admin.get(f"{page}?show=jobs"))[0]
    assert " suspended Activate " in row
    assert "Run now" not in row
    assert "suspended" in said(as_admin, as_admin.act(f"{page}/job/{failed.id}/run"))
    assert "The job is active." in said(as_admin, as_admin.act(f"{page}/job/{failed.id}/activate"))
    assert "Run now" in rows_of(as_admin.get(f"{page}?show=jobs"))[0]
    assert not engine.management_service.jobs()[0].suspended
    assert "does not wait any more" in said(as_admin, as_admin.act(f"{page}/job/nothing/suspend"))


def test_an_incident_has_a_page_with_its_stack_trace(as_admin: Person, engine: ProcessEngine, failed: Job) -> None:
    (incident,) = engine.runtime_service.incidents()
    page = f"/cockpit/incident/{incident.id}"
    text = text_of(as_admin.get(page))
    assert "Archive invoice failed The error: “Unknown property used in expression: ${place}" in text
    assert "First put right what made it fail, then: Retry Facts " in text
    assert "Details for developers Stack trace Traceback" in text
    assert "Reported by the engine State open " in text
    response = as_admin.act(f"{page}/annotation", {"annotation": f" {MARKUP} "})
    html = as_admin.get(page)
    assert MARKUP in text_of(html)
    assert "<b onclick" not in html
    assert f" {MARKUP} " in rows_of(as_admin.get(f"/cockpit/instance/{failed.instance_id}?show=incidents"))[0]
    assert "The note was removed." in said(as_admin, as_admin.act(f"{page}/annotation", {"annotation": " "}))
    as_admin.act(f"{page}/retry", {"next": response.headers["location"]})
    text = text_of(as_admin.get(page))
    assert "State resolved" in text
    assert "Nothing is to be done: this is over since " in text
    assert "Save the note" not in text


def test_an_incident_of_a_caller_leads_to_its_cause(
    as_admin: Person, engine: ProcessEngine, definition_id: str
) -> None:
    assert definition_id
    deploy(engine, "caller", "Caller", calls="order")
    caller = start(engine, key="caller")
    fail(engine)
    (caused,) = engine.runtime_service.incidents(instance_id=caller.id)
    html = as_admin.get(f"/cockpit/incident/{caused.id}")
    assert f'<a href="/cockpit/incident/{caused.root_cause_incident_id}">' in html
