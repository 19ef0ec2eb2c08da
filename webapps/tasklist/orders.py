"""What a list of tasks can be sorted by."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Direction = Literal["asc", "desc"]


@dataclass(frozen=True)
class TaskOrder:
    """An order.

    Attributes:
        title: As people choose it.
        sorting: As the engine's queries take it.
    """

    title: str
    sorting: tuple[tuple[str, Direction], ...]


# Dates only from the soonest on: the other way round, the tasks without one would come first.
ORDERS = {
    "urgent": TaskOrder("Most urgent first", (("dueDate", "asc"), ("priority", "desc"), ("created", "desc"))),
    "newest": TaskOrder("Newest first", (("created", "desc"),)),
    "oldest": TaskOrder("Oldest first", (("created", "asc"),)),
    "due": TaskOrder("Due soonest first", (("dueDate", "asc"),)),
    "follow-up": TaskOrder("Follow-up soonest first", (("followUpDate", "asc"),)),
    "priority": TaskOrder("Highest priority first", (("priority", "desc"),)),
    "low-priority": TaskOrder("Lowest priority first", (("priority", "asc"),)),
    "name": TaskOrder("Name, A to Z", (("nameCaseInsensitive", "asc"),)),
    "name-down": TaskOrder("Name, Z to A", (("nameCaseInsensitive", "desc"),)),
}
USUAL = "urgent"


def sorting_of(order: str) -> list[dict[str, str]]:
    """An order as a task query of Camunda says it."""
    return [{"sortBy": by, "sortOrder": direction} for by, direction in ORDERS[order].sorting]


def order_of_query(query: Mapping[str, Any]) -> str:
    """The order that a task query of Camunda says; empty if it is none of ours."""
    if not query.get("sorting"):
        return USUAL
    return next((order for order in ORDERS if sorting_of(order) == query["sorting"]), "")
