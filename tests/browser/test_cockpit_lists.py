"""Cockpit's lists of instances and incidents in a real browser, and what is done to many instances."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browsing import (
    ADMINISTRATOR,
    NARROW,
    Browsing,
    Site,
    check_accessibility,
    check_width,
)
from tests.browser.orders import deploy_orders, fail_orders, start_order

pytestmark = pytest.mark.full

MARKUP = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module", autouse=True)
def orders(site: Site) -> list[str]:
    """The ids of thirty orders that run, which come first by their keys; another one has ended."""
    deploy_orders(site, "Approvals")
    ended = start_order(site, "ended")
    assert site.server.request("DELETE", f"/engine-rest/process-instance/{ended}").status_code == 204
    return [start_order(site, f"A-{1000 + number}") for number in range(30)]


def finished_batch(page: Page, said: str) -> None:
    """Wait until all is done; without JavaScript by looking again."""
    bar = page.locator("label[for=bar]")
    expect(bar).to_be_visible()
    for _ in range(60):
        if bar.inner_text() == said:
            break
        again = page.get_by_role("link", name="Look again")
        if again.count():
            again.click()
        page.wait_for_timeout(100)
    expect(bar).to_have_text(said)


@pytest.mark.parametrize("javascript", [True, False])
def test_instances_are_searched_sorted_and_paged(browse: Browsing, javascript: bool) -> None:
    page = browse(ADMINISTRATOR, javascript=javascript)
    page.goto("/cockpit/instances")
    first = page.locator("tbody th").first
    page.get_by_role("link", name="Business key").click()
    expect(page.get_by_role("columnheader", name="Business key")).to_have_attribute("aria-sort", "ascending")
    expect(first).to_contain_text("A-1000")
    page.get_by_role("link", name="Next").click()
    expect(first).to_contain_text("A-1025")
    page.get_by_label("Business key has").fill("a-101")
    page.get_by_text("More conditions").click()
    page.get_by_label("Name of variable 1").fill("amount")
    page.get_by_label("Comparison of variable 1").select_option(label="is more than")
    page.get_by_label("Value of variable 1").fill("250")
    if not javascript:
        page.get_by_role("button", name="Search").click()
    page.get_by_label("Name of variable 2").fill("customer")
    page.get_by_label("Comparison of variable 2").select_option(label="has")
    page.get_by_label("Value of variable 2").fill("Sons")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("10 instances found")).to_be_visible()
    expect(page.get_by_label("Value of variable 2")).to_have_value("Sons")
    page.get_by_role("link", name="Show all that run").click()
    page.get_by_label("State").select_option(label="Ended")
    page.get_by_role("button", name="Search").click()
    ended = page.get_by_role("table", name="Instances that run or have ended").locator("tbody")
    expect(ended.get_by_role("link", name="ended")).to_be_visible()


def test_some_are_chosen_by_the_keyboard_and_suspended(page_as_admin: Page, site: Site) -> None:
    page = page_as_admin
    for number in range(4):
        start_order(site, f"K-{number}")
    page.goto("/cockpit/instances?business_key=K-")
    expect(page.get_by_role("button", name="Suspend…")).to_be_disabled()
    page.get_by_label("These 4").focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("4 chosen")).to_be_visible()
    page.get_by_label("Choose K-2").focus()
    page.keyboard.press("Space")
    expect(page.get_by_text("3 chosen")).to_be_visible()
    page.get_by_role("button", name="Suspend…").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Suspend 3 instances?")
    page.get_by_role("button", name="Suspend 3 instances").focus()
    page.keyboard.press("Enter")
    finished_batch(page, "3 of 3: 3 done, 0 failed")
    expect(page.locator("#batch-state")).to_have_text("finished")
    check_accessibility(page)
    page.goto("/cockpit/instances?state=suspended&business_key=K-")
    expect(page.get_by_text("3 instances found")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_all_that_a_search_found_are_changed(browse: Browsing, site: Site, javascript: bool) -> None:
    page = browse(ADMINISTRATOR, javascript=javascript)
    name, key, total = ("Cancel", "C-", 1) if javascript else ("Activate", "V-", 3)
    for number in range(total):
        started = start_order(site, f"{key}{number}")
        if not javascript:
            site.server.request("PUT", f"/engine-rest/process-instance/{started}/suspended", json={"suspended": True})
    page.goto(f"/cockpit/instances?business_key={key}")
    if not javascript:
        page.get_by_role("button", name=f"{name}…").click()
        expect(page.get_by_text("Choose instances first.")).to_be_visible()
        expect(page.get_by_label("Business key has")).to_have_value(key)
    page.get_by_label("This one" if javascript else f"All {total} found").check()
    page.get_by_role("button", name=f"{name}…").click()
    if name == "Cancel":
        page.get_by_label("Reason").fill(MARKUP)
    page.get_by_role("button", name=f"{name} {total} instance").click()
    done = f"{total} instance{'' if javascript else 's'} {'cancelled' if javascript else 'activated'}"
    finished_batch(page, f"{total} of {total}: {total} done, 0 failed")
    expect(page.get_by_role("heading", level=1)).to_have_text(done)
    page.goto("/cockpit/batches")
    expect(page.get_by_role("row", name=done)).to_contain_text(f"{total} of {total}")
    page.goto(f"/cockpit/instances?business_key={key}&state={'cancelled' if javascript else 'suspended'}")
    expect(page.get_by_text("1 instance found" if javascript else "Nothing found.")).to_be_visible()


def test_what_fails_is_listed_and_the_batch_is_deleted(page_as_admin: Page, site: Site) -> None:
    page = page_as_admin
    gone, other = start_order(site, "gone"), start_order(site, "other")
    page.goto(f"/cockpit/instances/batch?action=suspend&id={gone}&id={other}")
    assert site.server.request("DELETE", f"/engine-rest/process-instance/{gone}").status_code == 204
    page.get_by_role("button", name="Suspend 2 instances").click()
    finished_batch(page, "2 of 2: 1 done, 1 failed")
    failures = page.get_by_role("table", name="What failed, and why")
    expect(failures.get_by_role("link", name=gone)).to_have_attribute("href", f"/cockpit/instance/{gone}")
    expect(failures).to_contain_text("No process instance found")
    check_accessibility(page)
    page.get_by_role("button", name="Remove from this list").click()
    expect(page.get_by_role("status").filter(has_text="It was removed from this list.")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_incidents_are_found_and_tried_again_one_or_all(browse: Browsing, site: Site, javascript: bool) -> None:
    page = browse(ADMINISTRATOR, javascript=javascript)
    message = f"{MARKUP} {javascript}"
    fail_orders(site, 3, message)
    page.goto("/cockpit/incidents")
    page.get_by_label("Message has").fill(str(javascript).lower())
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("table", name="Open incidents").locator("tbody tr")).to_have_count(3)
    expect(page.locator("main img")).to_have_count(0)
    page.get_by_role("button", name=re.compile("Retry reserve of")).first.click()
    expect(page.get_by_role("status").filter(has_text="is tried again: it waits for a worker of topic")).to_be_visible()
    expect(page.get_by_role("table", name="Open incidents").locator("tbody tr")).to_have_count(2)
    page.get_by_role("link", name="Show all").click()
    total = page.get_by_role("table", name="Open incidents").locator("tbody tr").count()
    page.get_by_role("link", name="Retry them all…").click()
    page.get_by_label("How often to try each").fill("2")
    page.get_by_role("button", name=f"Retry {total} instances").click()
    finished_batch(page, f"{total} of {total}: {total} done, 0 failed")
    page.goto("/cockpit/incidents")
    expect(page.get_by_text("No incident is open.")).to_be_visible()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.timeout(120)  # axe, twenty times
def test_all_pages_are_accessible_and_fit(browse: Browsing, site: Site) -> None:
    wide, narrow = browse(ADMINISTRATOR), browse(ADMINISTRATOR, viewport=NARROW)
    fail_orders(site, 1, MARKUP)
    question = "/cockpit/instances/batch?all=true&action="
    for path in (
        *("/cockpit/instances", "/cockpit/instances?value=x&from=x", "/cockpit/instances?process=x"),
        *("/cockpit/instances?state=ended", "/cockpit/incidents", "/cockpit/incidents?message=x"),
        *(f"{question}cancel", f"{question}retry", "/cockpit/batches"),
    ):
        for page in (wide, narrow):
            page.goto(path)
            for more in page.locator("main details").all():
                more.evaluate("details => details.open = true")
            check_width(page)
        check_accessibility(wide)
