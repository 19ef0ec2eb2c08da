"""Takes the time of things that are compared, one after the other in each round, so that all meet the same noise."""

import gc
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from timeit import Timer

Contestant = Callable[[int], float]
"""Does a thing that often, and returns the CPU seconds that this took its thread."""

_FIRST_CALLS = 50


@dataclass(frozen=True)
class Effort:
    """How much is done.

    Attributes:
        rounds: Of each comparison in one process.
        slice_seconds: What one contestant gets in one round.
        worker_starts: Of processes that count and end.
        imports: Of fresh interpreters.
        server_starts: Of the servers that are compared; each time all of them.
        blocks: Of requests to each server after each start.
        serving_seconds: After which servers are not started once more.
        idle_seconds: In which an idle reporter is watched.
        engine_rounds: Of comparisons of whole process instances.
        finished_instances: In the history of the database that is compared with an empty one.
        passes: Of the loop that is compared with a young one.
        polls: Of workers that wait for a task.
        open_tasks: In the database whose pages are shown, which has twice as many instances.
        page_rounds: Of requests for each page.
    """

    rounds: int
    slice_seconds: float
    worker_starts: int
    imports: int
    server_starts: int
    blocks: int
    serving_seconds: float
    idle_seconds: float
    engine_rounds: int
    finished_instances: int
    passes: int
    polls: int
    open_tasks: int
    page_rounds: int


FULL = Effort(
    rounds=201,
    slice_seconds=0.003,
    worker_starts=3000,
    imports=11,
    server_starts=10,
    blocks=32,
    serving_seconds=180,
    idle_seconds=10,
    engine_rounds=31,
    finished_instances=100_000,
    passes=10_000,
    polls=20,
    open_tasks=5_000,
    page_rounds=25,
)
QUICK = Effort(
    rounds=31,
    slice_seconds=0.002,
    worker_starts=300,
    imports=3,
    server_starts=1,
    blocks=12,
    serving_seconds=20,
    idle_seconds=2,
    engine_rounds=4,
    finished_instances=10_000,
    passes=1_000,
    polls=6,
    open_tasks=500,
    page_rounds=5,
)


def calling(
    call: Callable[..., object], *arguments: object, timer: Callable[[], float] = time.thread_time
) -> Contestant:
    """Calls this with these arguments. The loop around it is in the figure: ``bare_loop`` is what to take off."""
    names = {f"argument_{number}": argument for number, argument in enumerate(arguments)}
    return Timer(f"call({', '.join(names)})", globals={"call": call, **names}, timer=timer).timeit


def bare_loop() -> Contestant:
    """Does nothing that often."""
    return Timer("pass", timer=time.thread_time).timeit


def interleaved(contestants: Mapping[str, Contestant], effort: Effort) -> dict[str, list[float]]:
    """The CPU seconds of one call of each contestant, in each round; every second round goes backwards."""
    calls = {name: _calls_in(effort.slice_seconds, contestant) for name, contestant in contestants.items()}
    return in_turn(contestants, calls, effort.rounds)


def in_turn(contestants: Mapping[str, Contestant], calls: Mapping[str, int], rounds: int) -> dict[str, list[float]]:
    """The seconds of one call of each contestant, in each round of so many calls; every second round goes backwards."""
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds):
        gc.collect(0)
        for name in list(contestants)[:: -1 if number % 2 else 1]:
            seconds[name].append(contestants[name](calls[name]) / calls[name])
    return seconds


def _calls_in(seconds: float, contestant: Contestant) -> int:
    contestant(_FIRST_CALLS)  # the first calls of a thing are not like the others
    return max(_FIRST_CALLS, int(seconds * _FIRST_CALLS / contestant(_FIRST_CALLS)))


def less(values: Sequence[float], others: Sequence[float]) -> list[float]:
    """The differences, round by round."""
    return [value - other for value, other in zip(values, others, strict=True)]


def ratios(values: Sequence[float], others: Sequence[float]) -> list[float]:
    """The ratios, round by round."""
    return [value / other for value, other in zip(values, others, strict=True)]
