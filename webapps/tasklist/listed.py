"""The lists of tasks: the three views, their orders, and where in them somebody is."""

from dataclasses import dataclass, replace
from typing import Literal

from starlette.requests import Request

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.criteria import TaskCriteria
from engine_telemetry.engine.entities import Task
from webapps.lists import Part, part_of
from webapps.visitor import Visitor, visitor_of

MINE, GROUPS, ALL = "mine", "groups", "all"
VIEWS = {MINE: "My tasks", GROUPS: "My groups' tasks", ALL: "All tasks"}

_Direction = Literal["asc", "desc"]
_ORDERS: dict[str, tuple[str, str, _Direction]] = {
    "newest": ("Newest first", "created", "desc"),
    "oldest": ("Oldest first", "created", "asc"),
    "due": ("Due first", "dueDate", "asc"),
    "priority": ("Highest priority first", "priority", "desc"),
    "name": ("By name", "nameCaseInsensitive", "asc"),
}


@dataclass(frozen=True)
class Place:
    """Where in the lists somebody is; the addresses of Tasklist carry it on.

    Attributes:
        view: One of ``VIEWS``.
        order: One of ``_ORDERS``.
        page: As asked for, from 1; the list may have become shorter.
    """

    visitor: Visitor
    view: str = MINE
    order: str = "newest"
    page: int | None = None

    def address(self, path: str = "/tasklist/", **changes: object) -> str:
        """The address of a page, seen from here."""
        return self.visitor.url(path, **{"view": self.view, "sort": self.order, "page": self.page, **changes})

    def task_address(self, task_id: str, action: str = "") -> str:
        """The address of a task, or of something to be done with it."""
        return self.address(f"/tasklist/task/{task_id}{action}")


@dataclass(frozen=True)
class TaskList:
    """A part of a list, as a page shows it.

    Attributes:
        counts: How many tasks each view has.
        processes: The names of the tasks' processes, by the ids of their definitions.
        business_keys: Of the tasks' process instances, by their ids; only of those that have one.
    """

    place: Place
    counts: dict[str, int]
    part: Part
    tasks: list[Task]
    processes: dict[str, str]
    business_keys: dict[str, str]

    @property
    def title(self) -> str:
        """Of the view."""
        return VIEWS[self.place.view]

    @property
    def views(self) -> list[tuple[str, str, int, str]]:
        """All views: name, title, count and address."""
        return [
            (view, VIEWS[view], many, self.place.address(view=view, page=None)) for view, many in self.counts.items()
        ]

    @property
    def orders(self) -> list[tuple[str, str]]:
        """What the list can be sorted by: names and titles."""
        return [(name, order[0]) for name, order in _ORDERS.items()]

    def page_address(self, page: int) -> str:
        """The address of another part."""
        return self.place.address(page=page)


def place_of(request: Request) -> Place:
    """Where the parameters ``view``, ``sort`` and ``page`` say that somebody is."""
    asked = request.query_params
    view, order, page = asked.get("view", MINE), asked.get("sort", "newest"), asked.get("page", "")
    return Place(
        visitor_of(request),
        view if view in VIEWS else MINE,
        order if order in _ORDERS else "newest",
        int(page) if page.isdecimal() and len(page) < len(str(10**9)) else None,
    )


def list_tasks(engine: ProcessEngine, request: Request) -> TaskList:
    """The list that somebody looks at."""
    place = place_of(request)
    criteria = {view: _criteria(view, place.visitor.user_id) for view in VIEWS}
    counts = {view: engine.task_service.count_tasks(**criteria[view]) for view in VIEWS}
    part = part_of(request, counts[place.view])
    _, sort_by, direction = _ORDERS[place.order]
    tasks = engine.task_service.tasks(
        **criteria[place.view],
        sort_by=sort_by,
        sort_order=direction,
        first_result=part.first,
        max_results=part.size,
    )
    place = replace(place, page=part.page if part.page > 1 else None)
    return TaskList(place, counts, part, tasks, _processes(engine, tasks), _business_keys(engine, tasks))


def next_task(engine: ProcessEngine, instance_id: str, user_id: str) -> tuple[str, Task] | None:
    """The first task of a process instance that is a user's, or may become it, and the view that it is in."""
    for view in (MINE, GROUPS):
        criteria: TaskCriteria = {**_criteria(view, user_id), "instance_id": instance_id}
        found = engine.task_service.tasks(**criteria, max_results=1)
        if found:
            return view, found[0]
    return None


def _criteria(view: str, user_id: str) -> TaskCriteria:
    match view:
        case "mine":
            return {"assignee": user_id}
        case "groups":
            return {"candidate_user": user_id}
    return {}


def _processes(engine: ProcessEngine, tasks: list[Task]) -> dict[str, str]:
    ids = {task.definition_id for task in tasks}
    found = engine.repository_service.process_definitions(definition_ids=ids) if ids else []
    return {definition.id: definition.name or definition.key for definition in found}


def _business_keys(engine: ProcessEngine, tasks: list[Task]) -> dict[str, str]:
    ids = {task.instance_id for task in tasks}
    found = engine.runtime_service.process_instances(instance_ids=ids) if ids else []
    return {instance.id: instance.business_key for instance in found if instance.business_key}
