"""A database: opened late, safe to fork beside, transactions that mean the same on each product.

Theory of operation
-------------------

* Nothing is opened before the first transaction.
* ``begin()`` is a writing transaction: ``BEGIN IMMEDIATE`` on SQLite (a deferred one that turns into a writer later
  fails at once where it should wait), READ COMMITTED elsewhere (at REPEATABLE READ, a transaction that waited for a row
  lock goes on with a stale snapshot on MariaDB, and fails on PostgreSQL). ``read()`` is a reading one.
* SQLite runs in WAL mode with ``synchronous=FULL``: what was committed survives a power loss.
* The SQLite library keeps its locks for each process, and a fork copies that state: a connection that is open at the
  fork can cost a committed row later. So before a fork, idle connections are closed, and the fork waits for
  transactions of this module's ``pooled=False`` databases (the reporter's, which are short). A child that is forked
  while a pooled connection is in use, by a thread that runs a command, must not use that database: it gets a
  ``ForkedConnectionError``. It must not leave the block of a transaction that it was forked in either, but end there.
* ``sqlite://`` in memory has one connection, used by one thread at a time.
"""

import os
import sqlite3
import threading
import time
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, QueuePool

from engine_telemetry.exceptions import ConfigurationError, ForkedConnectionError, SchemaLockedError

_SCHEMA_LOCK = 7_382_041_155  # any number that nobody else uses for an advisory lock
_SCHEMA_WAIT = timedelta(seconds=60)
_RETRY_SECONDS = 0.005
_databases: "weakref.WeakSet[Database]" = weakref.WeakSet()
_short_transactions = threading.RLock()


@dataclass(frozen=True)
class DatabaseServer:
    """A database product as the server itself says.

    Attributes:
        vendor: For example ``SQLite``, ``PostgreSQL``, ``MariaDB``.
        version: For example ``3.40.1``, ``15.8``, ``10.11.6``.
    """

    vendor: str
    version: str


class Database:
    """One database, with connections that are made in the process that uses them.

    Args:
        url: A SQLAlchemy URL.
        lock_timeout: How long a transaction waits for a lock before the database driver raises; on a server, only
            that of a database that is not pooled: what else waits there is the server's to say.
        pooled: Whether connections are kept for the next transaction. Not pooled, none is open between two of them.
    """

    def __init__(self, url: str, *, lock_timeout: timedelta = timedelta(seconds=10), pooled: bool = True) -> None:
        """Remember how to connect; open nothing."""
        self.url = parse_url(url)
        self.dialect = self.url.get_backend_name()
        self.in_memory = self.dialect == "sqlite" and self.url.database in {None, "", ":memory:"}
        self._lock_timeout = lock_timeout
        self._pooled = pooled or self.in_memory
        self._pid = os.getpid()
        self._orphaned_from: int | None = None
        self._uses: set[object] = set()
        self._engine = self._create_engine()
        weakref.finalize(self, self._engine.dispose)  # nobody need close a database, and none is left open
        _databases.add(self)

    def begin(self) -> AbstractContextManager[Connection]:
        """A writing transaction: committed at the end of the block, rolled back if it raises."""
        return self._transaction(read_only=False)

    def read(self) -> AbstractContextManager[Connection]:
        """A reading transaction."""
        return self._transaction(read_only=True)

    @contextmanager
    def change_schema(self, wait: timedelta = _SCHEMA_WAIT) -> Iterator[Connection]:
        """A writing transaction that is alone in changing tables, among all processes and nodes.

        Args:
            wait: How long another one may take, except on SQLite, where it is the lock timeout.

        Raises:
            SchemaLockedError: On MariaDB and MySQL, another one takes longer; elsewhere the driver's error says so.
        """
        seconds = round(wait.total_seconds())
        with self._schema_lock(seconds), self.begin() as connection:
            if self.dialect == "postgresql":
                connection.execute(text(f"set local lock_timeout = '{seconds}s'"))
                connection.execute(text(f"select pg_advisory_xact_lock({_SCHEMA_LOCK})"))
            yield connection

    @contextmanager
    def _schema_lock(self, seconds: int) -> Iterator[None]:
        if self.dialect not in {"mysql", "mariadb"}:
            yield  # the transaction itself locks
            return
        with self._engine.connect() as guard:  # a transaction ends with each change of a table there
            name = f"'engine-telemetry-{_SCHEMA_LOCK}'"
            if guard.execute(text(f"select get_lock({name}, {seconds})")).scalar_one() != 1:
                raise SchemaLockedError(
                    f"The tables of {self.url.render_as_string()!r} are being changed by another process, for more than"
                    f" {seconds} s. See what it waits for, and start again."
                )
            try:
                yield
            finally:
                guard.execute(text(f"select release_lock({name})"))

    def dispose(self) -> None:
        """Close the connections that are not in use."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self, *, read_only: bool) -> Iterator[Connection]:
        self._refuse_after_fork()
        guarded = self.dialect == "sqlite" and not self._pooled
        with _short_transactions if guarded else nullcontext(), self._use(), self._engine.begin() as connection:
            if self.dialect == "sqlite":  # here, because SQLAlchemy is slower at everything if its events are used
                connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
            yield connection

    @contextmanager
    def _use(self) -> Iterator[None]:
        use, pool = object(), self._engine.pool
        self._uses.add(use)
        try:
            yield
        finally:
            if pool is not self._engine.pool:  # a fork came between, and nobody else closes what the old pool got back
                pool.dispose()
            self._uses.remove(use)

    def _refuse_after_fork(self) -> None:
        if self._orphaned_from is not None:
            raise ForkedConnectionError(
                f"The database {self.url.render_as_string()!r} belongs to process {self._orphaned_from}: this process"
                f" ({os.getpid()}) was forked while a connection to it was in use. Fork before the first command, or"
                " start children with the 'spawn' method."
            )

    def _create_engine(self) -> Engine:
        milliseconds = int(self._lock_timeout / timedelta(milliseconds=1))
        options: dict[str, Any] = {"poolclass": QueuePool if self._pooled else NullPool}
        if self.dialect == "sqlite":
            options["connect_args"] = {"check_same_thread": False, "timeout": milliseconds / 1000}
        else:
            options["isolation_level"] = "READ COMMITTED"
        if self.in_memory:
            options |= {"pool_size": 1, "max_overflow": 0}
        elif self._pooled:
            options |= {"pool_size": 10, "max_overflow": 30, "pool_pre_ping": self.dialect != "sqlite"}
        engine = _load_driver(self.url, options)
        if self.dialect == "sqlite":
            event.listen(engine, "connect", partial(_prepare_sqlite, self._lock_timeout))
        elif not self._pooled and (statement := _limit_waiting(self.dialect, milliseconds)):
            event.listen(engine, "connect", partial(_run_once, statement))
        return engine

    def before_fork(self) -> None:
        """Close what is idle, so that nothing of it is open in the child."""
        if not self.in_memory:
            self._engine.dispose()

    def after_fork_in_child(self) -> None:
        """Forget the parent's connections without closing them: they are the parent's."""
        pool = self._engine.pool
        lost = self.in_memory and isinstance(pool, QueuePool) and pool.checkedin() > 0
        if self.dialect == "sqlite" and (self._uses or lost):
            self._orphaned_from = self._orphaned_from or self._pid
        self._engine.dispose(close=False)
        self._pid = os.getpid()


def parse_url(url: str) -> URL:
    """The parsed URL.

    Raises:
        ConfigurationError: It is not one.
    """
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise ConfigurationError(
            "The database URL cannot be read (it is not shown, as it may hold a password). A SQLAlchemy URL is"
            " expected, such as 'sqlite:///engine.db' or 'postgresql+psycopg://user:password@host/name'."
        ) from None  # the cause may quote the URL


def _load_driver(url: URL, options: dict[str, Any]) -> Engine:
    try:
        return create_engine(url, **options)
    except (ArgumentError, ImportError) as exc:
        raise ConfigurationError(
            f"The database driver {url.drivername!r} cannot be loaded ({exc}). Install it, or name another one in the"
            " database URL."
        ) from exc


def canonical_url(url: str) -> str:
    """The URL as every process on this host writes it, without the password: SQLite paths are absolute and real."""
    parsed = parse_url(url)._replace(password=None)
    if parsed.get_backend_name() == "sqlite" and parsed.database not in {None, "", ":memory:"}:
        parsed = parsed.set(database=os.path.realpath(str(parsed.database)))
    return parsed.render_as_string()


def identify(connection: Connection) -> DatabaseServer:
    """Ask the server who it is."""
    match connection.dialect.name:
        case "sqlite":
            return DatabaseServer("SQLite", _scalar(connection, "select sqlite_version()"))
        case "postgresql":
            return _postgresql(_scalar(connection, "select version()"))
        case "mysql" | "mariadb":
            return _mysql(_scalar(connection, "select version()"))
        case other:
            version = ".".join(str(part) for part in connection.dialect.server_version_info or ())
            return DatabaseServer(other, version)


def _postgresql(description: str) -> DatabaseServer:
    vendor, *words = description.split()
    if vendor == "CockroachDB":
        return DatabaseServer(vendor, next((word for word in words if word.startswith("v")), description))
    return DatabaseServer("PostgreSQL", words[0])


def _mysql(version: str) -> DatabaseServer:
    number, _, rest = version.removeprefix("5.5.5-").partition("-")
    return DatabaseServer("MariaDB" if "mariadb" in rest.lower() else "MySQL", number)


def _scalar(connection: Connection, query: str) -> str:
    return str(connection.execute(text(query)).scalar_one())


def _prepare_sqlite(lock_timeout: timedelta, connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # each transaction begins itself
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    _switch_to_wal(cursor, time.monotonic() + lock_timeout.total_seconds())
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _switch_to_wal(cursor: DBAPICursor, deadline: float) -> None:
    """Turn on the write-ahead log. On a new database SQLite does not wait for the lock that this takes, so we do."""
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_SECONDS)
        else:
            return


def _limit_waiting(dialect: str, milliseconds: int) -> str | None:
    """The statement that limits how long this connection waits for a lock, of a row or of a whole table."""
    if dialect == "postgresql":
        return f"set lock_timeout = {milliseconds}"
    if dialect in {"mysql", "mariadb"}:
        seconds = max(1, milliseconds // 1000)  # it knows no shorter wait than a second
        return f"set session innodb_lock_wait_timeout = {seconds}, session lock_wait_timeout = {seconds}"
    return None


def _run_once(statement: str, connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute(statement)
    cursor.close()
    connection.commit()


def _before_fork() -> None:
    _short_transactions.acquire()
    for database in list(_databases):
        database.before_fork()


def _after_fork_in_parent() -> None:
    _short_transactions.release()


def _after_fork_in_child() -> None:
    for database in list(_databases):
        database.after_fork_in_child()
    _short_transactions.release()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
