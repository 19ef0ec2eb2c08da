"""Runs queries that are described as data: which criteria there are, which orders, and what a row becomes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, func

from engine_telemetry.exceptions import BadUserRequestException

T = TypeVar("T")

_PAGING = {"sort_by", "sort_order", "first_result", "max_results"}


@dataclass(frozen=True)
class Listing(Generic[T]):
    """What can be asked for.

    Attributes:
        rows: All there is.
        key: What the rows are ordered by in the end, so that pages fit together.
        criteria: For each keyword, the condition that its value makes.
        orders: For each name that a result can be sorted by, the column.
        entity: What a row becomes.
    """

    rows: Select[Any]
    key: ColumnElement[Any]
    criteria: Mapping[str, Callable[[Any], ColumnElement[bool]]]
    orders: Mapping[str, ColumnElement[Any]]
    entity: Callable[[Row[Any]], T]


def search(connection: Connection, listing: Listing[T], asked: Mapping[str, Any]) -> list[T]:
    """What fits, in the order and the part that was asked for.

    Raises:
        BadUserRequestException: It cannot be sorted by that, or a part is not one.
    """
    statement = (
        _filtered(listing, asked).order_by(*_order(listing, asked)).offset(_number(asked, "first_result") or None)
    )
    if (most := _number(asked, "max_results")) is not None:
        statement = statement.limit(most)
    return [listing.entity(row) for row in connection.execute(statement)]


def count(connection: Connection, listing: Listing[T], asked: Mapping[str, Any]) -> int:
    """How many fit."""
    return connection.execute(_filtered(listing, asked).with_only_columns(func.count(listing.key))).scalar_one()


def _filtered(listing: Listing[T], asked: Mapping[str, Any]) -> Select[Any]:
    unknown = asked.keys() - listing.criteria.keys() - _PAGING
    if unknown:
        raise TypeError(f"Unknown criteria {sorted(unknown)}; there are {sorted(listing.criteria)}")
    given = {name: value for name, value in asked.items() if value is not None and name not in _PAGING}
    return listing.rows.where(*(listing.criteria[name](value) for name, value in given.items()))


def _order(listing: Listing[T], asked: Mapping[str, Any]) -> list[ColumnElement[Any]]:
    sort_by, sort_order = asked.get("sort_by"), asked.get("sort_order") or "asc"
    if sort_order not in {"asc", "desc"}:
        raise BadUserRequestException(
            f"Cannot set query sortOrder parameter to value {sort_order!r}; use 'asc' or 'desc'"
        )
    if sort_by is None:
        return [listing.key.asc()]
    if sort_by not in listing.orders:
        raise BadUserRequestException(
            f"Cannot set query sortBy parameter to value {sort_by!r}; use one of {', '.join(listing.orders)}"
        )
    column = listing.orders[sort_by]
    return [column.desc() if sort_order == "desc" else column.asc(), listing.key.asc()]


def _number(asked: Mapping[str, Any], name: str) -> int | None:
    number: int | None = asked.get(name)
    if number is not None and number < 0:
        raise BadUserRequestException(f"{name} is {number}; it cannot be negative")
    return number
