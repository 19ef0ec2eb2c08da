"""The page of a task in a real browser, from starting its process to what is told about it afterwards."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

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

FOR_GOOD = "Give it to them for good"


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


def fact(page: Page, name: str) -> Locator:
    """What unfolds the small form for a fact of the task."""
    return page.locator("summary", has_text=f"Change {name}")


def comment(page: Page, text: str) -> None:
    page.locator("summary", has_text="Add a comment").click()
    page.get_by_role("textbox", name="Comment").fill(text)
    page.get_by_role("button", name="Add the comment").click()


def unfold_variables(page: Page) -> None:
    page.locator("summary", has_text="Give the process values").click()


def enter_date(page: Page, name: str, date: str, time: str = "") -> None:
    fact(page, name).click()
    page.locator(f"#new-{name}").fill(date)
    page.locator(f"#new-{name}-time").fill(time)
    at_hand(page, "Set it").click()


def at_hand(page: Page, name: str) -> Locator:
    """A button that can be seen; other facts have one of the same name."""
    return page.get_by_role("button", name=name, exact=True).locator("visible=true")


def test_somebody_starts_a_process_and_is_led_to_its_task(browse: Browsing) -> None:
    page = browse(ADMINISTRATOR)
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


def test_somebody_claims_gives_up_and_completes_tasks(browse: Browsing, site: Site) -> None:
    page = browse(USER)
    page.goto(f"/tasklist/task/{start(site, 'travel', destination='Rome')}?view=groups")
    page.get_by_role("button", name="Claim").click()
    expect(page.get_by_role("status")).to_have_text("The task is yours now.")
    page.get_by_role("button", name="Give up this task").click()
    expect(page.get_by_role("status")).to_have_text("You gave the task up: nobody has it now.")
    page.get_by_label("The journey is approved").check()
    page.get_by_label("Budget in euros").fill("900")
    page.get_by_label("Departure").fill("2030-06-01T08:30")
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("status")).to_have_text("Completed Approve the journey.")


def test_an_ordinary_user_sets_variables_of_a_task_without_a_form(page_as_user: Page, site: Site) -> None:
    page = page_as_user
    page.goto(f"/tasklist/task/{start(site, 'complaint', budget=900)}")
    expect(page.get_by_role("row", name="budget")).to_contain_text("900")
    unfold_variables(page)
    page.keyboard.type("ticket")
    expect(page.locator("#variable-0-name")).to_have_value("ticket")
    page.locator("#variable-0-value").fill("A 12")
    page.get_by_role("button", name="Save them, keep the task open").click()
    expect(page.get_by_role("row", name="ticket")).to_contain_text("A 12")
    unfold_variables(page)
    page.get_by_role("button", name="Another variable").click()
    expect(page.locator("#variable-1-name")).to_be_focused()
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


def test_a_task_is_given_away_delegated_and_comes_back(browse: Browsing, site: Site) -> None:
    task = start(site, "travel", destination="Rome")
    bob, ann = browse(USER), browse(ADMINISTRATOR)
    bob.goto(f"/tasklist/task/{task}?view=groups")
    bob.get_by_role("button", name="Claim").click()
    bob.get_by_label("Remark").fill("not lost")
    fact(bob, "assignee").click()
    who = bob.get_by_label("Give the task to")
    expect(who).to_be_focused()
    who.fill("an")
    expect(bob.locator("#known-users option")).to_have_text(["Ann"])
    check_accessibility(bob)
    who.fill("anna")
    at_hand(bob, FOR_GOOD).click()
    expect(who).to_have_accessible_description(re.compile("There is no user “anna”"))
    expect(bob.get_by_label("Remark")).to_have_value("not lost")
    who.fill(ADMINISTRATOR)
    at_hand(bob, "Let them do it").click()
    expect(bob.get_by_role("status").last).to_contain_text("Ann has this task, and does it for you.")
    ann.goto(f"/tasklist/task/{task}")
    expect(ann.get_by_role("status")).to_contain_text(
        "When you are done, it goes back to Bob Builder, to be completed."
    )
    ann.get_by_label("Budget in euros").fill("700")
    ann.get_by_role("button", name="Done, back to Bob Builder").click()
    expect(ann.get_by_role("status")).to_have_text("Done: Approve the journey is back with Bob Builder.")
    bob.reload()
    expect(bob.get_by_label("Budget in euros")).to_have_value("700")
    bob.get_by_role("button", name="Discard it").click()
    fact(bob, "assignee").click()
    who.fill(ADMINISTRATOR)
    at_hand(bob, FOR_GOOD).click()
    expect(bob.get_by_role("status").first).to_have_text("Ann has the task now.")


def test_dates_and_priority_are_changed_in_place(browse: Browsing, site: Site) -> None:
    page = browse(USER)
    page.context.new_cdp_session(page).send("Emulation.setTimezoneOverride", {"timezoneId": "Europe/Berlin"})
    task = start(site, "complaint")
    page.goto(f"/tasklist/task/{task}/description")
    for name, date, time, said in (
        ("due", "2030-12-24", "18:00", "The task is due on 24 December 2030, 18:00."),
        ("follow-up", "2030-07-01", "08:30", "Set aside until 1 July 2030, 08:30."),
    ):
        enter_date(page, name, date, time)
        expect(page.get_by_role("status")).to_have_text(said)
        expect(page).to_have_url(re.compile("/description"))
        expect(page.locator(f"#new-{name}")).to_have_value(date)
        expect(page.locator(f"#new-{name}-time")).to_have_value(time)
    told = site.server.get(f"/task/{task}")
    assert [told["due"][:16], told["followUp"][:16]] == ["2030-12-24T17:00", "2030-07-01T06:30"]
    enter_date(page, "due", "2030-12-24")
    expect(page.get_by_role("status")).to_have_text("The task is due on 24 December 2030, 23:59.")
    fact(page, "follow-up").click()
    check_accessibility(page)
    at_hand(page, "Next week").click()
    expect(page.get_by_role("status")).to_have_text(re.compile(r"Set aside until \d+ \w+ \d+, 09:00\."))
    expect(page.locator("#new-follow-up-time")).to_have_value("09:00")
    fact(page, "follow-up").click()
    at_hand(page, "Remove it").click()
    expect(fact(page, "follow-up")).to_contain_text("not set")
    fact(page, "priority").click()
    page.locator("#new-priority").fill("90")
    at_hand(page, "Set it").click()
    expect(fact(page, "priority")).to_contain_text("90")


def test_candidates_and_comments_are_added_and_removed_in_place(browse: Browsing, site: Site) -> None:
    page = browse(USER)
    task = start(site, "complaint")
    page.goto(f"/tasklist/task/{task}")
    fact(page, "candidates").click()
    page.locator("#new-kind").select_option("User")
    page.locator("#new-candidate").fill(ADMINISTRATOR)
    expect(page.locator("#known-names option")).to_have_text(["Ann"])
    at_hand(page, "Add").click()
    expect(fact(page, "candidates")).to_contain_text("Ann")
    fact(page, "candidates").click()
    check_accessibility(page)
    page.get_by_role("button", name="Remove ann").click()
    expect(fact(page, "candidates")).to_contain_text("none")
    comment(page, "<b>Two</b>\nlines")
    expect(page.locator(".comments .text")).to_have_text("<b>Two</b>\nlines")
    check_accessibility(page)


def test_what_is_typed_is_kept_as_a_draft(browse: Browsing, site: Site) -> None:
    task = start(site, "travel", destination="Rome")
    page = browse(USER)
    page.clock.install()
    page.goto(f"/tasklist/task/{task}?view=groups")
    page.get_by_label("Remark").fill("by itself")
    page.clock.run_for(4_100)
    expect(page.get_by_text("Draft saved at")).to_be_visible()
    page.get_by_label("Remark").fill("when leaving")
    page.get_by_role("link", name="History").click()
    expect(page.get_by_text("The task began to wait.")).to_be_visible()
    page.get_by_role("link", name="Form").click()
    expect(page.get_by_text("This is your draft, saved")).to_be_visible()
    expect(page.get_by_label("Remark")).to_have_value("when leaving")
    check_accessibility(page)
    page.get_by_label("Remark").fill("before another form")
    fact(page, "priority").click()
    page.locator("#new-priority").fill("10")
    at_hand(page, "Set it").click()
    expect(page.get_by_label("Remark")).to_have_value("before another form")
    page.get_by_role("button", name="Discard it").click()
    expect(page.get_by_label("Remark")).to_have_value("")
    page.get_by_label("Remark").fill("asked for")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_label("Remark")).to_have_value("asked for")
    page.get_by_label("Budget in euros").fill("5")
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("status")).to_contain_text("Completed Approve the journey.")


def test_the_tabs_tell_what_happened_where_the_process_stands_and_what_it_is_about(
    browse: Browsing, site: Site
) -> None:
    task = start(site, "travel", destination="Rome")
    page = browse(USER)
    page.goto(f"/tasklist/task/{task}")
    page.get_by_role("button", name="Claim").click()
    for name in ("History", "Diagram", "Description", "Form"):
        page.get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("navigation", name="Parts of the task").locator("[aria-current]")).to_have_text(name)
        if name == "History":
            expect(page.get_by_role("main").get_by_text("claimed the task.")).to_have_text("You claimed the task.")
        if name == "Diagram":
            wait_for_diagram(page)
            expect(page.locator(".diagram .done")).to_have_count(1)
            expect(page.locator("figcaption")).to_contain_text("waits for Approve the journey, this task.")
        if name == "Description":
            expect(page.get_by_role("row", name="destination")).to_contain_text("Rome")
        check_accessibility(page)
        page.set_viewport_size(NARROW)
        check_width(page)
        check_accessibility(page)
        page.set_viewport_size({"width": 1280, "height": 900})


def test_where_it_is_narrow_facts_unfold_in_their_own_line(browse: Browsing, site: Site) -> None:
    page = browse(USER, viewport=NARROW)
    page.goto(f"/tasklist/task/{start(site, 'complaint')}")
    for name in ("assignee", "due", "follow-up", "priority", "candidates"):
        fact(page, name).click()
        check_width(page)
    check_accessibility(page)


def test_without_javascript_a_process_is_started_and_its_task_claimed_and_completed(browse: Browsing) -> None:
    page = browse(USER, javascript=False)
    page.goto("/tasklist/start")
    page.get_by_role("link", name="Travel request").click()
    page.get_by_label("Where to?").fill("Ghent")
    page.get_by_label("Travel by").select_option("Bus")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("link", name="Diagram").click()
    expect(page.get_by_text("The diagram needs JavaScript.")).to_be_visible()
    expect(page.get_by_role("article")).to_contain_text("UTC")
    page.get_by_role("button", name="Claim").click()
    page.get_by_role("link", name="Form", exact=True).click()
    page.get_by_label("Budget in euros").fill("100")
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Book the journey")
    unfold_variables(page)
    page.get_by_role("button", name="Another variable").click()
    page.locator("#variable-1-name").fill("seat")
    page.locator("#variable-1-type").select_option("Whole number")
    page.locator("#variable-1-value").fill("7")
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("status")).to_have_text("Completed Book the journey.")


def test_without_javascript_facts_are_changed_drafts_kept_and_things_said(browse: Browsing, site: Site) -> None:
    page = browse(USER, javascript=False)
    page.goto(f"/tasklist/task/{start(site, 'travel', destination='Rome')}?view=groups")
    fact(page, "assignee").click()
    page.get_by_label("Give the task to").fill("nobody here")
    at_hand(page, FOR_GOOD).click()
    expect(page.get_by_label("Give the task to")).to_have_accessible_description(re.compile("There is no user"))
    enter_date(page, "due", "2030-12-24", "18:00")
    expect(fact(page, "due")).to_contain_text("24 December 2030, 18:00 UTC")
    comment(page, "Without a script")
    page.get_by_label("Remark").fill("half")
    page.get_by_role("button", name="Save draft").click()
    expect(page.get_by_text("This is your draft, saved")).to_be_visible()
    expect(page.get_by_label("Remark")).to_have_value("half")
    page.get_by_role("link", name="History").click()
    expect(page.locator(".events .text")).to_have_text("Without a script")


def test_a_task_is_claimed_and_completed_with_the_keyboard_alone(page_as_user: Page, site: Site) -> None:
    task = start(site, "travel", destination="Oslo")
    page = page_as_user
    page.goto(f"/tasklist/task/{task}?view=groups")
    press = page.keyboard.press
    skip = page.get_by_role("link", name="Skip to the task")
    for _ in range(30):
        press("Tab")
        if skip.evaluate("link => link === document.activeElement"):
            break
    press("Enter")
    press("Tab")
    expect(page.get_by_role("button", name="Claim")).to_be_focused()
    press("Enter")
    expect(page.get_by_role("status")).to_have_text("The task is yours now.")
    press("f")
    expect(page.get_by_label("Budget in euros")).to_be_focused()
    page.keyboard.type("12")
    press("Enter")
    expect(page.get_by_role("status")).to_have_text("Completed Approve the journey.")
    assert site.server.get(f"/history/task?taskId={task}")[0]["assignee"] == USER


def test_facts_comments_and_tabs_are_reached_with_the_keyboard_alone(page_as_user: Page, site: Site) -> None:
    page = page_as_user
    page.goto(f"/tasklist/task/{start(site, 'travel', destination='Oslo')}?view=groups")
    press, type_ = page.keyboard.press, page.keyboard.type
    press("m")
    expect(page.get_by_role("textbox", name="Comment")).to_be_focused()
    type_("From the keyboard")
    press("Tab")
    press("Enter")
    expect(page.locator(".comments .text")).to_have_text("From the keyboard")
    press("r")
    type_("carol")
    expect(page.get_by_label("Give the task to")).to_have_value("carol")
    press("Escape")
    expect(page.get_by_label("Give the task to")).to_be_hidden()
    press("Tab")
    expect(fact(page, "due")).to_be_focused()
    press("Enter")
    type_("12242030")
    press("Tab")
    press("Tab")
    type_("0600PM")
    press("Enter")
    expect(page.get_by_role("status")).to_have_text("The task is due on 24 December 2030, 18:00 UTC.")
    press("o")
    press("h")
    expect(page.get_by_text("commented")).to_be_visible()
    press("o")
    press("f")
    expect(page.get_by_label("Remark")).to_be_visible()


def test_the_session_may_end_while_somebody_fills_in_a_form(browse: Browsing, site: Site) -> None:
    task = start(site, "complaint")
    page = browse(USER)
    page.clock.install()
    page.goto(f"/tasklist/task/{task}")
    unfold_variables(page)
    page.locator("#variable-0-name").fill("work of an hour")
    page.context.clear_cookies()
    with page.expect_response(lambda response: "/tasklist/list" in response.url):
        page.clock.run_for(21_000)
    expect(page.locator("#variable-0-name")).to_have_value("work of an hour")


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
    unfold_variables(page)
    page.locator("#variable-0-name").fill("result")
    page.locator("#variable-0-value").fill("fine")
    other.goto(address.replace(task, f"{task}/take-over"))
    other.get_by_role("button", name="Take it over").click()
    page.get_by_role("button", name="Complete").click()
    expect(page.get_by_role("status")).to_contain_text("Bob Builder has this task meanwhile.")
    expect(page.locator("#variable-0-value")).to_have_value("fine")
    check_accessibility(page)
    other.get_by_role("button", name="Complete").click()
    expect(other.get_by_role("status")).to_have_text("Completed Check the invoice.")
    page.get_by_role("button", name="Take over from Bob Builder and complete").click()
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


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_pictures_for_the_guide(browse: Browsing, site: Site) -> None:
    for place in ("Lisbon", "Ghent"):
        start(site, "travel", destination=place)
    task = start(site, "travel", destination="Rome")
    page = browse(USER, viewport={"width": 1280, "height": 900})
    page.goto(f"/tasklist/task/{task}?view=groups")
    comment(page, "The second offer is the better one.")
    page.get_by_label("Budget in euros").fill("700")
    enter_date(page, "due", "2030-12-24", "18:00")
    expect(page.get_by_role("status")).to_contain_text("The task is due on")
    page.goto(f"/tasklist/task/{task}?view=groups")
    save_picture(page, "tasklist-task")
    page.goto("/tasklist/start")
    page.get_by_role("link", name="Travel request").click()
    page.get_by_label("Nights").fill("31")
    page.locator("form[data-once]").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Start").click()
    save_picture(page, "tasklist-start")
