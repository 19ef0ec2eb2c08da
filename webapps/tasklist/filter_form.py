"""What people say about a filter, and what that is to the engine."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from engine_telemetry.engine.tasklist_entities import Filter
from webapps.tasklist.colours import COLOURS, colour_of
from webapps.tasklist.conditions import LONGEST
from webapps.tasklist.orders import ORDERS, USUAL, order_of_query, sorting_of
from webapps.tasklist.search import Search, read_search, search_of
from webapps.visitor import Visitor

_LONGEST_DESCRIPTION = 1000


@dataclass(frozen=True)
class FilterForm:
    """A filter, as a form shows it.

    Attributes:
        colour: One of ``COLOURS``.
        shared: Whether it is everybody's.
        refresh: Whether its list is fetched anew by itself.
        order: One of ``ORDERS``; empty to leave an order that a form cannot say.
        search: Its criteria.
        known: Properties that the form does not know; they stay as they are.
    """

    name: str = ""
    description: str = ""
    colour: str = ""
    shared: bool = False
    refresh: bool = True
    order: str = USUAL
    search: Search = field(default_factory=Search)
    known: Mapping[str, object] = field(default_factory=dict)

    @property
    def errors(self) -> dict[str, str]:
        """What is wrong, by field."""
        found = dict(self.search.errors)
        if not self.name:
            found["title"] = "Give it a name."
        if len(self.name) > LONGEST:
            found["title"] = f"A name has at most {LONGEST} characters."
        if len(self.description) > _LONGEST_DESCRIPTION:
            found["description"] = f"A description has at most {_LONGEST_DESCRIPTION} characters."
        return found

    @property
    def query(self) -> dict[str, object]:
        """Its criteria and its order, by Camunda's names; there must be no errors."""
        return self.search.query | ({"sorting": sorting_of(self.order)} if self.order else {})

    @property
    def properties(self) -> dict[str, object]:
        """What else is kept of it, by Camunda's names."""
        own = {"description": self.description, "color": self.colour, "refresh": self.refresh}
        return {**self.known, **own}

    @property
    def colours(self) -> list[tuple[str, str]]:
        """What it can be marked with: values and texts."""
        return [*COLOURS.items()]

    @property
    def orders(self) -> list[tuple[str, str]]:
        """What its list can be sorted by."""
        other = [] if self.order else [("", "As it is now")]
        return [*other, *((name, order.title) for name, order in ORDERS.items())]

    @property
    def others(self) -> list[tuple[str, object]]:
        """Criteria that the form cannot say: Camunda's names and values."""
        return [(name, value) for name, value in self.search.rest.items() if name != "sorting"]


def form_of(found: Filter) -> FilterForm:
    """The form of a filter."""
    description = found.properties.get("description")
    return FilterForm(
        name=found.name,
        description=description if isinstance(description, str) else "",
        colour=colour_of(found.properties),
        shared=found.owner is None,
        refresh=found.properties.get("refresh") is not False,
        order=order_of_query(found.query),
        search=search_of(found.query),
        known=found.properties,
    )


def filled_form(base: FilterForm, visitor: Visitor) -> FilterForm:
    """The form as somebody sent it; what it cannot say stays as in ``base``."""
    order, colour = visitor.field("sort"), visitor.field("colour")
    return replace(
        base,
        name=visitor.field("title").strip(),
        description=visitor.field("description").strip().replace("\r\n", "\n"),
        colour=colour if colour in COLOURS else "",
        shared=visitor.field("shared") == "true" and visitor.administrator,
        refresh=visitor.field("refresh") == "true",
        order=order if order in ORDERS else "",
        search=replace(read_search(visitor.form), rest=base.search.rest),
    )
