"""Cleans the history up once a day, a portion at a time."""

import time
from datetime import timedelta

from engine_telemetry.engine.commands.history import HistoryCleanupCmd
from engine_telemetry.engine.executor import Executor

PORTION = 100  # process instances in a transaction

_DAY = timedelta(days=1) / timedelta(seconds=1)


class HistoryCleanup:
    """Is called by the job executor again and again. It begins a day's work at the first call, and then after a day.

    It keeps no record of that: nodes that begin at the same time, or a process that is restarted, find what is left.

    Args:
        executor: Executes the command.
        active: Whether to do anything at all.
    """

    def __init__(self, executor: Executor, *, active: bool) -> None:
        """Do nothing yet."""
        self._executor = executor
        self._due = 0.0 if active else float("inf")

    def __call__(self) -> bool:
        """Forget a portion, if it is time; whether there may be more."""
        if time.monotonic() < self._due:
            return False
        more = self._executor.execute(HistoryCleanupCmd(PORTION)) == PORTION
        if not more:
            self._due = time.monotonic() + _DAY
        return more
