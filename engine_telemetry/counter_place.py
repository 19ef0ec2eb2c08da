"""Where a database's counter file lies on this node, and how a process gets at it."""

import os
from dataclasses import dataclass
from pathlib import Path

from engine_telemetry import state_directory
from engine_telemetry.configuration import Configuration
from engine_telemetry.counters import CounterFile, join_counters, open_counters
from engine_telemetry.database import Database, canonical_url


@dataclass(frozen=True)
class CounterPlace:
    """The place of the counters of one database. A database in memory has none: its counters have no file."""

    configuration: Configuration
    database: Database

    def directory(self, uid: int | None = None) -> Path:
        """The state directory, if this user counts; by default the one that this process runs as.

        Raises:
            StateDirectoryError: None is named, and the user has no home.
        """
        configured = self.configuration.telemetry_state_directory
        url = self.database.url
        file = Path(os.path.realpath(str(url.database))) if self.database.dialect == "sqlite" else None
        return state_directory.locate(configured, file, os.geteuid() if uid is None else uid)

    def _path(self, uid: int | None = None) -> Path | None:
        if self.database.in_memory:
            return None
        return state_directory.counter_path(self.directory(uid), canonical_url(self.configuration.database_url))

    def join(self, uid: int | None = None) -> CounterFile:
        """Make the counters if they are not there, and be one of those that use them.

        Raises:
            StateDirectoryError: They cannot be made or must not be trusted.
        """
        return join_counters(self._path(uid))

    def find(self) -> CounterFile | None:
        """The counters, only if they are there: a file that a visitor made might not be the server's to open.

        Raises:
            StateDirectoryError, OSError: They must not be trusted, or cannot be looked for.
        """
        path = self._path()
        return open_counters(path) if path is not None and path.exists() else None

    def give_to(self, uid: int, gid: int) -> None:
        """Give the directory and the files in it to the user that will count, as a master that runs as root must.

        Raises:
            StateDirectoryError: It may not do that.
        """
        if not self.database.in_memory:
            state_directory.give_to(self.directory(uid), uid, gid)
