"""A resource: one path and what can be done there; and doing it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import AuthorizationException, RestException
from webapps.rest.errors import answer_error, method_not_allowed
from webapps.rest.exchange import Answer, Request, no_content

MEGABYTE = 1024 * 1024
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

Operation = Callable[[ProcessEngine, Request], Answer]


@dataclass(frozen=True, eq=False)
class Resource:
    """One path and its operations.

    Attributes:
        path: Below the API's root, with variable parts in braces.
        operations: By HTTP method.
        body_limit: The largest body in bytes.
        administrators_only: Whether others are refused, where the API asks who asks.
    """

    path: str
    operations: Mapping[str, Operation]
    body_limit: int = MEGABYTE
    administrators_only: bool = False

    @property
    def allowed(self) -> str:
        """The header ``Allow`` (RFC 9110, 10.2.1)."""
        head = {"HEAD"} if "GET" in self.operations else set()
        return ", ".join(sorted({*self.operations, *head, "OPTIONS"}))


def perform(engine: ProcessEngine, resource: Resource, request: Request) -> Answer:
    """Do what the request asks. It blocks as the engine does, and never raises."""
    try:
        _refuse_cross_site(request)
        if resource.administrators_only:
            require_administrator(engine, request.user_id)
        return _dispatch(engine, resource, request)
    except Exception as exc:  # noqa: BLE001 - a client gets an answer whatever happened; the log gets the traceback
        return answer_error(exc)


def require_administrator(engine: ProcessEngine, user_id: str | None) -> None:
    """Let only an administrator pass; everybody, if the API does not ask who asks. It looks into the database.

    Raises:
        AuthorizationException: The user is none.
    """
    if engine.configuration.rest_authentication == "none":
        return
    if user_id is None or not engine.identity_service.is_admin(user_id):
        raise AuthorizationException(
            f"The user {user_id!r} may not see or switch telemetry: that is for members of the group 'camunda-admin'."
        )


def _dispatch(engine: ProcessEngine, resource: Resource, request: Request) -> Answer:
    operation = resource.operations.get("GET" if request.method == "HEAD" else request.method)
    if operation is not None:
        return operation(engine, request)
    if request.method == "OPTIONS":
        return replace(no_content(), headers={"Allow": resource.allowed})
    return method_not_allowed(request.method, resource.allowed)


def _refuse_cross_site(request: Request) -> None:
    # A page of another site can make a browser send a form without asking (Fetch Standard, "CORS-safelisted
    # request-header"), and a deployment is a form; but the browser says where it comes from.
    if request.fetch_site == "cross-site" and request.method not in _SAFE_METHODS:
        raise RestException(403, f"A {request.method} request from a page of another site is refused.")
