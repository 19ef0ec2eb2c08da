"""The start page, and where the cursor is when somebody logs in."""

import re
from datetime import UTC, datetime, timedelta

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.people import Person
from tests.integration.webapps.rest_client import TestClient
from tests.integration.webapps.tasklist_models import deploy, plain_model
from tests.integration.webapps.test_log_in import send_password


def test_it_says_how_many_tasks_one_has(as_user: Person, engine: ProcessEngine) -> None:
    assert "You have no tasks." in as_user.get("/")
    deploy(engine, plain_model(attributes='camunda:assignee="bob"'))
    for expected in ("1 task.", "2 tasks."):
        engine.runtime_service.start_process_instance(key="plain")
        assert f"You have {expected}" in as_user.get("/")
    task = engine.task_service.tasks(max_results=1)[0]
    engine.task_service.save(task.id, follow_up=datetime.now(UTC) + timedelta(days=1))
    assert "You have 1 task." in as_user.get("/")


def test_what_is_for_developers_is_for_administrators(as_user: Person) -> None:
    assert "/engine-rest" not in as_user.get("/")


def test_developers_find_it_folded_away(as_admin: Person) -> None:
    assert re.search(
        r'<details class="more">\s*<summary>For developers</summary>.*/engine-rest', as_admin.get("/"), re.DOTALL
    )


def test_the_cursor_is_in_the_first_field_that_is_to_be_filled_in(http: TestClient, engine: ProcessEngine) -> None:
    engine.identity_service.create_user("cara", "correct horse")
    assert re.findall(r'id="(\w+)"[^>]* autofocus', http.get("/login").text) == ["user"]
    assert re.findall(r'id="(\w+)"[^>]* autofocus', send_password(http, "wrong password").text) == ["password"]
