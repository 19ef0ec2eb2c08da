"""Turns errors into Camunda's answers: a status and ``{"type", "message", "code"}``."""

import logging
from http import HTTPStatus
from typing import Any

from engine_telemetry.exceptions import (
    AuthenticationException,
    ConflictException,
    IncompleteException,
    ModelExecutionException,
    NullValueException,
    ParseException,
    Problem,
    ProcessEngineException,
    RestException,
    TooManyFailedChecksException,
)
from webapps.rest.exchange import Answer, json_answer
from webapps.statuses import status_of

_INTERNAL = "Internal error. The log of the server has the details."
_LOGGER = logging.getLogger("engine_telemetry.engine")
# what Camunda raises where this engine has a class of its own
_CAMUNDAS: dict[type[Exception], type[ProcessEngineException]] = {
    IncompleteException: NullValueException,
    ModelExecutionException: ProcessEngineException,
    ConflictException: ProcessEngineException,
}


def method_not_allowed(method: str, allowed: str) -> Answer:
    """What a method gets that a resource does not know."""
    body = _body("NotAllowedException", f"{method} is not allowed here. Allowed: {allowed}.", None)
    return json_answer(405, body, {"Allow": allowed})


def no_resource(method: str, path: str) -> Answer:
    """What a path gets that leads nowhere."""
    return json_answer(404, _body("NotFoundException", f"There is no resource for {method} {path!r}.", None))


def answer_error(error: Exception) -> Answer:
    """The answer to an error; what comes from below the engine goes to the log, whole, and not to the client."""
    if not isinstance(error, ProcessEngineException) or _is_a_databases(error):
        _log(error)
        body = _body(ProcessEngineException.__name__, _INTERNAL, getattr(error, "code", 0))
        return json_answer(HTTPStatus.INTERNAL_SERVER_ERROR, body)
    status = status_of(error)
    kind = _CAMUNDAS.get(type(error), type(error))
    body = _body(kind.__name__, str(error), None if isinstance(error, RestException) else error.code)
    if isinstance(error, ParseException):
        body["details"] = {error.resource: {"errors": [_problem(item) for item in error.problems], "warnings": []}}
    return json_answer(status, body, _headers(error))


def _is_a_databases(error: ProcessEngineException) -> bool:
    """Whether the engine has only translated it; its text may name tables and values."""
    return type(error) is ProcessEngineException and error.__cause__ is not None


def _headers(error: ProcessEngineException) -> dict[str, str]:
    match error:
        case AuthenticationException():
            return {"WWW-Authenticate": error.challenge}
        case TooManyFailedChecksException():
            return {"Retry-After": str(error.retry_after)}
    return {}


def _log(error: Exception) -> None:
    _LOGGER.error("A REST request failed: %s", error, exc_info=error)


def _body(kind: str, message: str, code: int | None) -> dict[str, Any]:
    return {"type": kind, "message": message, "code": code}


def _problem(problem: Problem) -> dict[str, Any]:
    ids = list(problem.element_ids)
    return {
        "message": problem.message,
        "line": problem.line,
        "column": problem.column,
        "mainElementId": ids[0] if ids else None,
        "elementIds": ids,
    }
