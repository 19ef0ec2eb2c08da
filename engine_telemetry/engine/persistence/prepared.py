"""Statements that are made once and executed again and again; on SQLite they go straight to the driver.

SQLAlchemy takes several times as long for such a statement as SQLite itself does. It still compiles it, and executes it
wherever that makes no difference, on a server, and whenever somebody listens to what it executes, as instrumentation
and its own log do.
"""

import logging
import sqlite3
from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Connection, Delete, Dialect, Insert, Select, Update, exc

Statement = Select[Any] | Insert | Update | Delete
Values = Mapping[str, Any]
Processors = tuple[tuple[int, Callable[[Any], Any]], ...]

_log = logging.getLogger("sqlalchemy.engine.Engine")


class Prepared:
    """A statement whose text depends only on which values are given. Thread-safe.

    Args:
        statement: Without ``IN``, whose text depends on the number of values.
    """

    def __init__(self, statement: Statement) -> None:
        """Take it."""
        self._statement = statement
        self._compiled: dict[tuple[str, ...], _Compiled] = {}

    def change(self, connection: Connection, *rows: Values) -> int:
        """Execute it for each of these rows, which have values for the same names; how many rows it has changed."""
        if _is_slow_way(connection):
            return connection.execute(self._statement, rows if len(rows) > 1 else rows[0]).rowcount
        compiled = self._for(connection.dialect, rows[0])
        values = [compiled.bind(row) for row in rows]
        cursor = _driver(connection).cursor()
        try:
            if len(values) == 1:
                cursor.execute(compiled.text, values[0])
            else:
                cursor.executemany(compiled.text, values)
        except sqlite3.Error as error:
            raise _translated(compiled.text, error) from error
        return cursor.rowcount

    def fetch(self, connection: Connection, values: Values) -> Sequence[Any]:
        """The rows that it finds, with the columns as attributes."""
        if _is_slow_way(connection):
            return connection.execute(self._statement, values).all()
        compiled = self._for(connection.dialect, values)
        try:
            rows = _driver(connection).execute(compiled.text, compiled.bind(values)).fetchall()
        except sqlite3.Error as error:
            raise _translated(compiled.text, error) from error
        return [compiled.row(row) for row in rows]

    def fetch_one(self, connection: Connection, values: Values) -> Any:  # noqa: ANN401  a row of any columns
        """The row that it finds; ``None`` if there is none."""
        rows = self.fetch(connection, values)
        return rows[0] if rows else None

    def _for(self, dialect: Dialect, values: Values) -> "_Compiled":
        names = tuple(values)
        compiled = self._compiled.get(names)
        if compiled is None:
            compiled = self._compiled[names] = _compile(self._statement, dialect, names)
        return compiled


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement for SQLite's driver.

    Attributes:
        constants: Values that are part of the statement, by name.
        pick: Takes the values in order out of all by name.
        processors: What makes the driver's values of these, by number.
        to_row: Makes a row of columns.
        results: What makes values of the driver's columns, by number.
    """

    text: str
    constants: Values
    pick: Callable[[Values], tuple[Any, ...]]
    processors: Processors
    to_row: Callable[[Iterable[Any]], Any]
    results: Processors

    def bind(self, values: Values) -> Sequence[Any]:
        """The values as the driver takes them."""
        return _processed(self.pick({**self.constants, **values}), self.processors)

    def row(self, columns: Sequence[Any]) -> Any:  # noqa: ANN401  a row of any columns
        """A row as SQLAlchemy would return it."""
        return self.to_row(_processed(columns, self.results))


def _processed(values: Sequence[Any], processors: Processors) -> Sequence[Any]:
    processed = list(values)
    for number, process in processors:
        processed[number] = process(processed[number])
    return processed


def _compile(statement: Statement, dialect: Dialect, names: Sequence[str]) -> _Compiled:
    compiled = statement.compile(dialect=dialect, column_keys=names)
    if compiled.post_compile_params:
        raise ValueError(f"A statement with IN cannot be prepared: {compiled}")
    order = compiled.positiontup or []
    parameters = [compiled.binds[name] for name in order]
    columns = list(statement.exported_columns)
    row = namedtuple("row", [column.name for column in columns], rename=True)  # type: ignore[misc]  # noqa: PYI024  not known before
    return _Compiled(
        str(compiled),
        {name: one.effective_value for name, one in zip(order, parameters, strict=True) if not one.required},
        _picker(order),
        _processors([one.type.dialect_impl(dialect).bind_processor(dialect) for one in parameters]),
        row._make,
        _processors([column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]),
    )


def _picker(names: Sequence[str]) -> Callable[[Values], tuple[Any, ...]]:
    if len(names) > 1:
        return itemgetter(*names)
    return lambda values: tuple(values[name] for name in names)


def _processors(found: Iterable[Callable[[Any], Any] | None]) -> Processors:
    return tuple((number, process) for number, process in enumerate(found) if process is not None)


def _is_slow_way(connection: Connection) -> bool:
    listeners = connection.engine.dispatch
    listened_to = bool(listeners.before_cursor_execute or listeners.after_cursor_execute)
    return connection.dialect.driver != "pysqlite" or listened_to or _log.isEnabledFor(logging.INFO)


def _driver(connection: Connection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", connection.connection.driver_connection)


def _translated(text: str, error: sqlite3.Error) -> exc.DBAPIError:
    """The error that SQLAlchemy would raise; it calls its own as the driver does, and all drivers alike."""
    kind: type[exc.DBAPIError] = getattr(exc, type(error).__name__, exc.DBAPIError)
    return kind(text, None, error)
