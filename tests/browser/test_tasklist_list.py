"""The list side of Tasklist in a real browser: searching, sorting, saved filters, refreshing and keyboard shortcuts."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browsing import (
    ADMINISTRATOR,
    NARROW,
    USER,
    Browsing,
    Site,
    check_accessibility,
    check_width,
    save_picture,
)
from tests.integration.webapps.tasklist_models import TRAVEL, plain_model

pytestmark = pytest.mark.full

_MORE_THAN_900 = {"name": "amount", "operator": "gt", "value": 900}


@pytest.fixture(scope="module", autouse=True)
def models(site: Site) -> None:
    """Journeys that bob may approve, complaints that he has, and invoices that are overdue and carol's."""
    files = {
        "travel.bpmn": TRAVEL.replace('camunda:candidateGroups="managers"', f'camunda:candidateUsers="{USER}"'),
        "complaint.bpmn": plain_model(
            "complaint", "Complaint", "Answer the customer", f'camunda:assignee="{USER}" camunda:priority="70"'
        ),
        "invoice.bpmn": plain_model(
            "invoice",
            "Invoice receipt",
            "Check the invoice",
            f'camunda:assignee="carol" camunda:dueDate="{datetime.now(UTC) - timedelta(days=2):%Y-%m-%dT%H:%M:%S}"',
        ),
    }
    parts = {name: (name, content.encode()) for name, content in files.items()}
    response = site.server.request("POST", "/engine-rest/deployment/create", files=parts)
    assert response.status_code == 200, response.text
    start(site, "travel", destination="Lisbon")
    for number in range(3):
        start(site, "invoice", f"R-2026-{number + 17}", amount=500 + 500 * number, city="Rome" if number else "Oslo")


def start(site: Site, process: str, key: str = "", **variables: Any) -> str:
    """Start a process by the REST API; the id of its task."""
    values = {name: {"value": value} for name, value in variables.items()}
    body = {"variables": values, "businessKey": key or variables.get("destination")}
    instance = site.server.post(f"/process-definition/key/{process}/start", body).json()
    (task,) = site.server.get(f"/task?processInstanceId={instance['id']}")
    return str(task["id"])


def tasks_of(page: Page) -> Any:
    return page.locator("#tasks .name > a")


def search_for_rome(page: Page) -> None:
    """Look for what is overdue, in Rome, and more than 900."""
    page.get_by_text("More criteria").click()
    page.get_by_role("search").get_by_label("Due", exact=True).select_option("Overdue")
    page.get_by_label("Name of variable 1").fill("amount")
    page.get_by_label("Comparison of variable 1").select_option("is more than")
    page.get_by_label("Value of variable 1").fill("900")
    page.get_by_role("search").get_by_role("button", name="Search").last.click()
    page.get_by_text("More criteria").click()
    page.get_by_label("Name of variable 2").fill("city")
    page.get_by_label("Value of variable 2").fill("Rome")
    page.get_by_role("search").get_by_role("button", name="Search").last.click()


def go_through_a_search(page: Page) -> None:
    """Search, open a task that is found, and leave two of the criteria out again."""
    page.goto("/tasklist/?view=all")
    page.get_by_label("Task, process or business key").fill("check")
    page.get_by_role("button", name="Search").first.click()
    expect(tasks_of(page)).to_have_count(3)
    search_for_rome(page)
    expect(tasks_of(page)).to_have_count(2)
    expect(page.get_by_role("list", name="Searched for").get_by_role("listitem")).to_have_count(4)
    tasks_of(page).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check the invoice")
    expect(tasks_of(page)).to_have_count(2)
    page.get_by_role("link", name="Do not search for city is Rome").click()
    page.get_by_role("link", name="Do not search for \u201ccheck\u201d").click()


def save_filter(page: Page) -> None:
    page.get_by_label("Name of the filter").fill("Large and late")
    page.get_by_text("Colour, description and more").click()
    page.get_by_label("Description").fill("Ask carol first.")
    page.get_by_label("Purple").check()
    page.get_by_role("button", name="Save the filter").click()
    expect(page.get_by_role("status")).to_have_text("Saved the filter Large and late.")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_search_becomes_a_filter_that_counts_is_changed_and_deleted(browse: Browsing, javascript: bool) -> None:
    page = browse(USER, javascript=javascript)
    look = check_accessibility if javascript else check_width
    go_through_a_search(page)
    page.get_by_label("Order").select_option("Name, Z to A")
    expect(page.get_by_role("button", name="Sort")).to_be_visible(visible=not javascript)
    if not javascript:
        page.get_by_role("button", name="Sort").click()
    expect(page).to_have_url(re.compile("sort=name-down"))
    page.get_by_role("link", name="Save as a filter").click()
    look(page)
    save_filter(page)
    link = page.get_by_role("list", name="My filters").get_by_role("link", name="Large and late 2")
    expect(link).to_have_attribute("aria-current", "page")
    expect(page.get_by_label("Order")).to_have_value("name-down")
    expect(page.get_by_role("heading", level=1)).to_have_text("Large and late")
    expect(tasks_of(page)).to_have_count(2)
    look(page)
    page.get_by_role("link", name="Edit filter").click()
    expect(page.get_by_label("Value of variable 1")).to_have_value("900")
    page.get_by_label("Value of variable 1").fill("1400")
    page.get_by_label("Value of variable 1").press("Enter")
    expect(tasks_of(page)).to_have_count(1)
    page.get_by_role("link", name="Edit filter").click()
    page.get_by_role("link", name="Delete it").click()
    look(page)
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("status")).to_have_text("Deleted the filter Large and late.")
    expect(page.get_by_role("link", name="Large and late")).to_have_count(0)


def test_filters_for_all_are_the_work_of_administrators(browse: Browsing) -> None:
    admin, user = browse(ADMINISTRATOR), browse(USER)
    admin.goto("/tasklist/filter/new")
    admin.get_by_label("Name of the filter").fill("Nobody's work")
    admin.get_by_label("Share with everybody").check()
    admin.get_by_label("Whose tasks").select_option("Nobody's")
    admin.get_by_role("button", name="Save the filter").click()
    expect(admin.get_by_role("link", name="Edit filter")).to_be_visible()
    user.goto("/tasklist/")
    user.get_by_role("list", name="Shared filters").get_by_role("link", name="Nobody's work").click()
    expect(user.get_by_role("heading", level=1)).to_have_text("Nobody's work")
    expect(tasks_of(user).first).to_have_text("Approve the journey")
    expect(user.get_by_role("link", name="Edit filter")).to_have_count(0)
    user.get_by_role("link", name="New filter").click()
    expect(user.get_by_label("Share with everybody")).to_have_count(0)


def test_the_list_and_the_counts_refresh_by_themselves_without_disturbing(browse: Browsing, site: Site) -> None:
    task = start(site, "complaint")
    page = browse(USER)
    page.clock.install()
    page.goto("/tasklist/?view=all&sort=newest")
    count = int(page.locator("#view-all .badge").inner_text())
    link = page.locator(f"#task-{task}")
    link.focus()
    start(site, "complaint")
    page.clock.run_for(21_000)
    expect(page.locator("#view-all .badge")).to_have_text(str(count + 1))
    expect(link).to_be_focused()
    assert site.server.post(f"/task/{task}/complete", {}).status_code == 204
    with page.expect_response(lambda response: "/tasklist/list" in response.url):
        page.clock.run_for(21_000)
    expect(link).to_be_focused()
    page.get_by_role("link", name="Start a process").focus()
    page.clock.run_for(21_000)
    expect(link).to_have_count(0)
    expect(page.locator("#view-all .badge")).to_have_text(str(count))


def test_a_list_that_does_not_refresh_stands_still_while_its_count_goes_on(browse: Browsing, site: Site) -> None:
    page = browse(USER, viewport=NARROW)
    page.goto("/tasklist/filter/new")
    page.get_by_label("Name of the filter").fill("Still")
    page.get_by_label("Name of the task has").fill("answer")
    page.get_by_text("Colour, description and more").click()
    page.get_by_label("The list is refreshed by itself").uncheck()
    page.get_by_role("button", name="Save the filter").click()
    filtered = page.url
    page.clock.install()
    page.goto(filtered)
    many = tasks_of(page).count()
    page.locator("#filters-unfold").click()
    start(site, "complaint")
    page.clock.run_for(21_000)
    expect(page.get_by_role("link", name=f"Still {many + 1}")).to_be_visible()
    expect(tasks_of(page)).to_have_count(many)


def test_where_it_is_narrow_filters_unfold_and_the_list_gives_way_to_the_task(browse: Browsing, site: Site) -> None:
    start(site, "complaint")
    page = browse(USER, viewport=NARROW)
    page.goto("/tasklist/filter/new")
    check_width(page)
    check_accessibility(page)
    page.get_by_label("Name of the filter").fill("With a name that is longer than the screen is wide")
    page.get_by_role("button", name="Save the filter").click()
    link = page.get_by_role("link", name="With a name that is longer")
    expect(page.get_by_role("heading", level=1)).to_contain_text("With a name that is longer")
    expect(link).to_be_hidden()
    check_width(page)
    page.get_by_role("link", name="My tasks").click()
    check_accessibility(page)
    page.locator("#filters-unfold").click()
    link.click()
    search_for_rome(page)
    check_width(page)
    check_accessibility(page)
    page.get_by_role("link", name="Show all").click()
    page.get_by_role("link", name="Answer the customer").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Answer the customer")
    expect(page.locator("#tasks")).to_be_hidden()
    check_width(page)
    page.get_by_role("link", name="Back to With a name").click()
    expect(page.locator("#tasks")).to_be_visible()


def test_lists_and_tasks_are_reached_with_keys(browse: Browsing, site: Site) -> None:
    tasks = [start(site, "travel", destination=place) for place in ("Rome", "Ghent")]
    page = browse(USER)
    press = page.keyboard.press
    page.goto("/tasklist/")
    press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    expect(page.get_by_role("button", name="Close")).to_be_focused()
    check_accessibility(page)
    press("Escape")
    expect(dialog).to_be_hidden()
    press("g")
    press("g")
    expect(page.get_by_role("heading", level=1)).to_have_text("My groups' tasks")
    page.wait_for_load_state()
    for key, task in (("j", tasks[1]), ("j", tasks[0]), ("k", tasks[1])):
        press(key)
        expect(page.locator(f"#task-{task}")).to_be_focused()
    press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Approve the journey")
    page.wait_for_load_state()  # before that, nothing listens to keys
    press("c")
    expect(page.get_by_role("status")).to_have_text("The task is yours now.")
    page.wait_for_load_state()
    press("u")
    expect(page.get_by_role("heading", level=1)).to_have_text("My groups' tasks")
    page.wait_for_load_state()
    press("s")
    expect(page.get_by_label("Order")).to_be_focused()


def test_keys_do_nothing_while_somebody_types_and_can_be_switched_off(browse: Browsing) -> None:
    page = browse(USER, viewport=NARROW)
    press = page.keyboard.press
    page.goto("/tasklist/")
    search, dialog = page.get_by_role("searchbox"), page.get_by_role("dialog", name="Keyboard shortcuts")
    press("/")
    expect(search).to_be_focused()
    page.keyboard.type("j?kgac")
    expect(search).to_have_value("j?kgac")
    expect(dialog).to_be_hidden()
    press("Enter")
    expect(page).to_have_url(re.compile("text=j%3Fkgac"))
    expect(page.get_by_text("Nothing found.")).to_be_visible()
    page.wait_for_load_state()
    press("g")
    press("a")
    expect(page.get_by_role("heading", level=1)).to_have_text("All tasks")
    page.get_by_role("link", name="Keyboard shortcuts").focus()
    press("Enter")
    check_width(page)
    page.get_by_role("button", name="Switch keyboard shortcuts off").focus()
    press("Enter")
    expect(page.get_by_role("status")).to_have_text("Keyboard shortcuts are off.")
    expect(page.get_by_role("heading", level=1)).to_have_text("All tasks")
    press("?")
    expect(dialog).to_have_count(0)
    page.get_by_role("link", name="Keyboard shortcuts").click()
    check_width(page)
    check_accessibility(page)
    page.get_by_role("button", name="Switch keyboard shortcuts on").click()
    expect(page.get_by_role("status")).to_have_text("Keyboard shortcuts are on.")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_picture_for_the_guide(browse: Browsing, site: Site) -> None:
    filters: dict[str, tuple[str, dict[str, object]]] = {
        "Large invoices": ("purple", {"nameLike": "%invoice%", "processVariables": [_MORE_THAN_900]}),
        "Complaints": ("green", {"processDefinitionName": "Complaint"}),
        "Due this week": ("blue", {"dueBeforeExpression": "${ dateTime().plusWeeks(1) }"}),
    }
    for name, (colour, query) in filters.items():
        body = {"resourceType": "Task", "name": name, "owner": USER, "query": query, "properties": {"color": colour}}
        assert site.server.post("/filter/create", body).status_code == 200
    start(site, "complaint", "Ms Diaz")
    page = browse(USER, viewport={"width": 1280, "height": 800})
    page.goto("/tasklist/?view=all&priority=50")
    page.get_by_role("link", name="Answer the customer").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Answer the customer")
    save_picture(page, "tasklist-list")
