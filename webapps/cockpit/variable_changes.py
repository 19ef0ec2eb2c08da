"""Adds, changes and deletes variables of a running process instance, unless somebody else was faster."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.engine.runtime_entities import VariableInstance
from engine_telemetry.engine.variables import MAX_NAME_LENGTH
from engine_telemetry.exceptions import ConflictException, NullValueException
from webapps.cockpit.instance import find_instance
from webapps.cockpit.variable_values import FILES, TYPES, fingerprint_of, value_of
from webapps.pages import Pages
from webapps.variable_texts import text_of
from webapps.visitor import visitor_of


@dataclass(frozen=True)
class Draft:
    """A variable as somebody is about to write it.

    Attributes:
        seen: The fingerprint of the value that it is to replace.
        now: The value that somebody else gave it meanwhile.
    """

    name: str
    kind: str
    text: str
    seen: str = ""
    now: str | None = None


class VariableChanges:
    """The forms for variables, below Cockpit."""

    def __init__(self, engine: ProcessEngine, pages: Pages) -> None:
        """Change those of this engine."""
        self._engine = engine
        self._pages = pages

    @property
    def routes(self) -> list[BaseRoute]:
        """Each form, and what is sent by it."""
        new, one = "/instance/{id}/variable/new", "/instance/{id}/variable/{variable_id}"
        return [
            Route(new, self._ask_to_add),
            Route(new, self._add, methods=["POST"]),
            Route(f"{one}/edit", self._ask_to_edit),
            Route(f"{one}/edit", self._edit, methods=["POST"]),
            Route(f"{one}/delete", self._ask_to_delete),
            Route(f"{one}/delete", self._delete, methods=["POST"]),
        ]

    def _ask_to_add(self, request: Request) -> Response:
        return self._form(request, None, Draft("", "String", ""))

    def _add(self, request: Request) -> Response:
        draft = _draft(request)
        value, errors = _read(request, draft, None)
        if not 1 <= len(draft.name) <= MAX_NAME_LENGTH:
            errors["name"] = f"Write a name of 1 to {MAX_NAME_LENGTH} characters."
        if value is None or errors:
            return self._form(request, None, draft, errors)
        instance_id = request.path_params["id"]
        try:
            self._engine.runtime_service.update_variables(
                instance_id, modifications={draft.name: value}, expected={draft.name: None}
            )
        except ConflictException:
            return self._form(request, None, draft, {"name": "There is a variable of this name: edit that one."})
        except NullValueException:
            return self._back(request, "The instance does not run any more.", "alert")
        return self._back(request, f"The variable {draft.name} was added.")

    def _ask_to_edit(self, request: Request) -> Response:
        variable = self._find(request)
        if variable is None:
            return self._gone(request)
        text = "" if variable.value.type in {*FILES, "Null"} else text_of(variable.value)
        return self._form(request, variable, Draft(variable.name, variable.value.type, text))

    def _edit(self, request: Request) -> Response:
        variable, draft = self._find(request), _draft(request)
        if variable is None:
            return self._gone(request)
        value, errors = _read(request, draft, variable.value)
        if value is None or errors:
            return self._form(request, variable, draft, errors)
        if draft.seen != fingerprint_of(variable.value) or not self._put(variable, {variable.name: value}, ()):
            return self._changed(request, draft)
        return self._back(request, f"The variable {variable.name} was changed.")

    def _changed(self, request: Request, draft: Draft) -> Response:
        """What is there now is shown beside what was to replace it."""
        variable = self._find(request)
        if variable is None:
            return self._gone(request)
        draft = Draft(draft.name, draft.kind, draft.text, now=f"{text_of(variable.value)} ({variable.value.type})")
        return self._form(request, variable, draft, status=HTTPStatus.CONFLICT)

    def _ask_to_delete(self, request: Request) -> Response:
        variable = self._find(request)
        return self._gone(request) if variable is None else self._question(request, variable)

    def _question(self, request: Request, variable: VariableInstance, *, changed: bool = False) -> Response:
        return self._pages.render(
            request,
            "cockpit/variable-delete.html",
            status_code=HTTPStatus.CONFLICT if changed else HTTPStatus.OK,
            instance=find_instance(self._engine, variable.instance_id),
            variable=variable,
            text=text_of(variable.value),
            seen=fingerprint_of(variable.value),
            changed=changed,
        )

    def _delete(self, request: Request) -> Response:
        variable = self._find(request)
        if variable is None:
            return self._gone(request)
        seen = visitor_of(request).field("seen")
        if seen != fingerprint_of(variable.value) or not self._put(variable, {}, (variable.name,)):
            return self._question(request, variable, changed=True)
        return self._back(request, f"The variable {variable.name} was deleted.")

    def _put(self, variable: VariableInstance, values: Mapping[str, TypedValue], deletions: tuple[str, ...]) -> bool:
        """Whether it was still as it was seen, and is changed now."""
        try:
            self._engine.runtime_service.update_variables(
                variable.instance_id,
                modifications=values,
                deletions=deletions,
                scope_id=variable.scope_id,
                expected={variable.name: variable.value},
            )
        except (ConflictException, NullValueException):
            return False
        return True

    def _form(
        self,
        request: Request,
        variable: VariableInstance | None,
        draft: Draft,
        errors: Mapping[str, str] | None = None,
        status: HTTPStatus = HTTPStatus.OK,
    ) -> Response:
        if errors:
            status = HTTPStatus.UNPROCESSABLE_ENTITY
        return self._pages.render(
            request,
            "cockpit/variable-edit.html",
            status_code=status,
            instance=find_instance(self._engine, request.path_params["id"]),
            variable=variable,
            draft=draft,
            errors=errors or {},
            seen=draft.seen or (fingerprint_of(variable.value) if variable else ""),
            types=[(kind, kind) for kind in TYPES if kind != "Object" or (variable and variable.value.type == kind)],
        )

    def _find(self, request: Request) -> VariableInstance | None:
        asked = request.path_params
        found = self._engine.runtime_service.variable_instances(
            variable_id=asked["variable_id"], instance_ids=[asked["id"]]
        )
        return next(iter(found), None)

    def _gone(self, request: Request) -> Response:
        find_instance(self._engine, request.path_params["id"])
        return self._back(request, "The variable is not there any more.", "alert")

    def _back(self, request: Request, said: str, kind: str = "status") -> Response:
        path = f"/cockpit/instance/{quote(request.path_params['id'], safe='')}"
        return self._pages.redirect(request, visitor_of(request).url(path) + "#shown", said=said, kind=kind)


def _draft(request: Request) -> Draft:
    visitor = visitor_of(request)
    text = visitor.field("text").replace("\r\n", "\n")  # as browsers send the ends of lines
    return Draft(visitor.field("name").strip(), visitor.field("type"), text, visitor.field("seen"))


def _read(request: Request, draft: Draft, before: TypedValue | None) -> tuple[TypedValue | None, dict[str, str]]:
    """The value that was sent, and what is wrong by field."""
    if draft.kind in FILES:
        sent = visitor_of(request).form.get("file")
        if not isinstance(sent, UploadFile) or not sent.filename:
            return None, {"file": "Choose the file with the value."}
        about = {"filename": sent.filename, "mimetype": sent.content_type or ""} if draft.kind == "File" else {}
        return TypedValue(draft.kind, sent.file.read(), about), {}
    try:
        return value_of(draft.kind, draft.text, before), {}
    except ValueError as exc:
        return None, {"text": str(exc)}
