"""The HTTP status of each error of the engine, for the REST API as for the pages."""

from http import HTTPStatus

from engine_telemetry.exceptions import (
    AuthorizationException,
    BadUserRequestException,
    ConflictException,
    IncompleteException,
    ModelExecutionException,
    NotFoundException,
    NullValueException,
    ParseException,
    ProcessEngineException,
    RestException,
    TooManyFailedChecksException,
)

_STATUSES: dict[type[ProcessEngineException], HTTPStatus] = {
    IncompleteException: HTTPStatus.BAD_REQUEST,  # each before its base
    NullValueException: HTTPStatus.NOT_FOUND,
    BadUserRequestException: HTTPStatus.BAD_REQUEST,
    ModelExecutionException: HTTPStatus.BAD_REQUEST,
    ParseException: HTTPStatus.BAD_REQUEST,
    NotFoundException: HTTPStatus.NOT_FOUND,
    ConflictException: HTTPStatus.CONFLICT,
    AuthorizationException: HTTPStatus.FORBIDDEN,
    TooManyFailedChecksException: HTTPStatus.TOO_MANY_REQUESTS,
}


def status_of(error: Exception) -> int:
    """The HTTP status of an error, of the API as of the pages: 500 only where the client is not at fault."""
    if isinstance(error, RestException):
        return error.status
    found = (status for kind, status in _STATUSES.items() if isinstance(error, kind))
    return next(found, HTTPStatus.INTERNAL_SERVER_ERROR)
