"""Orders that are approved, for Cockpit's pages to show: made through the REST API."""

from typing import Any

from playwright.sync_api import Page, expect

from tests.acceptance.servers import MODEL
from tests.browser.browsing import Site

VARIABLES = {
    "customer": {"value": "Smith & Sons", "type": "String"},
    "amount": {"value": 250.5, "type": "Double"},
}


def deploy_orders(site: Site, name: str) -> None:
    """One more version of the process."""
    files = {"data": ("approval.bpmn", MODEL.read_bytes())}
    answer = site.server.request("POST", "/engine-rest/deployment/create", data={"deployment-name": name}, files=files)
    assert answer.status_code == 200


def start_order(site: Site, business_key: str) -> str:
    """The id of an instance of the newest version."""
    body = {"businessKey": business_key, "variables": VARIABLES}
    answer = site.server.post("/process-definition/key/approval/start", body)
    return str(answer.json()["id"])


def fail_orders(site: Site, number: int, message: str = "Article 4711 is not in stock") -> None:
    """Incidents in the oldest instances that have none."""
    for task in _locked(site, number):
        failure = {"workerId": "w", "errorMessage": message, "errorDetails": "Traceback", "retries": 0}
        assert site.server.post(f"/external-task/{task['id']}/failure", failure).status_code == 204


def reserve_orders(site: Site, number: int) -> None:
    """Instances in which only the approval is open."""
    for task in _locked(site, number):
        assert site.server.post(f"/external-task/{task['id']}/complete", {"workerId": "w"}).status_code == 204


def newest(site: Site) -> str:
    """The path of the page of the newest version."""
    (definition,) = site.server.get("/process-definition?latestVersion=true&key=approval")
    return f"/cockpit/process/{definition['id']}"


def shown_diagram(page: Page) -> None:
    """Wait for the diagram."""
    expect(page.locator("[data-shown]")).to_be_visible()
    expect(page.locator(".diagram-canvas")).to_have_count(1)


def _locked(site: Site, number: int) -> Any:
    topic = {"topicName": "reserve", "lockDuration": 60_000}
    asked = {"workerId": "w", "maxTasks": number, "topics": [topic]}
    return site.server.post("/external-task/fetchAndLock", asked).json()
