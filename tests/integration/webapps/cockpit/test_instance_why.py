"""The sentence at the top of an instance's page: why it does not go on."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Topic
from tests.integration.webapps.cockpit.drawn_models import ARCHIVE, PAYMENT, PURCHASE
from tests.integration.webapps.cockpit.samples import deploy, fail, go_on, lock, start
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
    """The sentence; what is listed in it is parted by bars."""
    html = person.get(f"/cockpit/instance/{instance_id}")
    found = re.search(r'<div class="message \w+ why">(.*?)</div>', html, re.DOTALL)
    assert found is not None
    text = re.sub(r"<form.*?</form>", "", found.group(1), flags=re.DOTALL).replace("<li>", " | ")
    text = " ".join(unescape(re.sub(r"<[^>]+>", "", text)).split())
    return re.sub(MOMENT, "TIME", text)


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
        ('<receiveTask id="n" name="Get it" messageRef="m"/>', "Waits at Get it: for the message paid."),
        (
            f'<intermediateCatchEvent id="n" name="Later">{TIMER}</intermediateCatchEvent>',
            "Waits at Later: until TIME.",
        ),
        (
            f'<intermediateCatchEvent id="n" name="Fire">{SIGNAL}</intermediateCatchEvent>',
            "Waits at Fire: for the signal alarm.",
        ),
        (
            CHOICE,
            "Waits at First: for the message paid, or until TIME.",
        ),
        (
            '<serviceTask id="n" name="Do" camunda:asyncBefore="true" camunda:expression="${1}"/>',
            "Waits at Do: for the engine to go on with it (since TIME).",
        ),
    ],
)
def test_it_says_for_what_it_waits(as_admin: Person, engine: ProcessEngine, node: str, sentence: str) -> None:
    assert why(as_admin, begin(engine, node)) == sentence


@pytest.mark.usefixtures("as_user")
def test_it_names_the_person_or_those_who_may(as_admin: Person, engine: ProcessEngine) -> None:
    engine.identity_service.create_group("accounting")
    engine.identity_service.add_to_group("bob", "accounting")
    instance = begin(engine, '<userTask id="n" name="Approve" camunda:candidateGroups="accounting"/>')
    assert why(as_admin, instance) == "Waits for Approve: nobody in accounting has taken it yet (since TIME)."
    (task,) = engine.task_service.tasks()
    engine.task_service.set_assignee(task.id, "bob")
    assert why(as_admin, instance) == "Waits for Approve: bob is to do it (since TIME)."
    engine.task_service.save(task.id, due=datetime.now(UTC) - timedelta(days=1))
    assert why(as_admin, instance).endswith("(since TIME); it was due TIME.")


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("", "nobody has taken it yet"),
        ('camunda:candidateGroups="accounting"', "it is for accounting, but nobody is in the group accounting"),
        ('camunda:candidateGroups="a, b"', "nobody in a or b has taken it yet"),
        ('camunda:candidateUsers="zoe"', "it is for zoe, but there is no such user"),
        ('camunda:candidateUsers="bob"', "bob has not taken it yet"),
        ('camunda:candidateUsers="bob, zoe"', "none of bob, zoe has taken it yet"),
        (
            'camunda:candidateUsers="bob" camunda:candidateGroups="a"',
            "nobody of those who may (bob, and who is in a) has taken it yet",
        ),
        ('camunda:assignee="zoe"', "zoe is to do it, but there is no user zoe"),
    ],
)
@pytest.mark.usefixtures("as_user")
def test_it_says_whether_there_is_anybody_who_may(
    as_admin: Person, engine: ProcessEngine, given: str, sentence: str
) -> None:
    instance = begin(engine, f'<userTask id="n" name="Approve" {given}/>')
    assert why(as_admin, instance) == f"Waits for Approve: {sentence} (since TIME)."


def test_it_names_the_topic_and_the_worker(as_admin: Person, engine: ProcessEngine, definition_id: str) -> None:
    assert definition_id
    instance = start(engine)
    sentence = "Waits for Charge: no worker of topic charging has taken it yet (since TIME)."
    assert why(as_admin, instance.id) == sentence
    (task_id,) = lock(engine)
    assert why(as_admin, instance.id) == "Waits for Charge: the worker w has it until TIME."
    engine.external_task_service.fail(task_id, worker_id="w", error_message="No answer\nat all", retries=2)
    again = "a worker of topic charging has to take it again; it failed before. The worker's message: “No answer”"
    assert why(as_admin, instance.id) == f"Waits for Charge: {again}."


def test_it_names_the_worker_that_was_too_slow(as_admin: Person, engine: ProcessEngine, definition_id: str) -> None:
    assert definition_id
    instance, topic = start(engine), Topic("charging", timedelta(microseconds=1))
    engine.external_task_service.fetch_and_lock(worker_id="w", max_tasks=1, topics=[topic])
    assert why(as_admin, instance.id) == (
        "Waits for Charge: the worker w took it, but did not finish it by TIME;"
        " any worker of topic charging can take it now."
    )


def test_what_is_stuck_says_what_failed_and_how(as_admin: Person, engine: ProcessEngine, definition_id: str) -> None:
    assert definition_id
    instance = start(engine)
    fail(engine, "connection refused")
    assert why(as_admin, instance.id) == (
        "Stuck: Charge failed and is not tried again by itself. The worker's message: “connection refused”"
    )
    (incident,) = engine.runtime_service.incidents()
    engine.runtime_service.suspend_process_instance(instance.id)
    assert " | Stuck: Charge failed " in why(as_admin, instance.id)
    assert f'<a href="/cockpit/incident/{incident.id}">Charge</a>' in as_admin.get(f"/cockpit/instance/{instance.id}")


def test_a_caller_is_stuck_where_the_called_is(as_admin: Person, engine: ProcessEngine) -> None:
    deploy(engine, "caller", "Caller", calls="payment")
    engine.repository_service.deploy({"payment.bpmn": PAYMENT})
    caller = start(engine, key="caller")
    assert why(as_admin, caller.id) == "Waits for charge: its Payment waits for a worker of topic bank."
    (task,) = engine.external_task_service.fetch_and_lock(
        worker_id="w", max_tasks=1, topics=[Topic("bank", timedelta(minutes=1))]
    )
    engine.external_task_service.fail(task.id, worker_id="w", error_message="503", retries=0)
    assert why(as_admin, caller.id) == (
        "Stuck: charge called Payment, which failed and is not tried again by itself. The worker's message: “503”"
    )
    page = as_admin.get(f"/cockpit/instance/{caller.id}")
    assert f'<a href="/cockpit/instance/{task.instance_id}">Payment</a>' in page
    as_admin.act(f"/cockpit/instance/{caller.id}/retry")
    assert why(as_admin, caller.id) == "Waits for charge: its Payment waits for a worker of topic bank."


def test_of_a_called_instance_it_says_who_is_to_do_something(
    as_admin: Person, engine: ProcessEngine, definition_id: str
) -> None:
    assert definition_id
    deploy(engine, "caller", "Caller", calls="order")
    caller = start(engine, key="caller")
    go_on(engine)
    assert why(as_admin, caller.id) == "Waits for charge: its Order waits for somebody to do Check."
    engine.task_service.set_assignee(engine.task_service.tasks()[0].id, "bob")
    assert why(as_admin, caller.id) == "Waits for charge: its Order waits for bob to do Check."


def test_a_job_that_is_tried_again_says_so(as_admin: Person, engine: ProcessEngine) -> None:
    engine.repository_service.deploy({"archive.bpmn": ARCHIVE.replace(b"R1/PT0S", b"R3/PT1H")})
    instance = start(engine, key="archive")
    (job,) = engine.management_service.jobs()
    with pytest.raises(Exception, match="place"):
        engine.management_service.execute_job(job.id)
    assert why(as_admin, instance.id).startswith(
        "Archive invoice failed and is tried again from TIME. The error: “Unknown property"
    )


def test_of_several_things_it_names_three_and_what_was_stuck_first(as_admin: Person, engine: ProcessEngine) -> None:
    engine.repository_service.deploy({"purchase.bpmn": PURCHASE, "payment.bpmn": PAYMENT})
    instance = start(engine, key="purchase")
    (task,) = engine.external_task_service.fetch_and_lock(
        worker_id="w", max_tasks=1, topics=[Topic("bank", timedelta(minutes=1))]
    )
    engine.external_task_service.fail(task.id, worker_id="w", error_message="503", retries=0)
    as_admin.act(f"/cockpit/instance/{instance.id}/retry")
    assert why(as_admin, instance.id) == (
        "Waits for 4 things: | Pay: its Payment waits for a worker of topic bank"
        " | Approve invoice: it is for accounting, but nobody is in the group accounting (since TIME)"
        " | A week: until TIME | and 1 more"
    )


def test_what_has_ended_says_how(as_admin: Person, engine: ProcessEngine, definition_id: str) -> None:
    assert definition_id
    completed, cancelled = start(engine), start(engine)
    engine.runtime_service.delete_process_instance(cancelled.id, reason="A test")
    go_on(engine)
    engine.task_service.complete(engine.task_service.tasks()[0].id)
    assert why(as_admin, completed.id) == "Completed at end, TIME"
    assert why(as_admin, cancelled.id) == "Cancelled, TIME: A test"
