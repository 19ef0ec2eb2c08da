"""The page of a process instance in a real browser, with JavaScript and without, by the mouse and by the keyboard."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Locator, Page, ViewportSize, expect

from tests.acceptance.servers import wait_until
from tests.browser.browsing import (
    ADMINISTRATOR,
    NARROW,
    Browsing,
    Site,
    check_accessibility,
    check_width,
    save_picture,
)
from tests.browser.orders import shown_diagram
from tests.integration.webapps.cockpit.drawn_models import ARCHIVE, PAYMENT, PURCHASE

pytestmark = pytest.mark.full

FOR_THE_GUIDE = ViewportSize(width=1280, height=1000)
MARKUP = "<img src=x onerror=alert(1)>"
VARIABLES = {
    "customer": {"value": "Smith & Sons", "type": "String"},
    "amount": {"value": 250.5, "type": "Double"},
    "order": {"value": '{"items": [4711, 4712], "to": "Berlin"}', "type": "Json"},
    "letter": {"value": "We would like to order. " * 20, "type": "String"},
}


@pytest.fixture(scope="module", autouse=True)
def models(site: Site) -> None:
    """Processes that wait for all there is, that are called, and that fail."""
    for name, content in (("purchase", PURCHASE), ("payment", PAYMENT), ("archive", ARCHIVE)):
        files = {"data": (f"{name}.bpmn", content)}
        answer = site.server.request(
            "POST", "/engine-rest/deployment/create", data={"deployment-name": name}, files=files
        )
        assert answer.status_code == 200


def start(site: Site, key: str, business_key: str, variables: Any = VARIABLES) -> str:
    """The path of the page of a new instance."""
    body = {"businessKey": business_key, "variables": variables}
    answer = site.server.post(f"/process-definition/key/{key}/start", body)
    return f"/cockpit/instance/{answer.json()['id']}"


def id_of(page: str) -> str:
    return page.rpartition("/")[2]


def called_by(site: Site, page: str) -> str:
    """The path of the page of the instance that this one called."""
    (called,) = site.server.get(f"/process-instance?superProcessInstance={id_of(page)}")
    return f"/cockpit/instance/{called['id']}"


def fail(site: Site, page: str) -> None:
    """Let the external task of an instance fail for good, with a stack trace."""
    (task,) = site.server.get(f"/external-task?processInstanceId={id_of(page)}")
    lock = {"workerId": "bank-1", "lockDuration": 60_000}
    assert site.server.post(f"/external-task/{task['id']}/lock", lock).status_code == 204
    failure = {
        "workerId": "bank-1",
        "errorMessage": "The bank answered 503",
        "errorDetails": "Traceback (most recent call last):\n  in transfer",
        "retries": 0,
    }
    assert site.server.post(f"/external-task/{task['id']}/failure", failure).status_code == 204


def stuck(site: Site) -> str:
    """The path of the page of an instance whose job has failed for good."""
    page = start(site, "archive", "A-1", {})
    wait_until(lambda: site.server.get(f"/incident?processInstanceId={id_of(page)}"))
    return page


def tab(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="What is in this instance").get_by_role("link", name=name).click()


def row(page: Page, text: str) -> Locator:
    return page.get_by_role("row").filter(has_text=text)


def test_it_shows_where_it_stands_and_filters_what_is_in_it(page_as_admin: Page, site: Site) -> None:
    page, address = page_as_admin, start(site, "purchase", "P-1")
    called = called_by(site, address)
    fail(site, called)
    page.goto(address)
    shown_diagram(page)
    expect(page.locator(".why")).to_have_text(
        re.compile("Stuck: Pay called Payment, which failed .* The worker's message: “The bank answered 503”")
    )
    for element, mark in (("approve", "current"), ("ordered", "passed"), ("pay", "trouble")):
        expect(page.locator(f'g[data-element-id="{element}"]').first).to_have_class(re.compile(mark))
    check_drawing(page)
    tree = page.get_by_role("region", name="Where it is now")
    expect(tree.get_by_role("listitem")).to_have_count(4)
    page.locator('g[data-element-id="approve"]').first.click()
    expect(page.get_by_text("Only in “Approve invoice”")).to_be_visible()
    tab(page, "User tasks")
    expect(page.locator("tbody tr")).to_have_count(1)
    tab(page, "History")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Show all").click()
    expect(page.locator("tbody tr")).to_have_count(6)
    tree.get_by_role("link", name="A week").click()
    expect(page.get_by_text("Only in “A week”")).to_be_visible()
    tree.get_by_role("link", name="called instance").click()
    expect(page).to_have_url(re.compile(called))
    page.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="Purchase P-1").click()
    tab(page, "Called instances")
    expect(row(page, "Payment")).to_contain_text("running")


def check_drawing(page: Page) -> None:
    """Fails if an element or a name is cut at the edge, or a number covers a name."""
    boxes = "elements => elements.map(e => e.getBoundingClientRect()).map(b => [b.left, b.top, b.right, b.bottom])"
    (frame,) = page.locator(".diagram").evaluate_all(boxes)
    labels = page.locator('.djs-shape[data-element-id$="_label"]').evaluate_all(boxes)
    for left, top, right, bottom in page.locator(".djs-shape").evaluate_all(boxes):
        assert frame[0] < left < right < frame[2]
        assert frame[1] < top < bottom < frame[3]
    for left, top, right, bottom in page.locator(".diagram-badge").evaluate_all(boxes):
        assert not [one for one in labels if left < one[2] and one[0] < right and top < one[3] and one[1] < bottom]
    assert labels


@pytest.mark.parametrize("javascript", [True, False])
def test_variables_are_added_changed_saved_and_deleted(
    browse: Browsing, site: Site, javascript: bool, tmp_path: Path
) -> None:
    page, address = browse(ADMINISTRATOR, javascript=javascript), start(site, "payment", "V-1")
    page.goto(address)
    page.get_by_role("link", name="show all of letter").click()
    expect(page.locator("pre")).to_have_text("We would like to order. " * 20)
    page.get_by_role("link", name="Payment V-1").click()
    add_variable(page)
    change_variable(page, site, id_of(address))
    replace_by_file(page, tmp_path, javascript=javascript)
    page.get_by_role("link", name="Delete order").click()
    page.get_by_role("button", name="Delete the variable").click()
    expect(page.get_by_role("status")).to_have_text("The variable order was deleted.")
    expect(page.get_by_role("link", name="Delete order")).to_have_count(0)


def add_variable(page: Page) -> None:
    """What is no JSON is refused first."""
    page.get_by_role("link", name="Add a variable").click()
    page.get_by_label("Name").fill(MARKUP)
    page.get_by_label("Type").select_option("Json")
    page.get_by_label("Value").fill('{"a": }')
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("This is no JSON: Expecting value, in line 1, column 7.")).to_be_visible()
    page.get_by_label("Value").fill('{"a": 1}')
    page.get_by_role("button", name="Save").click()
    expect(row(page, MARKUP)).to_contain_text('{"a": 1}')
    expect(page.locator("main img")).to_have_count(0)


def change_variable(page: Page, site: Site, instance_id: str) -> None:
    """Somebody else is faster."""
    page.get_by_role("link", name="Edit amount").click()
    value = {"value": 7, "type": "Integer"}
    answer = site.server.request("PUT", f"/engine-rest/process-instance/{instance_id}/variables/amount", json=value)
    assert answer.status_code == 204
    page.get_by_label("Type").select_option("Date")
    page.get_by_label("Value").fill("2026-11-24T08:30:00Z")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("region", name="What it is now")).to_have_text("7 (Integer)")
    page.get_by_role("button", name="Save").click()
    expect(row(page, "amount")).to_contain_text("Date")


def replace_by_file(page: Page, folder: Path, *, javascript: bool) -> None:
    """It can be saved as it was sent."""
    page.get_by_role("link", name="Edit customer").click()
    page.get_by_label("Type").select_option("File")
    if javascript:
        expect(page.get_by_label("Value")).to_be_hidden()
    page.get_by_label("File").set_input_files(FilePayload(name="a.html", mimeType="text/html", buffer=b"<b>"))
    page.get_by_role("button", name="Save").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="download customer").click()
    download.value.save_as(folder / "saved")
    assert (download.value.suggested_filename, (folder / "saved").read_bytes()) == ("a.html", b"<b>")


@pytest.mark.parametrize("javascript", [True, False])
def test_what_it_waits_for_is_changed(browse: Browsing, site: Site, javascript: bool) -> None:
    page, address = browse(ADMINISTRATOR, javascript=javascript), start(site, "purchase", "W-1")
    page.goto(f"{address}?show=tasks")
    expect(row(page, "Approve invoice")).to_contain_text("group accounting")
    page.get_by_text("Reassign Approve invoice").click()
    page.get_by_label("User; nobody if empty").fill("bob")
    page.get_by_role("button", name="Reassign").click()
    expect(page.locator(".why")).to_contain_text("Approve invoice: bob is to do it")
    tab(page, "Jobs")
    change_job(page)
    tab(page, "Events")
    expect(row(page, "Get the receipt")).to_contain_text("message “paid”")
    change_external_task(page, site, called_by(site, address))
    tab(page, "What people did")
    expect(row(page, "ann").first).to_contain_text("SetExternalTaskRetries")


def change_job(page: Page) -> None:
    """When it is due, how often it is tried; it is suspended and activated, and run at once."""
    page.get_by_text("Change due date of A week").click()
    page.get_by_label("Due (UTC)").fill("2031-01-01T10:00")
    page.get_by_role("button", name="Set the date").click()
    expect(row(page, "A week")).to_contain_text("2031")
    page.get_by_text("Change retries of A week").click()
    page.get_by_label("Retries").fill("7")
    page.get_by_role("button", name="Set the retries").click()
    expect(row(page, "A week").get_by_role("cell").nth(2)).to_contain_text("7")
    page.get_by_role("button", name="Suspend A week").click()
    page.get_by_role("button", name="Activate A week").click()
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_role("status")).to_have_text("The job was done.")


def change_external_task(page: Page, site: Site, called: str) -> None:
    """It is taken away from its worker, and may fail more often."""
    (task,) = site.server.get(f"/external-task?processInstanceId={id_of(called)}")
    site.server.post(f"/external-task/{task['id']}/lock", {"workerId": "bank-1", "lockDuration": 60_000})
    page.goto(f"{called}?show=external-tasks")
    expect(page.locator(".why")).to_contain_text("Waits for Transfer money: the worker bank-1 has it until")
    page.get_by_role("button", name="Unlock Transfer money").click()
    expect(row(page, "bank")).to_contain_text("none yet")
    page.get_by_text("Change retries of Transfer money").click()
    page.get_by_label("Retries").fill("5")
    page.get_by_role("button", name="Set the retries").click()
    expect(page.get_by_role("status")).to_have_text("The retries are set.")


@pytest.mark.parametrize("javascript", [True, False])
def test_what_is_stuck_leads_to_its_stack_trace_and_is_tried_again(
    browse: Browsing, site: Site, javascript: bool
) -> None:
    page, address = browse(ADMINISTRATOR, javascript=javascript), stuck(site)
    page.goto(address)
    expect(page.locator(".why")).to_contain_text(
        "Stuck: Archive invoice failed and is not tried again by itself. The error: “Unknown property"
    )
    page.locator(".why a").click()
    page.get_by_text("Details for developers").click()
    expect(page.get_by_role("region", name="Stack trace").locator("code")).to_contain_text("Traceback")
    page.get_by_label("What others should know about it").fill("The archive moves")
    page.get_by_role("button", name="Save the note").click()
    page.get_by_role("link", name="Archive A-1").click()
    tab(page, "Incidents")
    expect(row(page, "Archive invoice")).to_contain_text("The archive moves")
    page.goto(f"{address}/variable/new")
    page.get_by_label("Name").fill("place")
    page.get_by_label("Value").fill("cellar")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("button", name="Retry what failed").click()
    expect(page.get_by_role("status")).to_have_text(
        "Archive invoice is tried again: it waits for the engine, which tries it as soon as it can."
    )
    wait_until(lambda: not site.server.get(f"/process-instance?processInstanceIds={id_of(address)}"))
    page.goto(address)
    expect(page.locator(".why")).to_contain_text("Completed at Stored")
    if javascript:
        shown_diagram(page)
        expect(page.locator('g[data-element-id="stored"]').first).to_have_class(re.compile("last"))


def test_it_is_suspended_cancelled_and_forgotten_by_the_keyboard_alone(page_as_admin: Page, site: Site) -> None:
    page, address = page_as_admin, start(site, "payment", "K-1")
    page.goto(address)
    tab_to(page, "Suspend")
    page.keyboard.press("Enter")
    expect(page.locator(".why")).to_contain_text("Suspended by ann since")
    tab_to(page, "Activate")
    page.keyboard.press("Enter")
    expect(page.locator(".why")).to_contain_text("Waits for Transfer money: no worker of topic bank has taken it yet")
    tab_to(page, "Transfer money")
    page.keyboard.press("Enter")
    expect(row(page, "bank")).to_be_visible()
    tab_to(page, "Cancel this instance")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancel this instance?")
    page.get_by_label("Reason").focus()
    page.keyboard.type("A test")
    tab_to(page, "Cancel the instance")
    page.keyboard.press("Space")
    expect(page.get_by_role("status")).to_have_text("The instance was cancelled.")
    page.goto(address)
    expect(page.locator(".why")).to_have_text(re.compile("Cancelled, .*: A test"))
    tab_to(page, "Delete from the history")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Delete this instance from the history?")
    tab_to(page, "Delete from the history")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("The instance was deleted from the history.")


def tab_to(page: Page, text: str) -> None:
    """Press Tab until an element with this text has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText").strip() == text:
            return
    pytest.fail(f"{text!r} cannot be reached by Tab")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_all_tabs_are_accessible_and_fit(browse: Browsing, site: Site) -> None:
    going = start(site, "purchase", "P-2")
    called = called_by(site, going)
    fail(site, called)
    tabs = ("tasks", "jobs", "events", "called", "history", "log")
    paths = (*(f"{going}?show={name}" for name in tabs), f"{called}?show=external-tasks")
    check(browse, *paths, f"{going}?show=incidents&activity=pay")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_all_forms_and_questions_are_accessible_and_fit(browse: Browsing, site: Site) -> None:
    going, troubled, ended = start(site, "purchase", MARKUP), stuck(site), start(site, "payment", MARKUP)
    site.server.request("DELETE", f"/engine-rest/process-instance/{id_of(ended)}")
    (incident,) = site.server.get(f"/incident?processInstanceId={id_of(troubled)}")
    (letter,) = site.server.get(f"/variable-instance?variableName=letter&processInstanceIdIn={id_of(going)}")
    paths = (going, f"{going}/cancel", f"{going}/variable/new", ended, f"{ended}/delete")
    changes = (f"{going}/variable/{letter['id']}{action}" for action in ("", "/edit", "/delete"))
    check(browse, *paths, *changes, f"/cockpit/incident/{incident['id']}")


def check(browse: Browsing, *paths: str) -> None:
    """Fails if axe finds something, or a page is too wide; all that unfolds is unfolded."""
    wide, narrow = browse(ADMINISTRATOR), browse(ADMINISTRATOR, viewport=NARROW)
    for path in paths:
        for page in (wide, narrow):
            page.goto(path)
            for more in page.locator("details.change").all():
                more.locator("summary").click()
            if page.locator("[data-diagram]").count():
                shown_diagram(page)
            check_width(page)
        check_accessibility(wide)
    expect(wide.locator("main img")).to_have_count(0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_guide_has_a_picture(browse: Browsing, site: Site) -> None:
    address = start(site, "purchase", "P-1017")
    fail(site, called_by(site, address))
    page = browse(ADMINISTRATOR, viewport=FOR_THE_GUIDE)
    page.goto(address)
    shown_diagram(page)
    save_picture(page, "cockpit-instance")
