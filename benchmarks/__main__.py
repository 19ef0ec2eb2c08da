"""Measures what telemetry and the engine cost: ``python -m benchmarks [--quick]``, which ``scripts/bench`` runs."""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

from benchmarks import counting, engine, executing, importing, middleware, pages, polling, reading, serving, waking
from benchmarks.rounds import FULL, QUICK, Effort
from benchmarks.tables import Row, markdown, put_into

_PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
_PEERS = (
    "SpiffWorkflow",
    "opentelemetry-instrumentation-asgi",
    "opentelemetry-sdk",
    "prometheus-client",
    "sentry-sdk",
    "starlette",
    "starlette-exporter",
    "statsd",
)


def main() -> None:
    """Measure, print the table; after a full run put it into the documentation."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description="Measures what telemetry and the engine cost.")
    parser.add_argument("--quick", action="store_true", help="less than two minutes; changes no documentation")
    quick = parser.parse_args().quick
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        rows = list(measured(QUICK if quick else FULL, Path(folder)))
    table = markdown(rows)
    about = circumstances(time.monotonic() - began)
    print(f"{table}\n{about}")
    if not quick:
        _PAGE.write_text(put_into(_PAGE.read_text(), f"{about}\n\n{table}"))


def measured(effort: Effort, folder: Path) -> Iterator[Row]:
    """All rows. What forks comes first, before anything that may start a thread."""
    parts: dict[str, Callable[[], Iterator[Row]]] = {
        "counting": lambda: counting.rows(effort, folder),
        "reading": lambda: reading.rows(effort, folder),
        "executing": lambda: executing.rows(effort, folder),
        "middleware": lambda: middleware.rows(effort),
        "importing": lambda: importing.rows(effort),
        "waking": lambda: waking.rows(effort),
        "engine": lambda: engine.rows(effort, folder, tell),
        "pages": lambda: pages.rows(effort, folder),
        "polling": lambda: polling.rows(effort, folder),
        "serving": lambda: serving.rows(effort, tell),
    }
    for name, part in parts.items():
        tell(name)
        yield from part()


def circumstances(seconds: float) -> str:
    """One sentence about the machine, the versions and the time this took."""
    peers = ", ".join(f"{name} {version(name)}" for name in _PEERS)
    machine = f"{platform.machine()}, {os.cpu_count()} CPUs, load {os.getloadavg()[0]:.1f}"
    return (
        f"Measured on {time.strftime('%Y-%m-%d', time.gmtime())} with CPython {platform.python_version()} on"
        f" {platform.system()} {machine}, in {seconds:.0f} s, beside {peers}."
    )


def tell(what: str) -> None:
    """Say on stderr how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {what} ...", file=sys.stderr, flush=True)


main()
