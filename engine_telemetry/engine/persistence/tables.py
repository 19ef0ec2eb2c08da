"""The tables of the engine, but those of history. What changes here needs a migration; a test compares the two.

On SQLite, tables to which each instance adds rows, and no other table refers, have no rowids: one tree less to write.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)

from engine_telemetry.engine.persistence.types import UtcDateTime, id_text, long_bytes, long_text, short_text

metadata = MetaData()


def index_of_some(name: str, *columns: str, where: str) -> Index:
    """An index of the rows that meet a condition; on MariaDB, which has none such, of all.

    It costs nothing to write the other rows, which are most.
    """
    return Index(f"ix_engine_{name}", *columns, sqlite_where=text(where), postgresql_where=text(where))


def index_if_given(table: str, column: str) -> Index:
    """An index of a column that most rows have no value in."""
    return index_of_some(f"{table}_{column}", column, where=f"{column} IS NOT NULL")


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
    Column("suspended", Boolean, nullable=False),
    Column("history_time_to_live", Integer),  # days
    Column("startable_in_tasklist", Boolean, nullable=False),
    UniqueConstraint("key", "version", name="uq_engine_process_definition_version"),
)

decision_definition = Table(
    "engine_decision_definition",
    metadata,
    Column("id", id_text(), primary_key=True),
    Column("key", short_text(), nullable=False),
    Column("version", Integer, nullable=False),
    Column("name", short_text()),
    Column("version_tag", short_text()),
    Column("deployment_id", id_text(), ForeignKey(deployment.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("resource_name", short_text(), nullable=False),
    Column("history_time_to_live", Integer),  # days
    UniqueConstraint("key", "version", name="uq_engine_decision_definition_version"),
)

# Who changes an instance locks the row of its root first, so that caller and called never wait for each other.
process_instance = Table(
    "engine_process_instance",
    metadata,
    Column("id", id_text(), primary_key=True),
    Column("definition_id", id_text(), ForeignKey(process_definition.c.id), nullable=False),
    Column("business_key", short_text()),
    Column("start_time", UtcDateTime(), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("serializer_version", short_text(32), nullable=False),
    Column("state", long_text(), nullable=False),
    Column("root_id", id_text(), nullable=False),  # its own id, if no other instance called it
    Column("super_instance_id", id_text()),
    Column("super_wait_id", id_text()),  # the wait state of the call in the super instance
    Column("suspended", Boolean, nullable=False),
    Index("ix_engine_process_instance_started", "definition_id", "start_time"),
    index_if_given("process_instance", "business_key"),
    index_if_given("process_instance", "super_instance_id"),
)

# The two columns at the end are for searching only: a number as one, any other value as a text, if it is short enough.
variable = Table(
    "engine_variable_instance",
    metadata,
    Column("id", id_text(), primary_key=True),
    Column("instance_id", id_text(), ForeignKey(process_instance.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("scope_id", id_text(), nullable=False),  # the instance's id for its own, a task's for the task's local ones
    Column("name", short_text(), nullable=False),
    Column("type", short_text(32), nullable=False),
    Column("value", long_text(), nullable=False),  # JSON
    Column("value_info", long_text(), nullable=False),  # JSON
    Column("text_value", short_text()),
    Column("number_value", Double),
    UniqueConstraint("scope_id", "name", name="uq_engine_variable_instance_name"),
    sqlite_with_rowid=False,
)

task = Table(
    "engine_task",
    metadata,
    Column("id", id_text(), primary_key=True),
    Column("instance_id", id_text(), ForeignKey(process_instance.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("task_definition_key", short_text(), nullable=False),
    Column("name", short_text()),
    Column("assignee", short_text()),
    Column("form_key", short_text()),
    Column("priority", Integer, nullable=False),
    Column("created", UtcDateTime(), nullable=False),
    Column("owner", short_text()),
    Column("delegation_state", short_text(32)),  # PENDING, RESOLVED
    Column("due", UtcDateTime()),
    Column("follow_up", UtcDateTime()),
    Column("description", long_text()),
    Column("last_updated", UtcDateTime()),
    Column("suspended", Boolean, nullable=False),
    index_if_given("task", "assignee"),
)

# Either a user or a group.
identity_link = Table(
    "engine_identity_link",
    metadata,
    Column("id", id_text(), primary_key=True),
    Column("task_id", id_text(), ForeignKey(task.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("type", short_text(), nullable=False),
    Column("user_id", short_text()),
    Column("group_id", short_text()),
    index_if_given("identity_link", "user_id"),
    index_if_given("identity_link", "group_id"),
)

# Comments outlive their tasks and instances, as history does.
comment = Table(
    "engine_comment",
    metadata,
    Column("id", id_text(), primary_key=True),
    Column("task_id", id_text(), index=True),
    Column("instance_id", id_text(), index=True),
    Column("user_id", short_text()),
    Column("message", long_text(), nullable=False),
    Column("time", UtcDateTime(), nullable=False),
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
    Column("definition_version_tag", short_text()),
    Column("retries", Integer),  # none before the first failure
    Column("error_message", long_text()),
    Column("error_details", long_text()),
    Column("suspended", Boolean, nullable=False),
    Index("ix_engine_external_task_topic", "topic_name", "lock_expiration"),
    sqlite_with_rowid=False,
)

# Those of start events belong to no instance.
event_subscription = Table(
    "engine_event_subscription",
    metadata,
    Column("id", id_text(), primary_key=True),
    Column("instance_id", id_text(), ForeignKey(process_instance.c.id, ondelete="CASCADE"), index=True),
    Column(
        "definition_id", id_text(), ForeignKey(process_definition.c.id, ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("activity_id", short_text(), nullable=False),
    Column("kind", short_text(32), nullable=False),  # message, signal, conditional
    Column("event_name", short_text()),
    Column("created", UtcDateTime(), nullable=False),
    Index("ix_engine_event_subscription_event", "event_name", "kind"),
)

# Those of timer start events belong to no instance.
job = Table(
    "engine_job",
    metadata,
    Column("id", id_text(), primary_key=True),
    Column("instance_id", id_text(), ForeignKey(process_instance.c.id, ondelete="CASCADE"), index=True),
    Column(
        "definition_id", id_text(), ForeignKey(process_definition.c.id, ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("definition_key", short_text(), nullable=False),
    Column("activity_id", short_text(), nullable=False),
    Column("kind", short_text(32), nullable=False),  # timer, async-before, async-after
    Column("due", UtcDateTime(), index=True),
    Column("retries", Integer, nullable=False),
    Column("retry_cycle", short_text()),
    Column("priority", BigInteger, nullable=False),
    Column("exclusive", Boolean, nullable=False),
    Column("repeat", short_text()),  # what is left of the cycle of a timer start event
    Column("lock_owner", short_text()),
    Column("lock_until", UtcDateTime()),
    Column("failed_activity_id", short_text()),
    Column("error_message", long_text()),
    Column("error_details", long_text()),
    Column("created", UtcDateTime(), nullable=False),
    Column("suspended", Boolean, nullable=False),
)

# An incident in a called instance is one in its callers too, with the same root cause.
incident = Table(
    "engine_incident",
    metadata,
    Column("id", id_text(), primary_key=True),
    Column("kind", short_text(), nullable=False),  # failedJob, failedExternalTask, or what a program made up
    Column("time", UtcDateTime(), nullable=False),
    Column("message", long_text()),
    Column("instance_id", id_text(), ForeignKey(process_instance.c.id, ondelete="CASCADE"), index=True),
    Column("definition_id", id_text(), ForeignKey(process_definition.c.id, ondelete="CASCADE")),
    Column("activity_id", short_text()),
    Column("failed_activity_id", short_text()),
    Column("configuration", short_text(), index=True),  # the id of the job or the external task
    Column("cause_incident_id", id_text()),
    Column("root_cause_incident_id", id_text(), index=True),
    Column("annotation", long_text()),
    Index("ix_engine_incident_activity", "definition_id", "activity_id"),
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

session = Table(
    "engine_session",
    metadata,
    Column("id", id_text(), primary_key=True),  # SHA-256 of the token that the browser has
    Column("user_id", id_text(), ForeignKey(user.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("created", UtcDateTime(), nullable=False),
    Column("last_seen", UtcDateTime(), nullable=False),
    Column("expires", UtcDateTime(), nullable=False, index=True),
)

property_ = Table(
    "engine_property",
    metadata,
    Column("name", short_text(), primary_key=True),
    Column("value", long_text(), nullable=False),
)

user_setting = Table(
    "engine_user_setting",
    metadata,
    Column("user_id", id_text(), ForeignKey(user.c.id, ondelete="CASCADE"), primary_key=True),
    Column("name", short_text(), primary_key=True),
    Column("value", long_text(), nullable=False),
)
