"""Shows a task: what it is, what is to be filled in, and where its process stands; beside it the list."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Task
from webapps.pages import Pages
from webapps.tasklist.listed import list_tasks
from webapps.tasklist.sheet import Sheet, blank_sheet
from webapps.variable_texts import text_of
from webapps.visitor import visitor_of

_LONGEST = 100_000  # characters of a value that are shown
_OTHERS = 20  # tasks of the same process instance that are named


class TaskView:
    """Renders the page of a task."""

    def __init__(self, engine: ProcessEngine, pages: Pages) -> None:
        """Show tasks of this engine."""
        self._engine = engine
        self._pages = pages

    def show(
        self,
        request: Request,
        task: Task,
        sheet: Sheet | None = None,
        status: HTTPStatus = HTTPStatus.OK,
        refusal: str = "",
    ) -> Response:
        """The page.

        Args:
            request: Who asks.
            task: Which waits.
            sheet: What was filled in; nothing yet if it is ``None``.
            status: ``UNPROCESSABLE_ENTITY`` if something is wrong with what was filled in, ``CONFLICT`` if the task
                has become somebody else's meanwhile.
            refusal: What the engine said against it.
        """
        form = self._engine.form_service.get_task_form(task.id)
        definition = self._engine.repository_service.process_definition(task.definition_id)
        others = self._engine.task_service.tasks(instance_id=task.instance_id, max_results=_OTHERS)
        return self._pages.render(
            request,
            "tasklist/task.html",
            status_code=status,
            listed=list_tasks(self._engine, request),
            chosen=task.id,
            task=task,
            form=form,
            process=definition.name or definition.key,
            business_key=self._business_key(task),
            candidates=self._candidates(task),
            others=[other for other in others if other.id != task.id],
            variables=self._variables(task),
            sheet=sheet or blank_sheet(form),
            elsewhere=task.assignee if task.assignee != visitor_of(request).user_id else None,
            filled=sheet is not None,
            refusal=refusal,
        )

    def _business_key(self, task: Task) -> str | None:
        found = self._engine.runtime_service.process_instances(instance_id=task.instance_id)
        return found[0].business_key if found else None

    def _candidates(self, task: Task) -> list[str]:
        links = self._engine.task_service.identity_links(task.id)
        return [link.group_id or link.user_id or "" for link in links if link.type == "candidate"]

    def _variables(self, task: Task) -> list[tuple[str, str, str]]:
        """Name, type and value."""
        seen = self._engine.task_service.variables(task.id)
        return [(name, value.type, _cut(text_of(value))) for name, value in sorted(seen.items())]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
