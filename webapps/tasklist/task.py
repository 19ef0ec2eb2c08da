"""The page of a task, and what people do with it.

Everybody who is logged in may work on each task, as in Camunda without authorizations. Who completes a task has it:
an unclaimed one is claimed on the way, and one that somebody else has is taken over only after a question. A form
says in ``assignee`` who had the task when the page was made, so that nobody overtakes somebody by accident.
"""

from functools import partial
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.commands.task import PENDING
from engine_telemetry.engine.entities import Task
from engine_telemetry.exceptions import ProcessEngineException, TaskAlreadyClaimedException
from webapps.pages import Pages
from webapps.tasklist.cards import names_of
from webapps.tasklist.known_names import name_routes
from webapps.tasklist.listed import next_task
from webapps.tasklist.place import place_of
from webapps.tasklist.sheet import Sheet, filled_sheet
from webapps.tasklist.task_facts import FactPages
from webapps.tasklist.task_panels import DESCRIPTION, DIAGRAM, HISTORY
from webapps.tasklist.task_view import TaskView
from webapps.tasklist.turns import while_had
from webapps.visitor import visitor_of


class TaskPages:
    """The pages of one task, below Tasklist."""

    def __init__(self, engine: ProcessEngine, pages: Pages) -> None:
        """Work on tasks of this engine."""
        self._engine = engine
        self._pages = pages
        self._view = TaskView(engine, pages)

    @property
    def routes(self) -> list[BaseRoute]:
        """The task; what its form does has the same address."""
        of, show = self._view.of, self._view.show
        actions = {
            "": self._submit,
            "/draft": self._keep_draft,
            "/draft/discard": self._discard_draft,
            "/claim": self._claim,
            "/unclaim": self._unclaim,
            "/take-over": self._take_over,
        }
        return [
            Route("/task/{id}", of(show)),
            *(Route(f"/task/{{id}}/{tab}", of(partial(show, tab=tab))) for tab in (HISTORY, DIAGRAM, DESCRIPTION)),
            Route("/task/{id}/take-over", of(self._ask_to_take_over)),
            *(Route(f"/task/{{id}}{path}", of(action), methods=["POST"]) for path, action in actions.items()),
            *FactPages(self._engine, self._view).routes,
            *name_routes(self._engine, self._pages),
        ]

    def _claim(self, request: Request, task: Task) -> Response:
        try:
            self._engine.task_service.claim(task.id, visitor_of(request).user_id)
        except TaskAlreadyClaimedException:
            return self._view.back(request, "Somebody else has claimed this task meanwhile.", kind="alert")
        return self._view.back(request, "The task is yours now.")

    def _unclaim(self, request: Request, task: Task) -> Response:
        def unclaim(task: Task) -> None:
            self._engine.task_service.unclaim(task.id)

        try:
            while_had(self._engine, task.id, {visitor_of(request).user_id}, unclaim)
        except TaskAlreadyClaimedException:
            return self._view.back(request, "The task was not yours any more.", kind="alert")
        return self._view.back(request, "You gave the task up: nobody has it now.")

    def _ask_to_take_over(self, request: Request, task: Task) -> Response:
        holder = self._name(task.assignee)
        return self._pages.render(request, "tasklist/take-over.html", task=task, holder=holder, place=place_of(request))

    def _take_over(self, request: Request, task: Task) -> Response:
        visitor = visitor_of(request)

        def take(task: Task) -> None:
            self._engine.task_service.set_assignee(task.id, visitor.user_id)

        try:
            while_had(self._engine, task.id, {visitor.field("assignee") or None}, take)
        except TaskAlreadyClaimedException:
            said = "Not taken over: somebody else has the task meanwhile."
            return self._view.back(request, said, kind="alert")
        return self._view.back(request, "The task is yours now.")

    def _submit(self, request: Request, task: Task) -> Response:
        visitor = visitor_of(request)
        sheet = self._sheet(request, task)
        if visitor.field("do") == "another":
            return self._view.show(request, task, sheet=sheet.longer())
        if visitor.field("do") == "draft":
            return self._save_draft(request, task, sheet)
        if sheet.errors:
            return self._view.show(request, task, sheet=sheet, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        return self._do(request, task, sheet)

    def _do(self, request: Request, task: Task, sheet: Sheet) -> Response:
        """Save or complete; whatever is against it, what was filled in stays."""
        visitor = visitor_of(request)
        do = self._save if visitor.field("do") == "save" else self._complete
        holders = {None, visitor.user_id, visitor.field("assignee") or None}
        try:
            while_had(self._engine, task.id, holders, partial(do, sheet, visitor.user_id))
        except ProcessEngineException as exc:
            return self._refuse(request, sheet, exc)
        if do == self._save:
            return self._view.back(request, "The variables were saved.")
        return self._lead_on(request, task)

    def _save(self, sheet: Sheet, user_id: str, task: Task) -> None:
        self._engine.task_service.set_variables(task.id, sheet.values)
        self._engine.task_service.delete_draft(task.id, user_id)

    def _complete(self, sheet: Sheet, user_id: str, task: Task) -> None:
        if task.assignee is None:
            self._engine.task_service.claim(task.id, user_id)
        elif task.assignee != user_id:
            self._engine.task_service.set_assignee(task.id, user_id)
        if task.delegation_state == PENDING:  # it stays, and goes back to its owner
            self._engine.task_service.delete_draft(task.id, user_id)
        self._engine.form_service.submit_task_form(task.id, sheet.values)

    def _refuse(self, request: Request, sheet: Sheet, exc: ProcessEngineException) -> Response:
        task = self._view.find(request)
        if task is None:
            return self._view.gone(request)
        if isinstance(exc, TaskAlreadyClaimedException):
            return self._view.show(request, task, sheet=sheet, status=HTTPStatus.CONFLICT)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return self._view.show(request, task, sheet=sheet, status=status, refusal=str(exc))

    def _save_draft(self, request: Request, task: Task, sheet: Sheet) -> Response:
        try:
            self._keep(request, task, sheet)
        except ProcessEngineException as exc:
            return self._refuse(request, sheet, exc)
        return self._view.back(request, "The draft was saved. It is here when you come back.")

    def _keep_draft(self, request: Request, task: Task) -> Response:
        """What ``task.js`` asks for by itself."""
        self._keep(request, task, self._sheet(request, task))
        return Response(status_code=HTTPStatus.NO_CONTENT)

    def _keep(self, request: Request, task: Task, sheet: Sheet) -> None:
        """Nothing is kept of a form in which everything is as it was."""
        user_id = visitor_of(request).user_id
        if sheet.typed:
            self._engine.task_service.save_draft(task.id, user_id, sheet.typed)
        else:
            self._engine.task_service.delete_draft(task.id, user_id)

    def _discard_draft(self, request: Request, task: Task) -> Response:
        self._engine.task_service.delete_draft(task.id, visitor_of(request).user_id)
        return self._view.back(request, "The draft was discarded.")

    def _name(self, user_id: str | None) -> str:
        return names_of(self._engine, {user_id})[user_id] if user_id else "nobody"

    def _sheet(self, request: Request, task: Task) -> Sheet:
        return filled_sheet(self._engine.form_service.get_task_form(task.id), visitor_of(request).form)

    def _lead_on(self, request: Request, task: Task) -> Response:
        visitor, place = visitor_of(request), place_of(request)
        name = task.name or task.task_definition_key
        delegated = task.delegation_state == PENDING
        said = f"Done: {name} is back with {self._name(task.owner)}." if delegated else f"Completed {name}."
        found = next_task(self._engine, task.instance_id, visitor.user_id)
        if found is None or found[1].id == task.id:
            return self._pages.redirect(request, place.address(), said=said)
        view, following = found
        said += f" Your next task is {following.name or following.task_definition_key}."
        return self._pages.redirect(request, place.at(view=view).task_address(following.id), said=said)
