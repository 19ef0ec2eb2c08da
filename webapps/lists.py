"""Long lists: the part and the order that a request asks for, and the addresses of other parts and orders."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from starlette.requests import Request

from webapps.visitor import own_path, visitor_of

SIZE = 25


@dataclass(frozen=True)
class Part:
    """A part of a list.

    Attributes:
        page: Its number, from 1; never beyond the end.
        total: How long the whole list is.
        size: How long a part is at most.
        name: Of the parameter that asks for a part.
    """

    request: Request
    page: int
    total: int
    size: int = SIZE
    name: str = "page"

    @property
    def first(self) -> int:
        """How many come before."""
        return (self.page - 1) * self.size

    def address(self, page: int) -> str:
        """The address of another part."""
        return here(self.request, **{self.name: page})


@dataclass(frozen=True)
class Order:
    """The order of a list.

    Attributes:
        by: A name as queries take it in ``sort_by``.
        direction: As queries take it in ``sort_order``.
    """

    request: Request
    by: str
    direction: Literal["asc", "desc"]

    def address(self, by: str) -> str:
        """The address of the list in another order; turned round, if it is in this one already."""
        turned = "desc" if by == self.by and self.direction == "asc" else "asc"
        return here(self.request, sort=by, order=turned, page=None)


def part_of(request: Request, total: int, name: str = "page") -> Part:
    """The part of a list of this length that the parameter of this name asks for."""
    text = request.query_params.get(name, "")
    wanted = int(text) if text.isdecimal() and len(text) < len(str(10**9)) else 1
    return Part(request, min(max(wanted, 1), max(-(-total // SIZE), 1)), total, name=name)


def order_of(request: Request, names: Collection[str], otherwise: tuple[str, Literal["asc", "desc"]]) -> Order:
    """The order that the parameters ``sort`` and ``order`` ask for, if it is one of these."""
    by = request.query_params.get("sort", "")
    if by not in names:
        return Order(request, *otherwise)
    return Order(request, by, "desc" if request.query_params.get("order") == "desc" else "asc")


def searched(request: Request, name: str) -> str:
    """A text that somebody searches for; without NUL, which no database takes in a text."""
    return request.query_params.get(name, "").replace("\0", "").strip()


def here(request: Request, **changes: object) -> str:
    """The address of this page with other parameters; those that are ``None`` are left out."""
    path = own_path(request).partition("?")[0]
    kept = {name: request.query_params.getlist(name) for name in request.query_params}
    return visitor_of(request).url(path, **{**kept, **changes})
