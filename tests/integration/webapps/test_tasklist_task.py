"""Tasklist: the page of a task, its form, and who may do what."""

from datetime import UTC, datetime, timedelta

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.people import Person
from tests.integration.webapps.tasklist_models import TRAVEL, deploy, plain_model
from tests.integration.webapps.tasklist_pages import (
    JOURNEY,
    MARKUP,
    next_page,
    only_task,
    page_of,
    plain_task,
    refused,
    start_page,
    text_of,
)

ACTIONS = (
    *("claim", "unclaim", "take-over", "draft", "draft/discard", "assignee", "due", "follow-up", "priority"),
    *("candidates", "candidates/remove", "comments"),
)


def test_a_task_is_claimed_given_up_and_completed_with_its_form(engine: ProcessEngine, as_user: Person) -> None:
    deploy(engine, TRAVEL)
    as_user.act(start_page(engine, "travel"), JOURNEY)
    task = only_task(engine)
    html = as_user.get(page_of(task))
    assert "Look at the costs" in html
    assert '<input id="field-0" type="text" value="Rome" readonly>' in html
    assert "Candidates Change candidates: managers" in text_of(html)
    assert "The task is yours now." in next_page(as_user, as_user.act(page_of(task, "/claim")))
    assert only_task(engine).assignee == "bob"
    assert "You gave the task up: nobody has it now." in next_page(as_user, as_user.act(page_of(task, "/unclaim")))
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
    assert html.index('value="complete"') < html.index('value="another"')  # the first button is what Enter presses
    assert '<details class="more change">' in html
    assert "Save draft" not in html
    assert '<details class="more change" open>' in as_user.act(page_of(task), {**one, "do": "another"}).text
    assert engine.task_service.variables(task.id)["known"].value == "new\nline"
    assert "Completed Do it." in next_page(as_user, as_user.act(page_of(task), {"do": "complete"}))
    assert engine.task_service.count_tasks() == 0


def test_a_task_says_how_late_it_is(engine: ProcessEngine, as_user: Person) -> None:
    task = plain_task(engine)
    engine.task_service.save(task.id, due=datetime.now(UTC) - timedelta(days=2))
    assert '<span class="badge bad">Overdue by 2 days</span></p>' in as_user.get(page_of(task))


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
    for action in ACTIONS:
        assert as_user.act(page_of(task, f"/{action}")).status_code == 410
    html = as_user.get(page_of(task, "/history"))
    assert "The task was completed." in text_of(html)
    assert "The task began to wait." in text_of(html)
    assert "There is no such task" in as_user.get("/tasklist/task/none", status=404)


def test_markup_in_names_keys_variables_and_descriptions_is_text(engine: ProcessEngine, as_user: Person) -> None:
    text = "&lt;script>alert(1)&lt;/script>"
    deploy(engine, plain_model(name=text, task=text, attributes='camunda:assignee="bob" camunda:formKey="a&lt;b>c"'))
    engine.runtime_service.start_process_instance(key="plain", business_key=MARKUP, variables={MARKUP: MARKUP})
    task = only_task(engine)
    engine.task_service.save(task.id, description=MARKUP)
    engine.task_service.add_user_link(task.id, MARKUP)
    as_user.act(page_of(task, "/comments"), {"new-comment": MARKUP})
    tabs = [page_of(task, f"/{tab}") for tab in ("history", "diagram", "description")]
    paths = ["/tasklist/", "/tasklist/start", start_page(engine, "plain"), page_of(task), *tabs]
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
    for path in (page_of(task), *(page_of(task, f"/{action}") for action in ACTIONS)):
        assert as_user.http.post(path, data={"do": "complete"}).status_code == 403
    assert as_user.http.post(start_page(engine, "plain")).status_code == 403
    assert only_task(engine) == task
