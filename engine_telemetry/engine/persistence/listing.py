"""Runs queries that are described as data: which criteria there are, which orders, and what a row becomes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, func

from engine_telemetry.engine.persistence.prepared import Prepared
from engine_telemetry.exceptions import BadUserRequestException

T = TypeVar("T")
Sorting = tuple[tuple[str | None, str], ...]

_PAGING = {"sort_by", "sort_order", "sorting", "first_result", "max_results"}
_COMPARISONS = {"__eq__", "__ge__", "__gt__", "__le__", "__lt__"}


@dataclass(frozen=True, eq=False)
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
    values = _given(listing, asked) | _part(asked)
    if all(_is_comparison(listing.criteria[name]) for name in values.keys() - _PAGING):
        kept = _kept(listing, tuple(values), _sorting(asked))
        rows = kept.fetch(connection, values)
    else:
        rows = connection.execute(_sorted(listing, values, _sorting(asked))).all()
    return [listing.entity(row) for row in rows]


@lru_cache(maxsize=512)
def _kept(listing: Listing[Any], names: tuple[str, ...], sorting: Sorting) -> Prepared:
    """Most lists are asked for again and again, with other values."""
    return Prepared(_sorted(listing, {name: bindparam(name) for name in names}, sorting))


def _is_comparison(criterion: Callable[[Any], ColumnElement[bool]]) -> bool:
    """Whether the condition that it makes is the same for each value."""
    return isinstance(getattr(criterion, "__self__", None), ColumnElement) and criterion.__name__ in _COMPARISONS


def _sorted(listing: Listing[Any], values: Mapping[str, Any], sorting: Sorting) -> Select[Any]:
    orders = [_order(listing, sort_by, sort_order) for sort_by, sort_order in sorting]
    statement = _filtered(listing, values).order_by(*orders, listing.key.asc())
    return statement.limit(values.get("max_results")).offset(values.get("first_result"))


def count(connection: Connection, listing: Listing[T], asked: Mapping[str, Any]) -> int:
    """How many fit."""
    return connection.execute(_filtered(listing, asked).with_only_columns(func.count(listing.key))).scalar_one()


def keys(listing: Listing[T], asked: Mapping[str, Any]) -> Select[Any]:
    """The statement that finds the keys of what fits."""
    return _filtered(listing, asked).with_only_columns(listing.key)


def find_ids(connection: Connection, listing: Listing[T], asked: Mapping[str, Any]) -> list[str]:
    """The keys of what fits."""
    return list(connection.execute(keys(listing, asked)).scalars())


def _filtered(listing: Listing[T], asked: Mapping[str, Any]) -> Select[Any]:
    return listing.rows.where(*(listing.criteria[name](value) for name, value in _given(listing, asked).items()))


def _given(listing: Listing[T], asked: Mapping[str, Any]) -> dict[str, Any]:
    unknown = asked.keys() - listing.criteria.keys() - _PAGING
    if unknown:
        raise TypeError(f"Unknown criteria {sorted(unknown)}; there are {sorted(listing.criteria)}")
    return {name: value for name, value in asked.items() if value is not None and name not in _PAGING}


def _sorting(asked: Mapping[str, Any]) -> Sorting:
    if asked.get("sorting"):
        return tuple(asked["sorting"])
    sort_by, sort_order = asked.get("sort_by"), asked.get("sort_order")
    return () if sort_by is None and sort_order is None else ((sort_by, sort_order or "asc"),)


def _order(listing: Listing[T], sort_by: str | None, sort_order: str) -> ColumnElement[Any]:
    if sort_order not in {"asc", "desc"}:
        raise BadUserRequestException(
            f"Cannot set query sortOrder parameter to value {sort_order!r}; use 'asc' or 'desc'"
        )
    if sort_by is None:
        return listing.key.asc()
    if sort_by not in listing.orders:
        raise BadUserRequestException(
            f"Cannot set query sortBy parameter to value {sort_by!r}; use one of {', '.join(listing.orders)}"
        )
    column = listing.orders[sort_by]
    return column.desc() if sort_order == "desc" else column.asc()


def _part(asked: Mapping[str, Any]) -> dict[str, int]:
    part = {name: asked[name] for name in ("first_result", "max_results") if asked.get(name) is not None}
    for name, number in part.items():
        if number < 0:
            raise BadUserRequestException(f"{name} is {number}; it cannot be negative")
    return part
