"""The fault harness itself, for a short time."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.chaos.books import by_real_clock
from tests.chaos.machine import ImpossibleHereError, WallClock, mounted
from tests.faults.databases import DatabaseServer

PROJECT = Path(__file__).parents[2]


def run(*options: str) -> str:
    """What the harness says, if its verdict is that the counts are exact."""
    command = [sys.executable, "-m", "tests.chaos", *options]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_wall_clock_of_a_process_jumps_and_nothing_else_does(tmp_path: Path) -> None:
    try:
        clock = WallClock(tmp_path)
    except ImpossibleHereError as exc:
        pytest.skip(str(exc))
    program = "import sys, time\nfor _ in sys.stdin: print(time.time(), time.monotonic(), flush=True)"
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        env=os.environ | clock.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    for hours in (0, 1, -1, 0):
        clock.jump_to(hours)
        assert clock.hours == hours
        process.stdin.write("look\n")
        process.stdin.flush()
        wall, monotonic = map(float, process.stdout.readline().split())
        assert abs(wall - time.time() - 3600 * hours) < 60
        assert abs(monotonic - time.monotonic()) < 60
    process.communicate(timeout=30)


def test_a_full_disk_has_room_again(tmp_path: Path) -> None:
    try:
        with mounted(tmp_path / "disk") as disk:
            disk.fill()
            with pytest.raises(OSError, match="No space left"):
                (tmp_path / "disk" / "file").write_bytes(b"more")
            disk.free()
            (tmp_path / "disk" / "file").write_bytes(b"more")
    except ImpossibleHereError as exc:
        pytest.skip(str(exc))


@pytest.mark.parametrize("hours", [-1, 0, 1])
@pytest.mark.parametrize("late", [-1700, 0, 1700])
def test_a_time_of_a_clock_that_is_wrong_by_whole_hours_is_put_right(hours: int, late: int) -> None:
    assert by_real_clock(1_000_000 + 3600 * hours, 1_000_000 + late) == 1_000_000


@pytest.mark.timeout(120)
def test_the_counts_are_exact_while_everything_fails_for_a_while() -> None:
    assert "Verdict: exact" in run("--seed", "8", "--seconds", "9")


@pytest.mark.full
@pytest.mark.timeout(240)
def test_the_counts_are_exact_while_everything_fails_for_a_minute_on_sqlite() -> None:
    run("--seed", "20", "--seconds", "60")


@pytest.mark.full
@pytest.mark.timeout(240)
@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_the_counts_are_exact_while_everything_fails_on_a_server(kind: str, request: pytest.FixtureRequest) -> None:
    server: DatabaseServer = request.getfixturevalue(kind)
    run("--seed", "21", "--seconds", "25", "--database", server.new_database())
