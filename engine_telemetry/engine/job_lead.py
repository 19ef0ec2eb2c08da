"""Which process of a node does the jobs of a database: the one that holds the lock of a small file.

The lock saves work, it does not guard anything: jobs are locked as rows in the database, so that two processes that
both believe to lead do each job once all the same. That is why the file may be anywhere, may vanish, and why a process
that cannot use it simply leads.
"""

import fcntl
import hashlib
import logging
import os
import tempfile
from contextlib import suppress
from pathlib import Path

from engine_telemetry.database import canonical_url, parse_url
from engine_telemetry.exceptions import StateDirectoryError
from engine_telemetry.state_directory import inode_at, open_private

logger = logging.getLogger("engine_telemetry.engine")

_BELL = 8  # bytes of the file: who has made a job writes new ones there


def lead_path(database_url: str) -> Path:
    """The file for a database: beside it, if it is a file; else where temporary files are, for each user its own."""
    url = parse_url(canonical_url(database_url))
    if url.get_backend_name() == "sqlite":
        return Path(f"{url.database}-jobs")
    digest = hashlib.sha256(str(url).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"engine-telemetry-{os.geteuid()}-{digest}.jobs"


class JobLead:
    """The lock, and a bell beside it. Used by one thread, but for ``ring``.

    Args:
        path: The file; ``None`` for a database that no other process can use.
    """

    def __init__(self, path: Path | None) -> None:
        """Hold nothing, open nothing."""
        self._path = path
        self._fd: int | None = None
        self.leads = path is None

    def take(self) -> bool:
        """Try to lead; whether this process does."""
        if self.leads or self._path is None:
            return True
        try:
            self._try(self._path)
        except (StateDirectoryError, OSError) as exc:
            logger.info("Every process does jobs by itself, as they cannot agree on one of them: %s", exc)
            self.leads = True
        return self.leads

    def ring(self) -> None:
        """Tell the process that leads that there may be something to do. Any thread."""
        fd = self._fd
        if fd is not None and not self.leads:
            with suppress(OSError):  # the work is committed, and found without the bell a little later
                os.pwrite(fd, os.urandom(_BELL), 0)

    def bell(self) -> bytes:
        """What changes when somebody rings."""
        return b"" if self._fd is None else os.pread(self._fd, _BELL, 0)

    def release(self) -> None:
        """Let another process lead."""
        if self._fd is not None and self._path is not None:
            if self.leads and inode_at(self._path) == os.fstat(self._fd).st_ino:
                self._path.unlink(missing_ok=True)
            self._close()
        self.leads = self._path is None

    def after_fork(self) -> None:
        """In a forked child: the lock is the parent's."""
        self._close()
        self.leads = self._path is None

    def _try(self, path: Path) -> None:
        if self._fd is None:
            self._fd = open_private(path)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        if inode_at(path) == os.fstat(self._fd).st_ino:
            self.leads = True
        else:  # who led before has removed it, and others may have a new one by now
            self._close()

    def _close(self) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)
