"""Users, groups and memberships, and the group of administrators."""

import sqlalchemy as sa
from alembic import op

from engine_telemetry.engine.persistence.types import id_text, short_text

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them; what is there already is left from a start that was interrupted on MariaDB."""
    op.create_table(
        "engine_user",
        sa.Column("id", id_text(), primary_key=True),
        sa.Column("first_name", short_text()),
        sa.Column("last_name", short_text()),
        sa.Column("email", short_text()),
        sa.Column("password", short_text(), nullable=False),
        if_not_exists=True,
    )
    op.create_table(
        "engine_group",
        sa.Column("id", id_text(), primary_key=True),
        sa.Column("name", short_text()),
        if_not_exists=True,
    )
    op.create_table(
        "engine_membership",
        _reference("user_id", "engine_user.id"),
        _reference("group_id", "engine_group.id"),
        if_not_exists=True,
    )
    op.create_index("ix_engine_membership_group_id", "engine_membership", ["group_id"], if_not_exists=True)
    _add_administrators()


def _reference(name: str, target: str) -> sa.Column[str]:
    return sa.Column(name, id_text(), sa.ForeignKey(target, ondelete="CASCADE"), primary_key=True)


def _add_administrators() -> None:
    group = sa.table("engine_group", sa.column("id", id_text()), sa.column("name", short_text()))
    connection = op.get_bind()
    if connection.execute(sa.select(group).where(group.c.id == "camunda-admin")).first() is None:
        connection.execute(sa.insert(group).values(id="camunda-admin", name="Administrators"))
