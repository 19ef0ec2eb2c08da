"""Users, groups and one's own profile in a real browser, with and without JavaScript."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browsing import (
    ADMINISTRATOR,
    NARROW,
    PASSWORD,
    USER,
    Browsing,
    check_accessibility,
    check_width,
    log_in,
)

pytestmark = pytest.mark.full

NEW_PASSWORD = "battery staple"  # noqa: S105 - of users that live for one test


def make_user(page: Page, user_id: str, first_name: str = "Cara", group: str = "") -> None:
    page.goto("/cockpit/users/new")
    page.get_by_label("Log-in name").fill(user_id)
    page.get_by_role("textbox", name="First name").fill(first_name)
    page.get_by_label("New password *").fill(PASSWORD)
    page.get_by_label("The new password again").fill(PASSWORD)
    if group:
        page.get_by_role("checkbox", name=group).check()
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("status")).to_have_text("The user was created and can log in now.")
    expect(page.get_by_role("heading", level=1)).to_have_text(f"{first_name} {user_id}")


def make_group(page: Page, group_id: str) -> None:
    page.goto("/cockpit/groups/new")
    page.get_by_label("Id *", exact=True).fill(group_id)
    page.get_by_label("Name", exact=True).fill(f"Staff {group_id}")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Staff {group_id} {group_id}")


@pytest.mark.parametrize("javascript", [True, False])
def test_a_user_is_made_changed_put_into_groups_and_deleted(browse: Browsing, javascript: bool) -> None:
    page, user_id, group_id = browse(ADMINISTRATOR, javascript=javascript), f"cara-{javascript}", f"staff-{javascript}"
    page.goto("/cockpit/")
    page.get_by_role("navigation", name="Cockpit").get_by_role("link", name="Users").click()
    page.get_by_role("link", name="New user").click()
    make_group(page, group_id)
    make_user(page, user_id, name := f"Cara {javascript}", group_id)
    page.get_by_role("button", name=f"Take out of Staff {group_id}").click()
    page.goto(f"/cockpit/group/{group_id}")
    page.get_by_label("Add a user").select_option(user_id)
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("heading", name="1 member")).to_be_visible()
    page.get_by_role("link", name=name).click()
    page.get_by_role("textbox", name="E-mail address").fill("cara@example.com")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_have_text("Saved.")
    page.get_by_role("button", name=f"Take out of Staff {group_id}").click()
    expect(page.get_by_text(f"{name} belongs to no group.")).to_be_visible()
    page.get_by_label("Add to a group").select_option(group_id)
    page.get_by_role("button", name="Add").click()
    page.get_by_role("link", name=f"Staff {group_id}").click()
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_text("has 1 member. They remain users")).to_be_visible()
    page.get_by_role("button", name=f"Delete {group_id}").click()
    expect(page.get_by_role("status")).to_have_text(f"The group {group_id} was deleted.")
    page.goto(f"/cockpit/user/{user_id}/delete")
    page.get_by_role("button", name=f"Delete {user_id}").click()
    expect(page.get_by_role("status")).to_have_text(f"{user_id} was deleted.")


def test_a_password_is_reset_by_the_keyboard_alone_and_ends_the_session(browse: Browsing) -> None:
    page = browse(ADMINISTRATOR)
    make_user(page, "dora")
    theirs = browse()
    log_in(theirs, "dora")
    page.goto("/cockpit/user/dora")
    tab_to(page, "Reset the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Reset the password of Cara")
    page.get_by_label("New password *").focus()
    page.keyboard.type(NEW_PASSWORD)
    page.keyboard.press("Tab")
    page.keyboard.type(NEW_PASSWORD)
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.get_by_role("status")).to_contain_text("All sessions of this user have ended.")
    theirs.goto("/tasklist/")
    expect(theirs.get_by_role("heading", level=1)).to_have_text("Log in")
    log_in(theirs, "dora", NEW_PASSWORD)


def tab_to(page: Page, text: str) -> None:
    """Press Tab until what has this text has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.locator(":focus").inner_text().strip() == text:
            return
    pytest.fail(f"{text!r} cannot be reached by Tab")


@pytest.mark.parametrize("javascript", [True, False])
def test_everybody_changes_their_own_profile_and_password(browse: Browsing, javascript: bool) -> None:
    user_id = f"eve-{javascript}"
    make_user(browse(ADMINISTRATOR), user_id)
    page = browse(user_id, javascript=javascript)
    page.get_by_text("Cara", exact=True).click()
    page.get_by_role("link", name="My profile").click()
    page.get_by_label("Last name").fill("Eve")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Cara Eve")).to_be_visible()
    page.get_by_label("Present password").fill("wrong password")
    page.get_by_label("New password *").fill(NEW_PASSWORD)
    page.get_by_label("The new password again").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("This is not your present password.")).to_be_visible()
    page.get_by_label("Present password").fill(PASSWORD)
    page.get_by_label("New password *").fill(NEW_PASSWORD)
    page.get_by_label("The new password again").fill(NEW_PASSWORD)
    page.get_by_role("button", name="Change the password").click()
    expect(page.get_by_text("Your password was changed.")).to_be_visible()
    log_in(browse(), user_id, NEW_PASSWORD)


def test_one_is_found_among_many_and_nobody_locks_themselves_out(browse: Browsing) -> None:
    page = browse(ADMINISTRATOR)
    page.goto("/cockpit/users")
    page.get_by_label("Name or e-mail address has").fill("BUILD")
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Show all").click()
    page.get_by_role("link", name="Log-in name", exact=True).click()
    expect(page.get_by_role("columnheader", name="Log-in name")).to_have_attribute("aria-sort", "descending")
    page.get_by_role("link", name=ADMINISTRATOR, exact=True).click()
    expect(page.get_by_role("link", name="Delete")).to_have_count(0)
    expect(page.get_by_text("another administrator can change that")).to_be_visible()
    page.goto(f"/cockpit/user/{ADMINISTRATOR}/delete")
    expect(page.get_by_text("You cannot delete yourself. Another administrator can.")).to_be_visible()


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_pages_are_accessible_and_fit(browse: Browsing) -> None:
    wide, narrow = browse(ADMINISTRATOR), browse(ADMINISTRATOR, viewport=NARROW)
    for path in (
        *("/cockpit/users", "/cockpit/users?q=nobody", "/cockpit/users/new", f"/cockpit/user/{ADMINISTRATOR}"),
        *(f"/cockpit/user/{USER}{end}" for end in ("", "/password", "/delete")),
        *(
            "/cockpit/groups",
            "/cockpit/groups/new",
            "/cockpit/group/camunda-admin",
            "/cockpit/group/camunda-admin/delete",
        ),
        "/profile",
    ):
        for page in (wide, narrow):
            page.goto(path)
            check_width(page)
        check_accessibility(wide)


def test_others_see_their_own_profile_only(page_as_user: Page) -> None:
    for path, status in (
        ("/cockpit/users", 403),
        (f"/cockpit/user/{USER}", 403),
        ("/cockpit/groups", 403),
        ("/profile", 200),
    ):
        answer = page_as_user.goto(path)
        assert answer is not None
        assert answer.status == status
