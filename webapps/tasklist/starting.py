"""Starting a process: the list of those that can be started, and the page of one of them."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.criteria import ProcessDefinitionCriteria
from engine_telemetry.engine.entities import ProcessDefinition, ProcessInstance
from engine_telemetry.engine.forms import Form
from engine_telemetry.exceptions import ProcessEngineException
from webapps.lists import part_of, searched
from webapps.pages import Pages
from webapps.tasklist.listed import next_task
from webapps.tasklist.place import Place
from webapps.tasklist.sheet import Sheet, blank_sheet, filled_sheet
from webapps.visitor import visitor_of

_LONGEST_KEY = 255
_STARTABLE: ProcessDefinitionCriteria = {"latest_version": True, "suspended": False, "startable_in_tasklist": True}


class StartPages:
    """The pages for starting a process, below Tasklist."""

    def __init__(self, engine: ProcessEngine, pages: Pages) -> None:
        """Start processes of this engine."""
        self._engine = engine
        self._pages = pages

    @property
    def routes(self) -> list[BaseRoute]:
        """The list, and each process."""
        return [
            Route("/start", self._list),
            Route("/start/{id}", self._show),
            Route("/start/{id}", self._start, methods=["POST"]),
        ]

    def _list(self, request: Request) -> Response:
        search = searched(request, "search")
        criteria: ProcessDefinitionCriteria = {**_STARTABLE, "containing": search or None}
        part = part_of(request, self._engine.repository_service.count_process_definitions(**criteria))
        found = self._engine.repository_service.process_definitions(
            **criteria, sort_by="name", first_result=part.first, max_results=part.size
        )
        return self._pages.render(request, "tasklist/start.html", search=search, part=part, definitions=found)

    def _show(self, request: Request) -> Response:
        definition, form = self._find(request)
        return self._page(request, definition, form, blank_sheet(form))

    def _start(self, request: Request) -> Response:
        definition, form = self._find(request)
        visitor = visitor_of(request)
        sheet = filled_sheet(form, visitor.form)
        if visitor.field("do") == "another":
            return self._page(request, definition, form, sheet.longer())
        key = _business_key(form, sheet, visitor.field("business_key"))
        if sheet.errors or len(key) > _LONGEST_KEY:
            return self._page(request, definition, form, sheet, HTTPStatus.UNPROCESSABLE_ENTITY)
        try:
            started = self._engine.form_service.submit_start_form(
                definition.id, sheet.values, key or None, user_id=visitor.user_id
            )
        except ProcessEngineException as exc:
            return self._page(request, definition, form, sheet, HTTPStatus.UNPROCESSABLE_ENTITY, str(exc))
        return self._lead_on(request, definition.name or definition.key, started)

    def _lead_on(self, request: Request, name: str, started: ProcessInstance) -> Response:
        visitor = visitor_of(request)
        if started.ended:
            said, address = f"Started {name}. It has run to its end already.", Place(visitor).address()
        elif found := next_task(self._engine, started.id, visitor.user_id):
            view, task = found
            said = f"Started {name}. Your next task is {task.name or task.task_definition_key}."
            address = Place(visitor, view).task_address(task.id)
        else:
            said, address = f"Started {name}. Nothing in it is for you now.", Place(visitor).address()
        return self._pages.redirect(request, address, said=said)

    def _find(self, request: Request) -> tuple[ProcessDefinition, Form]:
        definition = self._engine.repository_service.process_definition(request.path_params["id"])
        return definition, self._engine.form_service.get_start_form(definition.id)

    def _page(
        self,
        request: Request,
        definition: ProcessDefinition,
        form: Form,
        sheet: Sheet,
        status: HTTPStatus = HTTPStatus.OK,
        refusal: str = "",
    ) -> Response:
        key = visitor_of(request).field("business_key")
        too_long = f"A business key has at most {_LONGEST_KEY} characters." if len(key) > _LONGEST_KEY else ""
        return self._pages.render(
            request,
            "tasklist/start-process.html",
            status_code=status,
            definition=definition,
            form=form,
            sheet=sheet,
            business_key=key,
            key_error=too_long,
            refusal=refusal,
        )


def _business_key(form: Form, sheet: Sheet, entered: str) -> str:
    """A form may have a field for it."""
    if form.business_key is None:
        return entered
    return next((field.text for field in sheet.fields if field.of.id == form.business_key), "")
