"""What counting adds to a command."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.counting import NAME
from benchmarks.rounds import Effort, bare_loop, calling, interleaved, less, ratios
from benchmarks.tables import Row, at_most
from engine_telemetry import Configuration, Telemetry
from engine_telemetry.engine.context import Command
from engine_telemetry.engine.executor import Executor, counting


class DoNothingCmd:
    """A command that does nothing."""

    def __call__(self, _: object) -> None:
        """Do nothing."""


def rows(effort: Effort, folder: Path) -> Iterator[Row]:
    """The counting interceptor, on telemetry that is on, as the engine puts it into its chain."""
    configuration = Configuration(database_url=f"sqlite:///{folder}/executing.db", initialize_telemetry=True)
    telemetry = Telemetry(configuration)
    telemetry.open()
    seconds = interleaved(
        {
            "loop": bare_loop(),
            "count": calling(telemetry.count, NAME),
            "with": calling(Executor([counting(telemetry)], _run).execute, DoNothingCmd()),
            "without": calling(Executor([], _run).execute, DoNothingCmd()),
        },
        effort,
    )
    telemetry.close()
    added = less(seconds["with"], seconds["without"])
    counts = less(seconds["count"], seconds["loop"])
    reason = "a call for the interceptor and one for the count, each of a third of a count, and the name to work out"
    yield at_most(2, "the counting interceptor on a command that does nothing", ratios(added, counts), "counts", reason)


def _run(command: Command[Any]) -> object:
    context: Any = None
    return command(context)
