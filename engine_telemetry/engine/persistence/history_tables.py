"""The tables of history: what runs and what has ended. The engine only writes them; nothing in them makes it go on."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, Index, Integer, Table

from engine_telemetry.engine.persistence.tables import index_if_given, index_of_some, metadata
from engine_telemetry.engine.persistence.types import UtcDateTime, id_text, long_text, short_text

hi_process_instance = Table(
    "engine_hi_process_instance",
    metadata,
    Column("id", id_text(), primary_key=True),
    Column("root_id", id_text(), nullable=False),
    Column("super_instance_id", id_text()),
    Column("definition_id", id_text(), nullable=False),
    Column("definition_key", short_text(), nullable=False),
    Column("business_key", short_text()),
    Column("start_time", UtcDateTime(), nullable=False, index=True),
    Column("end_time", UtcDateTime()),
    Column("start_user_id", short_text()),
    Column("start_activity_id", short_text()),
    Column("end_activity_id", short_text()),
    Column("delete_reason", long_text()),
    Column("state", short_text(32), nullable=False),  # Camunda's: ACTIVE, COMPLETED, EXTERNALLY_TERMINATED, …
    Index("ix_engine_hi_process_instance_definition", "definition_id", "start_time"),
    Index("ix_engine_hi_process_instance_key", "definition_key", "start_time"),
    index_if_given("hi_process_instance", "super_instance_id"),
    index_if_given("hi_process_instance", "business_key"),
    index_if_given("hi_process_instance", "end_time"),
)


def _of_instance(*, index: bool = True) -> list[Column[Any]]:
    owner = ForeignKey(hi_process_instance.c.id, ondelete="CASCADE")
    return [
        Column("instance_id", id_text(), owner, nullable=False, index=index),
        Column("definition_id", id_text(), nullable=False),
        Column("definition_key", short_text(), nullable=False),
    ]


# Activities of one command have the same times; the sequence tells which was first in their instance. The row of a user
# task has its task's id, and so has the task's own row.
hi_activity = Table(
    "engine_hi_activity",
    metadata,
    Column("id", id_text(), primary_key=True),
    *_of_instance(index=False),
    Column("parent_id", id_text()),
    Column("sequence", BigInteger, nullable=False),
    Column("activity_id", short_text(), nullable=False),
    Column("activity_name", short_text()),
    Column("activity_type", short_text(64), nullable=False),
    Column("called_instance_id", id_text()),
    Column("start_time", UtcDateTime(), nullable=False),
    Column("end_time", UtcDateTime()),
    Column("cancelled", Boolean, nullable=False),
    Column("complete_scope", Boolean, nullable=False),
    Index("ix_engine_hi_activity_sequence", "instance_id", "sequence"),
    index_of_some("hi_activity_activity", "definition_id", "end_time", "activity_id", where="end_time IS NULL"),
    sqlite_with_rowid=False,
)

hi_task = Table(
    "engine_hi_task",
    metadata,
    Column("id", id_text(), primary_key=True),
    *_of_instance(),
    Column("task_definition_key", short_text(), nullable=False),
    Column("name", short_text()),
    Column("description", long_text()),
    Column("owner", short_text()),
    Column("assignee", short_text()),
    Column("priority", Integer, nullable=False),
    Column("due", UtcDateTime()),
    Column("follow_up", UtcDateTime()),
    Column("start_time", UtcDateTime(), nullable=False),
    Column("end_time", UtcDateTime()),
    Column("delete_reason", long_text()),
    index_if_given("hi_task", "assignee"),
    index_if_given("hi_task", "end_time"),
    sqlite_with_rowid=False,
)

hi_variable = Table(
    "engine_hi_variable",
    metadata,
    Column("id", id_text(), primary_key=True),
    *_of_instance(),
    Column("scope_id", id_text(), nullable=False),
    Column("name", short_text(), nullable=False),
    Column("type", short_text(32), nullable=False),
    Column("value", long_text(), nullable=False),
    Column("value_info", long_text(), nullable=False),
    Column("text_value", short_text()),
    Column("number_value", Double),
    Column("created", UtcDateTime(), nullable=False),
    Column("deleted", Boolean, nullable=False),
    sqlite_with_rowid=False,
)

hi_incident = Table(
    "engine_hi_incident",
    metadata,
    Column("id", id_text(), primary_key=True),
    Column("instance_id", id_text(), ForeignKey(hi_process_instance.c.id, ondelete="CASCADE"), index=True),
    Column("definition_id", id_text(), index=True),
    Column("definition_key", short_text()),
    Column("kind", short_text(), nullable=False),
    Column("created", UtcDateTime(), nullable=False, index=True),
    Column("end_time", UtcDateTime()),
    Column("message", long_text()),
    Column("error_details", long_text()),
    Column("activity_id", short_text()),
    Column("failed_activity_id", short_text()),
    Column("configuration", short_text()),
    Column("cause_incident_id", id_text()),
    Column("root_cause_incident_id", id_text()),
    Column("annotation", long_text()),
    Column("state", short_text(32), nullable=False),  # open, resolved, deleted
)
