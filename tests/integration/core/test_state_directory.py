"""Directories and files that must not be trusted, with real owners, modes and links."""

import os
import stat
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from engine_telemetry.exceptions import StateDirectoryError
from engine_telemetry.state_directory import give_to, inode_at, open_private, prepare
from tests.integration.core.conftest import Fork

NOBODY = 65534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def public() -> Iterator[Path]:
    """A directory that every user can enter and write to."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        yield Path(name)


def as_nobody(fork: Fork, work: Callable[[], object]) -> object:
    def become_nobody() -> object:
        os.seteuid(NOBODY)
        return work()

    return fork(become_nobody).result()


def is_open(path: Path) -> bool:
    return any(fd.is_symlink() and fd.readlink() == path for fd in Path("/proc/self/fd").iterdir())


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


# -- the directory -----------------------------------------------------------------------------------------------------


def test_the_directory_is_made_for_its_owner_alone(directory: Path) -> None:
    prepare(directory / "below")
    assert mode(directory / "below") == 0o700
    prepare(directory / "below")


def test_a_directory_that_others_may_read_is_good_enough(directory: Path) -> None:
    directory.mkdir(mode=0o755)
    prepare(directory)
    assert mode(directory) == 0o755


@pytest.mark.parametrize("writable", [0o770, 0o702])
def test_a_directory_that_others_can_write_to_is_refused(directory: Path, writable: int) -> None:
    directory.mkdir()
    directory.chmod(writable)
    with pytest.raises(StateDirectoryError, match="no one else can write to") as caught:
        prepare(directory)
    assert str(directory) in str(caught.value)
    assert "telemetryStateDirectory" in str(caught.value)


def test_a_link_to_a_directory_is_refused(directory: Path, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    directory.symlink_to(tmp_path / "real")
    with pytest.raises(StateDirectoryError, match="no symbolic link"):
        prepare(directory)


def test_a_file_in_place_of_the_directory_is_refused(directory: Path) -> None:
    directory.touch()
    for refused in (directory, directory / "below"):
        with pytest.raises(StateDirectoryError, match="cannot be made") as caught:
            prepare(refused)
        assert str(refused) in str(caught.value)


@as_root
def test_the_directory_of_another_user_is_refused_except_by_root(public: Path, fork: Fork) -> None:
    def try_it() -> str:
        with pytest.raises(StateDirectoryError) as caught:
            prepare(public / "state")
        return str(caught.value)

    prepare(public / "state")
    (public / "state").chmod(0o755)
    assert f"must be a directory of user {NOBODY}" in str(as_nobody(fork, try_it))
    os.chown(public / "state", NOBODY, NOBODY)
    prepare(public / "state")


# -- the files ---------------------------------------------------------------------------------------------------------


def test_a_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    fd = open_private(tmp_path / "node.v1")
    assert mode(tmp_path / "node.v1") == 0o600
    assert not os.get_inheritable(fd)
    os.close(fd)


def link_elsewhere(path: Path) -> None:
    path.symlink_to(path.with_name("elsewhere"))


def make_writable_by_others(path: Path) -> None:
    path.touch()
    path.chmod(0o620)


def make_a_pipe(path: Path) -> None:
    os.mkfifo(path, 0o600)


def make_a_directory(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize("make", [link_elsewhere, make_writable_by_others, make_a_pipe, make_a_directory])
def test_a_file_that_is_not_ours_alone_is_refused(tmp_path: Path, make: Callable[[Path], None]) -> None:
    path = tmp_path / "node.v1"
    make(path)
    with pytest.raises(StateDirectoryError, match=r"node\.v1"):
        open_private(path)
    assert not is_open(path)
    assert not (tmp_path / "elsewhere").exists()


@as_root
def test_the_file_of_another_user_is_refused_except_by_root(public: Path, fork: Fork) -> None:
    def try_it() -> str:
        with pytest.raises(StateDirectoryError) as caught:
            open_private(public / "node.v1")
        return str(caught.value)

    os.close(open_private(public / "node.v1"))
    assert "cannot be opened (Permission denied)" in str(as_nobody(fork, try_it))
    (public / "node.v1").chmod(0o666)
    assert f"must be a file of user {NOBODY}" in str(as_nobody(fork, try_it))
    (public / "node.v1").chmod(0o600)
    os.chown(public / "node.v1", NOBODY, NOBODY)
    os.close(open_private(public / "node.v1"))


def test_the_number_of_a_file_is_known_while_it_is_there(tmp_path: Path) -> None:
    path = tmp_path / "node.v1"
    assert inode_at(path) is None
    path.touch()
    assert inode_at(path) == path.stat().st_ino


# -- a master that runs as root gives them away ------------------------------------------------------------------------


@as_root
def test_root_gives_the_directory_and_our_files_away_and_no_other(directory: Path) -> None:
    prepare(directory)
    ours = [directory / "node.v1", directory / "node.lock"]
    for path in (*ours, directory / "another-program.db"):
        path.touch(mode=0o600)
    give_to(directory, NOBODY, NOBODY)
    assert [path.stat().st_uid for path in (directory, *ours)] == [NOBODY] * 3
    assert ours[0].stat().st_gid == NOBODY
    assert (directory / "another-program.db").stat().st_uid == 0


@as_root
def test_root_keeps_what_root_will_use(directory: Path) -> None:
    prepare(directory)
    give_to(directory, 0, NOBODY)
    assert directory.stat().st_gid != NOBODY


@as_root
def test_who_is_not_root_gives_nothing_away(public: Path, fork: Fork) -> None:
    assert as_nobody(fork, lambda: give_to(public, 1, 1)) is None
    assert public.stat().st_uid == 0


@as_root
def test_what_cannot_be_given_away_is_named(directory: Path) -> None:
    prepare(directory)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,mode=700", "tmpfs", directory], check=False).returncode:
        pytest.skip("not allowed to mount a file system")
    try:
        with pytest.raises(StateDirectoryError, match="Read-only file system") as caught:
            give_to(directory, NOBODY, NOBODY)
    finally:
        subprocess.run(["umount", directory], check=True)
    assert str(directory) in str(caught.value)
