"""Where in the lists of tasks somebody is: the views, the saved filters, and the addresses that carry it on."""

from dataclasses import dataclass, field, replace

from starlette.requests import Request

from engine_telemetry.engine.tasklist_entities import Filter
from webapps.tasklist.orders import ORDERS
from webapps.tasklist.search import Search, read_search
from webapps.visitor import Visitor, visitor_of

MINE, GROUPS, ALL = "mine", "groups", "all"
VIEWS = {MINE: "My tasks", GROUPS: "My groups' tasks", ALL: "All tasks"}
_QUERIES: dict[str, dict[str, object]] = {
    MINE: {"assigneeExpression": "${ currentUser() }"},
    GROUPS: {"candidateUserExpression": "${ currentUser() }"},
    ALL: {},
}
_NOT_ASIDE = {"followUpBeforeOrNotExistentExpression": "${ now() }"}


@dataclass(frozen=True)
class Place:
    """Where in the lists somebody is; the addresses of Tasklist carry it on.

    Attributes:
        view: One of ``VIEWS``.
        order: One of ``ORDERS``; empty for the order that the list has by itself.
        page: As asked for, from 1; the list may have become shorter.
        filter_id: A saved filter, which stands in for the view.
        search: What is searched in there.
    """

    visitor: Visitor
    view: str = MINE
    order: str = ""
    page: int | None = None
    filter_id: str | None = None
    search: Search = field(default_factory=Search)

    @property
    def parameters(self) -> dict[str, object]:
        """As addresses carry it, but for the page; what is ``None`` is left out."""
        own = {"filter": self.filter_id} if self.filter_id else {"view": self.view}
        return {**own, "sort": self.order or None, **self.search.parameters}

    def address(self, path: str = "/tasklist/", **changes: object) -> str:
        """The address of a page, seen from here."""
        return self.visitor.url(path, **{**self.parameters, "page": self.page, **changes})

    def task_address(self, task_id: str, action: str = "") -> str:
        """The address of a task, or of something to be done with it."""
        return self.address(f"/tasklist/task/{task_id}{action}")

    def at(self, *, view: str = MINE, filter_id: str | None = None) -> "Place":
        """The beginning of another list, with nothing searched in it."""
        return Place(self.visitor, view, "" if filter_id or self.filter_id else self.order, filter_id=filter_id)

    def searching(self, search: Search) -> "Place":
        """The beginning of this list, with this searched in it."""
        return replace(self, search=search, page=None)


def place_of(request: Request) -> Place:
    """Where the parameters of an address say that somebody is."""
    asked = request.query_params
    view, order, page = asked.get("view", MINE), asked.get("sort", ""), asked.get("page", "")
    return Place(
        visitor_of(request),
        view if view in VIEWS else MINE,
        order if order in ORDERS else "",
        int(page) if page.isdecimal() and len(page) < len(str(10**9)) else None,
        asked.get("filter") or None,
        read_search(asked),
    )


def query_of(view: str, search: Search | None = None) -> dict[str, object]:
    """What a view asks for, as a task query of Camunda says it.

    Tasks whose follow-up date is to come are set aside, unless all are wanted, or some by that date.
    """
    aside = view == ALL or (search is not None and "follow-up" in search.fields)
    return _QUERIES[view] if aside else {**_QUERIES[view], **_NOT_ASIDE}


def may_see(visitor: Visitor, found: Filter) -> bool:
    """Whether somebody may see a filter: their own, and everybody's."""
    return found.owner in {None, visitor.user_id}


def may_change(visitor: Visitor, found: Filter) -> bool:
    """Whether somebody may change a filter: their own; everybody's, if they are an administrator."""
    return found.owner == visitor.user_id or (found.owner is None and visitor.administrator)
