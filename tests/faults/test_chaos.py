"""The fault harness itself, for a short time."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.databases import DatabaseServer

PROJECT = Path(__file__).parents[2]


def run(*options: str) -> str:
    """What the harness says, if its verdict is that the counts are exact."""
    command = [sys.executable, "-m", "tests.chaos", *options]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


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
    run("--seed", "21", "--seconds", "45", "--database", server.new_database())
