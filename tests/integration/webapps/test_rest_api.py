"""What holds for every resource."""

import logging
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.rest_client import RestClient, TestClient
from webapps.main import create_app

PATHS = ("/version", "/deployment", "/process-definition", "/process-instance", "/task", "/external-task")


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("prefix", ["", "/engine/default"])
@pytest.mark.parametrize("suffix", ["", "/"])
def test_a_path_may_name_the_engine_and_end_in_a_slash(http: TestClient, prefix: str, path: str, suffix: str) -> None:
    response = http.get(f"/engine-rest{prefix}{path}{suffix}")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"


def test_a_post_to_a_path_with_a_slash_is_answered_and_not_redirected(http: TestClient) -> None:
    assert http.post("/engine-rest/engine/default/task/?firstResult=0", json={}).json() == []


def test_the_engine_and_the_version_say_who_they_are(http: TestClient, engine: ProcessEngine) -> None:
    assert http.get("/engine-rest/engine").json() == [{"name": "default"}]
    assert http.get("/engine-rest/version").json() == {"version": engine.configuration.product_version}


def test_an_engine_of_another_name_is_a_400(http: TestClient) -> None:
    response = http.get("/engine-rest/engine/other/task")
    assert response.status_code == 400
    assert response.json()["type"] == "InvalidRequestException"
    assert "'other'" in response.json()["message"]


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/task/1/2/3", "/engine/default", "/engine/default/nothing"])
def test_a_path_that_leads_nowhere_is_a_404_in_json(http: TestClient, path: str) -> None:
    response = http.get(f"/engine-rest{path}")
    assert response.status_code == 404
    if path:
        assert response.json()["type"] == "NotFoundException"


def test_a_method_that_a_resource_does_not_know_is_a_405_in_json(http: TestClient) -> None:
    response = http.delete("/engine-rest/task")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    assert response.json()["type"] == "NotAllowedException"


def test_head_has_the_headers_of_get_and_options_lists_the_methods(http: TestClient) -> None:
    head, options = http.head("/engine-rest/engine"), http.options("/engine-rest/engine")
    assert (head.status_code, head.headers["content-length"], head.content) == (200, "20", b"")
    assert http.head("/engine-rest/nothing").content == http.head("/engine-rest/engine/other/task").content == b""
    assert (options.status_code, options.headers["allow"], options.content) == (204, "GET, HEAD, OPTIONS", b"")


def test_a_command_is_answered_with_204_and_nothing_else(http: TestClient) -> None:
    response = http.post("/engine-rest/telemetry/configuration", json={"enableTelemetry": False})
    assert (response.status_code, response.content) == (204, b"")
    assert "content-type" not in response.headers


def test_browsers_are_told_to_do_nothing_with_an_answer_and_other_sites_get_nothing(http: TestClient) -> None:
    headers = http.get("/engine-rest/version", headers={"Origin": "https://example.com"}).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "access-control-allow-origin" not in headers


def test_a_body_of_more_than_a_megabyte_is_a_413(http: TestClient) -> None:
    body = b'{"name": "' + b"x" * 1024 * 1024 + b'"}'
    response = http.post("/engine-rest/task", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 413
    assert response.json()["type"] == "RestException"


def test_a_body_without_a_length_is_limited_too(http: TestClient) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(20):
            yield b" " * 100_000

    response = http.post("/engine-rest/task", content=chunks(), headers={"Content-Type": "application/json"})
    assert response.status_code == 413


def test_a_form_that_a_page_of_another_site_sends_deploys_nothing(http: TestClient) -> None:
    files = {"data": ("a.txt", b"a")}
    headers = {"Sec-Fetch-Site": "cross-site"}
    response = http.post("/engine-rest/deployment/create", files=files, headers=headers)
    assert response.status_code == 403
    assert http.get("/engine-rest/deployment/count").json() == {"count": 0}


def test_a_database_that_cannot_be_opened_is_a_500_that_tells_the_log_everything_and_the_client_little(
    tmp_path: Path, settings: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    unreachable = f"sqlite:///{tmp_path / 'missing' / 'engine.db'}"
    client = TestClient(create_app(**{**settings, "database_url": unreachable}))  # no lifespan: the first command opens
    with caplog.at_level(logging.ERROR, "engine_telemetry.engine"):
        response = client.get("/engine-rest/task")
    assert (response.status_code, response.json()["type"]) == (500, "ProcessEngineException")
    assert "missing" not in response.text
    assert "OperationalError" in caplog.text


def test_what_a_database_refuses_is_for_the_log_and_its_code_for_the_client(
    rest: RestClient, engine: ProcessEngine, caplog: pytest.LogCaptureFixture
) -> None:
    rest.deploy()
    engine.executor.execute(lambda context: context.connection.execute(text("drop table engine_incident")))
    with caplog.at_level(logging.ERROR, "engine_telemetry.engine"):
        response = rest.http.get("/engine-rest/incident")
    assert response.status_code == 500
    assert response.json() == {
        "type": "ProcessEngineException",
        "message": "Internal error. The log of the server has the details.",
        "code": 0,
    }
    assert "no such table: engine_incident" in caplog.text


def test_a_command_that_waits_for_the_database_holds_up_no_other_request(rest: RestClient, tmp_path: Path) -> None:
    rest.deploy()
    lock = sqlite3.connect(tmp_path / "engine.db", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(rest.start)
        assert rest.get("/engine") == [{"name": "default"}]
        assert not waiting.done()
        lock.execute("ROLLBACK")
        assert waiting.result()["definitionKey"] == "order"
    lock.close()
