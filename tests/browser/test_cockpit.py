"""Cockpit in a real browser, by an administrator with and without JavaScript, and by an ordinary user."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, ViewportSize, expect

from tests.acceptance.servers import MODEL
from tests.browser.browsing import (
    ADMINISTRATOR,
    NARROW,
    Browsing,
    Site,
    check_accessibility,
    check_width,
    save_picture,
)

pytestmark = pytest.mark.full

FOR_THE_GUIDE = ViewportSize(width=1280, height=860)
WRONG = (
    MODEL.read_bytes()
    .replace(b'<bpmn:parallelGateway id="join"/>', b'<bpmn:complexGateway id="join"/>')
    .replace(b' camunda:topic="reserve"', b"")
)
DROP = """([selector, name, text]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name));
    for (const kind of ["dragover", "drop"]) {
        const event = new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true});
        document.querySelector(selector).dispatchEvent(event);
    }
}"""


@pytest.fixture(scope="module", autouse=True)
def work(site: Site) -> None:
    """Orders that are approved: thirty run, two of them with an incident, in the second version."""
    server = site.server
    server.switch(False)  # so that nobody is asked about telemetry here
    for name in ("Approvals", "Approvals, second version"):
        files = {"data": ("approval.bpmn", MODEL.read_bytes())}
        answer = server.request("POST", "/engine-rest/deployment/create", data={"deployment-name": name}, files=files)
        assert answer.status_code == 200
    variables = {
        "customer": {"value": "Smith & Sons", "type": "String"},
        "amount": {"value": 250.5, "type": "Double"},
        "order": {"value": '{"items": [4711, 4712], "to": "Berlin"}', "type": "Json"},
        "letter": {"value": "We would like to order. " * 20, "type": "String"},
    }
    for number in range(30):
        body = {"businessKey": f"A-{1000 + number}", "variables": variables}
        assert server.post("/process-definition/key/approval/start", body).status_code == 200
    for task in _lock(server, 2):
        failure = {"workerId": "w", "errorMessage": "Article 4711 is not in stock", "retries": 0}
        assert server.post(f"/external-task/{task['id']}/failure", failure).status_code == 204
    for task in _lock(server, 10):
        assert server.post(f"/external-task/{task['id']}/complete", {"workerId": "w"}).status_code == 204


def _lock(server: Any, number: int) -> Any:
    topic = {"topicName": "reserve", "lockDuration": 60_000}
    return server.post("/external-task/fetchAndLock", {"workerId": "w", "maxTasks": number, "topics": [topic]}).json()


def shown_diagram(page: Page) -> None:
    expect(page.locator("[data-shown]")).to_be_visible()
    expect(page.locator(".diagram-canvas")).to_have_count(1)


def troubled_instance(site: Site) -> str:
    return f"/cockpit/instance/{site.server.get('/incident')[0]['processInstanceId']}"


def newest(site: Site) -> str:
    (definition,) = site.server.get("/process-definition?latestVersion=true&key=approval")
    return f"/cockpit/process/{definition['id']}"


def test_the_numbers_lead_on(page_as_admin: Page) -> None:
    page = page_as_admin
    page.goto("/cockpit/")
    expect(page.locator(".figures li")).to_have_count(4)
    page.get_by_role("link", name="2 open incidents").click()
    expect(page.get_by_role("checkbox", name="Only instances with open incidents")).to_be_checked()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("navigation", name="Cockpit").get_by_role("link", name="Overview").click()
    page.get_by_role("link", name="1 deployed process").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Processes")
    page.goto("/cockpit/")
    page.get_by_role("link", name="open human tasks").click()
    expect(page).to_have_url(re.compile(r"/tasklist/\?view=all"))
    page.goto("/cockpit/")
    page.get_by_role("link", name="More about telemetry").click()
    expect(page).to_have_url(re.compile("/cockpit/telemetry"))


def test_the_numbers_are_fetched_anew_without_taking_the_focus(browse: Browsing) -> None:
    page = browse(ADMINISTRATOR)
    page.goto("/cockpit/")
    page.locator("#figure-2").focus()
    page.evaluate("document.querySelector('#figures .figure').textContent = 'old'")
    page.evaluate("htmx.trigger('#figures', 'refresh')")
    expect(page.locator("#figures .figure").first).to_have_text("30")
    expect(page.locator("#figure-2")).to_be_focused()


def test_a_process_is_found_and_shows_where_its_instances_are(page_as_admin: Page) -> None:
    page = page_as_admin
    page.goto("/cockpit/processes")
    page.get_by_label("Name or key has").fill("APPR")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Approve an order").click()
    shown_diagram(page)
    badges = page.locator(".diagram-badge")
    expect(badges.filter(has_text="30")).to_have_attribute("title", "30 running")
    expect(badges.filter(has_text=re.compile("^2$"))).to_have_class(re.compile("bad"))
    row = page.get_by_role("row", name="Reserve the goods")
    expect(row.get_by_role("cell")).to_have_text(["reserve", "20", "2"])
    page.locator('g[data-element-id="reserve"]').click()
    expect(page.get_by_role("heading", name="Instances in “Reserve the goods”")).to_be_visible()
    expect(page.get_by_role("table", name="Running instances").locator("tbody tr")).to_have_count(20)


def test_another_version_is_chosen(page_as_admin: Page, site: Site) -> None:
    page = page_as_admin
    page.goto(newest(site))
    page.get_by_label("Version", exact=True).select_option(label="1")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Approve an order version 1")
    expect(page.get_by_text("Nothing goes on in this version.")).to_be_visible()
    shown_diagram(page)
    expect(page.locator(".diagram-badge")).to_have_count(0)
    page.locator('dd a[href*="/cockpit/deployment/"]').click()
    expect(page.get_by_role("heading", name="What it made")).to_be_visible()


def test_instances_are_searched_sorted_and_paged(page_as_admin: Page) -> None:
    page = page_as_admin
    page.goto("/cockpit/instances")
    first = page.locator("tbody th").first
    page.get_by_role("link", name="Business key").click()
    expect(page.get_by_role("columnheader", name="Business key")).to_have_attribute("aria-sort", "ascending")
    expect(first).to_contain_text("A-1000")
    page.get_by_role("link", name="Next").click()
    expect(first).to_contain_text("A-1025")
    page.get_by_label("Business key has").fill("a-101")
    page.get_by_text("More conditions").click()
    page.get_by_label("Name of a variable").fill("amount")
    page.get_by_label("Its value").fill("250.5")
    page.get_by_label("Id of an activity that goes on").fill("approve")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("10 instances found")).to_be_visible()
    expect(page.get_by_label("Its value")).to_be_visible()
    page.get_by_role("link", name="Show all").click()
    expect(page.get_by_text("30 instances", exact=True)).to_be_visible()


def test_an_instance_shows_where_it_stands_and_what_is_in_it(page_as_admin: Page, site: Site) -> None:
    page = page_as_admin
    page.goto(troubled_instance(site))
    shown_diagram(page)
    expect(page.locator('g[data-element-id="approve"]')).to_have_class(re.compile("current"))
    expect(page.locator('g[data-element-id="reserve"]')).to_have_class(re.compile("trouble"))
    page.get_by_role("link", name="show all of letter").click()
    expect(page.locator("pre")).to_have_text("We would like to order. " * 20)
    page.go_back()
    tabs = page.get_by_role("navigation", name="What is in this instance")
    for name, said in (
        ("User tasks 1", "Approve the order"),
        ("External tasks 1", "Reserve the goods"),
        ("Incidents 1", "Article 4711 is not in stock"),
    ):
        tabs.get_by_role("link", name=name).click()
        expect(page.get_by_role("region", name=re.compile(name[:-2])).locator("tbody")).to_contain_text(said)


def test_an_instance_is_cancelled_by_the_keyboard_alone(page_as_admin: Page, site: Site) -> None:
    page = page_as_admin
    answer = site.server.post("/process-definition/key/approval/start", {"businessKey": "for the keyboard"})
    page.goto(f"/cockpit/instance/{answer.json()['id']}")
    _tab_to(page, "Cancel this instance")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Cancel this instance?")
    _tab_to(page, "")
    page.keyboard.type("A test")
    _tab_to(page, "Cancel the instance")
    page.keyboard.press("Space")
    expect(page.get_by_role("status")).to_have_text("The instance was cancelled.")
    page.goto(f"/cockpit/instance/{answer.json()['id']}")
    expect(page.get_by_text("A test")).to_be_visible()


def _tab_to(page: Page, text: str) -> None:
    """Press Tab until an element with this text has the focus; an input field, if it is empty."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.inner_text().strip() == text and (text or focused.evaluate("e => e.name") == "reason"):
            return
    pytest.fail(f"{text!r} cannot be reached by Tab")


def test_a_dropped_file_is_deployed_at_once(page_as_admin: Page, site: Site) -> None:
    page = page_as_admin
    page.goto("/cockpit/deployments")
    expect(page.get_by_text("You can also drop files here")).to_be_visible()
    page.evaluate(DROP, ["form[data-drop]", "dropped.bpmn", MODEL.read_text().replace('"approval"', '"dropped"')])
    expect(page.get_by_role("status")).to_have_text("Deployed. This is what it made.")
    expect(page.get_by_role("heading", level=1)).to_have_text("dropped.bpmn")
    page.get_by_role("link", name="Approve an order").click()
    expect(page.get_by_role("definition").first).to_have_text("dropped")
    page.goto("/cockpit/deployments")
    page.evaluate(DROP, ["h1", "missed.bpmn", "x"])
    expect(page.get_by_role("heading", level=1)).to_have_text("Deployments")
    assert site.server.get("/deployment/count?name=missed.bpmn") == {"count": 0}
    _delete(site, f"/deployment/{site.server.get('/deployment?name=dropped.bpmn')[0]['id']}")


def _delete(site: Site, path: str) -> None:
    """Leave nothing behind that other tests would count."""
    assert site.server.request("DELETE", f"/engine-rest{path}").status_code == 204


@pytest.mark.parametrize("javascript", [True, False])
def test_what_is_refused_says_where_and_why(browse: Browsing, javascript: bool) -> None:
    page = browse(ADMINISTRATOR, javascript=javascript, viewport=FOR_THE_GUIDE)
    page.goto("/cockpit/deployments")
    page.get_by_label("Files").set_input_files(FilePayload(name="order.bpmn", mimeType="text/xml", buffer=WRONG))
    page.get_by_role("button", name="Deploy").click()
    table = page.get_by_role("table", name="Problems of order.bpmn")
    expect(table.locator("tbody tr")).to_have_count(2)
    row = table.get_by_role("row").filter(has_text="join")
    line = WRONG[: WRONG.index(b"<bpmn:complexGateway")].count(b"\n") + 1
    expect(row.get_by_role("cell").first).to_have_text(str(line))
    expect(row).to_contain_text('<bpmn:complexGateway id="join"/>')
    if javascript:
        expect(page.get_by_role("heading", name="Nothing was deployed")).to_be_focused()
        check_accessibility(page)
        save_picture(page, "cockpit-refused")


@pytest.mark.parametrize("javascript", [True, False])
def test_files_are_deployed_looked_at_saved_and_deleted(browse: Browsing, javascript: bool, tmp_path: Path) -> None:
    page = browse(ADMINISTRATOR, javascript=javascript)
    page.goto("/cockpit/deployments")
    name = f"by-form-{javascript}"
    content = MODEL.read_bytes().replace(b'"approval"', f'"{name}"'.encode())
    page.get_by_label("Files").set_input_files(
        [
            FilePayload(name="order.bpmn", mimeType="text/xml", buffer=content),
            FilePayload(name="note.html", mimeType="text/html", buffer=b"<script>alert(1)</script>"),
        ]
    )
    page.get_by_label("Name of the deployment").fill(name)
    page.get_by_role("button", name="Deploy").click()
    expect(page.get_by_role("status")).to_have_text("Deployed. This is what it made.")
    page.get_by_role("link", name="note.html", exact=True).click()
    expect(page.get_by_role("region", name="Content of note.html")).to_have_text("<script>alert(1)</script>")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    download.value.save_as(tmp_path / "saved")
    assert download.value.suggested_filename == "note.html"
    assert (tmp_path / "saved").read_bytes() == b"<script>alert(1)</script>"
    page.get_by_role("link", name=name).click()
    page.get_by_role("link", name="Delete this deployment").click()
    expect(page.get_by_text("the process Approve an order, version 1")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status")).to_have_text("The deployment was deleted.")
    expect(page.get_by_role("link", name=name)).to_have_count(0)


def test_without_javascript_all_but_the_diagram_is_there(browse: Browsing, site: Site) -> None:
    page = browse(ADMINISTRATOR, javascript=False)
    page.goto(newest(site))
    expect(page.get_by_text("The diagram needs JavaScript.")).to_be_visible()
    expect(page.get_by_role("row", name="Reserve the goods")).to_be_visible()
    page.goto("/cockpit/deployments")
    expect(page.get_by_text("You can also drop files here")).to_be_hidden()
    page.goto(troubled_instance(site))
    expect(page.get_by_text(" UTC").first).to_be_visible()
    page.get_by_role("link", name="Incidents 1").click()
    expect(page.get_by_text("Article 4711 is not in stock")).to_be_visible()
    page.goto("/cockpit/instances")
    page.get_by_text("More conditions").click()
    page.get_by_label("Name of a variable").fill("customer")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("30 instances found")).to_be_visible()


def test_an_ordinary_user_is_told_that_it_is_not_for_them(page_as_user: Page, site: Site) -> None:
    for path in ("/cockpit/", "/cockpit/instances", newest(site), troubled_instance(site), "/cockpit/deployments"):
        answer = page_as_user.goto(path)
        assert answer is not None
        assert answer.status == 403
        expect(page_as_user.get_by_role("heading", level=1)).to_have_text("This is not for you")


def test_all_pages_are_accessible_and_fit(browse: Browsing, site: Site) -> None:
    wide, narrow = browse(ADMINISTRATOR), browse(ADMINISTRATOR, viewport=NARROW)
    instance = troubled_instance(site)
    variable = site.server.get(f"/variable-instance?variableName=letter&processInstanceIdIn={instance.split('/')[-1]}")
    deployment = f"/cockpit/deployment/{site.server.get('/deployment')[0]['id']}"
    file = site.server.get(f"/deployment/{deployment.rsplit('/', maxsplit=1)[-1]}/resources")[0]["id"]
    for path in (
        *("/cockpit/", "/cockpit/processes", "/cockpit/processes?q=x", newest(site)),
        *("/cockpit/instances", "/cockpit/instances?variable=x&from=x", "/cockpit/instances?process=x"),
        *(instance, *(f"{instance}?show={name}" for name in ("tasks", "external-tasks", "incidents", "jobs"))),
        *(f"{instance}/cancel", f"{instance}/variable/{variable[0]['id']}"),
        *("/cockpit/deployments", deployment, f"{deployment}/delete", f"{deployment}/file/{file}"),
    ):
        for page in (wide, narrow):
            page.goto(path)
            if page.locator("[data-diagram]").count():
                shown_diagram(page)
            check_width(page)
        check_accessibility(wide)


def test_the_guide_has_a_picture_of_a_process(browse: Browsing, site: Site) -> None:
    page = browse(ADMINISTRATOR, viewport=FOR_THE_GUIDE)
    page.goto(newest(site))
    shown_diagram(page)
    save_picture(page, "cockpit-process")


def test_what_people_write_is_text(browse: Browsing, site: Site) -> None:
    markup = "<img src=x onerror=alert(1)>"
    variables = {markup: {"value": markup, "type": "String"}}
    answer = site.server.post("/process-definition/key/approval/start", {"businessKey": markup, "variables": variables})
    page = browse(ADMINISTRATOR)
    for path in (f"/cockpit/instance/{answer.json()['id']}", "/cockpit/instances"):
        page.goto(path)
        expect(page.get_by_text(markup, exact=True).first).to_be_visible()
        expect(page.locator("main img")).to_have_count(0)
    _delete(site, f"/process-instance/{answer.json()['id']}")
