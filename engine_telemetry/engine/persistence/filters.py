"""Rows of saved filters."""

import json
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from engine_telemetry.engine.persistence.listing import Listing
from engine_telemetry.engine.persistence.tasklist_tables import filter_
from engine_telemetry.engine.tasklist_entities import Filter


def to_filter(row: Row[Any]) -> Filter:
    """A saved filter."""
    return Filter(row.id, row.resource_type, row.name, row.owner, json.loads(row.query), json.loads(row.properties))


def find_filters(connection: Connection, filter_ids: Collection[str]) -> list[Filter]:
    """Those of these filters that there are."""
    return [to_filter(row) for row in connection.execute(select(filter_).where(filter_.c.id.in_(filter_ids)))]


def lock_filter(connection: Connection, filter_id: str) -> Filter | None:
    """A filter, locked until the end of the transaction."""
    row = connection.execute(select(filter_).where(filter_.c.id == filter_id).with_for_update()).one_or_none()
    return None if row is None else to_filter(row)


def insert_filter(connection: Connection, new: Filter) -> None:
    """Keep a new filter."""
    connection.execute(insert(filter_).values(_values(new)))


def update_filter(connection: Connection, changed: Filter) -> None:
    """Keep a filter in place of what it was."""
    connection.execute(update(filter_).where(filter_.c.id == changed.id).values(_values(changed)))


def delete_filter(connection: Connection, filter_id: str) -> bool:
    """Delete a filter; false if there is none."""
    return connection.execute(delete(filter_).where(filter_.c.id == filter_id)).rowcount > 0


def _values(one: Filter) -> dict[str, Any]:
    return {**vars(one), "query": json.dumps(one.query), "properties": json.dumps(one.properties)}


def _is_visible_to(user_id: str) -> ColumnElement[bool]:
    return filter_.c.owner.is_(None) | (filter_.c.owner == user_id)


FILTERS = Listing(
    rows=select(filter_),
    key=filter_.c.id,
    criteria={
        "filter_id": filter_.c.id.__eq__,
        "resource_type": filter_.c.resource_type.__eq__,
        "name": filter_.c.name.__eq__,
        "name_like": filter_.c.name.like,
        "owner": filter_.c.owner.__eq__,
        "visible_to": _is_visible_to,
    },
    orders={
        "filterId": filter_.c.id,
        "resourceType": filter_.c.resource_type,
        "name": func.lower(filter_.c.name),
        "owner": filter_.c.owner,
    },
    entity=to_filter,
)
