"""Deployments in a real browser: files that are dropped or chosen, refused, looked at, saved, and deleted again."""

from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, ViewportSize, expect

from tests.acceptance.servers import MODEL
from tests.browser.browsing import ADMINISTRATOR, NARROW, Browsing, Site, check_accessibility, check_width

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


def deploy(site: Site, key: str) -> str:
    """The id of a deployment with a process of this key."""
    files = {"data": ("order.bpmn", MODEL.read_bytes().replace(b'"approval"', f'"{key}"'.encode()))}
    data = {"deployment-name": key}
    answer = site.server.request("POST", "/engine-rest/deployment/create", data=data, files=files)
    return str(answer.json()["id"])


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


@pytest.mark.parametrize("javascript", [True, False])
def test_files_are_deployed_looked_at_saved_and_deleted(browse: Browsing, javascript: bool, tmp_path: Path) -> None:
    page = browse(ADMINISTRATOR, javascript=javascript)
    page.goto("/cockpit/deployments")
    expect(page.get_by_text("You can also drop files here")).to_be_visible(visible=javascript)
    name = f"by-form-{javascript}"
    content = MODEL.read_bytes().replace(b'"approval"', f'"{name}"'.encode())
    page.get_by_label("Files").set_input_files(
        [
            FilePayload(name="order.bpmn", mimeType="text/xml", buffer=content),
            FilePayload(name="note.html", mimeType="text/html", buffer=b"<script>alert(1)</script>\nline two"),
        ]
    )
    page.get_by_label("Name of the deployment").fill(name)
    page.get_by_role("button", name="Deploy").click()
    expect(page.get_by_role("status")).to_have_text("Deployed. This is what it made.")
    page.get_by_role("link", name="note.html", exact=True).click()
    lines = page.get_by_role("region", name="Content of note.html").locator("span")
    expect(lines).to_have_text(["<script>alert(1)</script>", "line two"])
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    download.value.save_as(tmp_path / "saved")
    assert download.value.suggested_filename == "note.html"
    assert (tmp_path / "saved").read_bytes() == b"<script>alert(1)</script>\nline two"
    page.get_by_role("link", name=name).click()
    page.get_by_role("link", name="Delete this deployment").click()
    expect(page.get_by_role("link", name="2 files")).to_be_visible()
    expect(page.get_by_role("link", name="Approve an order")).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status")).to_have_text("The deployment was deleted.")
    expect(page.get_by_role("link", name=name)).to_have_count(0)


def test_what_goes_along_is_counted_and_linked_and_deleted_by_the_keyboard(browse: Browsing, site: Site) -> None:
    deployment_id = deploy(site, "doomed")
    for _ in range(3):
        answer = site.server.post("/process-definition/key/doomed/start", {})
    site.server.request("DELETE", f"/engine-rest/process-instance/{answer.json()['id']}")
    page = browse(ADMINISTRATOR)
    page.goto("/cockpit/deployments?q=DOOM")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="doomed").click()
    page.get_by_role("link", name="Delete this deployment").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="2 running instances").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 instances")).to_be_visible()
    page.go_back()
    page.get_by_role("link", name="those that have ended").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    page.go_back()
    check_accessibility(page)
    page.get_by_role("button", name="Delete with 2 running instances").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("The deployment was deleted.")
    assert site.server.get("/history/process-instance/count?processDefinitionKey=doomed") == {"count": 0}
    assert site.server.get(f"/deployment/count?id={deployment_id}") == {"count": 0}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_pages_are_accessible_and_fit(browse: Browsing, site: Site) -> None:
    deployment = f"/cockpit/deployment/{deploy(site, 'fitting')}"
    file = site.server.get(f"/deployment/{deployment.rpartition('/')[2]}/resources")[0]["id"]
    wide, narrow = browse(ADMINISTRATOR), browse(ADMINISTRATOR, viewport=NARROW)
    for path in ("/cockpit/deployments", deployment, f"{deployment}/delete", f"{deployment}/file/{file}"):
        for page in (wide, narrow):
            page.goto(path)
            check_width(page)
        check_accessibility(wide)
