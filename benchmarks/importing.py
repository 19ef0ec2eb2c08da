"""What importing the library costs a process, and when an HTTP client is imported."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from benchmarks.rounds import Effort
from benchmarks.tables import Row, shown


def rows(effort: Effort) -> Iterator[Row]:
    """Time and modules."""
    answers = [fresh("benchmarks.cold") for _ in range(effort.imports)]
    measure = "import of the library in a process that has SQLAlchemy and Starlette"
    yield shown(measure, [answer["library"] for answer in answers], "ms of CPU", _clients(answers[0]))
    against = [answer["library"] / answer["host"] for answer in answers]
    yield shown("the same, against the import of these two", against, "of their import")


def fresh(module: str, *arguments: object) -> Any:  # noqa: ANN401 - JSON is what it is
    """What this module prints when it is run in an interpreter of its own."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    finished = subprocess.run(command, check=True, timeout=120, stdout=subprocess.PIPE)  # noqa: S603 - our own module
    return json.loads(finished.stdout)


def _clients(answer: dict[str, Any]) -> str:
    states = (("after import", "imported"), ("while counting", "counting"), ("once a report was due", "reported"))
    hosts = set(answer["hosts"])
    named = (f"{when} {', '.join(sorted(set(answer[key]) - hosts)) or 'none'}" for when, key in states)
    return "HTTP clients that it imports: " + "; ".join(named)
