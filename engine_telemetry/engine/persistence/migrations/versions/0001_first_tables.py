"""The first tables: deployments, definitions, instances, variables and the tasks that wait."""

import sqlalchemy as sa
from alembic import op

from engine_telemetry.engine.persistence.types import UtcDateTime, id_text, long_bytes, long_text, short_text

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them; what is there already is left from a start that was interrupted on MariaDB."""
    _create_deployments()
    _create_instances()
    _create_wait_states()
    for table, column in (
        ("deployment", "name"),
        ("process_definition", "deployment_id"),
        ("process_instance", "definition_id"),
        ("process_instance", "business_key"),
        ("task", "instance_id"),
        ("task", "assignee"),
        ("external_task", "instance_id"),
    ):
        op.create_index(f"ix_engine_{table}_{column}", f"engine_{table}", [column], if_not_exists=True)
    op.create_index(
        "ix_engine_external_task_topic", "engine_external_task", ["topic_name", "lock_expiration"], if_not_exists=True
    )


def _create_deployments() -> None:
    op.create_table(
        "engine_deployment",
        sa.Column("id", id_text(), primary_key=True),
        sa.Column("name", short_text()),
        sa.Column("source", short_text()),
        sa.Column("deployment_time", UtcDateTime(), nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "engine_resource",
        sa.Column("id", id_text(), primary_key=True),
        _reference("deployment_id", "engine_deployment.id", ondelete="CASCADE"),
        sa.Column("name", short_text(), nullable=False),
        sa.Column("digest", short_text(64), nullable=False),
        sa.Column("content", long_bytes(), nullable=False),
        sa.UniqueConstraint("deployment_id", "name", name="uq_engine_resource_name"),
        if_not_exists=True,
    )
    op.create_table(
        "engine_process_definition",
        sa.Column("id", id_text(), primary_key=True),
        sa.Column("key", short_text(), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", short_text()),
        sa.Column("version_tag", short_text()),
        _reference("deployment_id", "engine_deployment.id", ondelete="CASCADE"),
        sa.Column("resource_name", short_text(), nullable=False),
        sa.Column("serializer_version", short_text(32), nullable=False),
        sa.Column("spec", long_text(), nullable=False),
        sa.UniqueConstraint("key", "version", name="uq_engine_process_definition_version"),
        if_not_exists=True,
    )


def _create_instances() -> None:
    op.create_table(
        "engine_process_instance",
        sa.Column("id", id_text(), primary_key=True),
        _reference("definition_id", "engine_process_definition.id"),
        sa.Column("business_key", short_text()),
        sa.Column("start_time", UtcDateTime(), nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("serializer_version", short_text(32), nullable=False),
        sa.Column("state", long_text(), nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "engine_variable",
        _reference("instance_id", "engine_process_instance.id", ondelete="CASCADE", primary_key=True),
        sa.Column("name", short_text(), primary_key=True),
        sa.Column("type", short_text(32), nullable=False),
        sa.Column("value", long_text(), nullable=False),
        sa.Column("value_info", long_text(), nullable=False),
        if_not_exists=True,
    )


def _create_wait_states() -> None:
    op.create_table(
        "engine_task",
        sa.Column("id", id_text(), primary_key=True),
        _reference("instance_id", "engine_process_instance.id", ondelete="CASCADE"),
        sa.Column("task_definition_key", short_text(), nullable=False),
        sa.Column("name", short_text()),
        sa.Column("assignee", short_text()),
        sa.Column("candidate_users", short_text()),
        sa.Column("candidate_groups", short_text()),
        sa.Column("form_key", short_text()),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "engine_external_task",
        sa.Column("id", id_text(), primary_key=True),
        _reference("instance_id", "engine_process_instance.id", ondelete="CASCADE"),
        sa.Column("definition_id", id_text(), nullable=False),
        sa.Column("definition_key", short_text(), nullable=False),
        sa.Column("business_key", short_text()),
        sa.Column("activity_id", short_text(), nullable=False),
        sa.Column("topic_name", short_text(), nullable=False),
        sa.Column("priority", sa.BigInteger, nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("worker_id", short_text()),
        sa.Column("lock_expiration", UtcDateTime()),
        if_not_exists=True,
    )


def _reference(name: str, target: str, *, ondelete: str | None = None, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(name, id_text(), sa.ForeignKey(target, ondelete=ondelete), nullable=False, primary_key=primary_key)
