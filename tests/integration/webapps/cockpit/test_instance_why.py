"""The sentence at the top of an instance's page: why it does not go on."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Topic
from tests.integration.webapps.cockpit.drawn_models import ARCHIVE, PAYMENT
from tests.integration.webapps.cockpit.samples import deploy, deploy_loop, fail, go_on, lock, start
from tests.integration.webapps.people import Person

HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
    ' targetNamespace="http://example.com"><message id="m" name="paid"/><signal id="s" name="alarm"/>'
)
SIGNAL = '<signalEventDefinition signalRef="s"/>'
CHOICE = (
    '<eventBasedGateway id="n" name="First"/><sequenceFlow id="g" sourceRef="n" targetRef="a"/>'
    '<sequenceFlow id="h" sourceRef="n" targetRef="b"/>'
    '<intermediateCatchEvent id="a"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>'
    '<intermediateCatchEvent id="b"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>'
    "</intermediateCatchEvent>"
)
TIMER = "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>"
MOMENT = r"\d+ \w+ \d+, \d\d:\d\d UTC"


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    """Jobs are done by tests alone."""
    return settings | {"job_executor_activate": False}


def why(person: Person, instance_id: str | None) -> str:
    """The sentence."""
    html = person.get(f"/cockpit/instance/{instance_id}")
    found = re.search(r'<p class="message \w+ why">(.*?)</p>', html, re.DOTALL)
    assert found is not None
    text = re.sub(r"<[^>]+>", "", found.group(1))
    return re.sub(MOMENT, "TIME", text).replace("&#39;", "'")


def begin(engine: ProcessEngine, node: str) -> str:
    """An instance that waits at a node."""
    content = (
        f'{HEAD}<process id="w" isExecutable="true"><startEvent id="start"/>'
        f'<sequenceFlow id="f" sourceRef="start" targetRef="n"/>{node}</process></definitions>'
    )
    engine.repository_service.deploy({"w.bpmn": content.encode()})
    return start(engine, key="w").id


@pytest.mark.parametrize(
    ("node", "sentence"),
    [
        ('<receiveTask id="n" name="Get it" messageRef="m"/>', "Waits for the message paid, at Get it."),
        (
            f'<intermediateCatchEvent id="n" name="Later">{TIMER}</intermediateCatchEvent>',
            "Waits until TIME, at Later.",
        ),
        (
            f'<intermediateCatchEvent id="n" name="Fire">{SIGNAL}</intermediateCatchEvent>',
            "Waits for the signal alarm, at Fire.",
        ),
        (
            CHOICE,
            "Waits for the message paid, or until TIME, at First.",
        ),
        (
            '<serviceTask id="n" name="Do" camunda:asyncBefore="true" camunda:expression="${1}"/>',
            "Waits for the job executor since TIME, at Do.",
        ),
    ],
)
def test_it_says_for_what_it_waits(as_admin: Person, engine: ProcessEngine, node: str, sentence: str) -> None:
    assert why(as_admin, begin(engine, node)) == sentence


def test_it_names_the_person_or_those_who_may(as_admin: Person, engine: ProcessEngine) -> None:
    instance = begin(engine, '<userTask id="n" name="Approve" camunda:candidateGroups="accounting"/>')
    sentence = "Waits for Approve, which nobody of those who may (the group accounting) has claimed, since TIME."
    assert why(as_admin, instance) == sentence
    (task,) = engine.task_service.tasks()
    engine.task_service.set_assignee(task.id, "bob")
    assert why(as_admin, instance) == "Waits for Approve, which is assigned to bob, since TIME."
    engine.task_service.save(task.id, due=datetime.now(UTC) - timedelta(days=1))
    assert why(as_admin, instance).endswith("since TIME; it was due TIME.")


def test_it_names_the_topic_and_the_worker(as_admin: Person, engine: ProcessEngine, definition_id: str) -> None:
    assert definition_id
    instance = start(engine)
    sentence = "Waits for a worker of the topic charging; nobody has fetched Charge since TIME."
    assert why(as_admin, instance.id) == sentence
    (task_id,) = lock(engine)
    assert why(as_admin, instance.id) == "Waits for the worker w, which has Charge until TIME."
    engine.external_task_service.fail(task_id, worker_id="w", error_message="No answer\nat all", retries=2)
    assert why(as_admin, instance.id).endswith("; it failed before: No answer.")
    engine.external_task_service.fetch_and_lock(
        worker_id="w", max_tasks=1, topics=[Topic("charging", timedelta(microseconds=1))]
    )
    assert "worker of the topic charging: w had Charge until TIME and did not complete it" in why(as_admin, instance.id)


def test_what_is_stuck_says_what_failed_and_how(as_admin: Person, engine: ProcessEngine, definition_id: str) -> None:
    assert definition_id
    instance = start(engine)
    fail(engine, "connection refused")
    assert why(as_admin, instance.id) == "Stuck: Charge failed, and is not tried again: connection refused"
    (incident,) = engine.runtime_service.incidents()
    assert f'<a href="/cockpit/incident/{incident.id}">Charge</a>' in as_admin.get(f"/cockpit/instance/{instance.id}")


def test_a_caller_is_stuck_where_the_called_is(as_admin: Person, engine: ProcessEngine) -> None:
    deploy(engine, "caller", "Caller", calls="payment")
    engine.repository_service.deploy({"payment.bpmn": PAYMENT})
    caller = start(engine, key="caller")
    assert why(as_admin, caller.id) == "Waits for the instance that charge called."
    (task,) = engine.external_task_service.fetch_and_lock(
        worker_id="w", max_tasks=1, topics=[Topic("bank", timedelta(minutes=1))]
    )
    engine.external_task_service.fail(task.id, worker_id="w", error_message="503", retries=0)
    assert why(as_admin, caller.id) == "Stuck: charge called an instance that failed: 503"
    page = as_admin.get(f"/cockpit/instance/{caller.id}")
    assert f'<a href="/cockpit/instance/{task.instance_id}">an instance</a>' in page


def test_a_job_that_is_tried_again_says_so(as_admin: Person, engine: ProcessEngine) -> None:
    engine.repository_service.deploy({"archive.bpmn": ARCHIVE.replace(b"R1/PT0S", b"R3/PT1H")})
    instance = start(engine, key="archive")
    (job,) = engine.management_service.jobs()
    with pytest.raises(Exception, match="place"):
        engine.management_service.execute_job(job.id)
    assert why(as_admin, instance.id).startswith(
        "Archive invoice failed, and is tried again from TIME: Unknown property"
    )


def test_it_says_how_much_else_goes_on(as_admin: Person, engine: ProcessEngine) -> None:
    deploy_loop(engine)
    assert why(as_admin, start(engine, key="loop").id).endswith(" since TIME. 2 more activities go on.")


def test_what_has_ended_says_how(as_admin: Person, engine: ProcessEngine, definition_id: str) -> None:
    assert definition_id
    completed, cancelled = start(engine), start(engine)
    engine.runtime_service.delete_process_instance(cancelled.id, reason="A test")
    go_on(engine)
    engine.task_service.complete(engine.task_service.tasks()[0].id)
    assert why(as_admin, completed.id) == "Completed at end, TIME"
    assert why(as_admin, cancelled.id) == "Cancelled, TIME: A test"
