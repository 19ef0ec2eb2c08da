"""The page of a process instance: where it stands and what is in it."""

import re
from html import unescape
from json import loads
from typing import Any
from urllib.parse import quote

import pytest

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.cockpit.drawn_models import PAYMENT, PURCHASE
from tests.integration.webapps.cockpit.samples import (
    MARKUP,
    deploy,
    deploy_loop,
    fail,
    go_on,
    lock,
    rows_of,
    start,
    text_of,
)
from tests.integration.webapps.people import Person

DECIDES = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="http://example.com">
<process id="decides" isExecutable="true">
  <startEvent id="start"/><sequenceFlow id="f" sourceRef="start" targetRef="rule"/>
  <businessRuleTask id="rule" name="Choose" camunda:decisionRef="dish" camunda:resultVariable="r"/>
</process></definitions>"""
DISH = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="http://example.com">
<decision id="dish" name="Dish"><decisionTable id="t"><output id="o" name="dish" typeRef="string"/>
<rule id="r"><outputEntry id="e"><text>"soup"</text></outputEntry></rule></decisionTable></decision></definitions>"""


@pytest.fixture
def purchase(engine: ProcessEngine) -> str:
    """The id of an instance that waits for a person, a called instance, a time and a message at once."""
    engine.repository_service.deploy({"purchase.bpmn": PURCHASE, "payment.bpmn": PAYMENT})
    return start(engine, "P-1", key="purchase", amount=1).id


def data_of(html: str, name: str) -> Any:
    """What the page gives to the diagram."""
    return loads(unescape(re.findall(rf'data-{name}="([^"]*)"', html)[0]))


def legend_of(html: str) -> list[str]:
    """The marks that the page explains, and how."""
    legend = html[html.index('<ul class="legend">') : html.index("</figcaption>")]
    return [": ".join(one) for one in re.findall(r'<li class="(\w+)">([^<]*)</li>', legend)]


def tree_of(html: str) -> str:
    """What the tree of activities says."""
    tree = html[html.index('<div class="tree">') : html.index('<section aria-labelledby="facts">')]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", tree)).split())


def test_it_says_where_it_stands(as_admin: Person, engine: ProcessEngine, definition_id: str) -> None:
    instance = start(engine, "A-1")
    page = f"/cockpit/instance/{instance.id}"
    html = as_admin.get(page)
    assert tree_of(html).startswith("Charge service task, topic charging, since ")
    assert data_of(html, "marks") == {"charge": ["current"], "start": ["passed"]}
    assert data_of(html, "badges") == {"charge": [{"text": "1", "title": "1 now here"}]}
    assert legend_of(html) == ["current: now here", "passed: done"]
    assert data_of(html, "links")["charge"] == f"{page}?activity=charge#shown"
    assert f'data-diagram="/cockpit/process/{quote(definition_id, safe="")}/model"' in html


def test_incidents_are_marked_and_lead_to_their_tab(
    as_admin: Person, engine: ProcessEngine, definition_id: str
) -> None:
    assert definition_id
    page = f"/cockpit/instance/{start(engine).id}"
    fail(engine)
    html = as_admin.get(page)
    assert tree_of(html).endswith(" UTC stuck")
    assert data_of(html, "marks")["charge"] == ["trouble"]
    (badge,) = data_of(html, "badges")["charge"]
    assert badge == {
        "text": "1",
        "title": "1 incident",
        "kind": "bad",
        "address": f"{page}?show=incidents&activity=charge#shown",
    }


def test_what_goes_on_is_a_tree_in_which_what_is_around_others_is_not_marked(
    as_admin: Person, engine: ProcessEngine
) -> None:
    deploy_loop(engine)
    page = f"/cockpit/instance/{start(engine, key='loop').id}"
    html = as_admin.get(page)
    assert re.fullmatch(
        r"Part sub process, since .* Each several passes, since .*( Each user task, .*){3}", tree_of(html)
    )
    assert html.count("<ul>") >= 3
    assert data_of(html, "marks")["each"] == ["current"]
    assert "part" not in data_of(html, "marks")
    assert data_of(html, "badges") == {"each": [{"text": "3", "title": "3 now here"}]}


def test_one_activity_is_looked_at_alone(as_admin: Person, engine: ProcessEngine) -> None:
    deploy_loop(engine)
    page = f"/cockpit/instance/{start(engine, key='loop', own=1).id}"
    one, other, _ = engine.task_service.tasks()
    engine.task_service.set_variables(one.id, {"note": "x"}, local=True)
    engine.task_service.set_assignee(other.id, "bob")
    html = as_admin.get(f"{page}?activity={one.id}")
    assert [row.split()[0] for row in rows_of(html)] == ["loopCounter", "note"]
    assert "Only in “Each”" in text_of(html)
    assert html.count('aria-current="true"') == 2  # Cockpit, and the activity in the tree
    assert data_of(html, "marks")["each"] == ["current", "chosen"]
    assert len(rows_of(as_admin.get(f"{page}?activity={one.id}&show=tasks"))) == 1
    assert len(rows_of(as_admin.get(f"{page}?activity=each&show=tasks"))) == 3
    assert len(rows_of(as_admin.get(f"{page}?activity=part&show=tasks"))) == 3
    assert "No user task waits here." in text_of(as_admin.get(f"{page}?activity=start&show=tasks"))
    assert len(rows_of(as_admin.get(f"{page}?activity=start&show=history"))) == 1


def test_there_is_a_tab_for_each_kind_of_thing_that_waits(
    as_admin: Person, engine: ProcessEngine, purchase: str
) -> None:
    page = f"/cockpit/instance/{purchase}"
    text = text_of(as_admin.get(page))
    assert " Variables User tasks 1 Jobs 1 Events 1 Called instances History What people did " in text
    engine.task_service.set_assignee(engine.task_service.tasks()[0].id, MARKUP)
    html = as_admin.get(f"{page}?show=tasks")
    assert rows_of(html)[0].startswith(f"Approve invoice {MARKUP} Reassign")
    assert " group accounting " in rows_of(html)[0]
    assert "<b onclick" not in html
    assert "A week timer " in rows_of(as_admin.get(f"{page}?show=jobs"))[0]
    assert rows_of(as_admin.get(f"{page}?show=events"))[0].startswith("Get the receipt message “paid” ")
    assert " Payment running " in rows_of(as_admin.get(f"{page}?show=called"))[0]
    rows = rows_of(as_admin.get(f"{page}?show=history"))
    assert [row.split(" ")[0] for row in rows[:2]] == ["Ordered", "fork"]
    assert sum("not yet" in row for row in rows) == 4
    assert as_admin.get(f"{page}?show=nothing").count('aria-current="page">Variables') == 1


def test_external_tasks_say_who_has_them(as_admin: Person, engine: ProcessEngine, definition_id: str) -> None:
    assert definition_id
    page = f"/cockpit/instance/{start(engine).id}?show=external-tasks"
    assert rows_of(as_admin.get(page))[0].startswith("Charge charging none yet not failed yet ")
    (task_id,) = lock(engine)
    assert rows_of(as_admin.get(page))[0].startswith("Charge charging w until ")
    engine.external_task_service.fail(task_id, worker_id="w", error_message=MARKUP, retries=0)
    html = as_admin.get(page)
    assert f" 0 the worker's message: {MARKUP} " in rows_of(html)[0]
    assert "<b onclick" not in html


def test_the_whole_path_of_calls_leads_up_and_down(as_admin: Person, engine: ProcessEngine, definition_id: str) -> None:
    assert definition_id
    deploy(engine, "caller", "Caller", calls="order")
    deploy(engine, "first", "First", calls="caller")
    first = start(engine, "F-1", key="first")
    (caller,) = engine.runtime_service.process_instances(super_instance_id=first.id)
    (called,) = engine.runtime_service.process_instances(super_instance_id=caller.id)
    html = as_admin.get(f"/cockpit/instance/{called.id}")
    path = html[html.index('aria-label="Breadcrumb"') : html.index('id="messages"')]
    assert re.findall(r'href="([^"]*)"', path) == [
        "/cockpit/instances",
        f"/cockpit/instance/{first.id}",
        f"/cockpit/instance/{caller.id}",
    ]
    assert f'<a href="/cockpit/instance/{caller.id}">{caller.id}</a> (Caller)' in html
    html = as_admin.get(f"/cockpit/instance/{first.id}?show=called")
    assert f'<a href="/cockpit/instance/{caller.id}">' in html
    assert "the 1 instance that it called" in text_of(as_admin.get(f"/cockpit/instance/{first.id}/cancel"))
    assert "Another instance called it." in text_of(as_admin.get(f"/cockpit/instance/{called.id}/cancel"))


def test_what_people_did_and_said_is_a_tab(as_admin: Person, engine: ProcessEngine, definition_id: str) -> None:
    assert definition_id
    instance = start(engine)
    page = f"/cockpit/instance/{instance.id}?show=log"
    assert "Nobody has done or said anything here yet." in text_of(as_admin.get(page))
    go_on(engine)
    engine.task_service.add_comment(engine.task_service.tasks()[0].id, MARKUP, user_id="bob")
    as_admin.act(f"/cockpit/instance/{instance.id}/suspend")
    html = as_admin.get(page)
    assert re.search(rf"Comments bob, .* UTC {re.escape(MARKUP)} ", text_of(html))
    assert any(" ann Suspend ProcessInstance " in row for row in rows_of(html))
    assert "<b onclick" not in html


def test_a_business_rule_task_leads_to_its_decision(as_admin: Person, engine: ProcessEngine) -> None:
    engine.repository_service.deploy({"decides.bpmn": DECIDES, "dish.dmn": DISH})
    (decision,) = engine.repository_service.decision_definitions()
    page = f"/cockpit/instance/{start(engine, key='decides').id}?show=history"
    assert f'<a href="/cockpit/decision/{quote(decision.id, safe="")}">decision</a>' in as_admin.get(page)


def test_an_instance_that_has_ended_shows_what_it_passed(
    as_admin: Person, engine: ProcessEngine, definition_id: str
) -> None:
    assert definition_id
    instance = start(engine, "A-1", amount=5)
    fail(engine, MARKUP)
    engine.external_task_service.set_retries(engine.external_task_service.external_tasks()[0].id, 1)
    go_on(engine)
    engine.task_service.complete(engine.task_service.tasks()[0].id)
    page = f"/cockpit/instance/{instance.id}"
    html = as_admin.get(page)
    assert data_of(html, "marks") == {
        **{passed: ["passed"] for passed in ("start", "charge", "check")},
        "end": ["passed", "last"],
    }
    assert re.fullmatch(
        r"start start event, .* Charge service task, .* Check user task, .* end end event, .*", tree_of(html)
    )
    assert rows_of(html) == ["amount Integer 5 instance"]
    assert "Edit" not in text_of(html)
    assert rows_of(as_admin.get(f"{page}?show=tasks"))[0].startswith("Check nobody ")
    assert f"{MARKUP} Charge resolved " in rows_of(as_admin.get(f"{page}?show=incidents"))[0]
    assert len(rows_of(as_admin.get(f"{page}?show=history&activity=check"))) == 1


def test_what_was_cancelled_does_not_look_as_if_it_was_done(
    as_admin: Person, engine: ProcessEngine, definition_id: str
) -> None:
    assert definition_id
    instance = start(engine)
    engine.runtime_service.delete_process_instance(instance.id)
    html = as_admin.get(f"/cockpit/instance/{instance.id}")
    assert data_of(html, "marks") == {"start": ["passed"], "charge": ["cancelled"]}
    assert legend_of(html) == ["passed: done", "cancelled: cancelled"]
    assert tree_of(html).endswith(" UTC cancelled")


def test_what_ended_is_shown_also_when_its_process_was_deleted(
    as_admin: Person, engine: ProcessEngine, deployment_id: str
) -> None:
    instance = start(engine)
    engine.runtime_service.delete_process_instance(instance.id)
    engine.repository_service.delete_deployment(deployment_id)
    text = text_of(as_admin.get(f"/cockpit/instance/{instance.id}"))
    assert "There is no diagram: the process was deleted." in text
    assert re.search("Charge service task, [^,]*, [^,]* UTC cancelled ", text)


def test_what_was_passed_often_is_counted(as_admin: Person, engine: ProcessEngine) -> None:
    deploy_loop(engine)
    instance = start(engine, key="loop")
    for task in engine.task_service.tasks():
        engine.task_service.complete(task.id)
    html = as_admin.get(f"/cockpit/instance/{instance.id}")
    assert data_of(html, "badges") == {"each": [{"text": "3", "title": "done 3 times", "kind": "passed"}]}


def test_what_is_not_known_is_not_found(as_admin: Person) -> None:
    as_admin.get("/cockpit/instance/nothing", status=404)
    as_admin.get("/cockpit/incident/nothing", status=404)
