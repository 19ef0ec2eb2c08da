"""What each tab of a task's page has in it; only the one that is shown is asked of the engine."""

from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Task
from webapps.tasklist.place import place_of
from webapps.tasklist.sheet import Sheet, blank_sheet, restored_sheet
from webapps.tasklist.task_history import events_of
from webapps.variable_texts import text_of
from webapps.visitor import visitor_of

FORM, HISTORY, DIAGRAM, DESCRIPTION = "form", "history", "diagram", "description"
TABS = {FORM: "Form", HISTORY: "History", DIAGRAM: "Diagram", DESCRIPTION: "Description"}

_LONGEST = 100_000  # characters of a value that are shown
_OTHERS = 20  # tasks of the same process instance that are named


@dataclass(frozen=True)
class Panel:
    """A tab.

    Attributes:
        values: For its template.
        people: The ids of those it names.
    """

    values: dict[str, Any]
    people: set[str] = field(default_factory=set)


class TaskPanels:
    """Asks the engine for what tabs show."""

    def __init__(self, engine: ProcessEngine) -> None:
        """Ask this engine."""
        self._engine = engine

    def panel(self, request: Request, tab: str, task: Task, sheet: Sheet | None) -> Panel:
        """What a tab shows.

        Args:
            request: Who asks.
            tab: One of ``TABS``.
            task: Which waits.
            sheet: What was filled in just now, if anything.
        """
        match tab:
            case "history":
                return self._history(request, task)
            case "diagram":
                return self._diagram(request, task)
            case "description":
                return Panel({"variables": self._variables(task)})
        return self._form(request, task, sheet)

    def _form(self, request: Request, task: Task, sheet: Sheet | None) -> Panel:
        form = self._engine.form_service.get_task_form(task.id)
        draft = self._engine.task_service.draft(task.id, visitor_of(request).user_id) if sheet is None else None
        comments = self._engine.task_service.comments(task.id)
        values = {
            "form": form,
            "sheet": sheet or (restored_sheet(form, draft.fields) if draft else blank_sheet(form)),
            "draft": draft,
            "comments": comments,
            "variables": [] if form.fields else self._variables(task),
        }
        return Panel(values, {comment.user_id for comment in comments if comment.user_id})

    def _history(self, request: Request, task: Task) -> Panel:
        (past,) = self._engine.history_service.task_instances(task_id=task.id)
        events = events_of(self._engine, request, past)
        return Panel({"events": events}, events.people)

    def _diagram(self, request: Request, task: Task) -> Panel:
        """The marks are on all elements that were passed; those that wait have their tasks' addresses."""
        waiting = self._engine.task_service.tasks(instance_id=task.instance_id, max_results=_OTHERS)
        others = [other for other in waiting if other.id != task.id]
        passed = self._engine.history_service.activity_statistics(task.instance_id)
        done = {one.activity_id for one in passed if one.finished > one.canceled and not one.running}
        elements = self._engine.repository_service.model_activities(task.definition_id)
        marks = {
            **{element: ["done"] for element in done},
            **{other.task_definition_key: ["waiting"] for other in others},
            task.task_definition_key: ["current"],
        }
        names = [element.name for key, element in elements.items() if key in done and element.name]
        links = {other.task_definition_key: place_of(request).task_address(other.id, "/diagram") for other in others}
        return Panel({"others": others, "marks": marks, "links": links, "done": names})

    def _variables(self, task: Task) -> list[tuple[str, str, str]]:
        """Name, type and value of all that the task sees."""
        seen = self._engine.task_service.variables(task.id)
        return [(name, value.type, _cut(text_of(value))) for name, value in sorted(seen.items())]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
