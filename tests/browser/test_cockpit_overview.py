"""Cockpit's overview and the pages of processes in a real browser."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, ViewportSize, expect
from sqlalchemy import create_engine, select, update

from engine_telemetry.engine.persistence.history_tables import hi_incident, hi_process_instance
from tests.browser.browsing import (
    ADMINISTRATOR,
    NARROW,
    Browsing,
    Site,
    check_accessibility,
    check_width,
    save_picture,
)
from tests.browser.orders import deploy_orders, fail_orders, newest, reserve_orders, shown_diagram, start_order

pytestmark = pytest.mark.full

FOR_THE_GUIDE = ViewportSize(width=1280, height=860)


@pytest.fixture(scope="module", autouse=True)
def orders(site: Site) -> None:
    """One order in the first version, twelve in the second: two with an incident, three reserved."""
    deploy_orders(site, "Approvals")
    start_order(site, "old")
    reserve_orders(site, 1)
    deploy_orders(site, "Approvals, second version")
    for number in range(12):
        start_order(site, f"A-{1000 + number}")
    fail_orders(site, 2)
    reserve_orders(site, 3)


def test_the_overview_leads_on_and_is_fetched_anew_without_disturbing_anybody(browse: Browsing) -> None:
    page = browse(ADMINISTRATOR)
    page.goto("/cockpit/")
    for name, address in (
        ("13 running instances", "/cockpit/instances"),
        ("2 open incidents", "/cockpit/incidents"),
        ("1 deployed process", "/cockpit/processes"),
    ):
        page.get_by_role("link", name=name).click()
        expect(page).to_have_url(re.compile(f"{address}$"))
        page.get_by_role("navigation", name="Cockpit").get_by_role("link", name="Overview").click()
    table = page.get_by_role("table", name="What happened in each of the last 24 hours")
    page.locator("summary", has_text="The same as a table").focus()
    page.keyboard.press("Enter")
    expect(table.locator("tbody tr")).to_have_count(24)
    page.locator("#figure-2").focus()
    page.evaluate(
        """for (const e of document.querySelectorAll('.figure, #hours-numbers, .legend')) e.textContent = 'old'"""
    )
    page.evaluate("htmx.trigger('#figures', 'refresh')")
    expect(page.locator("#figures .figure").first).to_have_text("13")
    expect(page.locator("#hours-totals")).to_contain_text("13 started")
    expect(table.locator("tbody tr")).to_have_count(24)
    expect(page.get_by_role("img", name=re.compile("13 started, 0 ended, 2 incidents"))).to_be_visible()
    expect(page.locator(".axis time").first).not_to_contain_text("UTC")
    expect(page.locator("#figure-2")).to_be_focused()


def test_a_process_filters_its_lists_by_the_numbers_on_its_diagram(page_as_admin: Page) -> None:
    page = page_as_admin
    page.goto("/cockpit/processes")
    page.get_by_label("Name or key has").fill("APPR")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Approve an order", exact=True).click()
    shown_diagram(page)
    page.locator(".diagram").get_by_role("link", name="2 incidents in Reserve the goods").click()
    incidents = page.get_by_role("table", name="Open incidents")
    expect(incidents.locator("tbody tr")).to_have_count(2)
    expect(incidents).to_contain_text("Article 4711 is not in stock")
    shown_diagram(page)
    page.locator(".diagram").get_by_role("link", name="9 running in Reserve the goods").click()
    instances = page.get_by_role("table", name="Running instances")
    expect(instances.locator("tbody tr")).to_have_count(9)
    page.get_by_role("link", name="Everywhere").click()
    expect(instances.locator("tbody tr")).to_have_count(12)
    page.get_by_role("row", name="Reserve the goods").get_by_role("link", name="9 running").focus()
    page.keyboard.press("Enter")
    expect(instances.locator("tbody tr")).to_have_count(9)
    shown_diagram(page)
    page.locator('g[data-element-id="approve"] .djs-hit').click()
    expect(page.get_by_text("Only in Approve the order")).to_be_visible()
    expect(instances.locator("tbody tr")).to_have_count(12)


@pytest.mark.parametrize("javascript", [True, False])
def test_versions_are_looked_at_alone_and_together(browse: Browsing, site: Site, javascript: bool) -> None:
    page = browse(ADMINISTRATOR, javascript=javascript)
    page.goto(newest(site))
    for version, heading, running in (("1", "version 1", 1), ("All versions", "all versions", 13)):
        page.get_by_label("Version", exact=True).select_option(label=version)
        page.get_by_role("button", name="Show", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(f"Approve an order {heading}")
        expect(page.get_by_role("table", name="Running instances").locator("tbody tr")).to_have_count(running)
        expect(page.get_by_role("row", name="Approve the order").get_by_role("link")).to_contain_text(f"{running} ")
    if javascript:
        shown_diagram(page)
        page.locator('dd a[href*="/cockpit/deployment/"]').click()
        expect(page.get_by_role("heading", name="What it made")).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_a_process_is_suspended_and_activated_with_its_instances(
    browse: Browsing, site: Site, javascript: bool
) -> None:
    page = browse(ADMINISTRATOR, javascript=javascript)
    page.goto(newest(site))
    for verb, said in (("Suspend", "Version 2 is suspended now."), ("Activate", "Version 2 is active now.")):
        page.get_by_role("link", name=f"{verb}…").focus()
        page.keyboard.press("Enter")
        page.get_by_label(f"{verb} its instances too").focus()
        page.keyboard.press("Space")
        page.get_by_role("button", name=verb).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("status").filter(has_text=said)).to_be_visible()
        suspended = page.get_by_role("table", name="Running instances").get_by_text("suspended")
        expect(suspended).to_have_count(12 if verb == "Suspend" else 0)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_all_pages_are_accessible_and_fit(browse: Browsing, site: Site) -> None:
    wide, narrow = browse(ADMINISTRATOR), browse(ADMINISTRATOR, viewport=NARROW)
    process = newest(site)
    for path in (
        *("/cockpit/", "/cockpit/processes", "/cockpit/processes?q=x"),
        *(process, f"{process}?versions=all&activity=reserve&show=incidents", f"{process}/suspension"),
    ):
        for page in (wide, narrow):
            page.goto(path)
            if page.locator("[data-diagram]").count():
                shown_diagram(page)
            for more in page.locator("main details").all():
                more.evaluate("details => details.open = true")
            check_width(page)
        check_accessibility(wide)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_guide_has_pictures(browse: Browsing, site: Site, database_url: str) -> None:
    spread_over_a_day(database_url)
    page = browse(ADMINISTRATOR, viewport=FOR_THE_GUIDE)
    page.goto("/cockpit/")
    expect(page.get_by_role("img", name=re.compile("13 started, 0 ended, 2 incidents"))).to_be_visible()
    save_picture(page, "cockpit-overview")
    page.goto(newest(site))
    shown_diagram(page)
    save_picture(page, "cockpit-process")


def spread_over_a_day(database_url: str) -> None:
    """Have the history say that not all of it happened just now, as tests cannot wait for a day."""
    database = create_engine(database_url)
    with database.begin() as connection:
        for table, column in ((hi_process_instance, "start_time"), (hi_incident, "created")):
            for place, row in enumerate(connection.execute(select(table.c.id, table.c[column])).all()):
                earlier = row[1] - timedelta(hours=place * place % 23)
                connection.execute(update(table).where(table.c.id == row.id).values({column: earlier}))
    database.dispose()
