"""Batches: what is done to many things, one after the other. And an index to count incidents by the hour."""

import sqlalchemy as sa
from alembic import op

from engine_telemetry.engine.persistence.types import UtcDateTime, id_text, long_text, short_text

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them; what is there already is left from a start that was interrupted on MariaDB."""
    op.create_table(
        "engine_batch",
        sa.Column("id", id_text(), primary_key=True),
        sa.Column("kind", short_text(64), nullable=False),
        sa.Column("item_kind", short_text(32), nullable=False),
        sa.Column("settings", long_text(), nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("done", sa.Integer, nullable=False),
        sa.Column("failed", sa.Integer, nullable=False),
        sa.Column("suspended", sa.Boolean, nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("created_by", short_text()),
        sa.Column("worked", UtcDateTime(), nullable=False),
        sa.Column("finished", UtcDateTime()),
        if_not_exists=True,
    )
    op.create_table(
        "engine_batch_item",
        sa.Column("batch_id", id_text(), sa.ForeignKey("engine_batch.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("tries", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("item_id", id_text(), primary_key=True),
        sa.Column("message", long_text()),
        sqlite_with_rowid=False,
        if_not_exists=True,
    )
    _index("batch", "finished")
    _index("hi_incident", "created")


def _index(table: str, column: str) -> None:
    op.create_index(f"ix_engine_{table}_{column}", f"engine_{table}", [column], if_not_exists=True)
