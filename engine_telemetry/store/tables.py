"""The tables of telemetry, and how values lie in them."""

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.dialects.mysql import MEDIUMBLOB, MEDIUMTEXT

from engine_telemetry.exceptions import ProcessEngineException

SCHEMA = 3

LongText = Text().with_variant(MEDIUMTEXT(), "mysql", "mariadb")
Bytes = LargeBinary().with_variant(MEDIUMBLOB(), "mysql", "mariadb")

metadata = MetaData()
# A database may have another character set, such as MariaDB's default latin1, and names of users and servers have any.
_OPTIONS: dict[str, Any] = {
    f"{dialect}_{name}": value
    for dialect in ("mysql", "mariadb")
    for name, value in (("charset", "utf8mb4"), ("engine", "InnoDB"))
}

state_table = Table(
    "telemetry_state",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("schema_no", Integer, nullable=False),
    Column("installation", String(36), nullable=False),
    Column("flag", Boolean),
    Column("change_no", Integer, nullable=False),
    Column("pending", LongText, nullable=False),
    Column("window_start", BigInteger),
    Column("next_due", BigInteger),
    Column("gone_endpoint", LongText),  # since 2
    **_OPTIONS,
)
source_table = Table(
    "telemetry_source",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("flushed", LongText, nullable=False),
    Column("server", LongText),
    Column("seen_at", BigInteger, nullable=False),
    **_OPTIONS,
)
report_table = Table(
    "telemetry_report",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("cause", String(10), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("body", Bytes, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claimed_by", String(36)),
    Column("claimed_until", BigInteger),
    Column("next_attempt", BigInteger, nullable=False),
    Column("not_before", BigInteger, nullable=False),
    Column("answer", LongText),
    Column("answered_at", BigInteger),
    Column("endpoint", LongText),  # since 3
    **_OPTIONS,
)
change_table = Table(
    "telemetry_change",
    metadata,
    Column("no", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("who", LongText),
    Column("cause", LongText, nullable=False),
    Column("old", Boolean),
    Column("new", Boolean, nullable=False),
    **_OPTIONS,
)


def create_tables(connection: Connection) -> None:
    """Make the tables and the state row, or change those of an earlier version; run under the schema lock."""
    found = schema_number(connection)
    if found is None:
        metadata.create_all(connection)
        row = {"id": 1, "schema_no": SCHEMA, "installation": str(uuid.uuid4()), "change_no": 0, "pending": "{}"}
        connection.execute(insert(state_table).values(row))
    elif 0 < found < SCHEMA:
        _add_column(connection, state_table.c.gone_endpoint)
        _add_column(connection, report_table.c.endpoint)
        connection.execute(update(state_table).values(schema_no=SCHEMA))


def _add_column(connection: Connection, column: Column[str]) -> None:
    """Add a column of texts, unless an earlier start did and did not come to its end."""
    table = column.table.name
    if column.name not in {there["name"] for there in inspect(connection).get_columns(table)}:
        connection.execute(text(f"alter table {table} add column {column.name} text"))


def schema_number(connection: Connection) -> int | None:
    """The number of the schema that the tables have; ``None`` if there are none."""
    if not connection.dialect.has_table(connection, state_table.name):
        return None
    return connection.execute(select(state_table.c.schema_no)).scalar_one_or_none()


def table_problem(connection: Connection) -> str | None:
    """What is wrong with the tables, and the way out, as a sentence; ``None`` if they are as they must be."""
    found = schema_number(connection)
    if found == SCHEMA:
        return None
    if found is None or 0 < found < SCHEMA:
        state = "missing" if found is None else f"of version {found}, and version {SCHEMA} is needed"
        return f"Telemetry is off: its tables are {state}. Start once with databaseSchemaUpdate=true."
    return (
        f"Telemetry is off: its tables are of version {found}, and version {SCHEMA} is needed. Use the version of"
        " engine-telemetry that made them."
    )


def require_tables(connection: Connection) -> None:
    """See that the tables are as they must be.

    Raises:
        ProcessEngineException: They are not; the message is ``table_problem``'s.
    """
    if problem := table_problem(connection):
        raise ProcessEngineException(problem)


def dump(counts: Mapping[str, int]) -> str:
    """Counts as they lie in a text column."""
    return json.dumps(counts, sort_keys=True)


def to_ms(time: datetime | None) -> int | None:
    """Milliseconds since 1970, UTC."""
    return None if time is None else round(time.timestamp() * 1000)


def from_ms(milliseconds: int | None) -> datetime | None:
    """The aware time of a column that may be empty."""
    return None if milliseconds is None else to_time(milliseconds)


def to_time(milliseconds: int) -> datetime:
    """The aware time of a column."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
