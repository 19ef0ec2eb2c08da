"""What a command is, and what it works with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from engine_telemetry.engine.decision_cache import DecisionCache
from engine_telemetry.engine.definitions import ModelCache
from engine_telemetry.engine.delegates import Delegates
from engine_telemetry.engine.signals import Signal
from engine_telemetry.telemetry import Telemetry

R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True)
class CommandContext:
    """What a command works with, from the beginning of its transaction to the end.

    Attributes:
        connection: The transaction. A command that another one executes works in the same.
        clock: The time, aware UTC.
        delegates: What the embedding program lends to models.
        external_tasks_available: To be notified after the commit, when a worker may find a task.
        shared: What commands of the same transaction share, by its type.
        jobs_available: To be notified after the commit, when there may be something to do for the job executor.
        acting_user: The id of who has the command executed; ``None`` if nobody is known to.
    """

    connection: Connection
    models: ModelCache
    decisions: DecisionCache
    telemetry: Telemetry
    clock: Callable[[], datetime]
    delegates: Delegates
    external_tasks_available: Signal
    jobs_available: Signal
    callbacks: list[Callable[[], None]] = field(default_factory=list)
    shared: dict[type, Any] = field(default_factory=dict)
    acting_user: str | None = None

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Have this called when everything is committed; not at all if it is not. Before the command is counted."""
        self.callbacks.append(callback)


Command = Callable[[CommandContext], R_co]
"""Anything that can be called with a context. The engine's own are small classes with Camunda's names."""


class ReadOnly:
    """The base of commands that only read, so that their transaction need not wait for writers."""
