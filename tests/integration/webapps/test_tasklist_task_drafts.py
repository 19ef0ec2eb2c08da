"""Tasklist: what somebody has begun to fill in is kept; and what two do at once."""

from concurrent.futures import ThreadPoolExecutor

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Task
from tests.integration.webapps.people import Person
from tests.integration.webapps.tasklist_models import TRAVEL, deploy, plain_model
from tests.integration.webapps.tasklist_pages import (
    MARKUP,
    next_page,
    only_task,
    page_of,
    plain_task,
    refused,
    text_of,
)

BEGUN = {"field-0": "Paris", "field-2": "x", "field-4": f"{MARKUP}\r\nmore", "field-4-label": "Remark", "other": "else"}


def travel_task(engine: ProcessEngine) -> Task:
    deploy(engine, TRAVEL)
    engine.runtime_service.start_process_instance(key="travel", variables={"destination": "Rome"})
    return only_task(engine)


def test_a_draft_keeps_what_was_typed_for_who_typed_it(
    engine: ProcessEngine, as_user: Person, as_admin: Person
) -> None:
    task = travel_task(engine)
    html = next_page(as_user, as_user.act(page_of(task), {**BEGUN, "do": "draft"}))
    assert "The draft was saved. It is here when you come back." in html
    assert "This is your draft, saved" in text_of(html)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\nmore</textarea>" in html
    assert "Please look at" not in html
    assert 'value="Rome" readonly' in html
    draft = engine.task_service.draft(task.id, "bob")
    assert draft is not None
    assert draft.fields == {"field-2": "x", "field-4": f"{MARKUP}\nmore"}
    assert "This is your draft" not in as_admin.get(page_of(task))


def test_a_draft_of_variables_keeps_their_rows(engine: ProcessEngine, as_user: Person) -> None:
    task = plain_task(engine)
    rows = {"variable-0-name": "a", "variable-0-type": "Long", "variable-0-value": "many"}
    rows |= {"variable-1-name": "", "variable-1-type": "String", "variable-1-value": "text"}
    html = next_page(as_user, as_user.act(page_of(task), {**rows, "do": "draft"}))
    assert '<option value="Long" selected>' in html
    assert ">many</textarea>" in html
    assert ">text</textarea>" in html
    assert "aria-invalid" not in html


def test_a_draft_is_kept_by_itself_and_gone_when_discarded_saved_or_completed(
    engine: ProcessEngine, as_user: Person
) -> None:
    task = plain_task(engine)
    row = {"variable-0-name": "a", "variable-0-value": "b", "assignee": ""}
    for ending in ("/draft/discard", "/draft", "", "complete"):
        assert as_user.act(page_of(task, "/draft"), row).status_code == 204
        assert engine.task_service.draft(task.id, "bob") is not None
        match ending:
            case "complete":
                as_user.act(page_of(task), {**row, "do": "complete"})
            case "":
                as_user.act(page_of(task), {**row, "do": "save"})
            case path:
                as_user.act(page_of(task, path), {"variable-0-name": "", "variable-0-value": ""})
        assert engine.task_service.draft(task.id, "bob") is None
    assert as_user.act(page_of(task, "/draft"), row).status_code == 410


def test_a_draft_that_is_too_large_is_refused_and_stays_on_the_page(engine: ProcessEngine, as_user: Person) -> None:
    task = plain_task(engine)
    html = refused(as_user.act(page_of(task), {"variable-0-name": "", "variable-0-value": "x" * 70_000, "do": "draft"}))
    assert "That did not work: " in html
    assert "x" * 70_000 in html


def test_of_two_who_complete_a_task_at_once_one_does_and_the_other_is_told(
    engine: ProcessEngine, as_user: Person, as_admin: Person
) -> None:
    for _ in range(5):
        address = page_of(plain_task(engine))
        people = {person: person.token() for person in (as_user, as_admin)}
        with ThreadPoolExecutor(2) as pool:
            answers = pool.map(_complete, people, people.values(), [address] * 2)
            assert sorted(answers) == [303, 410]


def _complete(person: Person, token: str, address: str) -> int:
    sent = {"csrf_token": token, "assignee": "", "variable-0-name": "result", "do": "complete"}
    return int(person.http.post(address, data=sent).status_code)


def test_who_takes_over_and_completes_is_refused_as_a_whole_if_the_process_cannot_go_on(
    engine: ProcessEngine, as_user: Person
) -> None:
    failing = '<userTask id="end" camunda:assignee="${missing}"/>'
    deploy(engine, plain_model(attributes='camunda:assignee="carol"').replace('<endEvent id="end"/>', failing))
    engine.runtime_service.start_process_instance(key="plain")
    task = only_task(engine)
    html = refused(as_user.act(page_of(task), {"assignee": "carol", "do": "complete"}))
    assert "That did not work: " in html
    assert only_task(engine).assignee == "carol"


def test_taking_over_and_completing_counts_as_the_commands_that_it_is(engine: ProcessEngine, as_user: Person) -> None:
    engine.management_service.toggle_telemetry(enabled=True)
    task = plain_task(engine, 'camunda:assignee="carol"')
    as_user.act(page_of(task), {"assignee": "carol", "do": "complete"})
    counts = engine.management_service.get_telemetry_data().product.internals.commands
    assert counts is not None
    assert (counts["AssignTaskCmd"].count, counts["SubmitTaskFormCmd"].count) == (1, 1)
    assert not any("Turn" in name for name in counts)
