"""Who does the jobs of a database: one of all processes, and every one where they cannot agree."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine_telemetry.engine.job_lead import JobLead, lead_path

HOLDER = """
import sys
from pathlib import Path
from engine_telemetry.engine.job_lead import JobLead
lead = JobLead(Path(sys.argv[1]))
print(lead.take(), flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.jobs"


@pytest.fixture
def leads(path: Path) -> Iterator[tuple[JobLead, JobLead]]:
    """Two of those that could lead."""
    both = JobLead(path), JobLead(path)
    yield both
    for lead in both:
        lead.release()


def test_one_of_two_leads_and_the_other_one_after_it(leads: tuple[JobLead, JobLead], path: Path) -> None:
    first, second = leads
    assert (first.take(), second.take(), first.take()) == (True, False, True)
    first.release()
    assert (first.leads, second.take(), second.take()) == (False, False, True)  # it finds that the file was removed
    assert path.exists()
    second.release()
    assert not path.exists()


def test_a_process_that_is_killed_leads_no_more(path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "True\n"
    lead = JobLead(path)
    assert not lead.take()
    holder.kill()
    holder.communicate()
    assert lead.take()
    lead.release()


def test_the_bell_reaches_the_one_that_leads(leads: tuple[JobLead, JobLead]) -> None:
    first, second = leads
    assert (first.take(), second.take()) == (True, False)
    silent = first.bell()
    assert first.bell() == silent
    second.ring()
    assert first.bell() != silent


def test_who_leads_need_not_ring(leads: tuple[JobLead, JobLead]) -> None:
    first, _ = leads
    first.take()
    silent = first.bell()
    first.ring()
    assert first.bell() == silent


def test_a_file_that_cannot_be_used_makes_everybody_lead(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path.symlink_to(path.with_name("elsewhere"))
    caplog.set_level("INFO")
    for lead in (JobLead(path), JobLead(path)):
        assert lead.take()
        lead.ring()
        lead.release()
    assert "Every process does jobs by itself" in caplog.text


def test_a_database_in_memory_has_one_that_leads() -> None:
    lead = JobLead(None)
    assert (lead.leads, lead.take(), lead.bell()) == (True, True, b"")
    lead.release()
    assert lead.leads


def test_a_forked_child_does_not_lead(leads: tuple[JobLead, JobLead]) -> None:
    first, second = leads
    first.take()
    child = os.fork()
    if not child:
        first.after_fork()
        os._exit(first.take() + 2 * first.leads)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert (first.leads, second.take()) == (True, False)


def test_the_file_lies_beside_the_database_or_is_named_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert lead_path("sqlite:///a.db") == lead_path(f"sqlite:///{tmp_path}/a.db") == tmp_path / "a.db-jobs"
    first, same, other = (
        lead_path(f"postgresql+psycopg://u:{password}@h/{name}")
        for password, name in (("x", "a"), ("y", "a"), ("x", "b"))
    )
    assert first == same != other
    assert f"-{os.geteuid()}-" in first.name
