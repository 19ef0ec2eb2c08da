"""A resource: one path and what can be done there; and doing it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import NoneType
from typing import Any, get_type_hints

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import AuthorizationException, RestException
from webapps.origin import foreign_origin, is_own_name
from webapps.rest.errors import answer_error, method_not_allowed
from webapps.rest.exchange import Answer, Request, no_content, ok
from webapps.rest.queries import Query
from webapps.rest.shapes import Body, to_json
from webapps.rest.values import Converter

MEGABYTE = 1024 * 1024
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


Handler = Callable[..., object]
"""Takes the engine and the request, and the body if it has a parameter of that name.

What it returns is the JSON of the answer; ``None`` is 204, and an ``Answer`` is what it is. Its annotations and the
first line of its docstring are what the OpenAPI document says about it.
"""


@dataclass(frozen=True, eq=False)
class Operation:
    """One method of one resource.

    Attributes:
        handle: Does it.
        query: The criteria, if it searches.
        pages: Whether it lists what it finds, in an order and in parts.
        parameters: Further parameters of the query string.
        gives: What the answer is, where the annotation does not tell: a type, or a JSON Schema.
        may_be_empty: Whether the answer may be 204 as well.
        media_type: Of an answer that is not JSON.
        takes: The schema of the body by its media type, where the handler reads it itself.
        summary: In place of the docstring's first line.
        require: Raises an error for who may not do it.
    """

    handle: Handler
    query: Query | None = None
    pages: bool = False
    parameters: Mapping[str, Converter] = field(default_factory=dict)
    gives: Any = None
    may_be_empty: bool = False
    media_type: str | None = None
    takes: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    summary: str | None = None
    require: Callable[[ProcessEngine, Request], None] | None = None

    @cached_property
    def body(self) -> type[Body] | None:
        """The shape of the body, if it is a JSON object that the handler takes."""
        return self._hints.get("body")

    @cached_property
    def result(self) -> Any:  # noqa: ANN401 - a type hint, or a JSON Schema
        """What the answer is; ``None`` for none."""
        hint = self.gives if self.gives is not None else self._hints.get("return")
        return None if hint in {NoneType, Answer} else hint

    @cached_property
    def _hints(self) -> dict[str, Any]:
        return get_type_hints(self.handle, include_extras=True)

    def __call__(self, engine: ProcessEngine, request: Request) -> Answer:
        """Do it. It blocks as the engine does, and raises as the engine does."""
        if self.require is not None:
            self.require(engine, request)
        body = () if self.body is None else (self.body.read(request.json_object()),)
        result = self.handle(engine, request, *body)
        if isinstance(result, Answer):
            return result
        return no_content() if result is None else ok(to_json(result))


@dataclass(frozen=True, eq=False)
class Resource:
    """One path and its operations.

    Attributes:
        path: Below the API's root, with variable parts in braces.
        operations: By HTTP method; a handler alone is an operation of which nothing more is to be said.
        body_limit: The largest body in bytes.
        administrators_only: Whether others are refused, where the API asks who asks.
    """

    path: str
    operations: Mapping[str, Operation | Handler]
    body_limit: int = MEGABYTE
    administrators_only: bool = False

    @cached_property
    def by_method(self) -> dict[str, Operation]:
        """The operations, all as such."""
        return {
            method: operation if isinstance(operation, Operation) else Operation(operation)
            for method, operation in self.operations.items()
        }

    @property
    def allowed(self) -> str:
        """The header ``Allow`` (RFC 9110, 10.2.1)."""
        head = {"HEAD"} if "GET" in self.operations else set()
        return ", ".join(sorted({*self.operations, *head, "OPTIONS"}))


def perform(engine: ProcessEngine, resource: Resource, request: Request) -> Answer:
    """Do what the request asks. It blocks as the engine does, and never raises."""
    try:
        refuse_cross_site(engine, request)
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


def refuse_cross_site(engine: ProcessEngine, request: Request) -> None:
    """Let a request pass that changes nothing, or that no page of another site has made a browser send.

    Such a page may send a form without asking (Fetch Standard, "CORS-safelisted request-header"), and a deployment is a
    form; but the browser says where it comes from. While the API asks for no password, what a browser sends must be for
    a name that is this machine's for certain, too.

    Raises:
        RestException: It does not pass (403).
    """
    if request.method in _SAFE_METHODS:
        return
    if foreign_origin(request.fetch_site, request.origin, request.host):
        raise RestException(403, f"A {request.method} request from a page of another site is refused.")
    if (request.fetch_site or request.origin is not None) and _is_open(engine) and not is_own_name(request.host):
        raise RestException(
            403,
            f"The API asks for no password, so a {request.method} request from a page at {request.host!r} is refused."
            " Use localhost or an IP address. Or set restAuthentication=basic. Or, if something else keeps strangers"
            " out, set restAllowUnauthenticated=true.",
        )


def _is_open(engine: ProcessEngine) -> bool:
    settings = engine.configuration
    return settings.rest_authentication == "none" and not settings.rest_allow_unauthenticated


def _dispatch(engine: ProcessEngine, resource: Resource, request: Request) -> Answer:
    operation = resource.by_method.get("GET" if request.method == "HEAD" else request.method)
    if operation is not None:
        return operation(engine, request)
    if request.method == "OPTIONS":
        return replace(no_content(), headers={"Allow": resource.allowed})
    return method_not_allowed(request.method, resource.allowed)
