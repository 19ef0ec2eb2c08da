"""Log-in, log-out, the first administrator and the theme, in a real browser."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.acceptance.servers import kill_server, start_server
from tests.browser.browsing import (
    ADMINISTRATOR,
    NARROW,
    PASSWORD,
    USER,
    Browsing,
    Site,
    check_accessibility,
    check_width,
    log_in,
    save_picture,
)

pytestmark = [pytest.mark.full, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]


@pytest.mark.parametrize("javascript", [True, False])
def test_people_log_in_with_the_right_password_and_out_again(browse: Browsing, javascript: bool) -> None:
    page = browse(javascript=javascript)
    page.goto("/tasklist/")
    page.get_by_label("User").fill(USER)
    page.get_by_label("Password").fill("wrong password")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text("The user or the password is wrong.")
    expect(page.get_by_label("User")).to_have_value(USER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My tasks")
    page.get_by_text("Bob Builder").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("status")).to_have_text("You are logged out.")
    page.goto("/tasklist/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")


def test_only_administrators_are_led_to_cockpit(page_as_admin: Page, page_as_user: Page) -> None:
    page_as_admin.get_by_role("navigation", name="Apps").get_by_role("link", name="Cockpit").click()
    expect(page_as_admin.get_by_role("heading", level=1)).to_have_text("Cockpit")
    expect(page_as_user.get_by_role("link", name="Cockpit")).to_have_count(0)
    answer = page_as_user.goto("/cockpit/")
    assert answer is not None
    assert answer.status == 403
    expect(page_as_user.get_by_role("heading", level=1)).to_have_text("This is not for you")


@pytest.mark.parametrize("javascript", [True, False])
def test_the_chosen_theme_stays(browse: Browsing, javascript: bool) -> None:
    page = browse(USER, javascript=javascript, color_scheme="light")
    page.goto("/tasklist/")
    page.get_by_text("Bob Builder").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page).to_have_url("/tasklist/")
    expect(page.locator("body")).to_have_css("background-color", "rgb(20, 24, 26)")
    page.get_by_text("Bob Builder").click()
    page.get_by_role("button", name="System").click()
    expect(page.locator("body")).to_have_css("background-color", "rgb(246, 247, 245)")


def test_the_menu_is_opened_and_left_by_the_keyboard(page_as_user: Page) -> None:
    summary = page_as_user.locator(".menu > summary")
    summary.focus()
    page_as_user.keyboard.press("Enter")
    expect(page_as_user.get_by_role("button", name="Log out")).to_be_visible()
    page_as_user.keyboard.press("Escape")
    expect(page_as_user.get_by_role("button", name="Log out")).to_be_hidden()
    expect(summary).to_be_focused()


def test_the_pages_are_accessible_and_fit(browse: Browsing) -> None:
    stranger, narrow = browse(), browse(viewport=NARROW)
    for page in (stranger, narrow):
        page.goto("/login")
        check_accessibility(page)
        check_width(page)
    save_picture(stranger, "log-in")
    for page in (stranger, narrow):
        log_in(page, ADMINISTRATOR)
        for path in ("/", "/nothing", "/cockpit/telemetry"):
            page.goto(path)
            check_accessibility(page)
            check_width(page)
    stranger.goto("/")
    stranger.locator(".menu > summary").click()
    check_accessibility(stranger)


def test_the_first_administrator_is_made_on_the_machine(
    browse: Browsing, site: Site, tmp_path_factory: pytest.TempPathFactory
) -> None:
    server = start_server(tmp_path_factory.mktemp("new-site"))
    try:
        page = browse()
        page.goto(server.url)
        expect(page.get_by_role("heading", level=1)).to_have_text("Make the first administrator")
        check_accessibility(page)
        save_picture(page, "first-administrator")
        page.get_by_label("User").fill("cara")
        page.get_by_label(re.compile("^Password")).fill(PASSWORD)
        page.get_by_label("The password again").fill("something else")
        page.get_by_role("button").click()
        expect(page.get_by_label("The password again")).to_have_accessible_description("The two passwords differ.")
        check_accessibility(page)
        page.get_by_label(re.compile("^Password")).fill(PASSWORD)
        page.get_by_label("The password again").fill(PASSWORD)
        page.get_by_role("button").click()
        expect(page.get_by_role("navigation", name="Apps").get_by_role("link")).to_have_text(["Tasklist", "Cockpit"])
        answer = page.goto(f"{server.url}/setup")
        assert answer is not None
        assert answer.status == 404
    finally:
        kill_server(server)
    assert server.url != site.url
