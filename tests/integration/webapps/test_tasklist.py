"""Tasklist: the lists, the pages of tasks, and what people do there."""

from tests.integration.webapps.people import Person
from tests.integration.webapps.tasklist_models import TRAVEL, deploy, plain_model
from engine_telemetry.engine import ProcessEngine

def test_smoke(engine: ProcessEngine, as_user: Person) -> None:
    deploy(engine, TRAVEL, plain_model())
    print(as_user.get("/tasklist/"))
    html = as_user.get("/tasklist/start")
    d = engine.repository_service.process_definitions(key="travel")[0].id
    print(as_user.get(f"/tasklist/start/{d}"))
    r = as_user.act(f"/tasklist/start/{d}", {"field-0": "Rome", "field-1": "3", "field-2": "2026-12-24", "field-3": "bus"})
    print(r.status_code, r.headers)
    t = engine.task_service.tasks()[0]
    print(t)
    print(as_user.get(f"/tasklist/task/{t.id}"))
    r = as_user.act(f"/tasklist/task/{t.id}", {"field-0": "Rome", "field-1": "3", "field-2": "3", "field-3": "2026-12-24T10:00"})
    print(r.status_code, r.headers)
    t = engine.task_service.tasks()[0]
    print(t)
    r = as_user.act(f"/tasklist/task/{t.id}", {"do": "another", "assignee":"bob", "variable-0-name": "x"})
    print(r.text)
