"""Counter files that are copied, damaged or removed, and disks that are full."""

import os
import random
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine_telemetry.counters import CounterFile, join_counters, open_counters
from engine_telemetry.exceptions import StateDirectoryError
from tests.integration.core.conftest import FORK, INSTALLATION, ROWS_AT, SECONDS, SIZE, Fork, increment


def test_a_copy_is_another_source_that_begins_with_nothing(counters: CounterFile, path: Path) -> None:
    counters.increment("CompleteTaskCmd")
    counters.note_server("gunicorn/27.0.1")
    shutil.copy(path, path.with_name("copy.v1"))
    copied = open_counters(path.with_name("copy.v1"))
    assert copied.source != counters.source
    assert (copied.gate, copied.server, copied.totals()) == (0, None, {"other": 0})
    assert counters.totals() == {"other": 0, "CompleteTaskCmd": 1}


def test_the_source_stays_the_same_for_every_process_and_start(counters: CounterFile, path: Path, fork: Fork) -> None:
    def source() -> str:
        command = f"from engine_telemetry.counters import *; print(open_counters(Path({str(path)!r})).source)"
        return subprocess.check_output([sys.executable, "-c", command], text=True, timeout=SECONDS).strip()

    assert fork(lambda: join_counters(path).source).result() == source() == counters.source


@pytest.mark.parametrize("damage", [b"\xff" * SIZE, b"\xff" * 5000, b"\0" * 5000, b"ENGTEL\0\1" + b"\xff" * SIZE])
def test_a_damaged_file_is_begun_anew(path: Path, damage: bytes) -> None:
    path.parent.mkdir(mode=0o700)
    path.touch(mode=0o600)
    path.write_bytes(damage)
    counters = join_counters(path)
    counters.set_gate(INSTALLATION, 1, on=True)
    counters.increment("CompleteTaskCmd")
    assert counters.totals() == {"other": 0, "CompleteTaskCmd": 1}
    assert path.stat().st_size == SIZE


def remove_file(path: Path) -> None:
    path.unlink()


def remove_lock_file(path: Path) -> None:
    path.with_suffix(".lock").unlink()


def remove_directory(path: Path) -> None:
    shutil.rmtree(path.parent)


def restore_a_copy(path: Path) -> None:
    copy = shutil.copy(path, path.with_name("copy.v1"))
    Path(copy).replace(path)


@pytest.mark.parametrize("remove", [remove_file, remove_lock_file, remove_directory, restore_a_copy])
def test_a_file_that_is_removed_is_noticed_and_the_next_process_begins_another(
    counters: CounterFile, path: Path, fork: Fork, remove: Callable[[Path], None]
) -> None:
    increment(counters, "CompleteTaskCmd", 3)
    before = counters.unlinked
    remove(path)
    assert (before, counters.unlinked) == (False, True)

    def count_anew() -> tuple[str, dict[str, int]]:
        again = join_counters(path)
        again.set_gate(INSTALLATION, 1, on=True)
        increment(again, "CompleteTaskCmd", 5)
        return again.source, again.totals()

    source, totals = fork(count_anew).result()
    increment(counters, "CompleteTaskCmd", 1)
    assert source != counters.source
    assert totals == {"other": 0, "CompleteTaskCmd": 5}
    assert counters.totals() == {"other": 0, "CompleteTaskCmd": 4}
    assert join_counters(path).source == source


def test_a_group_without_consent_leaves_no_file(counters: CounterFile, path: Path, fork: Fork) -> None:
    counters.discard()
    assert path.exists()
    fork(counters.discard).result()
    assert path.exists()
    counters.group.leave()
    counters.discard()
    assert not path.exists()
    counters.discard()


def test_a_process_that_joins_while_the_file_is_discarded_begins_another(
    counters: CounterFile, path: Path, fork: Fork
) -> None:
    joining = FORK.Event()

    def join() -> tuple[bool, str]:
        joining.set()
        joined = join_counters(path)
        return joined.unlinked, joined.source

    counters.group.leave()
    with counters.group.deserted():
        child = fork(join)
        assert joining.wait(SECONDS)
        time.sleep(0.1)  # now it has the file, and waits to join
        counters.discard()
    unlinked, source = child.result()
    assert not unlinked
    assert source == open_counters(path).source != counters.source


def test_nobody_ends_with_a_file_that_another_group_discarded(path: Path, fork: Fork) -> None:
    barrier = FORK.Barrier(2)

    def come_and_go() -> int:
        barrier.wait(SECONDS)
        lost = 0
        for _ in range(200):
            counters = join_counters(path)
            lost += counters.unlinked
            time.sleep(random.uniform(0, 0.001))
            lost += counters.unlinked
            if counters.group.leave():
                counters.discard()
        return lost

    assert [child.result() for child in [fork(come_and_go), fork(come_and_go)]] == [0, 0]


def test_a_file_that_something_removes_whenever_it_is_made_is_an_error_and_no_endless_loop(
    path: Path, fork: Fork
) -> None:
    path.parent.mkdir(mode=0o700)

    def remove_for_ever() -> None:
        while True:
            path.unlink(missing_ok=True)

    def join_until_it_fails() -> None:
        while True:
            join_counters(path).group.leave()

    fork(remove_for_ever)
    with pytest.raises(StateDirectoryError, match="is removed whenever it is made"):
        join_until_it_fails()


def test_a_limit_on_file_sizes_is_an_error_that_names_the_file(path: Path, fork: Fork) -> None:
    def work() -> str:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        with pytest.raises(StateDirectoryError) as caught:
            open_counters(path)
        return str(caught.value)

    message = fork(work).result()
    assert str(path) in message
    assert "File too large" in message


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MiB, for which one must be root."""
    disk = tmp_path / "disk"
    disk.mkdir(mode=0o700)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", disk], check=False).returncode:
        pytest.skip("not allowed to mount a file system")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def fill(disk: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        (disk / "filling").write_bytes(bytes(2 << 20))


def test_a_full_disk_is_an_error_that_names_the_file(small_disk: Path, fork: Fork) -> None:
    (small_disk / "node.lock").touch(0o600)
    (small_disk / "node.v1").touch(0o600)
    fill(small_disk)
    with pytest.raises(AssertionError, match=r"StateDirectoryError: .*node\.v1.*No space left"):
        fork(lambda: open_counters(small_disk / "node.v1")).result()


def test_a_sparse_file_on_a_full_disk_is_an_error_and_no_sigbus(small_disk: Path, fork: Fork) -> None:
    path = small_disk / "node.v1"
    assert fork(lambda: open_counters(path).totals()).result() == {"other": 0}
    os.truncate(path, ROWS_AT)
    os.truncate(path, SIZE)
    fill(small_disk)

    def count_there() -> None:
        counters = open_counters(path)
        counters.set_gate(INSTALLATION, 1, on=True)
        counters.increment("CompleteTaskCmd")

    with pytest.raises(AssertionError, match=r"StateDirectoryError: .*No space left"):
        fork(count_there).result()
