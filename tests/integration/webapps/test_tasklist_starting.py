"""Tasklist: starting a process."""

from datetime import UTC, datetime

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import TypedValue
from tests.integration.webapps.people import Person
from tests.integration.webapps.tasklist_models import TRAVEL, deploy, plain_model
from tests.integration.webapps.tasklist_pages import JOURNEY, next_page, only_task, refused, start_page, text_of


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
    assert "Travel request, TR-1, since" in text_of(html)
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
    html = as_user.get(page)
    assert html.index('<button class="button primary">Start</button>') < html.index('value="another"')
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
