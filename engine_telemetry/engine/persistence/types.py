"""Column types that mean the same on SQLite, PostgreSQL and MariaDB."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, LargeBinary, String, Text, TypeDecorator
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeEngine

_MARIADB = ("mysql", "mariadb")
_CASE_SENSITIVE = "utf8mb4_bin"


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime, to the microsecond."""

    impl = DateTime().with_variant(mysql.DATETIME(fsp=6), *_MARIADB)
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any] | None:
        """As SQLAlchemy's; on SQLite in one step, with the same text: most values that are written are times."""
        return _to_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  its call
        """Give the driver UTC without a zone."""
        return value and value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  its call
        """Say that it is UTC."""
        return value and value.replace(tzinfo=UTC)


def _to_text(value: datetime | None) -> str | None:
    return None if value is None else value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def short_text(length: int = 255) -> TypeEngine[str]:
    """A text that can be searched; upper and lower case differ, as they do not by default on MariaDB."""
    return String(length).with_variant(mysql.VARCHAR(length, collation=_CASE_SENSITIVE), *_MARIADB)


def id_text() -> TypeEngine[str]:
    """An id that the engine made."""
    return short_text(64)


def long_text() -> TypeEngine[str]:
    """A text of up to 16 megabytes."""
    return Text().with_variant(mysql.MEDIUMTEXT(collation=_CASE_SENSITIVE), *_MARIADB)


def long_bytes() -> TypeEngine[bytes]:
    """A file of up to 16 megabytes."""
    return LargeBinary().with_variant(mysql.MEDIUMBLOB(), *_MARIADB)
