"""Tasklist in a real browser: starting a process, the lists, claiming and completing tasks."""

import re
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


@pytest.fixture(scope="module", autouse=True)
def models(site: Site) -> None:
    """A journey that managers approve and its traveller books, and some work without forms for bob and for others."""
    files = {
        "travel.bpmn": TRAVEL.replace(
            'camunda:candidateGroups="managers"', f'camunda:candidateUsers="{ADMINISTRATOR},{USER}"'
        ),
        "complaint.bpmn": plain_model(
            "complaint", "Complaint", "Answer the customer", f'camunda:assignee="{USER}" camunda:priority="70"'
        ),
        "invoice.bpmn": plain_model(
            "invoice",
            "Invoice receipt",
            "Check the invoice",
            'camunda:assignee="carol" camunda:dueDate="2030-05-01T12:00:00"',
        ),
    }
    parts = {name: (name, content.encode()) for name, content in files.items()}
    response = site.server.request("POST", "/engine-rest/deployment/create", files=parts)
    assert response.status_code == 200, response.text


def start(site: Site, process: str, **variables: Any) -> str:
    """Start a process by the REST API; the id of its task."""
    values = {name: {"value": value} for name, value in variables.items()}
    body = {"variables": values, "businessKey": variables.get("destination")}
    instance = site.server.post(f"/process-definition/key/{process}/start", body).json()
    (task,) = site.server.get(f"/task?processInstanceId={instance['id']}")
    return str(task["id"])


def wait_for_diagram(page: Page) -> None:
    expect(page.locator(".diagram .current")).to_have_count(1)


@pytest.mark.parametrize("user", [ADMINISTRATOR, USER])
def test_somebody_starts_a_process_and_is_led_to_its_task(browse: Browsing, user: str) -> None:
    page = browse(user)
    page.goto("/tasklist/")
    page.get_by_role("link", name="Start a process").click()
    page.get_by_label("Name or key").fill("trav")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("main").get_by_role("heading", level=2)).to_have_text(["Travel request"])
    check_accessibility(page)
    page.get_by_role("link", name="Travel request").click()
    check_accessibility(page)
    page.get_by_label("Where to?").fill("Lisbon")
    page.get_by_label("Nights").fill("4")
    page.get_by_label("First day").fill("2030-06-01")
    page.get_by_label("Travel by").select_option("Train")
    page.get_by_label("Business key").fill("TR-7")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_role("status")).to_have_text("Started Travel request. Your next task is Approve the journey.")
    expect(page.get_by_role("heading", level=1)).to_have_text("Approve the journey")
    expect(page.get_by_role("article")).to_contain_text("TR-7")
    wait_for_diagram(page)
    expect(page.locator("figcaption")).to_have_text("Travel request waits for Approve the journey, this task.")
    check_accessibility(page)


@pytest.mark.parametrize("user", [ADMINISTRATOR, USER])
def test_somebody_claims_gives_back_and_completes_tasks(browse: Browsing, site: Site, user: str) -> None:
    page = browse(user)
    page.goto(f"/tasklist/task/{start(site, 'travel', destination='Rome')}?view=groups")
    page.get_by_role("button", name="Claim").click()
    expect(page.get_by_role("status")).to_have_text("The task is yours now.")
    page.get_by_role("button", name="Give it back").click()
    expect(page.get_by_role("status")).to_have_text("Nobody has the task now.")
    page.get_by_label("The journey is approved").check()
    page.get_by_label("Budget in euros").fill("900")
    page.get_by_label("Departure").fill("2030-06-01T08:30")
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("status")).to_have_text("Completed Approve the journey.")


def test_an_ordinary_user_sets_variables_of_a_task_without_a_form(page_as_user: Page, site: Site) -> None:
    page = page_as_user
    page.goto(f"/tasklist/task/{start(site, 'complaint', budget=900)}")
    expect(page.get_by_role("row", name="budget")).to_contain_text("900")
    page.get_by_label("Name").fill("ticket")
    page.get_by_label("Value").fill("A 12")
    page.get_by_role("button", name="Only save the variables").click()
    expect(page.get_by_role("row", name="ticket")).to_contain_text("A 12")
    page.get_by_role("button", name="Another variable").click()
    expect(page.get_by_label("Name").nth(1)).to_be_focused()
    check_accessibility(page)
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("status")).to_have_text("Completed Answer the customer.")


@pytest.mark.parametrize("javascript", [True, False])
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_lost(browse: Browsing, site: Site, javascript: bool) -> None:
    task = start(site, "travel", destination="Rome")
    page = browse(USER, javascript=javascript)
    page.goto(f"/tasklist/task/{task}?view=groups")
    expect(page.get_by_label("Where to?")).to_have_attribute("readonly", "")
    page.get_by_label("Remark").fill("by night")
    page.get_by_label("Budget in euros").fill("-5")
    page.get_by_role("button", name="Complete").click()
    expect(page).to_have_url(re.compile(task))  # the browser has seen it
    page.locator("form[data-once]").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("alert")).to_contain_text("Please look at this again")
    expect(page.get_by_label("Budget in euros")).to_have_accessible_description("Enter 0 or more.")
    expect(page.get_by_label("Remark")).to_have_value("by night")
    page.get_by_label("Budget in euros").fill("5")
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("status")).to_contain_text("Completed Approve the journey.")


def test_without_javascript_a_process_is_started_and_its_task_claimed_and_completed(browse: Browsing) -> None:
    page = browse(USER, javascript=False)
    page.goto("/tasklist/start")
    page.get_by_role("link", name="Travel request").click()
    page.get_by_label("Where to?").fill("Ghent")
    page.get_by_label("Travel by").select_option("Bus")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("The diagram needs JavaScript.")).to_be_visible()
    expect(page.get_by_role("article")).to_contain_text("UTC")
    page.get_by_role("button", name="Claim").click()
    page.get_by_label("Budget in euros").fill("100")
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Book the journey")
    page.get_by_role("button", name="Another variable").click()
    page.get_by_label("Name").nth(1).fill("seat")
    page.get_by_label("Type").nth(1).select_option("Whole number")
    page.get_by_label("Value").nth(1).fill("7")
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("status")).to_have_text("Completed Book the journey.")


def test_a_task_is_completed_with_the_keyboard_alone(page_as_user: Page, site: Site) -> None:
    task = start(site, "travel", destination="Oslo")
    instance = site.server.get(f"/task/{task}")["processInstanceId"]
    page = page_as_user
    page.goto(f"/tasklist/task/{task}?view=groups")
    wait_for_diagram(page)
    press = page.keyboard.press
    skip = page.get_by_role("link", name="Skip to the task")
    for _ in range(20):
        press("Tab")
        if skip.evaluate("link => link === document.activeElement"):
            break
    press("Enter")
    press("Tab")
    expect(page.get_by_role("button", name="Claim")).to_be_focused()
    press("Enter")
    expect(page.get_by_role("status")).to_have_text("The task is yours now.")
    page.get_by_role("article").focus()
    for name, keys in (
        ("Give it back", ""),
        ("Where to?", ""),
        ("The journey is approved", " "),
        ("Budget in euros", "12"),
    ):
        press("Tab")
        expect(page.get_by_role("button", name=name).or_(page.get_by_label(name))).to_be_focused()
        page.keyboard.type(keys)
    press("Enter")
    expect(page.get_by_role("status")).to_have_text("Completed Approve the journey.")
    values = site.server.get(f"/history/variable-instance?processInstanceId={instance}")
    assert {("approved", True), ("budget", 12)} <= {(each["name"], each["value"]) for each in values}


def test_the_list_stands_beside_the_task_and_before_it_where_it_is_narrow(browse: Browsing, site: Site) -> None:
    start(site, "complaint")
    wide = browse(USER)
    wide.goto("/tasklist/")
    wide.get_by_role("link", name="Answer the customer").first.click()
    expect(wide.get_by_role("region", name="My tasks")).to_be_visible()
    expect(wide.get_by_role("heading", level=1)).to_have_text("Answer the customer")
    narrow = browse(USER, viewport=NARROW)
    narrow.goto("/tasklist/")
    check_width(narrow)
    check_accessibility(narrow)
    narrow.get_by_role("link", name="Answer the customer").first.click()
    expect(narrow.get_by_role("heading", level=1)).to_have_text("Answer the customer")
    expect(narrow.get_by_role("region", name="My tasks")).to_be_hidden()
    check_width(narrow)
    check_accessibility(narrow)
    narrow.get_by_role("link", name="Back to my tasks").click()
    expect(narrow.get_by_role("region", name="My tasks")).to_be_visible()
    narrow.get_by_role("link", name="Start a process").click()
    check_width(narrow)
    narrow.get_by_role("link", name="Travel request").click()
    check_width(narrow)


def test_the_list_is_refreshed_without_taking_the_focus(browse: Browsing, site: Site) -> None:
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


def test_the_session_may_end_while_somebody_fills_in_a_form(browse: Browsing, site: Site) -> None:
    task = start(site, "complaint")
    page = browse(USER)
    page.clock.install()
    page.goto(f"/tasklist/task/{task}")
    page.get_by_label("Name").fill("work of an hour")
    page.context.clear_cookies()
    with page.expect_response(lambda response: "/tasklist/list" in response.url):
        page.clock.run_for(21_000)
    expect(page.get_by_label("Name")).to_have_value("work of an hour")


def test_nobody_takes_a_task_over_unasked_and_nothing_is_lost(browse: Browsing, site: Site) -> None:
    page, other = browse(ADMINISTRATOR), browse(USER)
    task = start(site, "invoice")
    address = f"/tasklist/task/{task}?view=all"
    page.goto(address)
    expect(page.get_by_role("status")).to_contain_text("carol has this task.")
    expect(page.get_by_role("button", name="Complete")).to_have_count(0)
    check_accessibility(page)
    page.get_by_role("link", name="Take it over").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Take over “Check the invoice”?")
    check_accessibility(page)
    page.get_by_role("button", name="Take it over").click()
    expect(page.get_by_role("status")).to_have_text("The task is yours now.")
    page.get_by_label("Name").fill("result")
    page.get_by_label("Value").fill("fine")
    other.goto(address.replace(task, f"{task}/take-over"))
    other.get_by_role("button", name="Take it over").click()
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("status")).to_contain_text("bob has this task meanwhile.")
    expect(page.get_by_label("Value")).to_have_value("fine")
    check_accessibility(page)
    other.get_by_role("button", name="Complete").click()
    expect(other.get_by_role("status")).to_have_text("Completed Check the invoice.")
    page.get_by_role("button", name="Take over from bob and complete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Check the invoice is done")
    expect(page.get_by_role("definition")).to_have_text("fine")
    check_accessibility(page)


def test_a_second_click_does_not_start_a_second_process(page_as_user: Page) -> None:
    page = page_as_user
    page.goto("/tasklist/start")
    page.get_by_role("link", name="Complaint").click()
    click = 'form => form.dispatchEvent(new Event("submit", { cancelable: true }))'
    form = page.locator("form[data-once]")
    assert [form.evaluate(click) for _ in range(2)] == [True, False]


def test_pictures_for_the_guide(browse: Browsing, site: Site) -> None:
    for place in ("Lisbon", "Ghent"):
        start(site, "travel", destination=place)
    task = start(site, "travel", destination="Rome")
    page = browse(USER, viewport={"width": 1280, "height": 900})
    page.goto(f"/tasklist/task/{task}?view=groups")
    wait_for_diagram(page)
    save_picture(page, "tasklist-task")
    page.goto("/tasklist/start")
    page.get_by_role("link", name="Travel request").click()
    page.get_by_label("Nights").fill("31")
    page.locator("form[data-once]").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Start").click()
    save_picture(page, "tasklist-start")
