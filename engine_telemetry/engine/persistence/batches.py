"""Rows of batches and of their items."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    delete,
    exists,
    insert,
    literal,
    select,
    update,
)

from engine_telemetry.engine.batches import Batch, BatchFailure
from engine_telemetry.engine.persistence.batch_tables import batch, batch_item
from engine_telemetry.engine.persistence.listing import Listing, keys
from engine_telemetry.engine.persistence.writing import insert_rows

TRIES = 3
"""How often an item is tried that fails with what may pass."""

_IS_ITEM_OPEN = batch_item.c.tries.in_(range(TRIES))
_IS_OPEN = and_(batch.c.finished.is_(None), batch.c.suspended.is_(False))


@dataclass(frozen=True)
class Portion:
    """Some items of a batch that are to be done next.

    Attributes:
        created_by: Who acts in it.
    """

    batch_id: str
    created_by: str | None
    item_ids: tuple[str, ...]


def insert_batch(connection: Connection, new: Batch) -> None:
    """Store a batch, for the time being without items."""
    columns = {name: getattr(new, name) for name in Batch.__dataclass_fields__}
    settings = json.dumps(new.settings)
    connection.execute(insert(batch).values(columns | {"settings": settings, "worked": new.created}))


def insert_items(connection: Connection, batch_id: str, item_ids: Collection[str]) -> None:
    """Add items, each of them once."""
    rows = [{"batch_id": batch_id, "tries": 0, "item_id": item_id} for item_id in sorted(set(item_ids))]
    insert_rows(connection, batch_item, rows)


def insert_found(
    connection: Connection, batch_id: str, listing: Listing[Any], asked: Mapping[str, Any], most: int
) -> int:
    """Add what a search finds and is not there yet, but no more than so many; how many these are."""
    found = keys(listing, asked).add_columns(literal(batch_id), literal(0)).order_by(listing.key).limit(most)
    new = found.where(
        ~exists().where(batch_item.c.batch_id == batch_id, _IS_ITEM_OPEN, batch_item.c.item_id == listing.key)
    )
    columns = [batch_item.c.item_id, batch_item.c.batch_id, batch_item.c.tries]
    statement = insert(batch_item).from_select(columns, new).execution_options(preserve_rowcount=True)
    return connection.execute(statement).rowcount


def change_batch(connection: Connection, batch_id: str, **values: object) -> bool:
    """Give columns of a batch other values; false if there is none."""
    return connection.execute(update(batch).where(batch.c.id == batch_id).values(values)).rowcount > 0


def delete_batch(connection: Connection, batch_id: str) -> bool:
    """Delete a batch with its items; false if there is none."""
    return connection.execute(delete(batch).where(batch.c.id == batch_id)).rowcount > 0


def find_batch(connection: Connection, batch_id: str) -> Batch | None:
    """A batch."""
    row = connection.execute(select(batch).where(batch.c.id == batch_id)).one_or_none()
    return None if row is None else _to_batch(row)


def find_failures(connection: Connection, batch_id: str, first: int, most: int | None) -> list[BatchFailure]:
    """The items with which it did not work, by their ids."""
    failed = select(batch_item).where(batch_item.c.batch_id == batch_id, batch_item.c.tries == TRIES)
    statement = failed.order_by(batch_item.c.item_id).offset(first or None).limit(most)
    return [BatchFailure(row.item_id, row.message or "") for row in connection.execute(statement)]


def any_open(connection: Connection) -> bool:
    """Whether there is something to do in a batch."""
    return connection.execute(select(batch.c.id).where(_IS_OPEN).limit(1)).first() is not None


def next_portion(connection: Connection, most: int) -> Portion | None:
    """What is to be done next: of the batch that had to wait longest, those first that have been tried least."""
    statement = select(batch.c.id, batch.c.created_by).where(_IS_OPEN).order_by(batch.c.worked, batch.c.id).limit(1)
    row = connection.execute(statement).one_or_none()
    if row is None:
        return None
    of_batch = select(batch_item.c.item_id).where(batch_item.c.batch_id == row.id, batch_item.c.tries < TRIES)
    in_order = of_batch.order_by(batch_item.c.tries, batch_item.c.item_id).limit(most)
    return Portion(row.id, row.created_by, tuple(connection.execute(in_order).scalars()))


def lock_batch(connection: Connection, batch_id: str, *, wait: bool = True) -> Batch | None:
    """A batch, locked until the end of the transaction; ``None`` if there is none, or if another one has locked it."""
    statement = select(batch).where(batch.c.id == batch_id).with_for_update(skip_locked=not wait)
    row = connection.execute(statement).one_or_none()
    return None if row is None else _to_batch(row)


def take_item(connection: Connection, batch_id: str, item_id: str) -> bool:
    """An item of a locked batch is done, when this is committed; false if it is settled already."""
    return connection.execute(delete(batch_item).where(_is_open_item(batch_id, item_id))).rowcount > 0


def fail_item(connection: Connection, batch_id: str, item_id: str, message: str, *, for_good: bool) -> bool:
    """Note how an open item of a locked batch failed; whether that was its last try."""
    which = _is_open_item(batch_id, item_id)
    tries = TRIES if for_good else batch_item.c.tries + 1
    if not connection.execute(update(batch_item).where(which).values(tries=tries, message=message)).rowcount:
        return False
    return connection.execute(select(batch_item.c.item_id).where(which)).first() is None


def _is_open_item(batch_id: str, item_id: str) -> ColumnElement[bool]:
    return and_(batch_item.c.batch_id == batch_id, _IS_ITEM_OPEN, batch_item.c.item_id == item_id)


def note_settled(connection: Connection, locked: Batch, now: datetime, *, done: int = 0, failed: int = 0) -> None:
    """Count items of a locked batch as done or failed, and finish it with the last one."""
    finished = now if done + failed >= locked.remaining else None
    counts = {"done": locked.done + done, "failed": locked.failed + failed}
    change_batch(connection, locked.id, **counts, worked=now, finished=finished)


def _to_batch(row: Row[Any]) -> Batch:
    columns = {name: getattr(row, name) for name in Batch.__dataclass_fields__}
    return Batch(**columns | {"settings": json.loads(row.settings)})


BATCHES = Listing(
    rows=select(batch),
    key=batch.c.id,
    criteria={
        "batch_id": batch.c.id.__eq__,
        "kind": batch.c.kind.__eq__,
        "suspended": batch.c.suspended.__eq__,
        "finished": lambda finished: batch.c.finished.is_not(None) if finished else batch.c.finished.is_(None),
        "with_failures": lambda failures: batch.c.failed > 0 if failures else batch.c.failed == 0,
        "created_by": batch.c.created_by.__eq__,
        "created_before": batch.c.created.__lt__,
        "created_after": batch.c.created.__gt__,
    },
    orders={"batchId": batch.c.id, "startTime": batch.c.created, "endTime": batch.c.finished},
    entity=_to_batch,
)
