"""Who is there: the processes that share one counter file, told apart by record locks.

Theory of operation
-------------------

POSIX record locks (``fcntl(2)``, F_SETLK) on single bytes of a file beside the counter file. The kernel frees them at
any death, and a fork does not inherit them: the child of a leader leads nothing.

* *alive*, shared: held by every process with an open engine, and by the gunicorn master. Closing gives it back first
  and then tries it exclusively; who gets it was the last one. Two that close at once may both get it, one after the
  other: a word in the counter file (``counters.py``, *in use*) decides between them. In all interleavings exactly one
  is told to make the closing report.
* *leader*, exclusive: its holder does the periodic work.
* *head*, exclusive and brief: whoever changes the header or the names of the counter file, and whoever tries *alive*,
  so that nobody takes another one's try for a sign of life.
* *row r*, exclusive, until the process ends: the row of cells that this process writes to.

Closing *any* descriptor of a file drops all locks that the process holds on it. So the file is opened once in a
process, never mapped and never closed, and all engines of the process on that database share this object; it counts
them, because record locks do not exclude the threads of one process from each other. Two threads that wait for two
lock files may look like a deadlock to the kernel, which says EDEADLK. It is none, as nobody waits for anything while
holding *head*, so that is tried again.

An in-memory database belongs to one process: without a path there is no file, and every lock is free.
"""

import errno
import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from engine_telemetry.exceptions import StateDirectoryError
from engine_telemetry.state_directory import inode_at, open_private

MAX_PROCESSES = 128

_ALIVE, _LEADER, _HEAD, _FIRST_ROW = 0, 1, 3, 64  # the bytes that are locked
_RETRY_SECONDS = 0.001


class ProcessGroup:
    """The locks on one lock file, as this process holds them. Thread-safe.

    Attributes:
        thread_lock: The one lock among the threads of this process for all that is done under a record lock. It is
            reentrant, for signal handlers.
        inode: The number of the lock file, 0 if there is none. Processes that have another one do not see our locks.
    """

    def __init__(self, path: Path | None) -> None:
        """Open or make the lock file.

        Raises:
            StateDirectoryError: It cannot be opened or is not ours.
        """
        self._path = path
        self._fd = None if path is None else open_private(path)
        self.inode = 0 if self._fd is None else os.fstat(self._fd).st_ino
        self.after_fork()

    def after_fork(self) -> None:
        """In a forked child: it holds nothing."""
        self.thread_lock = threading.RLock()
        self._in_head = False
        self._members = 0
        self._leader: object = None

    @property
    def unlinked(self) -> bool:
        """Whether somebody removed or replaced the lock file."""
        return self._path is not None and inode_at(self._path) != self.inode

    def join(self, on_first: Callable[[], None]) -> None:
        """Be alive: one more engine of this process.

        Args:
            on_first: Called if no engine of any process was alive, before anybody else can join.
        """
        with self.head():
            if self._members == 0:
                if self._take(_ALIVE):
                    on_first()
                self._take(_ALIVE, shared=True, wait=True)
            self._members += 1

    def leave(self) -> bool:
        """One engine of this process less; whether none of any process seems to be left."""
        with self.thread_lock:
            self._members -= 1
            if self._members == 0:
                self._release(_ALIVE)
            with self.deserted() as deserted:
                return deserted

    @contextmanager
    def deserted(self) -> Iterator[bool]:
        """Whether no engine of any process is alive; during the block none can come, and the header is ours."""
        with self.head():
            deserted = self._members == 0 and self._take(_ALIVE)
            try:
                yield deserted
            finally:
                if deserted:
                    self._release(_ALIVE)

    def lead(self, who: object) -> bool:
        """Try to be the one that does the periodic work of this node; whether it is ``who`` now."""
        with self.thread_lock:
            if self._leader is None and self._take(_LEADER):
                self._leader = who
            return self._leader is who

    def leads(self, who: object) -> bool:
        """Whether ``who`` does the periodic work of this node now."""
        return self._leader is who

    def stop_leading(self, who: object) -> None:
        """Let another one lead, if it was ``who``."""
        with self.thread_lock:
            if self._leader is who:
                self._leader = None
                self._release(_LEADER)

    @contextmanager
    def head(self) -> Iterator[None]:
        """Alone with the header and the names, among all processes and threads; may be nested."""
        with self.thread_lock:
            outermost, self._in_head = not self._in_head, True
            try:
                self._take(_HEAD, wait=True)
                yield
            finally:
                if outermost:
                    self._in_head = False
                    self._release(_HEAD)

    def claim_row(self) -> int | None:
        """A row that no living process writes to, ours until this process ends; ``None`` if all are taken."""
        return next((row for row in range(MAX_PROCESSES) if self._take(_FIRST_ROW + row)), None)

    def _take(self, byte: int, *, shared: bool = False, wait: bool = False) -> bool:
        if self._fd is None:
            return True
        operation = (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB)
        while True:
            try:
                fcntl.lockf(self._fd, operation, 1, byte)
            except (BlockingIOError, PermissionError):  # POSIX allows either where the lock is another process's
                return False
            except OSError as exc:
                if exc.errno != errno.EDEADLK:
                    raise StateDirectoryError(f"The state directory cannot lock files ({exc.strerror}).") from exc
                time.sleep(_RETRY_SECONDS)
            else:
                return True

    def _release(self, byte: int) -> None:
        if self._fd is not None:
            fcntl.lockf(self._fd, fcntl.LOCK_UN, 1, byte)
