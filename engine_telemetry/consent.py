"""The switch of telemetry: who turns it by what means, and what a process does when it was turned."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection

from engine_telemetry import store
from engine_telemetry.configuration import Configuration
from engine_telemetry.database import Database
from engine_telemetry.reporter import Clock

logger = logging.getLogger("engine_telemetry.telemetry")

API = "the API"
REST_API = "the REST API"
WEB_APPS = "the web apps"
COMMAND_LINE = "the command line"
INITIALIZE_TELEMETRY = "initializeTelemetry"


@dataclass(frozen=True)
class Consent:
    """The switch of one database, as one process turns it.

    Attributes:
        configuration: For ``initializeTelemetry``, and the reporting period.
        clock: Aware UTC.
        source: This process's counter file, if it has one: it counts from the moment of a yes.
        follow: Called after the commit of each change with what holds then.
    """

    configuration: Configuration
    clock: Clock
    source: Callable[[], store.Source | None]
    follow: Callable[[store.State], None]

    def initialize(self, database: Database, *, first: bool) -> None:
        """Apply ``initializeTelemetry`` if nobody has decided in this database; else say once that it is ignored.

        Args:
            database: Where.
            first: Whether this process is the first of its group, and says so.
        """
        wanted, source = self.configuration.initialize_telemetry, self.configuration.source("initialize_telemetry")
        if wanted is None:
            return
        cause = f"{INITIALIZE_TELEMETRY} ({source})"
        with database.read() as connection:  # at nearly every start it is decided: not worth waiting for the lock
            decided = store.read(connection).flag
        if decided is None:
            decided = self._decide_first(database, store.Change(self.clock(), None, cause, None, wanted))
        if first and decided is not None and decided is not wanted:
            stored = "on" if decided else "off"
            logger.info("Ignoring %s: telemetry was switched %s in this database before, and that holds", cause, stored)

    def _decide_first(self, database: Database, change: store.Change) -> bool | None:
        """Make this change if nobody has decided yet; what somebody else decided meanwhile, or ``None``."""
        with database.begin() as connection:
            state = store.lock(connection)
            if state.flag is None:
                after_commit = self._change(connection, state, change)
        if state.flag is None:
            after_commit()
        return state.flag

    def toggle(self, connection: Connection, *, enabled: bool, user: str | None, cause: str) -> Callable[[], None]:
        """Switch on or off, in the caller's transaction. Returns what the caller must call after the commit."""
        state = store.lock(connection)
        return self._change(connection, state, store.Change(self.clock(), user, cause, state.flag, enabled))

    def decide(
        self, connection: Connection, *, enabled: bool, user: str | None, cause: str
    ) -> Callable[[], None] | None:
        """As ``toggle``, if nobody has decided yet; else ``None``, and nothing is changed."""
        state = store.lock(connection)
        if state.flag is not None:
            return None
        return self._change(connection, state, store.Change(self.clock(), user, cause, None, enabled))

    def _change(self, connection: Connection, state: store.State, change: store.Change) -> Callable[[], None]:
        period = self.configuration.telemetry_reporting_period
        new = store.change_flag(connection, state, change, period=period, source=self.source())

        def after_commit() -> None:
            self.follow(new)
            if new is not state:
                logger.info("Telemetry was switched %s with %s", "on" if change.new else "off", change.cause)

        return after_commit
