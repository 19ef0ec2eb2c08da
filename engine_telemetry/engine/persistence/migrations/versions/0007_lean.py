"""Tables that cost less to write when instances start and end: smaller indexes, and on SQLite no rowids."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_GIVEN = {
    "process_instance": ("business_key", "super_instance_id"),
    "task": ("assignee",),
    "identity_link": ("user_id", "group_id"),
    "hi_process_instance": ("super_instance_id", "business_key", "end_time"),
    "hi_task": ("assignee", "end_time"),
}
_WITHOUT_ROWID = ("variable_instance", "external_task", "hi_activity", "hi_task", "hi_variable")  # leaves: see below
_ENDING = " WITHOUT ROWID"


def upgrade() -> None:
    """Make them anew; MariaDB, which has no indexes of some rows, keeps those that it has."""
    op.drop_index("ix_engine_process_instance_root_id", "engine_process_instance", if_exists=True)
    if op.get_bind().dialect.name in {"mysql", "mariadb"}:
        return
    for table, columns in _GIVEN.items():
        for column in columns:
            _narrow(f"ix_engine_{table}_{column}", table, [column], f"{column} IS NOT NULL")
    of_activity = ["definition_id", "end_time", "activity_id"]
    _narrow("ix_engine_hi_activity_activity", "hi_activity", of_activity, "end_time IS NULL")
    if op.get_bind().dialect.name == "sqlite":
        for table in _WITHOUT_ROWID:
            _rebuild(f"engine_{table}")


def _narrow(name: str, table: str, columns: list[str], where: str) -> None:
    op.drop_index(name, f"engine_{table}", if_exists=True)
    condition = sa.text(where)
    op.create_index(name, f"engine_{table}", columns, sqlite_where=condition, postgresql_where=condition)


def _rebuild(table: str) -> None:
    """Copy a table into one without rowids. No other table may refer to it: what refers to a table goes with it."""
    indexes = _read(
        "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = :table", table
    )
    [made] = _read("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = :table", table)
    if made.endswith(_ENDING):
        return
    op.execute(made.replace(table, f"{table}_new", 1) + _ENDING)
    op.execute(f"INSERT INTO {table}_new SELECT * FROM {table}")  # noqa: S608  a constant
    op.drop_table(table)
    op.rename_table(f"{table}_new", table)
    for index in indexes:
        op.execute(index)


def _read(query: str, table: str) -> list[str]:
    return list(op.get_bind().execute(sa.text(query), {"table": table}).scalars())
