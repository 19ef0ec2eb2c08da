"""The lists of tasks as pages show them: which there are, and a part of one."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from starlette.requests import Request

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.criteria import TaskCriteria, TaskSearch
from engine_telemetry.engine.entities import Task
from engine_telemetry.engine.task_queries import task_criteria
from engine_telemetry.engine.tasklist_entities import Filter
from webapps.lists import Part, part_of
from webapps.tasklist.cards import Card, cards_of
from webapps.tasklist.colours import colour_of
from webapps.tasklist.orders import ORDERS, USUAL, order_of_query
from webapps.tasklist.place import ALL, GROUPS, MINE, VIEWS, Place, may_change, place_of, query_of
from webapps.tasklist.search import Search, search_of
from webapps.tasklist.shortcuts import KEYS, has_shortcuts


@dataclass(frozen=True)
class Entry:
    """A list that somebody can go to.

    Attributes:
        key: What tells it from the others on a page.
        colour: The name of one; may be empty.
        description: What it is for; may be empty.
    """

    key: str
    title: str
    count: int
    address: str
    shown: bool
    colour: str = ""
    description: str = ""


@dataclass(frozen=True)
class TaskList:
    """A part of a list, as a page shows it.

    Attributes:
        views: The standing views.
        own: The filters of who asks.
        shared: The filters that are everybody's.
        filter: Which of them is shown; ``None`` for a view.
        gone: Whether a filter was asked for that there is not.
        aside: How many tasks would be there too, but are set aside until later.
        order: What the list is sorted by: one of ``ORDERS``, or empty for something else, which a filter says.
        shortcuts: Whether who asks wants keyboard shortcuts.
    """

    place: Place
    views: list[Entry]
    own: list[Entry]
    shared: list[Entry]
    filter: Filter | None
    gone: bool
    aside: int
    order: str
    part: Part
    cards: list[Card]
    shortcuts: bool

    @property
    def title(self) -> str:
        """Of the view or the filter."""
        return self.filter.name if self.filter else VIEWS[self.place.view]

    @property
    def description(self) -> str:
        """Of the filter; may be empty."""
        return str(self.filter.properties.get("description") or "") if self.filter else ""

    @property
    def changeable(self) -> bool:
        """Whether who asks may change the filter that is shown."""
        return self.filter is not None and may_change(self.place.visitor, self.filter)

    @property
    def refreshes(self) -> bool:
        """Whether the list is fetched anew by itself."""
        return self.filter is None or self.filter.properties.get("refresh") is not False

    @property
    def orders(self) -> list[tuple[str, str]]:
        """What the list can be sorted by: names and titles."""
        other = [] if self.order else [("", "As the filter says")]
        return [*other, *((name, order.title) for name, order in ORDERS.items())]

    @property
    def criteria(self) -> list[tuple[str, str]]:
        """What is searched for: texts, and the addresses of the list without each."""
        place = self.place
        return [(text, place.searching(rest).address()) for text, rest in place.search.criteria]

    @property
    def whole(self) -> str:
        """The address of the list with nothing searched in it."""
        return self.place.searching(Search()).address()

    @property
    def later(self) -> str:
        """The address of what is set aside."""
        return self.place.searching(_set_aside(self.place.search)).address()

    @property
    def elsewhere(self) -> str:
        """The address of the same search in all tasks; empty if that is what this list has."""
        if not self.filter and self.place.view == ALL:
            return ""
        return self.place.at(view=ALL).searching(self.place.search).address()

    @property
    def asks(self) -> list[str]:
        """What the filter that is shown asks for, as people read it."""
        search = search_of(self.filter.query) if self.filter else Search()
        others = len(search.rest.keys() - {"sorting"})
        return [*(text for text, _ in search.criteria), *([f"and {others} more"] if others else [])]

    @property
    def keys(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """The keyboard shortcuts, in groups."""
        return KEYS

    def page_address(self, page: int) -> str:
        """The address of another part."""
        return self.place.address(page=page)


def list_tasks(engine: ProcessEngine, request: Request) -> TaskList:
    """The list that somebody looks at."""
    place = place_of(request)
    filters = engine.filter_service.filters(visible_to=place.visitor.user_id, sort_by="name")
    chosen = next((each for each in filters if each.id == place.filter_id), None)
    gone = chosen is None and place.filter_id is not None
    place = place.at() if gone else place
    entries = _entries(engine, place, filters)
    order = place.order or (order_of_query(chosen.query) if chosen else USUAL)
    part, tasks = _part(engine, request, place, chosen, order)
    return TaskList(
        place=replace(place, page=part.page if part.page > 1 else None),
        views=_views(engine, place),
        own=[entry for entry, found in zip(entries, filters, strict=True) if found.owner is not None],
        shared=[entry for entry, found in zip(entries, filters, strict=True) if found.owner is None],
        filter=chosen,
        gone=gone,
        aside=0 if chosen else _aside(engine, place),
        order=order,
        part=part,
        cards=cards_of(engine, tasks, datetime.now(UTC)),
        shortcuts=has_shortcuts(engine, place.visitor.user_id),
    )


def next_task(engine: ProcessEngine, instance_id: str, user_id: str) -> tuple[str, Task] | None:
    """The first task of a process instance that is a user's, or may become it, and the view that it is in."""
    for view in (MINE, GROUPS):
        criteria: TaskCriteria = {**_criteria(view, user_id), "instance_id": instance_id}
        found = engine.task_service.tasks(**criteria, max_results=1)
        if found:
            return view, found[0]
    return None


def _criteria(view: str, user_id: str, search: Search | None = None) -> TaskCriteria:
    searched = task_criteria(search.query if search else {}, user_id=user_id)
    criteria: TaskSearch = {**task_criteria(query_of(view, search), user_id=user_id), **searched}
    return criteria


def _views(engine: ProcessEngine, place: Place) -> list[Entry]:
    user_id = place.visitor.user_id
    return [
        Entry(
            key=view,
            title=title,
            count=engine.task_service.count_tasks(**_criteria(view, user_id)),
            address=place.at(view=view).address(),
            shown=not place.filter_id and view == place.view,
        )
        for view, title in VIEWS.items()
    ]


def _entries(engine: ProcessEngine, place: Place, filters: list[Filter]) -> list[Entry]:
    counts = engine.filter_service.counts([each.id for each in filters]) if filters else {}
    return [
        Entry(
            key=each.id,
            title=each.name,
            count=counts.get(each.id, 0),
            address=place.at(filter_id=each.id).address(),
            shown=each.id == place.filter_id,
            colour=colour_of(each.properties),
        )
        for each in filters
    ]


def _aside(engine: ProcessEngine, place: Place) -> int:
    """How many tasks a view leaves out because they are set aside."""
    if place.view == ALL or "follow-up" in place.search.fields or place.search.errors:
        return 0
    criteria = _criteria(place.view, place.visitor.user_id, _set_aside(place.search))
    return engine.task_service.count_tasks(**criteria)


def _set_aside(search: Search) -> Search:
    return search.with_search(Search({"follow-up": "later"}))


def _part(
    engine: ProcessEngine, request: Request, place: Place, chosen: Filter | None, order: str
) -> tuple[Part, list[Task]]:
    """The part that is asked for; nothing if something is wrong with what is searched."""
    if place.search.errors:
        return part_of(request, 0), []
    criteria: TaskCriteria
    count: Callable[..., int] = engine.task_service.count_tasks
    find: Callable[..., list[Task]] = engine.task_service.tasks
    if chosen:
        criteria = task_criteria(place.search.query, user_id=place.visitor.user_id)
        count, find = (
            partial(engine.filter_service.count_tasks, chosen.id),
            partial(engine.filter_service.tasks, chosen.id),
        )
    else:
        criteria = _criteria(place.view, place.visitor.user_id, place.search)
    part = part_of(request, count(**criteria))
    sorting = {"sorting": ORDERS[order].sorting} if order else {}
    return part, find(**criteria, **sorting, first_result=part.first, max_results=part.size)
