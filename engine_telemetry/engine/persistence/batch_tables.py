"""The tables of batches: what is to be done to many things, and to which of them it is still to be done."""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, Table

from engine_telemetry.engine.persistence.tables import metadata
from engine_telemetry.engine.persistence.types import UtcDateTime, id_text, long_text, short_text

batch = Table(
    "engine_batch",
    metadata,
    Column("id", id_text(), primary_key=True),
    Column("kind", short_text(64), nullable=False),
    Column("item_kind", short_text(32), nullable=False),  # instance, job, external-task
    Column("settings", long_text(), nullable=False),  # JSON
    Column("total", Integer, nullable=False),
    Column("done", Integer, nullable=False),
    Column("failed", Integer, nullable=False),
    Column("suspended", Boolean, nullable=False),
    Column("created", UtcDateTime(), nullable=False),
    Column("created_by", short_text()),
    Column("worked", UtcDateTime(), nullable=False),  # when an item was last done: the next one is another batch's
    Column("finished", UtcDateTime(), index=True),
)

# An item that is done is deleted; one that failed stays behind the open ones, with what it failed with. The key is all
# the order there is, so that a hundred thousand rows are written to one tree and in its order.
batch_item = Table(
    "engine_batch_item",
    metadata,
    Column("batch_id", id_text(), ForeignKey(batch.c.id, ondelete="CASCADE"), primary_key=True),
    Column("tries", Integer, primary_key=True, autoincrement=False),  # that failed; at 3 it is not tried again
    Column("item_id", id_text(), primary_key=True),
    Column("message", long_text()),
    sqlite_with_rowid=False,
)
