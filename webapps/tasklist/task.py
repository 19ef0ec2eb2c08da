"""The page of a task, and what people do with it.

Everybody who is logged in may work on each task, as in Camunda without authorizations. Who completes a task has it:
an unclaimed one is claimed on the way, and one that somebody else has is taken over only after a question. A form
says in ``assignee`` who had the task when the page was made, so that nobody overtakes somebody by accident.
"""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Task
from engine_telemetry.exceptions import NullValueException, ProcessEngineException, TaskAlreadyClaimedException
from webapps.pages import Pages
from webapps.tasklist.listed import Place, next_task, place_of
from webapps.tasklist.sheet import Sheet, filled_sheet, sent_texts
from webapps.tasklist.task_view import TaskView
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
        return [
            Route("/task/{id}", self._show),
            Route("/task/{id}", self._submit, methods=["POST"]),
            Route("/task/{id}/claim", self._claim, methods=["POST"]),
            Route("/task/{id}/unclaim", self._unclaim, methods=["POST"]),
            Route("/task/{id}/take-over", self._ask_to_take_over),
            Route("/task/{id}/take-over", self._take_over, methods=["POST"]),
        ]

    def _show(self, request: Request) -> Response:
        task = self._find(request)
        return self._gone(request) if task is None else self._view.show(request, task)

    def _claim(self, request: Request) -> Response:
        task_id, visitor = request.path_params["id"], visitor_of(request)
        try:
            self._engine.task_service.claim(task_id, visitor.user_id)
        except NullValueException:
            return self._gone(request)
        except TaskAlreadyClaimedException:
            return self._back(request, "Somebody else has claimed this task meanwhile.", kind="alert")
        return self._back(request, "The task is yours now.")

    def _unclaim(self, request: Request) -> Response:
        task = self._find(request)
        if task is None:
            return self._gone(request)
        if task.assignee != visitor_of(request).user_id:
            return self._back(request, "The task was not yours any more.", kind="alert")
        self._engine.task_service.unclaim(task.id)
        return self._back(request, "Nobody has the task now.")

    def _ask_to_take_over(self, request: Request) -> Response:
        task = self._find(request)
        if task is None:
            return self._gone(request)
        return self._pages.render(request, "tasklist/take-over.html", task=task, place=place_of(request))

    def _take_over(self, request: Request) -> Response:
        task, visitor = self._find(request), visitor_of(request)
        if task is None:
            return self._gone(request)
        if visitor.field("assignee") != (task.assignee or ""):
            said = "Not taken over: somebody else has the task meanwhile."
            return self._back(request, said, kind="alert")
        self._engine.task_service.set_assignee(task.id, visitor.user_id)
        return self._back(request, "The task is yours now.")

    def _submit(self, request: Request) -> Response:
        task, visitor = self._find(request), visitor_of(request)
        if task is None:
            return self._gone(request)
        sheet = filled_sheet(self._engine.form_service.get_task_form(task.id), visitor.form)
        if visitor.field("do") == "another":
            return self._view.show(request, task, sheet.longer())
        if sheet.errors:
            return self._view.show(request, task, sheet, HTTPStatus.UNPROCESSABLE_ENTITY)
        if task.assignee not in {None, visitor.user_id, visitor.field("assignee")}:
            return self._view.show(request, task, sheet, HTTPStatus.CONFLICT)
        return self._do(request, task, sheet)

    def _do(self, request: Request, task: Task, sheet: Sheet) -> Response:
        try:
            if visitor_of(request).field("do") == "save":
                self._engine.task_service.set_variables(task.id, sheet.values)
                return self._back(request, "The variables were saved.")
            self._complete(task, sheet, visitor_of(request).user_id)
        except ProcessEngineException as exc:
            still = self._find(request)
            if still is None:
                return self._gone(request)
            if isinstance(exc, TaskAlreadyClaimedException):
                return self._view.show(request, still, sheet, HTTPStatus.CONFLICT)
            return self._view.show(request, still, sheet, HTTPStatus.UNPROCESSABLE_ENTITY, str(exc))
        return self._lead_on(request, task)

    def _complete(self, task: Task, sheet: Sheet, user_id: str) -> None:
        if task.assignee is None:
            self._engine.task_service.claim(task.id, user_id)
        elif task.assignee != user_id:
            self._engine.task_service.set_assignee(task.id, user_id)
        self._engine.form_service.submit_task_form(task.id, sheet.values)

    def _lead_on(self, request: Request, task: Task) -> Response:
        visitor, place = visitor_of(request), place_of(request)
        said = f"Completed {task.name or task.task_definition_key}."
        found = next_task(self._engine, task.instance_id, visitor.user_id)
        if found is None or found[1].id == task.id:
            return self._pages.redirect(request, place.address(), said=said)
        view, following = found
        said += f" Your next task is {following.name or following.task_definition_key}."
        return self._pages.redirect(request, Place(visitor, view, place.order).task_address(following.id), said=said)

    def _find(self, request: Request) -> Task | None:
        found = self._engine.task_service.tasks(task_id=request.path_params["id"])
        return found[0] if found else None

    def _back(self, request: Request, said: str, *, kind: str = "status") -> Response:
        address = place_of(request).task_address(request.path_params["id"])
        return self._pages.redirect(request, address, said=said, kind=kind)

    def _gone(self, request: Request) -> Response:
        """A page for who comes too late: it says what became of the task, and shows what was filled in."""
        past = self._engine.history_service.task_instances(task_id=request.path_params["id"])
        return self._pages.render(
            request,
            "tasklist/task-gone.html",
            status_code=HTTPStatus.GONE if past else HTTPStatus.NOT_FOUND,
            past=past[0] if past else None,
            texts=sent_texts(visitor_of(request).form),
            place=place_of(request),
        )
