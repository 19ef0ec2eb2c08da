"""Tasklist: what people change about a task beside its form."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import IdentityLink
from tests.integration.webapps.people import Person, make_user
from tests.integration.webapps.tasklist_models import TRAVEL, deploy
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


@pytest.fixture(autouse=True)
def carol(engine: ProcessEngine) -> None:
    engine.identity_service.create_group("clerks", name="Clerks")
    make_user(engine, "carol", "clerks")


def error_at(html: str, field: str) -> str:
    found = re.search(rf'<p class="error" id="{field}-error">([^<]*)</p>', html)
    assert found is not None, html
    return found.group(1)


def test_a_task_is_given_to_another_user(engine: ProcessEngine, as_user: Person) -> None:
    task = plain_task(engine, 'camunda:assignee="bob"')
    address = page_of(task, "/assignee")
    given = {"assignee": "bob", "new-assignee": " carol ", "do": "assign"}
    html = next_page(as_user, as_user.act(address, given))
    assert "carol has the task now." in html
    assert "Assignee Change assignee: carol" in text_of(html)
    assert only_task(engine).assignee == "carol"
    outdated = as_user.act(address, {"assignee": "ann", "new-assignee": "bob"})
    assert "the task has another assignee meanwhile" in next_page(as_user, outdated)
    assert only_task(engine).assignee == "carol"
    assert "yours now" in next_page(as_user, as_user.act(address, {"assignee": "carol", "new-assignee": "bob"}))


def test_a_task_is_given_to_nobody_who_does_not_exist(engine: ProcessEngine, as_user: Person) -> None:
    task = plain_task(engine, 'camunda:assignee="bob"')
    for text, error in ((MARKUP, "There is no user “&lt;script&gt;alert(1)&lt;/script&gt;”."), ("", "Say which user.")):
        html = refused(as_user.act(page_of(task, "/assignee?tab=description"), {"new-assignee": text}))
        assert error_at(html, "new-assignee") == error
        assert '<details class="menu change" name="change" open>' in html
        assert "The process" in html
    assert only_task(engine).assignee == "bob"


def test_a_task_is_delegated_done_and_comes_back_to_be_completed(
    engine: ProcessEngine, as_user: Person, as_admin: Person
) -> None:
    deploy(engine, TRAVEL)
    as_user.act(start_page(engine, "travel"), JOURNEY)
    task = only_task(engine)
    as_user.act(page_of(task, "/claim"))
    assert "It comes back to you when it is done (delegate)." in text_of(as_user.get(page_of(task)))
    delegation = {"assignee": "bob", "new-assignee": "bob", "do": "delegate"}
    html = refused(as_user.act(page_of(task, "/assignee"), delegation))
    assert error_at(html, "new-assignee") == "You cannot delegate a task to yourself."
    html = next_page(as_user, as_user.act(page_of(task, "/assignee"), {**delegation, "new-assignee": "ann"}))
    assert "Delegated to ann." in html
    assert "ann has this task, and does it for you." in text_of(html).replace(" , ", ", ").replace(" .", ".")
    html = as_admin.get(page_of(task))
    assert "Owner bob" in text_of(html)
    assert "When you are done, it goes back to bob, to be completed." in html
    assert "Done, back to bob" in html
    as_admin.act(page_of(task), {"do": "draft", "field-2": "1"})
    done = as_admin.act(page_of(task), {"do": "complete", "assignee": "ann", "field-2": "900"})
    assert "Done: Approve the journey is back with bob." in next_page(as_admin, done)
    assert engine.task_service.draft(task.id, "ann") is None
    html = as_user.get(page_of(task))
    assert "What was delegated is done. Look at it, and complete the task." in html
    assert '<input id="field-2" name="field-2" type="number" value="900"' in html
    completed = as_user.act(page_of(task), {"assignee": "bob", "field-2": "900", "field-0": "Rome"})
    assert "Completed Approve the journey." in next_page(as_user, completed)


def test_what_nobody_has_comes_back_to_who_delegates_it(engine: ProcessEngine, as_user: Person) -> None:
    task = plain_task(engine)
    as_user.act(page_of(task, "/assignee"), {"new-assignee": "carol", "do": "delegate"})
    assert (only_task(engine).owner, only_task(engine).assignee) == ("bob", "carol")


@pytest.mark.parametrize(
    ("name", "field", "said", "gone"),
    [
        ("due", "due", "The task is due on", "The task has no due date any more."),
        ("follow-up", "follow_up", "Set aside until", "The task is not set aside any more."),
    ],
)
def test_a_date_is_set_and_removed(
    engine: ProcessEngine, as_user: Person, name: str, field: str, said: str, gone: str
) -> None:
    task = plain_task(engine)
    address = page_of(task, f"/{name}?tab=history&view=all")
    response = as_user.act(address, {f"new-{name}": "2030-12-24", f"new-{name}-time": "18:00"})
    assert response.headers["location"].startswith(f"/tasklist/task/{task.id}/history?view=all")
    html = next_page(as_user, response)
    assert f"{said} 24 December 2030, 18:00 UTC." in html
    assert f'id="new-{name}" name="new-{name}" type="date" value="2030-12-24"' in html
    assert f'id="new-{name}-time" name="new-{name}-time" type="time" value="18:00"' in html
    assert getattr(only_task(engine), field) == datetime(2030, 12, 24, 18, tzinfo=UTC)
    html = next_page(as_user, as_user.act(address, {f"new-{name}": "2030-12-24T18:00+01:00"}))  # with JavaScript
    assert f"{said} 24 December 2030, 18:00." in html
    assert getattr(only_task(engine), field) == datetime(2030, 12, 24, 17, tzinfo=UTC)
    for text in ("", "soon", "0001-01-01T00:00", "99999-01-01T00:00", "9999-12-31T23:59-12:00", "2030-13-01"):
        html = refused(as_user.act(address, {f"new-{name}": text}))
        assert error_at(html, f"new-{name}") == "Enter a date, for example 2026-12-24."
    assert gone in next_page(as_user, as_user.act(address, {"do": "clear"}))
    assert getattr(only_task(engine), field) is None


def test_a_date_without_a_time_is_the_day_until_its_end_or_from_its_start(
    engine: ProcessEngine, as_user: Person
) -> None:
    task = plain_task(engine)
    for name in ("due", "follow-up"):
        as_user.act(page_of(task, f"/{name}"), {f"new-{name}": "2030-12-24", f"new-{name}-time": ""})
    assert only_task(engine).due == datetime(2030, 12, 24, 23, 59, tzinfo=UTC)
    assert only_task(engine).follow_up == datetime(2030, 12, 24, tzinfo=UTC)


@pytest.mark.parametrize("ahead", ["tomorrow", "next-week"])
def test_a_task_is_set_aside_until_tomorrow_or_next_week(engine: ProcessEngine, as_user: Person, ahead: str) -> None:
    task, now = plain_task(engine), datetime.now(UTC)
    html = next_page(as_user, as_user.act(page_of(task, "/follow-up"), {"ahead": ahead}))
    assert ", 09:00 UTC." in html
    until = only_task(engine).follow_up
    assert until is not None
    assert (until.hour, until.minute) == (9, 0)
    assert (until.weekday() == 0) if ahead == "next-week" else (until.date() - now.date() == timedelta(days=1))


def test_people_and_groups_are_found_by_name_where_that_is_one(engine: ProcessEngine, as_user: Person) -> None:
    for user_id, first, last in (("carol", "Carol", "Smith"), ("bs", "Bob", "Smith"), ("mm", "Mary Ann", "Miller")):
        if user_id != "carol":
            make_user(engine, user_id)
        (user,) = engine.identity_service.users(user_id=user_id)
        engine.identity_service.save_user(replace(user, first_name=first, last_name=last))
    task = plain_task(engine)
    for text, user_id in (("BS", "bs"), ("carol smith", "carol"), (" mary  ann ", "mm"), ("Miller", "mm")):
        as_user.act(page_of(task, "/assignee"), {"assignee": only_task(engine).assignee, "new-assignee": text})
        assert only_task(engine).assignee == user_id
    for text, error in (
        ("smith", "Did you mean bs (Bob Smith) or carol (Carol Smith)?"),
        ("mil", "Did you mean mm (Mary Ann Miller)?"),
        ("Bob", "Did you mean bob or bs (Bob Smith)?"),
        ("nobody", "There is no user “nobody”."),
    ):
        html = refused(as_user.act(page_of(task, "/assignee"), {"new-assignee": text}))
        assert error_at(html, "new-assignee") == error
    assert only_task(engine).assignee == "mm"
    as_user.act(page_of(task, "/assignee"), {"assignee": "mm", "new-assignee": "bob"})
    assert only_task(engine).assignee == "bob"
    engine.identity_service.create_group("c2", name="Office Clerks")
    add = page_of(task, "/candidates")
    as_user.act(add, {"new-kind": "group", "new-candidate": "office clerks"})
    as_user.act(add, {"new-kind": "user", "new-candidate": "Carol"})
    links = {(link.group_id, link.user_id) for link in engine.task_service.identity_links(task.id)}
    assert {("c2", None), (None, "carol")} <= links
    html = refused(as_user.act(add, {"new-kind": "group", "new-candidate": "cle"}))
    assert error_at(html, "new-candidate") == "Did you mean c2 (Office Clerks) or clerks (Clerks)?"


def test_the_priority_is_a_whole_number(engine: ProcessEngine, as_user: Person) -> None:
    task = plain_task(engine)
    assert "The priority is 90 now." in next_page(
        as_user, as_user.act(page_of(task, "/priority"), {"new-priority": "90"})
    )
    for text, error in (("high", "Enter a whole number."), ("9" * 5000, "Enter a whole number."), ("-3000000000", "")):
        html = refused(as_user.act(page_of(task, "/priority"), {"new-priority": text}))
        assert error_at(html, "new-priority").startswith(error or "Enter a number up to")
    assert only_task(engine).priority == 90


def test_candidates_are_added_and_removed(engine: ProcessEngine, as_user: Person) -> None:
    task = plain_task(engine)
    add, remove = page_of(task, "/candidates"), page_of(task, "/candidates/remove")
    as_user.act(add, {"new-kind": "group", "new-candidate": "clerks"})
    html = next_page(as_user, as_user.act(add, {"new-kind": "user", "new-candidate": "carol"}))
    assert "carol can claim the task now." in html
    assert "Change candidates: clerks, carol" in text_of(html)
    for kind in ("group", "user"):
        html = refused(as_user.act(add, {"new-kind": kind, "new-candidate": "others"}))
        assert error_at(html, "new-candidate") == f"There is no {kind} “others”."
        assert f'<option value="{kind}" selected>' in html or kind == "group"
    as_user.act(remove, {"group": "clerks"})
    assert engine.task_service.identity_links(task.id) == [IdentityLink("candidate", user_id="carol")]
    assert "carol is no candidate any more." in next_page(as_user, as_user.act(remove, {"user": "carol"}))
    assert engine.task_service.identity_links(task.id) == []


def test_comments_stand_with_who_and_when_the_newest_first(engine: ProcessEngine, as_user: Person) -> None:
    task = plain_task(engine)
    engine.task_service.add_comment(task.id, "first", user_id="carol")
    html = next_page(as_user, as_user.act(page_of(task, "/comments"), {"new-comment": f"{MARKUP}\r\nsecond line "}))
    assert "The comment was added." in html
    assert '<p class="text">&lt;script&gt;alert(1)&lt;/script&gt;\nsecond line</p>' in html
    assert html.index("You, <time") < html.index("carol, <time")
    for text, error in ((" ", "Write something."), ("x" * 4001, "A comment has at most 4000 characters")):
        html = refused(as_user.act(page_of(task, "/comments"), {"new-comment": text}))
        assert error_at(html, "new-comment").startswith(error)
    assert "x" * 4001 in html


def test_nothing_is_offered_or_done_while_the_process_is_suspended(engine: ProcessEngine, as_user: Person) -> None:
    task = plain_task(engine, 'camunda:assignee="bob"')
    engine.runtime_service.suspend_process_instance(instance_id=task.instance_id)
    html = as_user.get(page_of(task))
    assert "nothing can be done here until an administrator activates it" in html
    assert "Change " not in text_of(html)
    assert "Assignee you" in text_of(html)
    for action, fields in (("/unclaim", {}), ("/assignee", {"assignee": "bob", "new-assignee": "carol"})):
        html = next_page(as_user, as_user.act(page_of(task, action), fields))
        assert "Nothing was done: the process is suspended." in html
    assert only_task(engine).assignee == "bob"


def test_fields_offer_the_users_and_groups_that_fit_what_is_typed(engine: ProcessEngine, as_user: Person) -> None:
    engine.identity_service.create_group("clever", name=MARKUP)
    assert as_user.get("/tasklist/names/users?search=CAR").count('<option value="carol">carol</option>') == 1
    assert as_user.get("/tasklist/names/users").count("<option") == 2
    html = as_user.get("/tasklist/names/groups?search=cle")
    assert '<option value="clerks">Clerks</option>' in html
    assert MARKUP not in html
