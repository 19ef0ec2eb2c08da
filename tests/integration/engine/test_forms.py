"""Forms of deployed processes: shown, submitted, and what comes of it in the database."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.exceptions import (
    FormFieldValidationException,
    NotFoundException,
    NullValueException,
    ParseException,
)

FIELD = '<camunda:formField id="{}" type="{}" {}>{}</camunda:formField>'
REQUIRED = '<camunda:validation><camunda:constraint name="required"/></camunda:validation>'
READONLY = '<camunda:validation><camunda:constraint name="readonly"/></camunda:validation>'


def _model(start_fields: str, task_fields: str) -> bytes:
    form = "<extensionElements><camunda:formData>{}</camunda:formData></extensionElements>"
    return f"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://test"
      xmlns:camunda="http://camunda.org/schema/1.0/bpmn"><process id="p" isExecutable="true">
      <startEvent id="start">{form.format(start_fields)}</startEvent>
      <sequenceFlow id="f" sourceRef="start" targetRef="a"/>
      <userTask id="a" camunda:formKey="app:a.html">{form.format(task_fields)}</userTask>
      <sequenceFlow id="g" sourceRef="a" targetRef="b"/><userTask id="b"/>
      <sequenceFlow id="h" sourceRef="b" targetRef="end"/><endEvent id="end"/></process></definitions>""".encode()


MODEL = _model(
    FIELD.format("amount", "long", "", REQUIRED) + FIELD.format("day", "date", 'defaultValue="24/12/2026"', ""),
    FIELD.format("amount", "long", "", READONLY)
    + FIELD.format("limit", "long", 'defaultValue="${amount * 2}"', "")
    + FIELD.format("approved", "boolean", 'label="Approve?"', REQUIRED),
)


@pytest.fixture
def engine(new_engine: Callable[..., ProcessEngine]) -> ProcessEngine:
    engine = new_engine()
    engine.repository_service.deploy({"a.bpmn": MODEL})
    return engine


def _definition(engine: ProcessEngine) -> str:
    return engine.repository_service.process_definitions(key="p")[0].id


def _task(engine: ProcessEngine) -> str:
    return engine.task_service.tasks()[0].id


def test_a_start_form_starts_the_process_with_typed_variables(engine: ProcessEngine) -> None:
    definition = _definition(engine)
    form = engine.form_service.get_start_form(definition)
    assert [(one.id, one.text) for one in form.fields] == [("amount", ""), ("day", "24/12/2026")]
    instance = engine.form_service.submit_start_form(definition, {"amount": "5", "note": "n"}, business_key="B")
    assert instance.business_key == "B"
    assert engine.runtime_service.variables(instance.id) == {
        "amount": TypedValue("Long", 5),
        "day": TypedValue("Date", datetime(2026, 12, 24, tzinfo=UTC)),
        "note": TypedValue("String", "n"),
    }


def test_a_task_form_shows_variables_and_defaults_and_completes_the_task(engine: ProcessEngine) -> None:
    engine.form_service.submit_start_form(_definition(engine), {"amount": 5})
    task = _task(engine)
    form = engine.form_service.get_task_form(task)
    assert form.key == "app:a.html"
    assert [(one.id, one.label, one.value) for one in form.fields] == [
        ("amount", None, 5),
        ("limit", None, 10),
        ("approved", "Approve?", None),
    ]
    assert set(engine.form_service.get_task_form_variables(task)) == {"amount", "day", "limit"}
    assert engine.form_service.get_task_form_variables(task, ["limit"]) == {"limit": TypedValue("Long", 10)}
    variables = engine.form_service.submit_task_form(task, {"approved": "true", "extra": 1.5})
    assert variables["approved"] == TypedValue("Boolean", value=True)
    assert variables["limit"] == TypedValue("Long", 10)
    assert variables["extra"] == TypedValue("Double", 1.5)
    assert engine.task_service.tasks()[0].task_definition_key == "b"


@pytest.mark.parametrize("variables", [{}, {"approved": "maybe"}, {"approved": True, "amount": 6}])
def test_a_submission_that_does_not_validate_changes_nothing(
    engine: ProcessEngine, variables: dict[str, object]
) -> None:
    instance = engine.form_service.submit_start_form(_definition(engine), {"amount": 5})
    task = _task(engine)
    with pytest.raises(FormFieldValidationException):
        engine.form_service.submit_task_form(task, variables)
    assert _task(engine) == task
    assert set(engine.runtime_service.variables(instance.id)) == {"amount", "day"}


def test_a_process_does_not_start_without_what_its_form_requires(engine: ProcessEngine) -> None:
    with pytest.raises(FormFieldValidationException, match="'amount': validation of required"):
        engine.form_service.submit_start_form(_definition(engine), {})
    assert engine.runtime_service.count_process_instances() == 0


def test_a_start_forms_variables_are_its_defaults(engine: ProcessEngine) -> None:
    assert engine.form_service.get_start_form_variables(_definition(engine)) == {
        "day": TypedValue("Date", datetime(2026, 12, 24, tzinfo=UTC))
    }


def test_a_task_without_a_form_is_completed_with_any_variables(engine: ProcessEngine) -> None:
    engine.form_service.submit_start_form(_definition(engine), {"amount": 5})
    engine.form_service.submit_task_form(_task(engine), {"approved": False})
    form = engine.form_service.get_task_form(_task(engine))
    assert (form.key, form.fields) == (None, ())
    engine.form_service.submit_task_form(_task(engine), {"more": 1})
    assert engine.runtime_service.count_process_instances() == 0


def test_a_delegated_task_is_given_back_by_its_form(engine: ProcessEngine) -> None:
    engine.form_service.submit_start_form(_definition(engine), {"amount": 5})
    task = _task(engine)
    engine.task_service.set_assignee(task, "owner")
    engine.task_service.delegate(task, "helper")
    variables = engine.form_service.submit_task_form(task, {"approved": True})
    assert variables["approved"] == TypedValue("Boolean", value=True)
    [found] = engine.task_service.tasks()
    assert (found.id, found.delegation_state, found.assignee) == (task, "RESOLVED", "owner")


def test_what_does_not_exist_has_no_form(engine: ProcessEngine) -> None:
    with pytest.raises(NotFoundException):
        engine.form_service.get_start_form("p:9:none")
    with pytest.raises(NullValueException):
        engine.form_service.submit_task_form("none", {})


def test_a_form_that_cannot_work_is_refused_at_deployment(engine: ProcessEngine) -> None:
    model = _model(FIELD.format("a", "address", "", ""), FIELD.format("b", "long", 'defaultValue="${1 +}"', ""))
    with pytest.raises(ParseException) as caught:
        engine.repository_service.deploy({"bad.bpmn": model})
    problems = [(problem.element_ids, problem.message[:30]) for problem in caught.value.problems]
    assert problems == [(("start",), "Form field 'a': its type is 'a"), (("a",), "Form field 'b': The expression")]
    assert all(problem.line > 0 for problem in caught.value.problems)
