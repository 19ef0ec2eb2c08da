"""Creates and migrates the tables: one process at a time does, however many start at once."""

import os
import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect, text

from engine_telemetry.database import Database
from engine_telemetry.exceptions import ConfigurationError

REVISION = "0007"
VERSION_TABLE = "engine_schema_version"

_alembic = threading.Lock()  # Alembic keeps its context in module globals


def prepare_schema(database: Database, *, update: bool, source: str) -> None:
    """See to it that the tables are as this release needs them.

    Args:
        database: Where.
        update: Whether they may be created and migrated.
        source: Where ``update`` was set, for the error.

    Raises:
        ConfigurationError: They are missing or old, and must not be changed; or a later release has made them.
    """
    with database.read() as connection:
        revision = _revision(connection)
    if revision == REVISION:
        return
    if not update:
        raise ConfigurationError(_refusal(database, revision, source))
    with _alembic, database.change_schema() as connection:
        _migrate(database, connection)


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration for the engine's migrations on this connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608  a constant


def _refusal(database: Database, revision: str | None, source: str) -> str:
    found = "has no engine tables" if revision is None else f"has engine tables of revision {revision!r}"
    return (
        f"The database {database.url.render_as_string()!r} {found}, this release needs {REVISION!r}, and"
        f" databaseSchemaUpdate is false ({source}): set it to true"
        " (ENGINE_DATABASE_SCHEMA_UPDATE=true) for one start, by a user who may create tables"
    )


def _migrate(database: Database, connection: Connection) -> None:
    """Look again, now that nobody else can be at it, and migrate."""
    revision = _revision(connection)
    if revision is not None and revision > REVISION:
        raise ConfigurationError(
            f"The database {database.url.render_as_string()!r} has engine tables of revision {revision!r}, made by a"
            f" later release; this one knows revisions up to {REVISION!r}: use that release"
        )
    if revision != REVISION:
        command.upgrade(alembic_config(connection), "head")


def _forget_lock() -> None:
    """A forked child must not wait for a thread of its parent."""
    global _alembic  # noqa: PLW0603  there is one for the process
    _alembic = threading.Lock()


os.register_at_fork(after_in_child=_forget_lock)
