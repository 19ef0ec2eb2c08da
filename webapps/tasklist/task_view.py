"""Shows a task: beside the list, what it is like, and of its tabs the one that was asked for."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import IdentityLink, Task
from engine_telemetry.exceptions import (
    NullValueException,
    SuspendedEntityInteractionException,
    TaskAlreadyClaimedException,
)
from webapps.pages import Pages
from webapps.tasklist.cards import badges_of, names_of
from webapps.tasklist.listed import list_tasks
from webapps.tasklist.place import Place, place_of
from webapps.tasklist.sheet import Sheet, sent_texts
from webapps.tasklist.task_history import events_of
from webapps.tasklist.task_panels import FORM, HISTORY, TABS, TaskPanels
from webapps.visitor import visitor_of

Action = Callable[[Request, Task], Response]


class TaskView:
    """Renders the pages of tasks, and leads back to them."""

    def __init__(self, engine: ProcessEngine, pages: Pages) -> None:
        """Show tasks of this engine."""
        self._engine = engine
        self._pages = pages
        self._panels = TaskPanels(engine)

    def of(self, do: Action) -> Callable[[Request], Response]:
        """What serves a request by doing something with the task that its address names.

        Where the task is gone, suspended or somebody else's meanwhile, the answer says so.
        """

        def serve(request: Request) -> Response:
            task = self.find(request)
            if task is None:
                return self.gone(request)
            try:
                return do(request, task)
            except SuspendedEntityInteractionException:
                return self.back(request, "Nothing was done: the process is suspended.", kind="alert")
            except TaskAlreadyClaimedException:
                said = "Nothing was done: the task has another assignee meanwhile."
                return self.back(request, said, kind="alert")
            except NullValueException:
                if self.find(request) is not None:
                    raise
                return self.gone(request)

        return serve

    def find(self, request: Request) -> Task | None:
        """The task, if it still waits."""
        found = self._engine.task_service.tasks(task_id=request.path_params["id"])
        return found[0] if found else None

    def show(
        self,
        request: Request,
        task: Task,
        *,
        tab: str = FORM,
        status: HTTPStatus = HTTPStatus.OK,
        sheet: Sheet | None = None,
        refusal: str = "",
        errors: Mapping[str, str] | None = None,
    ) -> Response:
        """The page.

        Args:
            request: Who asks.
            task: Which waits.
            tab: One of ``TABS``.
            status: ``UNPROCESSABLE_ENTITY`` if something is wrong with what was filled in, ``CONFLICT`` if the task
                has become somebody else's meanwhile.
            sheet: What was filled in; ``None`` for the draft, or a blank form.
            refusal: What the engine said against it.
            errors: What is wrong in the small forms around, by the ids of their fields.
        """
        listed = list_tasks(self._engine, request)
        candidates = self._candidates(task)
        (process,) = self._engine.history_service.process_instances(instance_id=task.instance_id)
        named = (task.assignee, task.owner, process.start_user_id, *(link.user_id for link in candidates))
        people = {each for each in named if each}
        panel = self._panels.panel(request, tab, task, sheet)
        return self._pages.render(
            request,
            f"tasklist/task-{tab}.html",
            status_code=status,
            listed=listed,
            chosen=task.id,
            task=task,
            tab=tab,
            tabs=_tabs(listed.place, task, tab),
            process=process,
            badges=badges_of(task, datetime.now(UTC)),
            candidates=candidates,
            names=names_of(self._engine, people | panel.people),
            elsewhere=task.assignee if task.assignee != visitor_of(request).user_id else None,
            filled=sheet is not None,
            refusal=refusal,
            errors=errors or {},
            **panel.values,
        )

    def back(self, request: Request, said: str, *, kind: str = "status") -> Response:
        """Lead back to the tab that the action came from, or to the form."""
        tab = tab_of(request)
        address = place_of(request).task_address(request.path_params["id"], "" if tab == FORM else f"/{tab}")
        return self._pages.redirect(request, address, said=said, kind=kind)

    def gone(self, request: Request) -> Response:
        """A page for who comes too late: it says what became of the task, and shows what was filled in."""
        past = self._engine.history_service.task_instances(task_id=request.path_params["id"])
        asked = past and request.url.path.endswith(f"/{HISTORY}")
        events = events_of(self._engine, request, past[0]) if asked else None
        people = {past[0].assignee} if past and past[0].assignee else set()
        return self._pages.render(
            request,
            "tasklist/task-gone.html",
            status_code=HTTPStatus.OK if events else HTTPStatus.GONE if past else HTTPStatus.NOT_FOUND,
            past=past[0] if past else None,
            events=events,
            names=names_of(self._engine, people | (events.people if events else set())),
            texts=sent_texts(visitor_of(request).form),
            place=place_of(request),
        )

    def _candidates(self, task: Task) -> list[IdentityLink]:
        return [link for link in self._engine.task_service.identity_links(task.id) if link.type == "candidate"]


def tab_of(request: Request) -> str:
    """The tab that an action was taken from; the form, if it does not say."""
    asked = request.query_params.get("tab", FORM)
    return asked if asked in TABS else FORM


def _tabs(place: Place, task: Task, shown: str) -> list[tuple[str, str, bool, None]]:
    """The tabs, as ``ui.tabs`` takes them."""
    addresses = {tab: place.task_address(task.id, "" if tab == FORM else f"/{tab}") for tab in TABS}
    return [(title, addresses[tab], tab == shown, None) for tab, title in TABS.items()]
