"""Prepared statements: on SQLite they do what SQLAlchemy would, which executes them elsewhere."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Connection, MetaData, Table, bindparam, event, exc, insert, select, update

from engine_telemetry.database import Database
from engine_telemetry.engine.persistence.prepared import Prepared
from engine_telemetry.engine.persistence.types import UtcDateTime, short_text

_thing = Table(
    "thing",
    MetaData(),
    Column("id", short_text(), primary_key=True),
    Column("time", UtcDateTime()),
    Column("done", Boolean, nullable=False),
)
_NOW = datetime(2026, 2, 3, 4, 5, 6, 789, UTC)
_ROWS: list[dict[str, Any]] = [{"id": "a", "time": _NOW, "done": True}, {"id": "b", "time": None, "done": False}]

_ADD = Prepared(insert(_thing))
_CHANGE = Prepared(update(_thing).where(_thing.c.id == bindparam("wanted")))
_FIND = Prepared(select(_thing, (_thing.c.id + "!").label("loud")).where(_thing.c.id == bindparam("wanted")))


@pytest.fixture(params=["straight", "watched"])
def connection(request: pytest.FixtureRequest) -> Iterator[Connection]:
    """Straight to the driver; or by SQLAlchemy, because somebody listens."""
    database = Database("sqlite://")
    with database.begin() as made:
        if request.param == "watched":
            event.listen(made.engine, "before_cursor_execute", lambda *_: None)
        _thing.metadata.create_all(made)
        yield made
    database.dispose()


def test_what_is_written_is_read_by_sqlalchemy_too(connection: Connection) -> None:
    assert _ADD.change(connection, *_ROWS) == 2
    assert [row._asdict() for row in connection.execute(select(_thing).order_by(_thing.c.id))] == _ROWS


def test_a_row_has_its_columns_as_attributes(connection: Connection) -> None:
    connection.execute(insert(_thing), _ROWS)
    row = _FIND.fetch_one(connection, {"wanted": "a"})
    assert (row.id, row.time, row.done, row.loud) == ("a", _NOW, True, "a!")
    assert tuple(row) == ("a", _NOW, True, "a!")
    assert _FIND.fetch_one(connection, {"wanted": "c"}) is None


def test_it_tells_how_many_rows_were_changed(connection: Connection) -> None:
    _ADD.change(connection, _ROWS[0])
    assert _CHANGE.change(connection, {"wanted": "a", "done": False}) == 1
    assert (
        _CHANGE.change(
            connection, {"wanted": "a", "done": True, "time": None}, {"wanted": "c", "done": True, "time": None}
        )
        == 1
    )
    assert _CHANGE.change(connection, {"wanted": "c", "done": True}) == 0
    assert _FIND.fetch(connection, {"wanted": "a"}) == [("a", None, True, "a!")]


def test_errors_are_sqlalchemys(connection: Connection) -> None:
    _ADD.change(connection, _ROWS[0])
    with pytest.raises(exc.IntegrityError, match="UNIQUE constraint failed"):
        _ADD.change(connection, _ROWS[0])
    _thing.drop(connection)
    with pytest.raises(exc.OperationalError, match="no such table"):
        _FIND.fetch(connection, {"wanted": "a"})


def test_who_listens_hears_of_each_statement(connection: Connection) -> None:
    heard: list[str] = []
    event.listen(connection.engine, "after_cursor_execute", lambda _, __, statement, *___: heard.append(statement))
    _ADD.change(connection, _ROWS[0])
    _FIND.fetch(connection, {"wanted": "a"})
    assert [statement.split()[0] for statement in heard] == ["INSERT", "SELECT"]


def test_a_statement_whose_text_depends_on_the_number_of_values_is_refused() -> None:
    database = Database("sqlite://")
    with database.begin() as connection, pytest.raises(ValueError, match="with IN cannot be prepared"):
        Prepared(select(_thing).where(_thing.c.id.in_(["a"]))).fetch(connection, {})
    database.dispose()
