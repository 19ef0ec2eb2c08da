"""The resources of the variables of one scope: a process instance, an execution, a task."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.engine.services import TaskService
from engine_telemetry.exceptions import InvalidRequestException
from webapps.rest.exchange import Answer, Request
from webapps.rest.resource import MEGABYTE, Handler, Operation, Resource
from webapps.rest.shapes import AnyJson, Body, Content, Variables
from webapps.rest.values import boolean
from webapps.rest.variables import variable_from_json

_BODY_LIMIT = 6 * MEGABYTE
_BINARY = "application/octet-stream"


class VariableService(Protocol):
    """What reads and changes the variables of a scope; each method takes the scope's id first."""

    def variables(self, scope_id: str, /) -> Mapping[str, TypedValue]:
        """All of them."""

    def variable(self, scope_id: str, name: str, /) -> TypedValue | None:
        """One of them."""

    def set_variables(self, scope_id: str, modifications: Mapping[str, object], /) -> None:
        """Set some."""

    def update_variables(
        self, scope_id: str, /, *, modifications: Mapping[str, object], deletions: tuple[str, ...]
    ) -> None:
        """Set some and remove others."""

    def remove_variable(self, scope_id: str, name: str, /) -> None:
        """Remove one."""


@dataclass(frozen=True)
class LocalVariables:
    """The variables of tasks that are their own."""

    service: TaskService

    def variables(self, task_id: str, /) -> Mapping[str, TypedValue]:
        """All of them."""
        return self.service.variables(task_id, local=True)

    def variable(self, task_id: str, name: str, /) -> TypedValue | None:
        """One of them."""
        return self.service.variable(task_id, name, local=True)

    def set_variables(self, task_id: str, modifications: Mapping[str, object], /) -> None:
        """Set some."""
        self.service.set_variables(task_id, modifications, local=True)

    def update_variables(
        self, task_id: str, /, *, modifications: Mapping[str, object], deletions: tuple[str, ...]
    ) -> None:
        """Set some and remove others."""
        self.service.update_variables(task_id, modifications=modifications, deletions=deletions, local=True)

    def remove_variable(self, task_id: str, name: str, /) -> None:
        """Remove one."""
        self.service.remove_variable(task_id, name, local=True)


@dataclass(frozen=True, kw_only=True)
class PatchVariablesDto(Body):
    """What to set and what to remove."""

    modifications: Variables | None = None
    deletions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class VariableValueDto(Body):
    """A variable to be set; without a type, the value's own in JSON."""

    value: AnyJson = None
    type: str | None = None
    value_info: Content | None = None


@dataclass(frozen=True)
class ScopeVariables:
    """Makes the resources.

    Args:
        path: Of all variables; its one variable part is the id of the scope.
        thing: What the scope is, for messages.
        service: Of the engine.
    """

    path: str
    thing: str
    service: Callable[[ProcessEngine], VariableService]

    def resources(self) -> tuple[Resource, ...]:
        """All variables, one variable, the bytes of one."""
        get_one = Operation(self.get, parameters={"deserializeValue": boolean})
        get_all = Operation(self.list_all, parameters={"deserializeValues": boolean})
        one: dict[str, Operation | Handler] = {"GET": get_one, "PUT": self.put, "DELETE": self.delete}
        return (
            Resource(self.path, {"GET": get_all, "POST": self.change}, body_limit=_BODY_LIMIT),
            Resource(f"{self.path}/{{name}}", one, body_limit=_BODY_LIMIT),
            Resource(f"{self.path}/{{name}}/data", {"GET": Operation(self.get_content, media_type="*/*")}),
        )

    def list_all(self, engine: ProcessEngine, request: Request) -> Mapping[str, TypedValue]:
        """All variables, by name."""
        return self.service(engine).variables(self._scope(request))

    def change(self, engine: ProcessEngine, request: Request, body: PatchVariablesDto) -> None:
        """Set some variables and remove others, at once."""
        self.service(engine).update_variables(
            self._scope(request), modifications=body.modifications or {}, deletions=body.deletions
        )

    def get(self, engine: ProcessEngine, request: Request) -> TypedValue:
        """One variable."""
        name = request.path["name"]
        variable = self.service(engine).variable(self._scope(request), name)
        if variable is None:
            raise InvalidRequestException(f"{self.thing} variable with name {name} does not exist", status=404)
        return variable

    def get_content(self, engine: ProcessEngine, request: Request) -> Answer:
        """The bytes of a variable of the type Bytes or File, as a download."""
        variable = self.get(engine, request)
        if not isinstance(variable.value, bytes):
            raise InvalidRequestException(f"Value of variable with id {request.path['name']} is not a binary value.")
        name = str(variable.value_info.get("filename") or request.path["name"])
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}
        return Answer(body=variable.value, media_type=_BINARY, headers=headers)

    def put(self, engine: ProcessEngine, request: Request, body: VariableValueDto) -> None:
        """Set one variable."""
        name = request.path["name"]
        given = {"value": body.value, "type": body.type, "valueInfo": body.value_info}
        self.service(engine).set_variables(self._scope(request), {name: variable_from_json(name, given)})

    def delete(self, engine: ProcessEngine, request: Request) -> None:
        """Remove one variable."""
        self.service(engine).remove_variable(self._scope(request), request.path["name"])

    def _scope(self, request: Request) -> str:
        return next(value for name, value in request.path.items() if name not in {"name", "engine_name"})
