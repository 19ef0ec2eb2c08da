"""What reading all counters costs, and whether that grows with the workers that came and went."""

import os
from collections.abc import Iterator
from pathlib import Path

from benchmarks.counting import open_gate
from benchmarks.rounds import Effort, calling, interleaved, ratios
from benchmarks.tables import Row, shown
from engine_telemetry.counters import CounterFile

_PROCESSES = 16
_COMMANDS = [f"Number{number}Cmd" for number in range(64)]


def rows(effort: Effort, folder: Path) -> Iterator[Row]:
    """Reading after few and after many starts."""
    few, many = (open_gate(folder / "reading" / f"{name}.v1") for name in ("few", "many"))
    _start_workers(few, _PROCESSES)
    _start_workers(many, effort.worker_starts)
    seconds = interleaved({"few": calling(few.totals), "many": calling(many.totals)}, effort)
    microseconds = [value * 1e6 for value in seconds["few"]]
    yield shown("reading all counters of 16 processes x 64 commands", microseconds, "microseconds")
    measure = f"the same after {effort.worker_starts} worker starts, against after 16"
    yield shown(measure, ratios(seconds["many"], seconds["few"]), "time to read", _exactness(many, effort))


def _exactness(counters: CounterFile, effort: Effort) -> str:
    totals = counters.totals()
    counted = sum(totals[name] for name in _COMMANDS)
    return f"{counted:,} of {effort.worker_starts * len(_COMMANDS):,} counts are there"


def _start_workers(counters: CounterFile, starts: int) -> None:
    """Fork that many workers, at most 16 alive at once; each counts every command once."""
    left = starts
    while left:
        alive = min(left, _PROCESSES)
        _let_live(counters, alive)
        left -= alive


def _let_live(counters: CounterFile, alive: int) -> None:
    ready, tell_ready = os.pipe()
    wait, release = os.pipe()
    children = [_fork_worker(counters, tell_ready, wait, release) for _ in range(alive)]
    for _ in children:
        os.read(ready, 1)
    for end in (release, tell_ready, ready, wait):
        os.close(end)
    for pid in children:
        os.waitpid(pid, 0)


def _fork_worker(counters: CounterFile, tell_ready: int, wait: int, release: int) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        os.close(release)
        for name in _COMMANDS:
            counters.increment(name)
        os.write(tell_ready, b".")
        os.read(wait, 1)  # until the parent closes its end
    finally:
        os._exit(0)  # the kernel frees the row, as after any death
