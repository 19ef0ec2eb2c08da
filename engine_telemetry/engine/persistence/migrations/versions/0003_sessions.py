"""Sessions of people who logged in, what they set for themselves, and what the engine keeps for itself."""

import sqlalchemy as sa
from alembic import op

from engine_telemetry.engine.persistence.types import UtcDateTime, id_text, long_text, short_text

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them; what is there already is left from a start that was interrupted on MariaDB."""
    op.create_table(
        "engine_session",
        sa.Column("id", id_text(), primary_key=True),
        sa.Column("user_id", id_text(), sa.ForeignKey("engine_user.id", ondelete="CASCADE"), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("last_seen", UtcDateTime(), nullable=False),
        sa.Column("expires", UtcDateTime(), nullable=False),
        if_not_exists=True,
    )
    for column in ("user_id", "expires"):
        op.create_index(f"ix_engine_session_{column}", "engine_session", [column], if_not_exists=True)
    op.create_table(
        "engine_property",
        sa.Column("name", short_text(), primary_key=True),
        sa.Column("value", long_text(), nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "engine_user_setting",
        sa.Column("user_id", id_text(), sa.ForeignKey("engine_user.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("name", short_text(), primary_key=True),
        sa.Column("value", long_text(), nullable=False),
        if_not_exists=True,
    )
