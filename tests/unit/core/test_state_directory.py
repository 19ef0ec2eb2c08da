"""Where the counter file lies: which directory wins, and what the file is called."""

import os
import pwd
import socket
from pathlib import Path

import pytest

from engine_telemetry.exceptions import StateDirectoryError
from engine_telemetry.state_directory import counter_path, locate

OWN_UID = os.geteuid()
OWN_HOME = pwd.getpwuid(OWN_UID).pw_dir
SQLITE_FILE = Path("/srv/engine.db")


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STATE_DIRECTORY", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", OWN_HOME)


def test_the_configured_directory_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/engine")
    assert locate(Path("/configured"), SQLITE_FILE, OWN_UID) == Path("/configured")


@pytest.mark.parametrize("variable", ["/var/lib/engine", "/var/lib/engine:/var/lib/other"])
def test_the_first_directory_of_systemd_is_next(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv("STATE_DIRECTORY", variable)
    assert locate(None, SQLITE_FILE, OWN_UID) == Path("/var/lib/engine")


def test_a_directory_beside_the_sqlite_file_is_next() -> None:
    assert locate(None, SQLITE_FILE, OWN_UID) == Path("/srv/engine.db-telemetry")


def test_the_state_directory_of_the_user_is_last(monkeypatch: pytest.MonkeyPatch) -> None:
    assert locate(None, None, OWN_UID) == Path(OWN_HOME, ".local/state/engine-telemetry")
    monkeypatch.setenv("XDG_STATE_HOME", "/elsewhere")
    assert locate(None, None, OWN_UID) == Path("/elsewhere/engine-telemetry")


def test_another_user_gets_a_directory_in_its_own_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/elsewhere")
    other = next(user for user in pwd.getpwall() if user.pw_dir != OWN_HOME)
    assert locate(None, None, other.pw_uid) == Path(other.pw_dir, ".local/state/engine-telemetry")


def test_the_home_of_the_user_counts_and_not_the_one_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/of/somebody/else")
    assert locate(None, None, OWN_UID) == Path(OWN_HOME, ".local/state/engine-telemetry")


def test_a_user_without_a_name_must_be_told_where(monkeypatch: pytest.MonkeyPatch) -> None:
    unknown = 3_000_000_000
    with pytest.raises(StateDirectoryError, match=f"User {unknown} has no home.*telemetryStateDirectory"):
        locate(None, None, unknown)
    monkeypatch.delenv("HOME")
    assert locate(None, None, OWN_UID) == Path(OWN_HOME, ".local/state/engine-telemetry")


def test_the_file_is_named_for_host_database_and_layout() -> None:
    path = counter_path(Path("/state"), "sqlite:////srv/engine.db")
    assert path == Path("/state", f"{socket.gethostname()}-93901a3aa33f19d9.v1")
    assert counter_path(Path("/state"), "sqlite:////srv/other.db") != path
