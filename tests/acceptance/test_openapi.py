"""Schemathesis against the API's own document: what a generator makes up is answered as the document says."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings

from tests.integration.webapps.day import DECISION, PROCESS
from webapps.main import create_app

pytestmark = [pytest.mark.full, pytest.mark.timeout(900), pytest.mark.filterwarnings("ignore")]
CASES = 2000
SECONDS = 600
HOUR = timedelta(hours=1)


@pytest.fixture
def app(tmp_path: Path) -> Any:
    return create_app(
        database_url=f"sqlite:///{tmp_path / 'engine.db'}",
        telemetry_state_directory=tmp_path / "state",
        telemetry_reporter_activate=False,
    )


def test_two_thousand_requests_are_answered_as_the_document_says(app: Any) -> None:
    schemathesis = pytest.importorskip("schemathesis")
    ids = _fill(app)
    schema = schemathesis.openapi.from_asgi("/engine-rest/openapi.json", app)
    operations = [result.ok() for result in schema.get_all_operations()]
    end, sent, trouble = time.monotonic() + SECONDS, 0, []

    for number, operation in enumerate(operations):

        @seed(number)
        @settings(
            max_examples=-(-CASES // len(operations)),
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: Any) -> None:
            nonlocal sent
            sent += 1
            _with_known_ids(case, ids, known=sent % 2 == 0)
            _check(case, case.call())

        try:
            ask()
        except (AssertionError, BaseExceptionGroup) as exc:
            trouble.append(f"{operation.label}: {exc}")
        assert time.monotonic() < end, f"Only {sent} requests in {SECONDS} s"
    assert not trouble, "\n\n".join(trouble)
    assert sent >= CASES * 0.9  # some operations have fewer different requests than that


def _check(case: Any, response: Any) -> None:
    from schemathesis.checks import load_all_checks  # noqa: PLC0415 - installed for the full tests only
    from schemathesis.specs.openapi import checks  # noqa: PLC0415

    load_all_checks()
    assert response.status_code < 500, response.text
    case.validate_response(
        response,
        checks=[
            checks.status_code_conformance,
            checks.content_type_conformance,
            checks.response_headers_conformance,
            checks.response_schema_conformance,
        ],
    )


def _with_known_ids(case: Any, ids: dict[str, str], *, known: bool) -> None:
    if known and case.path_parameters:
        case.path_parameters.update({name: ids[name] for name in case.path_parameters if name in ids})
    if case.path.endswith("/fetchAndLock") and isinstance(case.body, dict):
        case.body.pop("asyncResponseTimeout", None)  # it would wait


def _fill(app: Any) -> dict[str, str]:
    """Something of everything, and the ids of it by the names of the path's parts."""
    engine = app.state.engine
    deployed = engine.repository_service.deploy({"day.bpmn": PROCESS, "dish.dmn": DECISION})
    start = engine.runtime_service.start_process_instance
    instance = start(key="day", variables={"amount": 5})
    for task in engine.external_task_service.external_tasks():
        engine.external_task_service.lock(task.id, worker_id="w", lock_duration=HOUR)
        engine.external_task_service.complete(task.id, worker_id="w")
    other = start(key="day")
    [external] = engine.external_task_service.external_tasks()
    engine.external_task_service.lock(external.id, worker_id="w", lock_duration=HOUR)
    engine.external_task_service.fail(external.id, worker_id="w", error_message="no", error_details="x", retries=0)
    [task] = engine.task_service.tasks()
    [incident] = engine.runtime_service.incidents()
    return {
        "deployment_id": deployed.id,
        "definition_id": instance.definition_id,
        "decision_id": deployed.decision_definitions[0].id,
        "key": "day",
        "instance_id": other.id,
        "execution_id": instance.id,
        "task_id": task.id,
        "incident_id": incident.id,
        "name": "amount",
        "group_id": "camunda-admin",
        "filter_id": engine.filter_service.create(name="All", query={}).id,
    }
