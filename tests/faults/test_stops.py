"""Every way in which a gunicorn ends: one report at most, nothing lost, no hang; writes the table of the guide."""

import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.faults.stops import ENDS, REPORTS, WORKERS, Cell, Outcome, Stop
from tests.servers.conftest import Environment

NOTE = """
Reports made by the stop, and seconds until the last process had ended, in the last run of the tests: three servers at
once, on a busy machine with two cores. uvicorn's workers do not notice that their master is gone; in those two rows
they were then ended with TERM.
"""
GUIDE = Path(__file__).parents[2] / "docs" / "operating.md"
BEGIN, END = "<!-- stops: written by tests/faults/test_stops.py -->\n", "<!-- end of stops -->\n"
CELLS = [Cell(worker, preload, end) for worker in WORKERS for preload in (False, True) for end in ENDS]
AT_ONCE = 3

pytestmark = [pytest.mark.full, pytest.mark.timeout(400)]
Outcomes = Callable[[Cell], Outcome]


@pytest.fixture(scope="module")
def outcome(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcomes]:
    """What came of a cell; those that the session asks for run a few at once."""
    folder, seen = tmp_path_factory.mktemp("stops"), dict[Cell, Outcome]()
    programs = {worker: _gunicorn(worker) for worker in WORKERS}
    wanted = [cell for item in request.session.items if (cell := _cell(item))]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        stops = {cell: pool.submit(_run, cell, folder, programs[cell.worker]) for cell in wanted}

        def wait_for(cell: Cell) -> Outcome:
            seen[cell] = stops[cell].result()
            return seen[cell]

        yield wait_for
    if len(seen) == len(CELLS):
        _write(seen)


def _cell(item: pytest.Item) -> Cell | None:
    parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    cell = parameters.get("cell")
    return cell if isinstance(cell, Cell) else None


def _gunicorn(worker: str) -> Path:
    if worker == "gevent":
        return Environment("gevent").bin / "gunicorn"
    return Path(sys.executable).with_name("gunicorn")


def _run(cell: Cell, folder: Path, program: Path) -> Outcome:
    return Stop(cell, folder / str(CELLS.index(cell)), program).run()


@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_a_stop_makes_one_report_at_most_and_loses_nothing(cell: Cell, outcome: Outcomes) -> None:
    seen = outcome(cell)
    assert len(seen.reports) == REPORTS[cell.end], seen.log
    assert seen.acknowledged <= seen.known <= seen.attempted, seen.log
    assert seen.seconds < 15, seen.log


@pytest.mark.parametrize("preload", [False, True])
@pytest.mark.parametrize("worker", WORKERS)
def test_no_thread_is_in_the_master_and_no_signal_handler_is_changed(
    worker: str, preload: bool, tmp_path: Path
) -> None:
    cell, program = Cell(worker, preload, "TERM"), _gunicorn(worker)
    with_telemetry = Stop(cell, tmp_path / "with", program).run()
    without = Stop(cell, tmp_path / "without", program, hooks=False).run()
    assert with_telemetry.master_threads == without.master_threads == 1
    assert with_telemetry.signals == without.signals
    assert without.reports == []


def _write(seen: Mapping[Cell, Outcome]) -> None:
    columns = [(worker, preload) for worker in WORKERS for preload in (False, True)]
    titles = [f"{worker}{', preloaded' if preload else ''}" for worker, preload in columns]
    lines = [f"| how it ends | {' | '.join(titles)} |", "|---" * (len(titles) + 1) + "|"]
    for end in ENDS:
        cells = [_text(seen[Cell(worker, preload, end)]) for worker, preload in columns]
        lines.append(f"| {end} | {' | '.join(cells)} |")
    before, _, rest = GUIDE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    GUIDE.write_text("\n".join([before + BEGIN + NOTE, *lines, "", END + after]))


def _text(outcome: Outcome) -> str:
    kept = f", {outcome.kept} kept" if outcome.kept else ""
    return f"{len(outcome.reports)}, {outcome.seconds:.1f} s{kept}"
