"""What tests read on the pages of Tasklist, and how they get there."""

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from httpx import Response

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Task
from tests.integration.webapps.people import Person
from tests.integration.webapps.tasklist_models import deploy, plain_model

JOURNEY = {"field-0": "Rome", "field-1": "3", "field-2": "2026-12-24", "field-3": "bus"}
MARKUP = "<script>alert(1)</script>"


def start_page(engine: ProcessEngine, key: str) -> str:
    definitions = engine.repository_service.process_definitions(key=key, latest_version=True)
    return f"/tasklist/start/{definitions[0].id}"


def only_task(engine: ProcessEngine) -> Task:
    (task,) = engine.task_service.tasks()
    return task


def page_of(task: Task, action: str = "") -> str:
    return f"/tasklist/task/{task.id}{action}"


def text_of(html: str) -> str:
    """What people read, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def next_page(person: Person, response: Response) -> str:
    assert response.status_code == 303, response.text
    return person.get(response.headers["location"])


def refused(response: Response, status: int = 422) -> str:
    assert response.status_code == status, response.text
    return str(response.text)


def plain_task(engine: ProcessEngine, attributes: str = "", variables: Mapping[str, Any] | None = None) -> Task:
    deploy(engine, plain_model(attributes=attributes))
    engine.runtime_service.start_process_instance(key="plain", variables=variables)
    return only_task(engine)
