"""Tasklist: the lists, the pages of tasks, starting a process, and what people do there."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from html import unescape
from typing import Any

from httpx import Response

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Task, TypedValue
from tests.integration.webapps.people import Person
from tests.integration.webapps.tasklist_models import TRAVEL, deploy, plain_model

JOURNEY = {"field-0": "Rome", "field-1": "3", "field-2": "2026-12-24", "field-3": "bus"}
MARKUP = "<script>alert(1)</script>"


def start_page(engine: ProcessEngine, key: str) -> str:
    definitions = engine.repository_service.process_definitions(key=key, latest_version=True)
    return f"/tasklist/start/{definitions[0].id}"


def only_task(engine: ProcessEngine) -> Task:
    (task,) = engine.task_service.tasks()
    return task


def page_of(task: Task, action: str = "") -> str:
    return f"/tasklist/task/{task.id}{action}"


def names(html: str) -> list[str]:
    return re.findall(r'<a id="task-[^>]*>([^<]*)</a>', html)


def counts(html: str) -> list[int]:
    return [int(count) for count in re.findall(r'<a id="view-.*?<span class="badge">(\d+)</span>', html)]


def text_of(html: str) -> str:
    """What people read, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def next_page(person: Person, response: Response) -> str:
    assert response.status_code == 303, response.text
    return person.get(response.headers["location"])


def refused(response: Response, status: int = 422) -> str:
    assert response.status_code == status, response.text
    return str(response.text)


def plain_task(engine: ProcessEngine, attributes: str = "", variables: Mapping[str, Any] | None = None) -> Task:
    deploy(engine, plain_model(attributes=attributes))
    engine.runtime_service.start_process_instance(key="plain", variables=variables)
    return only_task(engine)


def test_three_views_show_whose_tasks_are_whose_and_how_many(engine: ProcessEngine, as_user: Person) -> None:
    engine.identity_service.create_group("clerks")
    engine.identity_service.add_to_group("bob", "clerks")
    kinds = {
        "mine": 'camunda:assignee="bob"',
        "ours": 'camunda:candidateGroups="clerks"',
        "hers": 'camunda:assignee="ann"',
    }
    deploy(engine, *(plain_model(key, f"Process {key}", f"Task {key}", kind) for key, kind in kinds.items()))
    for key in kinds:
        engine.runtime_service.start_process_instance(key=key, business_key=f"K-{key}")
    pages = {view: as_user.get(f"/tasklist/?view={view}&sort=name") for view in ("mine", "groups", "all", "nonsense")}
    found = {view: names(html) for view, html in pages.items()}
    assert found["mine"] == found["nonsense"] == ["Task mine"]
    assert found["groups"] == ["Task ours"]
    assert found["all"] == ["Task hers", "Task mine", "Task ours"]
    assert {tuple(counts(html)) for html in pages.values()} == {(1, 1, 3)}
    assert "Process mine, K-mine Assignee you Priority 50 Created" in text_of(pages["mine"])
    assert "Assignee ann" in text_of(pages["all"])
    anew = as_user.get("/tasklist/list?view=all&sort=name")
    assert names(anew) == found["all"]
    assert counts(anew) == [1, 1, 3]
    assert "<html" not in anew


def test_the_list_is_sorted_and_comes_in_parts(engine: ProcessEngine, as_user: Person) -> None:
    deploy(engine, plain_model(attributes='camunda:priority="${n}" camunda:dueDate="${due}"'))
    dues = ["", "2030-03-01T00:00:00", "2030-02-01T00:00:00", *[""] * 24]
    for number, due in enumerate(dues):
        values = {"n": number, "due": due or None}
        engine.runtime_service.start_process_instance(key="plain", variables=values)
        newest = engine.task_service.tasks(sort_by="priority", sort_order="desc")[0]
        engine.task_service.save(newest.id, name=f"T{number:02}")
    order = [f"T{number:02}" for number in range(27)]
    assert names(as_user.get("/tasklist/?view=all&sort=name")) == order[:25]
    assert names(as_user.get("/tasklist/?view=all&sort=name&page=2")) == order[25:]
    assert names(as_user.get("/tasklist/?view=all&sort=priority")) == order[:1:-1]
    assert names(as_user.get("/tasklist/?view=all&sort=oldest")) == order[:25]
    assert names(as_user.get("/tasklist/?view=all&sort=newest"))[:2] == order[:-3:-1]
    assert names(as_user.get("/tasklist/?view=all&sort=due"))[:2] == ["T02", "T01"]


def test_a_process_is_started_with_its_form_and_leads_to_the_next_task(engine: ProcessEngine, as_user: Person) -> None:
    deploy(engine, TRAVEL.replace('camunda:candidateGroups="managers"', 'camunda:candidateUsers="bob"'))
    assert "Travel request" in as_user.get("/tasklist/start?search=TRAV")
    assert "Travel request" not in as_user.get("/tasklist/start?search=else")
    page = start_page(engine, "travel")
    form = as_user.get(page)
    assert '<input id="field-0" name="field-0" type="text" value="" required maxlength="40">' in form
    assert '<input id="field-1" name="field-1" type="number" value="2" required min="1" max="30">' in form
    html = next_page(as_user, as_user.act(page, {**JOURNEY, "business_key": "TR-1"}))
    assert "Started Travel request. Your next task is Approve the journey." in html
    assert "<h1" in html
    assert "Business key TR-1" in text_of(html)
    assert engine.task_service.variables(only_task(engine).id) == {
        "destination": TypedValue("String", "Rome"),
        "nights": TypedValue("Long", 3),
        "day": TypedValue("Date", datetime(2026, 12, 24, tzinfo=UTC)),
        "by": TypedValue("String", "bus"),
        "urgent": TypedValue("Boolean", value=False),
        "initiator": TypedValue("String", "bob"),
    }


def test_what_is_wrong_in_a_form_is_said_at_its_field(engine: ProcessEngine, as_user: Person) -> None:
    deploy(engine, TRAVEL)
    page = start_page(engine, "travel")
    for field, value, error in (
        ("field-0", "", "Fill this in."),
        ("field-0", "x" * 41, "Enter at most 40 characters."),
        ("field-1", "0", "Enter 1 or more."),
        ("field-1", "31", "Enter 30 or less."),
        ("field-1", "1.5", "Enter a whole number."),
        ("field-2", "soon", "Enter a date, for example 2026-12-24."),
        ("field-3", "", "Choose one."),
        ("field-3", "rocket", "Choose one of these."),
        ("business_key", "x" * 256, "A business key has at most 255 characters."),
    ):
        html = refused(as_user.act(page, {**JOURNEY, field: value}))
        assert f'<p class="error" id="{field}-error">{error}</p>' in html
        assert html.count("aria-invalid") == 1
        assert 'value="2026-12-24"' in html or field == "field-2"
    assert engine.task_service.count_tasks() == 0


def test_a_process_without_a_form_is_started_with_variables(engine: ProcessEngine, as_user: Person) -> None:
    deploy(engine, plain_model(attributes='camunda:assignee="ann"'))
    page = start_page(engine, "plain")
    rows = [
        ("a", "Long", "5"),
        ("b", "Json", '{"c": [1]}'),
        ("d", "Boolean", "yes"),
        ("e", "Date", "2026-01-02"),
        ("", "Long", ""),
    ]
    fields = {
        f"variable-{index}-{part}": text
        for index, row in enumerate(rows)
        for part, text in zip(("name", "type", "value"), row, strict=True)
    }
    assert 'id="variable-5-name"' in as_user.act(page, {**fields, "do": "another"}).text
    wrong = refused(as_user.act(page, {**fields, "variable-1-value": "[" * 100_000, "variable-2-name": "a"}))
    assert '<p class="error" id="variable-1-value-error">This is no JSON.</p>' in wrong
    assert '<p class="error" id="variable-2-name-error">This name is there twice.</p>' in wrong
    html = next_page(as_user, as_user.act(page, {**fields, "business_key": ""}))
    assert "Started Plain process. Nothing in it is for you now." in html
    assert engine.task_service.variables(only_task(engine).id) == {
        "a": TypedValue("Long", 5),
        "b": TypedValue("Json", '{"c": [1]}'),
        "d": TypedValue("Boolean", value=True),
        "e": TypedValue("Date", datetime(2026, 1, 2, tzinfo=UTC)),
    }


def test_what_the_engine_says_against_a_start_is_shown_with_what_was_filled_in(
    engine: ProcessEngine, as_user: Person
) -> None:
    deploy(engine, plain_model(attributes='camunda:assignee="${missing}"'))
    html = refused(as_user.act(start_page(engine, "plain"), {"variable-0-name": "kept", "business_key": "K"}))
    assert "That did not work: " in html
    assert 'value="kept"' in html
    assert 'value="K"' in html


def test_a_task_is_claimed_given_back_and_completed_with_its_form(engine: ProcessEngine, as_user: Person) -> None:
    deploy(engine, TRAVEL)
    as_user.act(start_page(engine, "travel"), JOURNEY)
    task = only_task(engine)
    html = as_user.get(page_of(task))
    assert "Look at the costs" in html
    assert '<input id="field-0" type="text" value="Rome" readonly>' in html
    assert "Can be claimed by managers" in text_of(html)
    assert 'data-marks="{&#34;approve&#34;: [&#34;current&#34;]}"' in html
    assert "Travel request waits for Approve the journey , this task." in text_of(html)
    assert "The task is yours now." in next_page(as_user, as_user.act(page_of(task, "/claim")))
    assert only_task(engine).assignee == "bob"
    assert "Nobody has the task now." in next_page(as_user, as_user.act(page_of(task, "/unclaim")))
    assert only_task(engine).assignee is None
    wrong = refused(as_user.act(page_of(task), {"field-2": "-1", "field-4": "a remark"}))
    assert '<p class="error" id="field-2-error">Enter 0 or more.</p>' in wrong
    assert 'value="a remark"' in wrong
    filled = {"assignee": "", "field-0": "Paris", "field-1": "true", "field-2": "900", "field-3": "2026-12-24T10:30"}
    html = next_page(as_user, as_user.act(page_of(task), filled))
    assert "Completed Approve the journey. Your next task is Book the journey." in html
    values = {name: value.value for name, value in engine.task_service.variables(only_task(engine).id).items()}
    assert values["destination"] == "Rome"
    assert (values["approved"], values["budget"]) == (True, 900)
    assert values["departure"] == datetime(2026, 12, 24, 10, 30, tzinfo=UTC)
    assert engine.history_service.task_instances(task_id=task.id)[0].assignee == "bob"


def test_a_task_without_a_form_takes_variables_one_by_one(engine: ProcessEngine, as_user: Person) -> None:
    task = plain_task(engine, variables={"known": "old", "long": "x" * 201})
    html = as_user.get(page_of(task))
    assert "known String old" in text_of(html)
    assert f"<summary>{'x' * 80}…</summary>{'x' * 201}</details>" in html
    one = {"variable-0-name": "known", "variable-0-type": "String", "variable-0-value": "new\r\nline"}
    html = next_page(as_user, as_user.act(page_of(task), {**one, "do": "save"}))
    assert "The variables were saved." in html
    assert engine.task_service.variables(task.id)["known"].value == "new\nline"
    assert "Completed Do it." in next_page(as_user, as_user.act(page_of(task), {"do": "complete"}))
    assert engine.task_service.count_tasks() == 0


def test_nobody_overtakes_somebody_without_being_asked(engine: ProcessEngine, as_user: Person) -> None:
    task = plain_task(engine, 'camunda:assignee="ann"')
    html = as_user.get(page_of(task))
    assert "ann has this task." in text_of(html)
    assert "Complete" not in html
    assert "Somebody else has claimed" in next_page(as_user, as_user.act(page_of(task, "/claim")))
    assert "not yours any more" in next_page(as_user, as_user.act(page_of(task, "/unclaim")))
    asked = as_user.get(page_of(task, "/take-over"))
    assert '<input type="hidden" name="assignee" value="ann">' in asked
    outdated = as_user.act(page_of(task, "/take-over"), {"assignee": "carol"})
    assert "Not taken over" in next_page(as_user, outdated)
    assert only_task(engine).assignee == "ann"
    html = next_page(as_user, as_user.act(page_of(task, "/take-over"), {"assignee": "ann"}))
    assert only_task(engine).assignee == "bob"
    assert "Complete" in html


def test_what_was_filled_in_stays_when_somebody_else_claims_the_task_meanwhile(
    engine: ProcessEngine, as_user: Person
) -> None:
    task = plain_task(engine)
    engine.task_service.claim(task.id, "carol")
    one = {"assignee": "", "variable-0-name": "kept", "variable-0-value": "work"}
    html = refused(as_user.act(page_of(task), one), 409)
    assert "carol has this task meanwhile." in text_of(html)
    assert 'value="kept"' in html
    assert "Take over from carol and complete" in html
    assert only_task(engine).assignee == "carol"
    assert "Completed Do it." in next_page(as_user, as_user.act(page_of(task), {**one, "assignee": "carol"}))
    assert engine.history_service.task_instances(task_id=task.id)[0].assignee == "bob"


def test_who_comes_too_late_learns_what_became_of_the_task_and_keeps_what_was_filled_in(
    engine: ProcessEngine, as_user: Person
) -> None:
    task = plain_task(engine)
    engine.task_service.claim(task.id, "carol")
    engine.task_service.complete(task.id)
    assert "carol completed it" in text_of(as_user.get(page_of(task), status=410))
    sent = {"variable-0-name": "kept", "variable-0-value": "work", "field-0-label": MARKUP, "field-0": "more"}
    html = refused(as_user.act(page_of(task), sent), 410)
    assert f"{MARKUP} more kept work" in text_of(html.replace("&lt;", "\0lt;").replace("&gt;", "\0gt;")).replace(
        "\0lt;", "<"
    ).replace("\0gt;", ">")
    assert MARKUP not in html
    for action in ("/claim", "/unclaim", "/take-over"):
        assert as_user.act(page_of(task, action)).status_code == 410
    assert "There is no such task" in as_user.get("/tasklist/task/none", status=404)


def test_markup_in_names_keys_variables_and_descriptions_is_text(engine: ProcessEngine, as_user: Person) -> None:
    text = "&lt;script>alert(1)&lt;/script>"
    deploy(engine, plain_model(name=text, task=text, attributes='camunda:assignee="bob" camunda:formKey="a&lt;b>c"'))
    engine.runtime_service.start_process_instance(key="plain", business_key=MARKUP, variables={MARKUP: MARKUP})
    task = only_task(engine)
    engine.task_service.save(task.id, description=MARKUP)
    engine.task_service.add_user_link(task.id, MARKUP)
    paths = ["/tasklist/", "/tasklist/start", start_page(engine, "plain"), page_of(task)]
    for path in paths:
        html = as_user.get(path)
        assert MARKUP not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    engine.task_service.set_assignee(task.id, MARKUP)
    assert MARKUP not in as_user.get(page_of(task)) + as_user.get(page_of(task, "/take-over"))
    model = as_user.http.get(f"/tasklist/process/{task.definition_id}/model")
    assert model.headers["content-type"] == "application/xml"


def test_no_action_without_the_token_of_a_form(engine: ProcessEngine, as_user: Person) -> None:
    task = plain_task(engine)
    for path in (page_of(task), *(page_of(task, action) for action in ("/claim", "/unclaim", "/take-over"))):
        assert as_user.http.post(path, data={"do": "complete"}).status_code == 403
    assert as_user.http.post(start_page(engine, "plain")).status_code == 403
    assert only_task(engine) == task
