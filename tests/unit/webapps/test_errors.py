import json
import logging

import pytest

from engine_telemetry.exceptions import (
    BadUserRequestException,
    ConflictException,
    DmnEvaluationException,
    ExpressionException,
    IncompleteException,
    InvalidRequestException,
    ModelExecutionException,
    NotFoundException,
    NullValueException,
    OptimisticLockingException,
    ParseException,
    Problem,
    ProcessEngineException,
    RestException,
    SuspendedEntityInteractionException,
    TaskAlreadyClaimedException,
)
from webapps.rest.errors import answer_error


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (RestException(413, "m"), 413, None),
        (InvalidRequestException("m"), 400, None),
        (BadUserRequestException("m"), 400, 0),
        (NotFoundException("m"), 404, 0),
        (NullValueException("m"), 404, 0),
        (TaskAlreadyClaimedException("m"), 409, 0),
        (SuspendedEntityInteractionException("m"), 409, 0),
        (OptimisticLockingException("m"), 409, 1),
        (ExpressionException("m"), 400, 0),
        (DmnEvaluationException("m"), 400, 0),
        (ProcessEngineException("m"), 500, 0),
    ],
)
def test_an_error_has_the_body_that_camunda_gives_it_and_a_status_that_says_whose_fault_it_is(
    error: ProcessEngineException, status: int, code: int | None
) -> None:
    answer = answer_error(error)
    assert answer.status == status
    assert json.loads(answer.body) == {"type": type(error).__name__, "message": "m", "code": code}


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (IncompleteException("m"), 400, "NullValueException"),
        (ModelExecutionException("m"), 400, "ProcessEngineException"),
        (ConflictException("m"), 409, "ProcessEngineException"),
    ],
)
def test_an_error_that_camunda_does_not_have_goes_by_the_name_of_the_one_that_it_raises(
    error: ProcessEngineException, status: int, kind: str
) -> None:
    answer = answer_error(error)
    assert (answer.status, json.loads(answer.body)) == (status, {"type": kind, "message": "m", "code": 0})


def test_a_model_that_cannot_be_deployed_is_a_400_that_names_the_place() -> None:
    answer = answer_error(ParseException("a.bpmn", (Problem("no", ("x", "y"), 3, 7), Problem("neither"))))
    assert answer.status == 400
    assert json.loads(answer.body)["details"] == {
        "a.bpmn": {
            "errors": [
                {"message": "no", "line": 3, "column": 7, "mainElementId": "x", "elementIds": ["x", "y"]},
                {"message": "neither", "line": 0, "column": 0, "mainElementId": None, "elementIds": []},
            ],
            "warnings": [],
        }
    }


def test_an_unexpected_error_tells_the_log_everything_and_the_client_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "engine_telemetry.engine"):
        answer = answer_error(RuntimeError("password=secret"))
    assert answer.status == 500
    assert b"secret" not in answer.body
    assert json.loads(answer.body)["type"] == "ProcessEngineException"
    assert [record.name for record in caplog.records] == ["engine_telemetry.engine"]
    assert "RuntimeError: password=secret" in caplog.text


def test_a_500_behind_which_is_another_error_is_logged_and_a_refusal_is_not(caplog: pytest.LogCaptureFixture) -> None:
    translated, refusal = ProcessEngineException("the database refuses"), ProcessEngineException("not so")
    translated.__cause__ = OSError("disk full")
    with caplog.at_level(logging.ERROR, "engine_telemetry.engine"):
        assert (answer_error(refusal).status, caplog.text) == (500, "")
        assert b"disk full" not in answer_error(translated).body
    assert "OSError: disk full" in caplog.text
