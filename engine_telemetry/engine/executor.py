"""Executes commands through an ordered chain of functions: log, count, transaction."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import lru_cache
from types import FunctionType
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from engine_telemetry.counters import MAX_NAMES
from engine_telemetry.database import Database
from engine_telemetry.engine.context import Command, CommandContext, ReadOnly
from engine_telemetry.exceptions import (
    BadUserRequestException,
    OptimisticLockingException,
    ProcessEngineException,
)

R = TypeVar("R")
Run = Callable[[Command[Any]], Any]
Interceptor = Callable[[Run], Run]

RETRIES = 3

# Camunda's codes.
DEADLOCK = 10000
VALUE_TOO_LONG = 10002

logger = logging.getLogger("engine_telemetry.engine")


class Executor:
    """Executes commands.

    Args:
        interceptors: Each is called once, with what comes next, and returns what does that and more; the first one is
            the outermost.
        run: What comes last.
    """

    def __init__(self, interceptors: Sequence[Interceptor], run: Run) -> None:
        """Put the chain together, once."""
        for interceptor in reversed(interceptors):
            run = interceptor(run)
        self._run = run

    def execute(self, command: Command[R]) -> R:
        """Execute a command and return its result. Any thread."""
        run = self._run  # in a step of its own: CPython looks for a method of that name first
        result: R = run(command)
        return result


@lru_cache(maxsize=1024)
def command_name(kind: type | FunctionType) -> str | None:
    """The name that a command counts under; ``None`` for what is private or local, and for lambdas.

    As in Camunda, it is the class's name without its package, and ``Outer_Inner`` for one within another.
    """
    name = kind.__qualname__
    return None if "<" in name or name.startswith("_") else name.replace(".", "_")


def kind_of(command: Command[Any]) -> type | FunctionType:
    """What names a command: its class; the function, if it is one; the class it belongs to, if it is a method."""
    if isinstance(command, FunctionType):
        return command
    return type(getattr(command, "__self__", command))


def log_commands(run: Run) -> Run:
    """Log each command at DEBUG, with its duration or the type of its error; never with values."""

    def run_logged(command: Command[Any]) -> object:
        name, started = kind_of(command).__qualname__, time.monotonic()
        try:
            result = run(command)
        except BaseException as exc:
            logger.debug("%s failed after %.1f ms: %s", name, _milliseconds_since(started), type(exc).__name__)
            raise
        logger.debug("%s took %.1f ms", name, _milliseconds_since(started))
        return result

    return run_logged


def _milliseconds_since(started: float) -> float:
    return (time.monotonic() - started) * 1000


class Counts(Protocol):
    """What counts, as ``Telemetry`` does; its ``count`` may be replaced at any time."""

    count: Callable[[str], None]


def counting(counts: Counts) -> Interceptor:
    """Count each command when it ends, failed ones too."""
    names: dict[type, str] = {}  # of commands that their class names; it is cheaper to look up than to work out

    def count_unnamed(command: Command[Any]) -> None:
        kind = kind_of(command)
        name = command_name(kind)
        if name is not None:
            counts.count(name)
            if kind is type(command) and len(names) < MAX_NAMES:
                names[kind] = name

    def count_commands(run: Run) -> Run:
        def run_counted(command: Command[Any]) -> object:
            try:
                return run(command)
            finally:
                try:
                    name = names[type(command)]
                except KeyError:
                    count_unnamed(command)
                else:
                    count = counts.count  # in a step of its own, as above
                    count(name)

        return run_counted

    return count_commands


class Transactions:
    """Runs a command in a transaction of its own; one that another command executes, in the same thread, in the outer.

    A command that was overtaken by another one, or that the database has chosen to end a deadlock, is run again from
    the beginning, up to three times.

    Args:
        database: Where.
        new_context: Makes the context on the connection of a transaction.
    """

    def __init__(self, database: Database, new_context: Callable[[Connection], CommandContext]) -> None:
        """Take the collaborators."""
        self._database = database
        self._new_context = new_context
        self.forget()

    def forget(self) -> None:
        """No command is running: at the start, and in a child forked out of one."""
        self._running = threading.local()

    def __call__(self, command: Command[R]) -> R:
        """Run the command, and after the commit what it has left to do then."""
        outer: CommandContext | None = getattr(self._running, "context", None)
        if outer is not None:
            return command(outer)
        try:
            result, callbacks = self._committed(command)
        except SQLAlchemyError as exc:
            raise translated(exc) from exc
        except UnicodeEncodeError as exc:
            raise BadUserRequestException(f"A text cannot be stored: {exc.reason} (character {exc.start})") from exc
        for callback in callbacks:
            callback()
        return result

    def _committed(self, command: Command[R]) -> tuple[R, list[Callable[[], None]]]:
        for _ in range(RETRIES):
            try:
                return self._once(command)
            except (OptimisticLockingException, DBAPIError) as exc:
                if not is_conflict(exc):
                    raise
                logger.debug("%s is run again: %s", kind_of(command).__qualname__, type(exc).__name__)
        return self._once(command)

    def _once(self, command: Command[R]) -> tuple[R, list[Callable[[], None]]]:
        kind = kind_of(command)
        reads = isinstance(kind, type) and issubclass(kind, ReadOnly)
        with self._database.read() if reads else self._database.begin() as connection:
            context = self._new_context(connection)
            self._running.context = context
            try:
                return command(context), context.callbacks
            finally:
                self._running.context = None


def is_conflict(exc: OptimisticLockingException | DBAPIError) -> bool:
    """Whether a command failed because of another one that ran at the same time, so that it may succeed now."""
    return isinstance(exc, OptimisticLockingException | IntegrityError) or _is_deadlock(exc)


def _is_deadlock(exc: SQLAlchemyError) -> bool:
    """Each driver has its own way to say so, as it has for a lock that it waited for in vain."""
    orig: Any = getattr(exc, "orig", None)
    names = (getattr(orig, "sqlstate", None), getattr(orig, "sqlite_errorname", None), *getattr(orig, "args", ())[:1])
    return not _DEADLOCKS.isdisjoint(names)


_DEADLOCKS = {"40P01", "40001", 1213, 1205, "SQLITE_BUSY", "SQLITE_BUSY_SNAPSHOT", "SQLITE_BUSY_RECOVERY"}


def translated(exc: SQLAlchemyError) -> ProcessEngineException:
    """The database's error as one of the engine's, without the values of the statement."""
    error = ProcessEngineException(f"The database refuses: {getattr(exc, 'orig', None) or type(exc).__name__}")
    if _is_deadlock(exc):
        error.code = DEADLOCK
    elif isinstance(exc, DataError):
        error.code = VALUE_TOO_LONG
    return error
