"""Saved filters, drafts and the log of what people did."""

import sqlalchemy as sa
from alembic import op

from engine_telemetry.engine.persistence.types import UtcDateTime, id_text, long_text, short_text

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them; what is there already is left from a start that was interrupted on MariaDB."""
    _create_filters()
    _create_drafts()
    _create_operations()
    for table, column in (
        ("filter", "owner"),
        ("hi_operation", "instance_id"),
        ("hi_operation", "task_id"),
        ("hi_operation", "time"),
    ):
        op.create_index(f"ix_engine_{table}_{column}", f"engine_{table}", [column], if_not_exists=True)


def _create_filters() -> None:
    op.create_table(
        "engine_filter",
        sa.Column("id", id_text(), primary_key=True),
        sa.Column("resource_type", short_text(32), nullable=False),
        sa.Column("name", short_text(), nullable=False),
        sa.Column("owner", short_text()),
        sa.Column("query", long_text(), nullable=False),
        sa.Column("properties", long_text(), nullable=False),
        if_not_exists=True,
    )


def _create_drafts() -> None:
    task_id = sa.ForeignKey("engine_task.id", ondelete="CASCADE")
    op.create_table(
        "engine_draft",
        sa.Column("task_id", id_text(), task_id, primary_key=True),
        sa.Column("user_id", short_text(), primary_key=True),
        sa.Column("fields", long_text(), nullable=False),
        sa.Column("saved", UtcDateTime(), nullable=False),
        if_not_exists=True,
    )


def _create_operations() -> None:
    op.create_table(
        "engine_hi_operation",
        sa.Column("id", id_text(), primary_key=True),
        sa.Column("operation_id", id_text(), nullable=False),
        sa.Column("time", UtcDateTime(), nullable=False),
        sa.Column("user_id", short_text(), nullable=False),
        sa.Column("operation", short_text(64), nullable=False),
        sa.Column("entity_type", short_text(64), nullable=False),
        sa.Column("definition_id", id_text()),
        sa.Column("instance_id", id_text()),
        sa.Column("task_id", id_text()),
        sa.Column("job_id", id_text()),
        sa.Column("external_task_id", id_text()),
        sa.Column("deployment_id", id_text()),
        sa.Column("batch_id", id_text()),
        sa.Column("property", short_text()),
        sa.Column("old_value", long_text()),
        sa.Column("new_value", long_text()),
        if_not_exists=True,
    )
