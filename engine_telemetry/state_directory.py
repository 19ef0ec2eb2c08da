"""Where the counter file of a database lies on this node, and that nobody else can get at it."""

import hashlib
import os
import pwd
import re
import socket
import stat
from pathlib import Path

import platformdirs

from engine_telemetry.exceptions import StateDirectoryError

_APPLICATION = "engine-telemetry"


def counter_path(directory: Path, canonical_url: str) -> Path:
    """The counter file of this database on this node.

    The host's name is part of it, because a file on a network file system is not coherent between hosts.
    """
    host = re.sub(r"[^A-Za-z0-9.-]", "_", socket.gethostname()) or "localhost"
    digest = hashlib.sha256(canonical_url.encode()).hexdigest()[:16]
    return directory / f"{host}-{digest}.v1"


def locate(configured: Path | None, sqlite_file: Path | None, uid: int) -> Path:
    """The directory for counter files: the configured one, systemd's, one beside the SQLite file, or the user's.

    Args:
        configured: The setting ``telemetryStateDirectory``.
        sqlite_file: The database's file, if it has one.
        uid: The user that counts; under ``gunicorn --user`` not the one that starts.
    """
    if configured is not None:
        return configured
    if systemd := os.environ.get("STATE_DIRECTORY"):  # systemd.exec(5): several are separated by colons
        return Path(systemd.split(":", 1)[0])
    if sqlite_file is not None:
        return sqlite_file.with_name(sqlite_file.name + "-telemetry")
    return _user_directory(uid)


def _user_directory(uid: int) -> Path:
    try:
        home, own = Path(pwd.getpwuid(uid).pw_dir), Path.home()
    except (KeyError, RuntimeError) as exc:  # a container may run as a number without a name
        raise StateDirectoryError(
            f"User {uid} has no home directory for the counter file. Name a directory in telemetryStateDirectory."
        ) from exc
    if home == own:
        return platformdirs.user_state_path(_APPLICATION)
    return home / ".local" / "state" / _APPLICATION  # $HOME is another user's


def prepare(directory: Path) -> None:
    """Make the directory for its owner alone, or see that it is so.

    Raises:
        StateDirectoryError: It cannot be made, is a link, or belongs to or is writable by somebody else.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = directory.lstat()
    except OSError as exc:
        raise StateDirectoryError(
            f"The state directory {str(directory)!r} cannot be made ({exc.strerror})."
            " Name another one in telemetryStateDirectory."
        ) from exc
    foreign = os.geteuid() not in {0, status.st_uid}
    if directory.is_symlink() or foreign or status.st_mode & 0o022:
        raise StateDirectoryError(
            f"The state directory {str(directory)!r} must be a directory of user {os.geteuid()} that no one else can"
            " write to, and no symbolic link. Mend that, or name another one in telemetryStateDirectory."
        )


def open_private(path: Path) -> int:
    """Open or make a file that only its owner can read and write; returns the descriptor.

    Raises:
        StateDirectoryError: It cannot be opened, is a link or no file, or belongs to or is writable by somebody else.
    """
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
    except OSError as exc:
        raise StateDirectoryError(f"The file {str(path)!r} cannot be opened ({exc.strerror}).") from exc
    status = os.fstat(fd)
    foreign = os.geteuid() not in {0, status.st_uid}
    if foreign or status.st_mode & 0o022 or not stat.S_ISREG(status.st_mode):
        os.close(fd)
        raise StateDirectoryError(
            f"{str(path)!r} must be a file of user {os.geteuid()} that no one else can write to. Remove it when nothing"
            " uses it, or name another directory in telemetryStateDirectory."
        )
    return fd


def inode_at(path: Path) -> int | None:
    """The number of the file that lies there now, if there is one."""
    try:
        return path.lstat().st_ino
    except OSError:
        return None


def give_to(directory: Path, uid: int, gid: int) -> None:
    """Give the directory and our files in it to the user that will count, as a master that runs as root must.

    Raises:
        StateDirectoryError: It may not do that.
    """
    if os.geteuid() != 0 or uid == 0:
        return
    for path in (directory, *directory.glob("*.v1"), *directory.glob("*.lock")):
        try:
            os.chown(path, uid, gid, follow_symlinks=False)
        except OSError as exc:
            raise StateDirectoryError(
                f"{str(path)!r} cannot be given to user {uid} ({exc.strerror}). Give it to that user by hand, or name"
                " another directory in telemetryStateDirectory."
            ) from exc
