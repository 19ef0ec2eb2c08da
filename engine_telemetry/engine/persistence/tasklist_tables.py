"""The tables of saved filters, of drafts, and of the log of what people did."""

from sqlalchemy import Column, ForeignKey, Table

from engine_telemetry.engine.persistence.tables import metadata, task
from engine_telemetry.engine.persistence.types import UtcDateTime, id_text, long_text, short_text

filter_ = Table(
    "engine_filter",
    metadata,
    Column("id", id_text(), primary_key=True),
    Column("resource_type", short_text(32), nullable=False),
    Column("name", short_text(), nullable=False),
    Column("owner", short_text(), index=True),
    Column("query", long_text(), nullable=False),  # JSON
    Column("properties", long_text(), nullable=False),  # JSON
)

draft = Table(
    "engine_draft",
    metadata,
    Column("task_id", id_text(), ForeignKey(task.c.id, ondelete="CASCADE"), primary_key=True),
    Column("user_id", short_text(), primary_key=True),
    Column("fields", long_text(), nullable=False),  # JSON
    Column("saved", UtcDateTime(), nullable=False),
)

# One row for each property that an operation changed, with the operation's id. They outlive what they are about.
hi_operation = Table(
    "engine_hi_operation",
    metadata,
    Column("id", id_text(), primary_key=True),
    Column("operation_id", id_text(), nullable=False),
    Column("time", UtcDateTime(), nullable=False, index=True),
    Column("user_id", short_text(), nullable=False),
    Column("operation", short_text(64), nullable=False),
    Column("entity_type", short_text(64), nullable=False),
    Column("definition_id", id_text()),
    Column("instance_id", id_text(), index=True),
    Column("task_id", id_text(), index=True),
    Column("job_id", id_text()),
    Column("external_task_id", id_text()),
    Column("deployment_id", id_text()),
    Column("batch_id", id_text()),
    Column("property", short_text()),
    Column("old_value", long_text()),
    Column("new_value", long_text()),
)
