"""The question about telemetry and the pages about it, in a real browser, with and without JavaScript."""

import json
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.testing import Answer, Collector
from tests.acceptance.servers import kill_server, start_server, wait_until
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
from webapps.consent import PUT_OFF

pytestmark = pytest.mark.full

GUIDE = ViewportSize(width=1280, height=960)


@contextmanager
def new_site(folder: Path, **environment: str) -> Iterator[Site]:
    """gunicorn with two workers, an administrator, an ordinary user, and nobody who has decided."""
    create_user(folder, ADMINISTRATOR, "camunda-admin")
    create_user(folder, USER)
    server = start_server(folder, environment=environment)
    try:
        yield Site(server)
    finally:
        kill_server(server)


def create_user(folder: Path, user_id: str, *groups: str) -> None:
    engine = ProcessEngine(
        database_url=f"sqlite:///{folder}/engine.db",
        telemetry_state_directory=folder / "state",
        telemetry_reporter_activate=False,
    )
    engine.visit()
    engine.identity_service.create_user(user_id, PASSWORD, groups=groups)
    engine.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Nobody decides there; each test has an administrator of its own."""
    with new_site(
        tmp_path_factory.mktemp("site"), ENGINE_TELEMETRY_ENDPOINT="https://telemetry.example.com/reports"
    ) as opened:
        yield opened


@pytest.fixture
def administrator(site: Site, request: pytest.FixtureRequest) -> str:
    """One who was never asked."""
    user_id = f"admin-{abs(hash(request.node.name)) % 10**9}"
    create_user(site.server.folder, user_id, "camunda-admin")
    return user_id


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[[Site], Browsing]]:
    """Opens pages of another site than the module's."""
    opened: list[Browsing] = []

    def visit(site: Site) -> Browsing:
        opened.append(browsing := Browsing(browser, site.url))
        return browsing

    yield visit
    for browsing in opened:
        browsing.close()


def is_decided(site: Site) -> object:
    return site.server.get("/telemetry/configuration")["enableTelemetry"]


def put_off_for(site: Site, user_id: str) -> timedelta | None:
    """How long ago this user said "not now"; ``None`` if never."""
    with closing(sqlite3.connect(site.server.folder / "engine.db", timeout=10)) as connection:
        statement = "select value from engine_user_setting where user_id = ? and name = ?"
        found = connection.execute(statement, (user_id, PUT_OFF)).fetchone()
    return None if found is None else datetime.now(UTC) - datetime.fromisoformat(found[0])


def age(site: Site, user_id: str, days: float) -> None:
    """Let "not now" have been said so long ago."""
    said = datetime.now(UTC) - timedelta(days=days)
    statement = "update engine_user_setting set value = ? where user_id = ? and name = ?"
    with closing(sqlite3.connect(site.server.folder / "engine.db", timeout=10)) as connection, connection:
        connection.execute(statement, (said.isoformat(), user_id, PUT_OFF))


# -- the question ---------------------------------------------------------------------------------------------------


def test_an_administrator_is_asked_after_log_in_and_sees_the_very_report(
    browse: Browsing, site: Site, administrator: str
) -> None:
    page = browse(administrator)
    dialog = page.get_by_role("dialog", name="May this engine send usage reports?")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("heading", level=2)).to_be_focused()
    expect(dialog).to_contain_text("https://telemetry.example.com/reports, once in 24 hours")
    shown = dialog.locator("pre.report").evaluate("element => element.textContent")
    assert json.loads(shown) == site.server.get("/telemetry/data")
    for path in ("/tasklist/", "/cockpit/"):
        page.goto(path)
        expect(dialog).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_an_ordinary_user_is_never_asked(browse: Browsing, javascript: bool) -> None:
    page = browse(USER, javascript=javascript)
    for path in ("/", "/tasklist/"):
        page.goto(path)
        expect(page).to_have_url(path)
        expect(page.locator("#consent")).to_have_count(0)
    answer = page.goto("/cockpit/consent")
    assert answer is not None
    assert answer.status == 403


def test_escape_decides_nothing_and_asks_again_in_a_week(browse: Browsing, site: Site, administrator: str) -> None:
    page = browse(administrator)
    dialog = page.locator("#consent")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    wait_until(lambda: put_off_for(site, administrator) is not None)
    assert is_decided(site) is None
    page.goto("/tasklist/")
    expect(dialog).to_have_count(0)
    for days, times in ((6.9, 0), (7.1, 1)):
        age(site, administrator, days)
        page.goto("/tasklist/")
        expect(dialog).to_have_count(times)


def test_all_answers_are_reached_with_the_keyboard(browse: Browsing, site: Site, administrator: str) -> None:
    page = browse(administrator)
    expect(page.locator("#consent-title")).to_be_focused()
    reached = []
    for _ in range(4):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.value ?? document.activeElement.className"))
    assert reached == ["report", "yes", "no", "later"]
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Nothing was decided. You will be asked again in a week.")
    expect(page).to_have_url("/")
    assert is_decided(site) is None


def test_without_javascript_the_question_is_a_page_that_leads_back(
    browse: Browsing, site: Site, administrator: str
) -> None:
    page = browse(javascript=False)
    page.goto("/tasklist/")
    page.get_by_label("User").fill(administrator)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("/cockpit/consent?next=%2Ftasklist%2F")
    expect(page.get_by_role("heading", level=1)).to_have_text("May this engine send usage reports?")
    expect(page.locator("pre.report")).to_contain_text('"installation"')
    page.get_by_role("button", name="Not now").click()
    expect(page).to_have_url("/tasklist/")
    expect(page.get_by_role("status")).to_contain_text("Nothing was decided.")
    page.goto("/")
    expect(page).to_have_url("/")
    assert is_decided(site) is None


def test_the_question_is_accessible_and_fits(browse: Browsing, administrator: str) -> None:
    for viewport in (GUIDE, NARROW):
        page = browse(administrator, viewport=viewport)
        expect(page.locator("#consent")).to_be_visible()
        check_accessibility(page)
        check_width(page)
        for path in ("/cockpit/consent", "/cockpit/telemetry"):
            page.goto(path)
            check_accessibility(page)
            check_width(page)
    page = browse(ADMINISTRATOR, viewport=GUIDE)
    expect(page.locator("#consent")).to_be_visible()
    save_picture(page, "consent-dialog")


@pytest.mark.parametrize(("given", "javascript"), [("Yes", True), ("Yes", False), ("No", True), ("No", False)])
def test_the_answer_holds_and_nobody_is_asked_again(
    tmp_path: Path, visit: Callable[[Site], Browsing], given: str, javascript: bool
) -> None:
    with new_site(tmp_path) as site:
        page = visit(site)(ADMINISTRATOR, javascript=javascript)
        page.get_by_role("button", name=re.compile(f"^{given},")).click()
        said = "Usage telemetry is on." if given == "Yes" else "Usage telemetry stays off."
        expect(page.get_by_role("status")).to_contain_text(said)
        expect(page).to_have_url("/")
        assert is_decided(site) is (given == "Yes")
        for path in ("/", "/tasklist/"):
            page.goto(path)
            expect(page).to_have_url(path)
            expect(page.locator("#consent")).to_have_count(0)
        page.goto("/cockpit/telemetry")
        row = page.get_by_role("table", name="All changes of the switch").get_by_role("row").nth(1)
        expect(row).to_contain_text(ADMINISTRATOR)
        expect(row).to_contain_text("the web apps")


# -- the page -------------------------------------------------------------------------------------------------------


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector(answer=Answer(503)) as opened:
        yield opened


@pytest.fixture
def waiting(tmp_path: Path, collector: Collector) -> Iterator[Site]:
    """A site whose endpoint did not take its first report."""
    settings = {"ENGINE_TELEMETRY_ENDPOINT": collector.url, "ENGINE_TELEMETRY_REQUEST_RETRIES": "0"}
    with new_site(tmp_path, **settings, ENGINE_TELEMETRY_REPORTING_PERIOD="4") as site:
        site.server.switch(True)
        site.server.deploy()
        site.server.start_instances(7)
        collector.wait_for_requests(1)
        wait_until(lambda: site.server.get("/telemetry/status")["waiting"]["answer"])
        yield site


def count_shown(page: Page, command: str) -> int:
    text = page.locator("#report-text").evaluate("element => element.textContent")
    found = json.loads(text)["product"]["internals"]["commands"].get(command, {"count": 0})["count"]
    return int(found)


def test_the_report_is_live_and_the_reader_keeps_their_place(waiting: Site, visit: Callable[[Site], Browsing]) -> None:
    page = visit(waiting)(ADMINISTRATOR, viewport=ViewportSize(width=1280, height=500))
    page.goto("/cockpit/telemetry")
    region = page.get_by_role("region", name="Text of the next report")
    region.focus()
    page.evaluate("document.querySelector('pre.report').style.maxHeight = '8rem'")
    region.evaluate("element => { element.scrollTop = 60; }")
    view = page.get_by_role("link", name="View", exact=True)
    view.scroll_into_view_if_needed()
    place = page.evaluate("[scrollY, document.querySelector('pre.report').scrollTop]")
    before = count_shown(page, "StartProcessInstanceCmd")
    waiting.server.start_instances(3)
    expect(page.locator("#report-text")).to_contain_text(
        f'"StartProcessInstanceCmd":{{"count":{before + 3}}}', timeout=20_000
    )
    assert page.evaluate("[scrollY, document.querySelector('pre.report').scrollTop]") == place
    expect(region).to_be_focused()
    view.focus()
    waiting.server.switch(False)
    expect(page.get_by_role("heading", level=1)).to_have_text("Usage telemetry is off", timeout=20_000)
    expect(page.get_by_role("button", name="Switch it on")).to_be_visible()


def test_a_page_whose_server_is_gone_says_that_it_is_not_up_to_date(waiting: Site, browser: Browser) -> None:
    context = browser.new_context(base_url=waiting.url)  # the browser complains rightly, so it is not the fixture's
    page = context.new_page()
    log_in(page, ADMINISTRATOR)
    page.goto("/cockpit/telemetry")
    expect(page.locator("#freshness")).to_have_text("It looks again every five seconds.")
    kill_server(waiting.server)
    expect(page.locator("#freshness")).to_have_text("It is not up to date any more: reload the page.", timeout=15_000)
    context.close()


def test_a_report_is_copied_with_the_keyboard_to_the_byte(waiting: Site, visit: Callable[[Site], Browsing]) -> None:
    page = visit(waiting)(ADMINISTRATOR)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/cockpit/telemetry")
    page.get_by_role("link", name="View", exact=True).click()
    copy = page.get_by_role("button", name="Copy")
    copy.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Copied")).to_have_text("Copied, byte for byte.")
    expect(copy).to_be_focused()
    (report,) = [each for each in waiting.server.get("/telemetry/history")["reports"] if each["state"] == "waiting"]
    assert page.evaluate("navigator.clipboard.readText()") == report["body"]


@pytest.mark.parametrize("javascript", [True, False])
def test_a_waiting_report_is_tried_again_looked_at_downloaded_and_deleted(
    waiting: Site, visit: Callable[[Site], Browsing], collector: Collector, javascript: bool, tmp_path: Path
) -> None:
    page = visit(waiting)(ADMINISTRATOR, javascript=javascript)
    page.goto("/cockpit/telemetry")
    expect(page.get_by_role("heading", name="What needs attention")).to_be_visible()
    page.get_by_role("button", name="Try again now").click()
    expect(page.get_by_role("alert")).to_contain_text("The report was not delivered: HTTP 503.")
    assert len({request.key for request in collector.requests}) == 1
    assert len({request.body for request in collector.requests}) == 1
    collector.answer = Answer(202)
    page.get_by_role("button", name="Try again now").click()
    expect(page.get_by_text("The endpoint has accepted the report: HTTP 202.")).to_be_visible()
    sent = collector.reports[0].body
    page.get_by_role("link", name="View", exact=True).last.click()
    assert saved(page, "Download", tmp_path) == sent
    if javascript:
        look_at_the_days(visit(waiting)(ADMINISTRATOR))
    page.goto("/cockpit/telemetry")
    expect(page.locator("#state")).to_contain_text(f"to {collector.url} (")
    page.get_by_role("link", name="See exactly what was sent").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("The report of")
    page.goto("/cockpit/telemetry")
    everything = json.loads(saved(page, "Download as JSON", tmp_path))
    assert sent.decode() in [report["body"] for report in everything["reports"]]
    assert saved(page, "Download as CSV", tmp_path).count(b",StartProcessInstanceCmd,7\r\n") == 1
    look_at_the_counts(page, waiting)
    page.get_by_role("link", name="Delete the history").click()
    page.get_by_role("button", name=re.compile("^Delete")).click()
    expect(page.get_by_role("status").filter(has_text="deleted")).to_be_visible()
    page.get_by_role("button", name="Switch it off").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Usage telemetry is off")
    assert is_decided(waiting) is False


def look_at_the_days(page: Page) -> None:
    """Those before and after the one on which something was sent; the clock of the browser says which it is."""
    now = datetime.now(UTC)
    for days, said in enumerate(("sent today.", "sent yesterday.", "Nothing was sent yesterday.")):
        page.clock.set_fixed_time(now + timedelta(days=days))
        page.goto("/cockpit/telemetry")
        expect(page.locator("#days")).to_contain_text(said)


def look_at_the_counts(page: Page, site: Site) -> None:
    """Those of one command, as a chart and as a table."""
    wait_until(lambda: len(site.server.get("/telemetry/history")["reports"]) > 1)  # else there are no charts
    page.get_by_text("Choose commands").click()
    page.get_by_role("checkbox", name="StartProcessInstanceCmd").check()
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("img", name="StartProcessInstanceCmd: 7 in all")).to_be_visible()
    page.get_by_text("The same as a table").click()
    expect(page.get_by_role("region", name="Table of counts").get_by_role("columnheader")).to_contain_text(
        ["Made", "State", "Covers", "StartProcessInstanceCmd"]
    )


def saved(page: Page, link: str, folder: Path) -> bytes:
    """The content of a file that a link saves."""
    with page.expect_download() as download:
        page.get_by_role("link", name=link).click()
    download.value.save_as(folder / "saved")
    return (folder / "saved").read_bytes()


def test_the_pages_are_accessible_and_fit(
    waiting: Site, visit: Callable[[Site], Browsing], collector: Collector
) -> None:
    browse = visit(waiting)
    for viewport in (GUIDE, NARROW):
        page = browse(ADMINISTRATOR, viewport=viewport)
        page.goto("/cockpit/telemetry")
        expect(page.get_by_role("button", name="Try again now")).to_be_visible()
        addresses = [
            page.get_by_role("link", name="View", exact=True).last.get_attribute("href"),
            "/cockpit/telemetry/delete-history",
        ]
        for path in ("/cockpit/telemetry", *addresses):
            page.goto(str(path))
            check_accessibility(page)
            check_width(page)
    page = browse(ADMINISTRATOR, viewport=GUIDE)
    page.goto("/cockpit/telemetry")
    save_picture(page, "telemetry-waiting")
    collector.answer = Answer(202)
    page.get_by_role("button", name="Try again now").click()
    collector.wait_for(2)
    page.goto("/cockpit/telemetry")
    save_picture(page, "telemetry")
