"""Alembic's environment: the engine's tables, on the connection that the schema module opened and locked."""

from alembic import context
from sqlalchemy.schema import SchemaItem

from engine_telemetry.engine.persistence.batch_tables import batch
from engine_telemetry.engine.persistence.schema import VERSION_TABLE

metadata = batch.metadata  # one for all tables; importing what they belong to completes it


def _is_ours(_: SchemaItem, name: str | None, kind: str, *__: object) -> bool:
    """Whether Alembic may compare it: telemetry's tables, and those of a host in the same database, are not its."""
    return kind != "table" or name in metadata.tables


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    include_object=_is_ours,
)
with context.begin_transaction():
    context.run_migrations()
