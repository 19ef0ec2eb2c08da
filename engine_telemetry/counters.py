"""The counters: one memory-mapped file that all processes of a node share for one database.

Theory of operation
-------------------

A *counter* is a column of unsigned 64-bit cells that only grow, one cell for each process; a process writes into its
own row alone, and the total is the sum over the rows. Nobody resets a cell: a reader remembers what it has moved
(``store``), so it can neither lose nor double, and what it misses now is in the next difference.

Byte layout, native byte order (one host)::

    0      8   magic
    8      16  UUID of this file: the name of this source of counts in the database
    24     8   device of this very file
    32     8   inode of this very file
    40     8   gate: 0, or the number of the change of consent under which counting is allowed
    48     8   in use: 1 from the first engine that a group of processes opens until its closing report
    56     8   number of names
    64     8   length of the server text, then 1 016 bytes for it
    1088   8   the newest change of consent that the gate follows
    1096   16  UUID of the installation whose changes these are
    1112   8   inode of its lock file
    4096   ..  512 names, each 8 bytes length and 80 bytes UTF-8; the first is ``other``
    49152  ..  128 rows of 512 cells

* **Incrementing** is one C call, ``next()`` of ``map(setitem, repeat(row), repeat(i), count(n))``: it takes a number
  and stores it with no bytecode between, so no thread can store an older number last. Without a GIL it is done under
  a lock.
* **A row** belongs to who holds its record lock (``process_group.py``). The next owner goes on from a dead one's
  numbers, so no more rows are in use than processes are alive. A forked child forgets its cells, and claims a row of
  its own. A process that finds none free looks again after some seconds, not at each command.
* **A name** is published by its bytes, then its length, then the number of names. One that is too long, no identifier,
  or one too many, is counted as ``other``.
* **A file that its header does not describe** is left to whoever has it mapped, and another is begun in its place: a
  copy would be counted twice, and to one whose lock file was replaced others may write under the old locks.
* **Allocated, not sparse**: on a full file system, writing into a hole would kill the host with SIGBUS.
* **A signal handler** that counts while its own thread claims a row or a name does not wait for it: what it counts is
  noted, and the interrupted thread counts it. Threads wait for one reentrant lock only, that of the process group, so
  a handler never waits for a thread that waits for its own.

Known races, and the verdict on each
------------------------------------

* A thread that read the gate before it closed adds one count after it. The next flush drops it (``store``).
* A thread that read the gate before an *off, on* adds its count to the new consent: accepted, it takes two changes of
  the flag within one bytecode.
* Somebody unlinks the file, or its lock file, while it is in use: this group goes on with what it has mapped, the next
  one begins a new file with a new UUID, and status says so. Nothing is doubled; what the old group had not flushed when
  it ends is lost.
* Several interpreters in one process (mod_wsgi with several applications) share record locks and would share a row:
  the engines of one process must live in one interpreter.
"""

import ctypes
import math
import mmap
import os
import re
import sys
import threading
import time
import uuid
import weakref
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count, repeat
from operator import setitem
from pathlib import Path
from typing import cast

from engine_telemetry.exceptions import StateDirectoryError
from engine_telemetry.process_group import MAX_PROCESSES, ProcessGroup
from engine_telemetry.state_directory import inode_at, open_private, prepare

MAX_NAMES = 512
MAX_NAME_BYTES = 80
OTHER = "other"

_LOOK_AGAIN_SECONDS = 5.0  # a look at all rows takes a third of a millisecond
_MOST_REMOVALS = 20  # while it is opened; one that is discarded meanwhile is usual, more are a cleaner's work
_MAGIC = b"ENGTEL\x00\x01"
_NAMES_AT = 4096
_NAME_SIZE = 8 + MAX_NAME_BYTES
_ROWS_AT = _NAMES_AT + MAX_NAMES * _NAME_SIZE
_SIZE = _ROWS_AT + MAX_PROCESSES * MAX_NAMES * 8
_DEVICE, _INODE, _GATE, _IN_USE, _NAME_COUNT = 3, 4, 5, 6, 7  # words of 8 bytes
_SERVER_AT, _SERVER_BYTES = 64, 1016
_CHANGE, _INSTALLATION_AT, _LOCK_INODE = 136, 1096, 139
_FIRST_CELL = _ROWS_AT // 8
_NAME = re.compile(r"[^\W\d][\w.\-]*")
_store_cell = cast("Callable[[memoryview[int], int, int], None]", setitem)


class CounterFile:
    """The counters of one database on this node. Thread-safe; ``open_counters`` gives you one.

    Attributes:
        increment: Count one execution of the named command, if the gate is open. Never raises; does not wait, except
            that the first use of a name in a process takes a lock.
        group: The processes that share this file.
        problem: Why this process does not count, if it cannot.
    """

    increment: Callable[[str], None]

    def __init__(
        self, path: Path | None, group: ProcessGroup, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Map the file; ``None`` for an anonymous mapping. ``monotonic`` says seconds, for tests.

        Raises:
            StateDirectoryError: It cannot be made or must not be trusted.
        """
        self.group = group
        self._path = path
        self._monotonic = monotonic
        with group.head():
            self._map, identity = _map_nothing() if path is None else _map_file(path, group.inode)
            self._words = memoryview(self._map).cast("Q")
            if self._map[:8] != _MAGIC:
                self._begin(identity)
        self._cells: dict[str, Iterator[None]] = {}
        gate = ctypes.c_uint64.from_buffer(self._map, _GATE * 8)
        self.increment = _incrementer(gate, self._cells, self._first_use)
        self.after_fork()
        _mapped.add(self)

    def after_fork(self) -> None:
        """Begin with no cells, as a forked child must: it may not write into its parent's row."""
        self._cells.clear()
        self._slots: dict[str, int] = {}
        self._row: memoryview[int] | None = None
        self._look_again_at = -math.inf
        self._claimant: int | None = None
        self._interrupted: deque[str] = deque()
        self.problem: str | None = None

    def _first_use(self, name: str) -> Iterator[None]:
        if self._monotonic() < self._look_again_at:
            return repeat(None)
        if self._claimant == threading.get_ident():  # we are a signal handler in the midst of the lines below
            self._interrupted.append(name)
            return repeat(None)
        cell = self._claim_alone(name)
        with suppress(IndexError):  # a look before is no use: another thread, or a signal handler, may be faster
            while True:
                next(self._claim_alone(self._interrupted.popleft()))
        return cell

    def _claim_alone(self, name: str) -> Iterator[None]:
        with self.group.thread_lock:
            self._claimant = threading.get_ident()
            try:
                cell, self.problem = self._claim(name), None
            except StateDirectoryError as exc:  # a command must not fail because it cannot be counted
                cell, self.problem = repeat(None), f"Not counting in this process: {exc}"
                self._look_again_at = self._monotonic() + _LOOK_AGAIN_SECONDS
            finally:
                self._claimant = None
        return cell

    def _claim(self, name: str) -> Iterator[None]:
        if self._row is None:
            self._row = self._claim_row()
        slot = self._slot(name)
        key = name if slot else OTHER
        if key not in self._cells:
            self._cells[key] = map(_store_cell, repeat(self._row), repeat(slot), count(self._row[slot] + 1))
        return self._cells[key]

    def _claim_row(self) -> "memoryview[int]":
        row = self.group.claim_row()
        if row is None:
            raise StateDirectoryError(f"all {MAX_PROCESSES} rows of the counter file are in use.")
        start = _FIRST_CELL + row * MAX_NAMES
        return self._words[start : start + MAX_NAMES]

    def _slot(self, name: str) -> int:
        text = name.encode(errors="replace")
        if len(text) > MAX_NAME_BYTES or not _NAME.fullmatch(name):
            return 0
        if name not in self._slots and len(self._slots) < MAX_NAMES:
            with self.group.head():
                self._slots = self._read_slots()
                if name not in self._slots and len(self._slots) < MAX_NAMES:
                    self._add_name(text)
                    self._slots = self._read_slots()
        return self._slots.get(name, 0)

    # -- what a reader asks -------------------------------------------------------------------------------------------

    @property
    def source(self) -> str:
        """The UUID of this file."""
        return str(uuid.UUID(bytes=bytes(self._map[8:24])))

    def totals(self) -> dict[str, int]:
        """How often each command was counted since the file was made, by all processes that ever used it."""
        cells = self._words[_FIRST_CELL:]
        return {name: sum(cells[slot::MAX_NAMES]) for name, slot in self._read_slots().items()}

    def save(self) -> None:
        """Write the mapping to the disk, so that the counts up to here survive a power loss."""
        self._map.flush()

    @property
    def gate(self) -> int:
        """The number of the change of consent under which counting is allowed, 0 when it is not."""
        return int(self._words[_GATE])

    def set_gate(self, installation: str, change: int, *, on: bool) -> None:
        """Let the gate follow this change of consent, unless it follows a later one already.

        Called after a commit, by whoever changed or looked; two may come in the wrong order.
        """
        with self.group.head():
            owner = uuid.UUID(installation).bytes
            if self._map[_INSTALLATION_AT : _INSTALLATION_AT + 16] == owner and change < self._words[_CHANGE]:
                return
            self._words[_CHANGE] = change  # first: if we are killed after it, the next call is not taken for a late one
            self._map[_INSTALLATION_AT : _INSTALLATION_AT + 16] = owner
            self._words[_GATE] = change if on else 0

    @property
    def server(self) -> str | None:
        """What the first process with an application server noted here."""
        return self._read(_SERVER_AT, _SERVER_BYTES).decode(errors="ignore") or None

    def note_server(self, text: str) -> None:
        """Note the server for the whole group, unless one is noted; cut to 1 016 bytes."""
        with self.group.head():
            if self.server is None:
                self._write(_SERVER_AT, text.encode(errors="replace")[:_SERVER_BYTES])

    @property
    def unlinked(self) -> bool:
        """Whether somebody removed or replaced the file, or its lock file, while it is in use."""
        return self._path is not None and (self.group.unlinked or inode_at(self._path) != self._words[_INODE])

    # -- the life of a group of processes -----------------------------------------------------------------------------

    def join(self) -> None:
        """Be alive. The first of a group clears what the one before it noted."""
        self.group.join(self._clear_group)

    def _clear_group(self) -> None:
        self._words[_SERVER_AT // 8] = 0
        self._words[_IN_USE] = 0
        self._words[_CHANGE] = 0  # nobody is left to come late, and a restored database may have earlier changes

    def mark_in_use(self) -> bool:
        """An engine counts here from now on; whether it is the first of the group."""
        with self.group.head():
            first = not self._words[_IN_USE]
            self._words[_IN_USE] = 1
        return first

    def claim_closing(self) -> bool:
        """Whether it is ours to make the closing report of the group: it had an engine, and nobody makes it yet."""
        with self.group.deserted() as deserted:
            ours = deserted and bool(self._words[_IN_USE])
            if ours:
                self._words[_IN_USE] = 0
        return ours

    def discard(self) -> None:
        """Remove the file if nobody is alive, so that the next group begins with nothing: there was no consent."""
        with self.group.deserted() as deserted:
            if deserted and self._path is not None and not self.unlinked:
                self._path.unlink()

    # -- bytes --------------------------------------------------------------------------------------------------------

    def _begin(self, identity: tuple[int, int, int]) -> None:
        self._map[8:24] = uuid.uuid4().bytes
        self._words[_DEVICE], self._words[_INODE], self._words[_LOCK_INODE] = identity
        self._add_name(OTHER.encode())
        self._map[:8] = _MAGIC

    def _read_slots(self) -> dict[str, int]:
        known = min(int(self._words[_NAME_COUNT]), MAX_NAMES)
        texts = (self._read(_NAMES_AT + slot * _NAME_SIZE, MAX_NAME_BYTES) for slot in range(known))
        return {text.decode(errors="replace"): slot for slot, text in enumerate(texts)}

    def _add_name(self, text: bytes) -> None:
        known = int(self._words[_NAME_COUNT])
        self._write(_NAMES_AT + known * _NAME_SIZE, text)
        self._words[_NAME_COUNT] = known + 1

    def _write(self, at: int, text: bytes) -> None:
        self._map[at + 8 : at + 8 + len(text)] = text
        self._words[at // 8] = len(text)

    def _read(self, at: int, limit: int) -> bytes:
        length = min(int(self._words[at // 8]), limit)
        return bytes(self._map[at + 8 : at + 8 + length])


def _incrementer(
    gate: object, cells: dict[str, Iterator[None]], first_use: Callable[[str], Iterator[None]]
) -> Callable[[str], None]:
    def increment(name: str) -> None:
        if gate:  # a ctypes integer: its truth costs a comparison of memory, a look into a memoryview costs an int
            try:
                next(cells[name])  # a plain dict: the interpreter looks into a subclass more slowly
            except KeyError:
                next(first_use(name))

    if getattr(sys, "_is_gil_enabled", lambda: True)():
        return increment
    lock = threading.RLock()

    def increment_alone(name: str) -> None:
        with lock:
            increment(name)

    return increment_alone


_groups: dict[Path, ProcessGroup] = {}
_files: dict[Path, CounterFile] = {}
_mapped: "weakref.WeakSet[CounterFile]" = weakref.WeakSet()  # replaced and anonymous ones too
_opening = threading.RLock()


def open_counters(path: Path | None) -> CounterFile:
    """The counters in this file, one object for all engines of this process; ``None`` for anonymous ones.

    Raises:
        StateDirectoryError: The file or its directory cannot be made or must not be trusted.
    """
    if path is None:
        return CounterFile(None, ProcessGroup(None))
    with _opening:
        prepare(path.parent)
        path = path.parent.resolve() / path.name  # spelled otherwise, it would be written to as another file
        if path not in _groups or _groups[path].unlinked:
            _groups[path] = ProcessGroup(path.with_suffix(".lock"))
        if path not in _files or _files[path].unlinked:
            _files[path] = CounterFile(path, _groups[path])
        return _files[path]


def join_counters(path: Path | None) -> CounterFile:
    """Open the counters and be alive in their group: a group that ends meanwhile may have removed the file.

    Raises:
        StateDirectoryError: As ``open_counters``; or something removes the file whenever it is made.
    """
    for _ in range(_MOST_REMOVALS):
        counters = open_counters(path)
        counters.join()
        if not counters.unlinked:
            return counters
        counters.group.leave()
    raise StateDirectoryError(
        f"The counter file {str(path)!r} is removed whenever it is made. End what does that, or name another directory"
        " in telemetryStateDirectory."
    )


def _map_nothing() -> tuple[mmap.mmap, tuple[int, int, int]]:
    private = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS  # a forked child has its own, as it has its own database in memory
    return mmap.mmap(-1, _SIZE, flags=private), (0, 0, 0)


def _map_file(path: Path, lock_inode: int) -> tuple[mmap.mmap, tuple[int, int, int]]:
    try:
        with _opened(path) as fd:
            foreign = _is_foreign(os.pread(fd, _NAMES_AT, 0), _identity(fd, lock_inode))
        if foreign:
            path.unlink(missing_ok=True)
        with _opened(path) as fd:
            _allocate(fd)
            return mmap.mmap(fd, _SIZE), _identity(fd, lock_inode)
    except (OSError, ValueError) as exc:
        raise StateDirectoryError(f"The counter file {str(path)!r} cannot be mapped ({exc}).") from exc


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    fd = open_private(path)
    try:
        yield fd
    finally:
        os.close(fd)


def _identity(fd: int, lock_inode: int) -> tuple[int, int, int]:
    status = os.fstat(fd)
    return status.st_dev, status.st_ino, lock_inode


def _is_foreign(header: bytes, identity: tuple[int, int, int]) -> bool:
    words = memoryview(header.ljust(_NAMES_AT, b"\0")).cast("Q")
    described = (words[_DEVICE], words[_INODE], words[_LOCK_INODE])
    return bool(header) and (header[:8] != _MAGIC or described != identity)


def _allocate(fd: int) -> None:
    if hasattr(os, "posix_fallocate"):
        os.posix_fallocate(fd, 0, _SIZE)  # always, as one that was restored may be sparse
    elif os.fstat(fd).st_size < _SIZE:  # macOS
        os.pwrite(fd, bytes(_SIZE), 0)


def _after_fork_in_child() -> None:
    global _opening  # noqa: PLW0603 - another thread of the parent may have held it
    _opening = threading.RLock()
    for group in _groups.values():
        group.after_fork()
    for counters in list(_mapped):
        counters.group.after_fork()
        counters.after_fork()


os.register_at_fork(after_in_child=_after_fork_in_child)
