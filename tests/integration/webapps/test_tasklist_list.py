"""The list side of Tasklist: views, orders, searches, cards, saved filters and keyboard shortcuts."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Task
from engine_telemetry.engine.tasklist_entities import Filter
from tests.integration.webapps.people import Person
from tests.integration.webapps.tasklist_models import deploy, plain_model
from tests.integration.webapps.tasklist_pages import next_page, page_of, text_of
from webapps.tasklist.cards import badges_of

MARKUP = "<script>alert(1)</script>"
NEW = "/tasklist/filter/new"


def names(html: str) -> list[str]:
    return re.findall(r'<a id="task-[^>]*>([^<]*)</a>', html)


def counts(html: str, kind: str = "view") -> list[int]:
    return [int(count) for count in re.findall(rf'<a id="{kind}-.*?<span class="badge">(\d+)</span>', html, re.DOTALL)]


def start(engine: ProcessEngine, name: str, variables: Mapping[str, Any] | None = None, **change: Any) -> Task:
    """A task with this name."""
    if not engine.repository_service.process_definitions(key="plain"):
        deploy(engine, plain_model())
    instance = engine.runtime_service.start_process_instance(key="plain", business_key=f"K-{name}", variables=variables)
    (task,) = engine.task_service.tasks(instance_id=instance.id)
    engine.task_service.save(task.id, name=name, **change)
    return task


def only_filter(engine: ProcessEngine) -> Filter:
    (found,) = engine.filter_service.filters()
    return found


def make_filter(engine: ProcessEngine, owner: str | None = "bob", **query: Any) -> str:
    return engine.filter_service.create(name="Mine alone", query=query, owner=owner).id


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
    assert "Task mine K-mine Process mine Created" in text_of(pages["mine"])
    assert "Task mine K-mine Process mine Assignee you Created" in text_of(pages["all"])
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
    assert names(as_user.get("/tasklist/?view=all&sort=name-down")) == order[:1:-1]
    assert names(as_user.get("/tasklist/?view=all&sort=low-priority")) == order[:25]
    (second,) = engine.task_service.tasks(name="T02")
    engine.task_service.save(second.id, follow_up=datetime(2030, 1, 1, tzinfo=UTC))
    assert names(as_user.get("/tasklist/?view=all&sort=follow-up"))[0] == "T02"


@pytest.mark.parametrize("view", ["mine", "groups", "all"])
def test_what_is_most_urgent_comes_first_and_an_order_is_kept_between_views(
    engine: ProcessEngine, as_user: Person, view: str
) -> None:
    now = datetime.now(UTC)
    changes: dict[str, dict[str, Any]] = {
        "overdue and important": {"due": now - timedelta(days=3), "priority": 80},
        "important": {"priority": 80},
        "older": {},
        "newer": {},
        "later": {"due": now + timedelta(days=3)},
        "overdue": {"due": now - timedelta(days=3)},
    }
    for name, change in changes.items():
        task = start(engine, name, **change, assignee="bob" if view == "mine" else None)
        engine.task_service.add_user_link(task.id, "bob")
    html = as_user.get(f"/tasklist/?view={view}")
    assert names(html) == ["overdue and important", "overdue", "later", "important", "newer", "older"]
    assert '<option value="urgent" selected>Most urgent first</option>' in html
    assert f'formaction="/tasklist/task/{task.id}">Sort<' in as_user.get(f"{page_of(task)}?view={view}")
    assert '<a id="view-groups" href="/tasklist/?view=groups&amp;sort=name"' in as_user.get(
        f"/tasklist/?view={view}&sort=name"
    )


def test_tasks_with_a_follow_up_date_to_come_are_set_aside(engine: ProcessEngine, as_user: Person) -> None:
    now = datetime.now(UTC)
    for name, days in {"past": -1, "soon": 1, "much later": 30}.items():
        for assignee in ("bob", None):
            task = start(engine, name, follow_up=now + timedelta(days=days), assignee=assignee)
            engine.task_service.add_user_link(task.id, "bob")
    for view in ("mine", "groups"):
        html = as_user.get(f"/tasklist/?view={view}")
        assert names(html) == ["past"]
        assert counts(html) == [1, 1, 6]
        assert f'<a href="/tasklist/?view={view}&amp;follow-up=later">2 set aside until later</a>' in html
        assert names(as_user.get(f"/tasklist/?view={view}&follow-up=later&sort=follow-up")) == ["soon", "much later"]
        html = as_user.get(f"/tasklist/?view={view}&text=much")
        assert "Nothing found." in html
        assert ">1 set aside until later</a>" in html
    assert "set aside until later" not in as_user.get("/tasklist/?view=all")
    assert '<option value="not-later" selected>' in as_user.get(f"{NEW}?view=mine")
    assert '<option value="later" selected>' in as_user.get(f"{NEW}?view=mine&follow-up=later")


def test_one_text_finds_tasks_by_name_process_or_business_key(engine: ProcessEngine, as_user: Person) -> None:
    deploy(engine, plain_model("invoice", "Invoice receipt"))
    engine.runtime_service.start_process_instance(key="invoice", business_key="R-7")
    start(engine, "Pay", assignee="bob")
    searches = {"PAY": {"Pay"}, "k-p": {"Pay"}, "receipt": {"Do it"}, "r-7": {"Do it"}, "nothing like it": set()}
    found = {text: set(names(as_user.get(f"/tasklist/?view=all&text={text}"))) for text in searches}
    assert found == searches
    html = as_user.get("/tasklist/?view=mine&text=receipt")
    assert '<a href="/tasklist/?view=all&amp;text=receipt">Search in all tasks</a>' in html
    assert "Search in all tasks" not in as_user.get("/tasklist/?view=all&text=nothing+like+it")
    as_user.act(NEW, {"title": "Receipts", "text": "receipt"})
    filter_id = only_filter(engine).id
    assert names(as_user.get(f"/tasklist/?filter={filter_id}")) == ["Do it"]
    assert names(as_user.get(f"/tasklist/?filter={filter_id}&text=r-7")) == ["Do it"]
    assert names(as_user.get(f"/tasklist/?filter={filter_id}&text=pay")) == []


def test_a_filter_says_what_it_asks_for(engine: ProcessEngine, as_user: Person) -> None:
    sorting = [{"sortBy": "priority"}]
    filter_id = make_filter(engine, minPriority=60, unassigned=True, taskDefinitionKey="do", sorting=sorting)
    assert "Whose: nobody's; Priority: 60 or more; and 1 more" in text_of(as_user.get(f"/tasklist/?filter={filter_id}"))
    assert "All tasks" in text_of(as_user.get(f"/tasklist/?filter={make_filter(engine)}"))


def test_enter_saves_a_filter_and_processes_are_offered_by_name(engine: ProcessEngine, as_user: Person) -> None:
    form = as_user.get(NEW).partition("filter-form")[2]
    pressed = re.findall(r"<button[^>]*>", form)[0]
    assert "name=" not in pressed
    assert 'hx-get="/tasklist/processes"' in form
    deploy(engine, plain_model(), plain_model("a", "a &amp; b"))
    deploy(engine, plain_model())
    values = re.findall(r'value="([^"]*)"', as_user.get("/tasklist/processes"))
    assert values == ["a &amp; b", "Plain process"]


def test_tasks_are_searched_by_each_criterion_and_by_several(engine: ProcessEngine, as_user: Person) -> None:
    now = datetime.now(UTC)
    start(engine, "early", {"amount": 5, "city": "Rome"}, due=now - timedelta(days=30), follow_up=now, priority=90)
    start(engine, "late", {"amount": 50, "city": "Oslo"}, due=now + timedelta(days=30), assignee="Carol")
    start(engine, "never", {"amount": "50"})
    everything = {"early", "late", "never"}
    searches = {
        "": everything,
        "name=EAR": {"early"},
        "assignee=aro": {"late"},
        "process=plain+pro": everything,
        "process=other": set(),
        "key=k-ne": {"never"},
        "whose=nobody": {"early", "never"},
        "due=overdue": {"early"},
        "due=today": set(),
        "due=week": set(),
        "due=none": {"never"},
        "follow-up=not-later": everything,
        "follow-up=overdue": {"early"},
        "priority=60": {"early"},
        "variable=amount&is=gt&value=4": {"early", "late"},
        "variable=amount&is=eq&value=50": {"late"},
        'variable=amount&is=eq&value="50"': {"never"},
        "variable=city&is=like&value=o": {"early", "late"},
        "variable=amount&variable=city&is=lteq&is=neq&value=50&value=Rome": {"late"},
        "name=e&due=overdue&variable=city&is=eq&value=Rome": {"early"},
    }
    found = {search: set(names(as_user.get(f"/tasklist/?view=all&{search}"))) for search in searches}
    assert found == searches


@pytest.mark.parametrize("when", ["due", "follow-up"])
def test_today_and_this_week_are_those_of_utc(engine: ProcessEngine, as_user: Person, when: str) -> None:
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    monday = midnight - timedelta(days=midnight.weekday())
    moments = {
        "last moment of yesterday": midnight - timedelta(minutes=1),
        "today": midnight,
        "tomorrow": midnight + timedelta(days=1),
        "last week": monday - timedelta(minutes=1),
        "monday": monday,
        "next week": monday + timedelta(days=7),
    }
    for name, moment in moments.items():
        change: dict[str, Any] = {when.replace("-", "_"): moment}
        start(engine, name, **change)
    found = set(names(as_user.get(f"/tasklist/?view=all&{when}=today")))
    assert found >= {"today"}
    assert not found & {"last moment of yesterday", "tomorrow", "last week", "next week"}
    found = set(names(as_user.get(f"/tasklist/?view=all&{when}=week")))
    assert found >= {"today", "monday"}
    assert not found & {"last week", "next week"}


def test_a_search_shows_its_criteria_and_is_carried_through_a_task_and_back(
    engine: ProcessEngine, as_user: Person
) -> None:
    task = start(engine, "Pay", {"amount": 5})
    address = "/tasklist/?view=all&name=pay&variable=amount&is=gt&value=1"
    html = as_user.get(address)
    assert "Do not search for Name: pay Do not search for amount is more than 1" in text_of(html)
    assert "1 task found" in text_of(html)
    assert 'href="/tasklist/?view=all&amp;variable=amount&amp;is=gt&amp;value=1"' in html
    assert 'href="/tasklist/?view=all&amp;name=pay"' in html
    query = "view=all&amp;name=pay&amp;variable=amount&amp;is=gt&amp;value=1"
    assert f'href="/tasklist/task/{task.id}?{query}"' in html
    assert f'href="{NEW}?{query}"' in html
    of_task = as_user.get(f"/tasklist/task/{task.id}?{unescape(query)}")
    assert f'<a href="/tasklist/?{query}" data-shortcut="u">Back to all tasks</a>' in of_task
    blank = as_user.http.get(f"{address}&variable=&is=eq&value=&due=&sort=name")
    assert blank.headers["location"] == "/tasklist/?view=all&sort=name&name=pay&variable=amount&is=gt&value=1"


def test_what_cannot_be_searched_is_said_at_the_field(engine: ProcessEngine, as_user: Person) -> None:
    start(engine, "Pay")
    html = as_user.get("/tasklist/?view=all&priority=high&variable=amount&is=gt&value=")
    assert '<p class="error" id="find-priority-error">Enter a whole number.</p>' in html
    assert "Say what the variable is compared with." in html
    assert "Nothing was searched" in html
    assert names(html) == []


def test_a_card_says_whose_a_task_is_and_what_stands_out(engine: ProcessEngine, as_user: Person) -> None:
    engine.identity_service.create_user("carol", "correct horse", first_name="Carol", last_name="Chen")
    start(engine, "a", assignee="carol", due=datetime.now(UTC) - timedelta(days=2), priority=80)
    task = start(engine, "b", priority=20)
    for user in ("carol", "x", "y", "z"):
        engine.task_service.add_user_link(task.id, user)
    html = text_of(as_user.get("/tasklist/?view=all&sort=name"))
    assert "a K-a Plain process Overdue by 2 days High priority: 80 Assignee Carol Chen Due" in html
    assert "b K-b Plain process Low priority: 20 For Carol Chen, x, y and 1 more Created" in html


def test_badges_are_words(engine: ProcessEngine) -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    dues = {
        now - timedelta(days=8): "Overdue by 8 days",
        now - timedelta(hours=13): "Overdue by 1 day",
        now - timedelta(minutes=1): "Due today",
        now + timedelta(hours=11): "Due today",
        now + timedelta(hours=13): "",
    }
    for due, word in dues.items():
        start(engine, f"{due}", due=due, priority=50)
        (task,) = engine.task_service.tasks(name=f"{due}")
        assert [text for text, _ in badges_of(task, now)] == ([word] if word else [])


def test_a_search_is_saved_as_a_filter_which_counts_and_finds(engine: ProcessEngine, as_user: Person) -> None:
    for name in ("Pay", "Repay", "Other"):
        start(engine, name, {"amount": 5}, assignee="bob")
    form = as_user.get(f"{NEW}?view=mine&sort=name-down&name=pay&variable=amount&is=gt&value=1")
    assert '<option value="me" selected>' in form
    assert '<option value="name-down" selected>' in form
    assert '<input id="filter-name" name="name" value="pay"' in form
    assert '<input id="filter-condition-0" name="variable" value="amount"' in form
    fields = {
        "title": "What to pay",
        "description": "Each\r\nweek",
        "colour": "red",
        "sort": "name-down",
        "refresh": "true",
        "shared": "true",  # not his to say
        "whose": "me",
        "name": "pay",
        "variable": ["amount", ""],
        "is": ["gt", "eq"],
        "value": ["1", ""],
    }
    html = next_page(as_user, as_user.act(NEW, fields))
    assert "Saved the filter What to pay." in html
    assert names(html) == ["Repay", "Pay"]
    assert counts(html, "filter") == [2]
    found = only_filter(engine)
    assert found.owner == "bob"
    assert found.properties == {"description": "Each\nweek", "color": "red", "refresh": True}
    assert found.query == {
        "assigneeExpression": "${ currentUser() }",
        "nameLike": "%pay%",
        "processVariables": [{"name": "amount", "operator": "gt", "value": 1}],
        "sorting": [{"sortBy": "nameCaseInsensitive", "sortOrder": "desc"}],
    }
    assert '<span class="dot red"></span><span class="name">What to pay</span>' in html
    assert names(as_user.get(f"/tasklist/?filter={found.id}&name=re&sort=name")) == ["Repay"]


def test_a_search_in_a_filter_never_finds_more_than_the_filter(engine: ProcessEngine, as_user: Person) -> None:
    for name in ("ab", "a", "b"):
        start(engine, name, priority=60)
    filter_id = make_filter(engine, nameLike="%a%", minPriority=60)
    assert names(as_user.get(f"/tasklist/?filter={filter_id}&name=b&priority=50")) == ["ab"]


def test_a_filter_is_changed_and_keeps_what_the_form_cannot_say(engine: ProcessEngine, as_user: Person) -> None:
    sorting = [{"sortBy": "assignee", "sortOrder": "asc"}]
    filter_id = make_filter(engine, taskDefinitionKey="do", minPriority=7, sorting=sorting)
    engine.filter_service.save(filter_id, properties={"showUndefinedVariable": True})
    page = f"/tasklist/filter/{filter_id}"
    form = as_user.get(page)
    assert "taskDefinitionKey" in form
    assert '<option value="" selected>As it is now</option>' in form
    more = as_user.act(page, {"title": "Mine", "do": "another", "variable": "a", "is": "gt", "value": "1"}).text
    assert more.count('name="variable"') == 3
    wrong = as_user.act(page, {"title": "", "priority": "x"})
    assert wrong.status_code == 422
    assert '<p class="error" id="title-error">Give it a name.</p>' in wrong.text
    assert '<p class="error" id="filter-priority-error">Enter a whole number.</p>' in wrong.text
    html = next_page(as_user, as_user.act(page, {"title": "Ours", "priority": "8"}))
    assert "hx-select-oob" not in html  # it does not refresh any more
    found = only_filter(engine)
    assert (found.name, found.query) == ("Ours", {"taskDefinitionKey": "do", "minPriority": 8, "sorting": sorting})
    assert found.properties == {"showUndefinedVariable": True, "description": "", "color": "", "refresh": False}


def test_only_administrators_make_change_and_delete_filters_for_all(
    engine: ProcessEngine, as_user: Person, as_admin: Person
) -> None:
    html = next_page(as_admin, as_admin.act(NEW, {"title": "For all", "shared": "true", "sort": "newest"}))
    assert "Edit filter" in html
    shared = only_filter(engine)
    assert shared.owner is None
    page = f"/tasklist/filter/{shared.id}"
    html = as_user.get(f"/tasklist/?filter={shared.id}")
    assert "Shared filters" in html
    assert "Edit filter" not in html
    as_user.get(page, 403)
    assert as_user.act(page, {"title": "Mine"}).status_code == 403
    assert as_user.act(f"{page}/delete").status_code == 403
    assert "nobody will have it any more" in as_admin.get(f"{page}/delete")
    assert "Deleted the filter For all." in next_page(as_admin, as_admin.act(f"{page}/delete"))
    assert engine.filter_service.count_filters() == 0
    gone = as_user.get(f"/tasklist/?filter={shared.id}")
    assert "not there any more" in gone
    assert '<h1 class="list-title">My tasks</h1>' in gone
    assert '<a id="view-mine" href="/tasklist/?view=mine" aria-current="page"' in gone


def test_nobody_sees_the_filters_of_others(engine: ProcessEngine, as_user: Person, as_admin: Person) -> None:
    filter_id = make_filter(engine, owner="bob")
    html = as_admin.get(f"/tasklist/?filter={filter_id}")
    assert "Mine alone" not in html
    for page in (f"/tasklist/filter/{filter_id}", f"/tasklist/filter/{filter_id}/delete", f"{NEW}?filter={filter_id}"):
        as_admin.get(page, 404)
        assert as_admin.act(page, {"title": "x"}).status_code == 404
    assert only_filter(engine).name == "Mine alone"
    assert "Mine alone" in as_user.get("/tasklist/")


def test_the_counts_are_refreshed_and_the_list_if_its_filter_says_so(engine: ProcessEngine, as_user: Person) -> None:
    filter_id = make_filter(engine)
    html = as_user.get(f"/tasklist/?filter={filter_id}")
    assert f'hx-get="/tasklist/list?filter={filter_id}" hx-trigger="every 20s"' in html
    assert 'hx-select-oob="#tasks"' in html
    start(engine, "new")
    anew = as_user.get(f"/tasklist/list?filter={filter_id}")
    assert counts(anew, "filter") == [1]
    assert names(anew) == ["new"]


def test_shortcuts_are_explained_and_can_be_switched_off_and_on(engine: ProcessEngine, as_user: Person) -> None:
    task = start(engine, "a")
    pages = ["/tasklist/", page_of(task)]
    for page in pages:
        assert "shortcuts.js" in as_user.get(page)
    html = next_page(as_user, as_user.act("/tasklist/shortcuts", {"wanted": "off", "next": "/tasklist/?view=all"}))
    assert "Keyboard shortcuts are off." in html
    assert '<h1 class="list-title">All tasks</h1>' in html
    for page in pages:
        assert "shortcuts.js" not in as_user.get(page)
    assert "Open the selected task" in as_user.get("/tasklist/shortcuts")
    html = next_page(as_user, as_user.act("/tasklist/shortcuts", {"wanted": "on", "next": "//elsewhere"}))
    assert "Keyboard shortcuts are on." in html
    assert "shortcuts.js" in as_user.get("/tasklist/")


def test_markup_in_filters_and_searches_is_text(engine: ProcessEngine, as_user: Person) -> None:
    start(engine, MARKUP, assignee=MARKUP)
    fields = {"title": MARKUP, "description": MARKUP, "name": MARKUP, "variable": MARKUP, "is": "eq", "value": MARKUP}
    html = next_page(as_user, as_user.act(NEW, {**fields, "refresh": "true"}))
    page = f"/tasklist/filter/{only_filter(engine).id}"
    other = make_filter(engine, taskDefinitionKey=MARKUP)
    searched = as_user.get(f"/tasklist/?view=all&name={MARKUP}&variable={MARKUP}&is=eq&value={MARKUP}")
    for shown in (html, searched, *map(as_user.get, (page, f"{page}/delete", f"/tasklist/filter/{other}"))):
        assert MARKUP not in shown
        assert "&lt;script&gt;" in shown
