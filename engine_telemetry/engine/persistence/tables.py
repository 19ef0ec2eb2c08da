"""The tables of the engine. What changes here needs a migration; a test compares the two."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, MetaData, Table, UniqueConstraint

from engine_telemetry.engine.persistence.types import UtcDateTime, id_text, long_bytes, long_text, short_text

metadata = MetaData()

deployment = Table(
    "engine_deployment",
    metadata,
    Column("id", id_text(), primary_key=True),
    Column("name", short_text(), index=True),
    Column("source", short_text()),
    Column("deployment_time", UtcDateTime(), nullable=False),
)

resource = Table(
    "engine_resource",
    metadata,
    Column("id", id_text(), primary_key=True),
    Column("deployment_id", id_text(), ForeignKey(deployment.c.id, ondelete="CASCADE"), nullable=False),
    Column("name", short_text(), nullable=False),
    Column("digest", short_text(64), nullable=False),  # SHA-256 of the content, to find duplicates
    Column("content", long_bytes(), nullable=False),
    UniqueConstraint("deployment_id", "name", name="uq_engine_resource_name"),
)

process_definition = Table(
    "engine_process_definition",
    metadata,
    Column("id", id_text(), primary_key=True),
    Column("key", short_text(), nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", short_text()),
    Column("version_tag", short_text()),
    Column("deployment_id", id_text(), ForeignKey(deployment.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("resource_name", short_text(), nullable=False),
    Column("serializer_version", short_text(32), nullable=False),
    Column("spec", long_text(), nullable=False),
    UniqueConstraint("key", "version", name="uq_engine_process_definition_version"),
)

process_instance = Table(
    "engine_process_instance",
    metadata,
    Column("id", id_text(), primary_key=True),
    Column("definition_id", id_text(), ForeignKey(process_definition.c.id), nullable=False, index=True),
    Column("business_key", short_text(), index=True),
    Column("start_time", UtcDateTime(), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("serializer_version", short_text(32), nullable=False),
    Column("state", long_text(), nullable=False),
)

variable = Table(
    "engine_variable",
    metadata,
    Column("instance_id", id_text(), ForeignKey(process_instance.c.id, ondelete="CASCADE"), primary_key=True),
    Column("name", short_text(), primary_key=True),
    Column("type", short_text(32), nullable=False),
    Column("value", long_text(), nullable=False),  # JSON
    Column("value_info", long_text(), nullable=False),  # JSON
)

task = Table(
    "engine_task",
    metadata,
    Column("id", id_text(), primary_key=True),
    Column("instance_id", id_text(), ForeignKey(process_instance.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("task_definition_key", short_text(), nullable=False),
    Column("name", short_text()),
    Column("assignee", short_text(), index=True),
    Column("candidate_users", short_text()),
    Column("candidate_groups", short_text()),
    Column("form_key", short_text()),
    Column("priority", Integer, nullable=False),
    Column("created", UtcDateTime(), nullable=False),
)

# What a worker is told of the definition and the instance is copied here, so that fetching locks rows of one table.
external_task = Table(
    "engine_external_task",
    metadata,
    Column("id", id_text(), primary_key=True),
    Column("instance_id", id_text(), ForeignKey(process_instance.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("definition_id", id_text(), nullable=False),
    Column("definition_key", short_text(), nullable=False),
    Column("business_key", short_text()),
    Column("activity_id", short_text(), nullable=False),
    Column("topic_name", short_text(), nullable=False),
    Column("priority", BigInteger, nullable=False),
    Column("created", UtcDateTime(), nullable=False),
    Column("worker_id", short_text()),
    Column("lock_expiration", UtcDateTime()),
    Index("ix_engine_external_task_topic", "topic_name", "lock_expiration"),
)

user = Table(
    "engine_user",
    metadata,
    Column("id", id_text(), primary_key=True),
    Column("first_name", short_text()),
    Column("last_name", short_text()),
    Column("email", short_text()),
    Column("password", short_text(), nullable=False),  # its argon2 hash
)

group = Table(
    "engine_group",
    metadata,
    Column("id", id_text(), primary_key=True),
    Column("name", short_text()),
)

membership = Table(
    "engine_membership",
    metadata,
    Column("user_id", id_text(), ForeignKey(user.c.id, ondelete="CASCADE"), primary_key=True),
    Column("group_id", id_text(), ForeignKey(group.c.id, ondelete="CASCADE"), primary_key=True, index=True),
)
