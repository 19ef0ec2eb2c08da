"""gunicorn's hook, which lets no stranger to an API that asks for no password, in a master of its own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

LOOPBACK = "('127.0.0.1', 80), ('::1', 80), ('localhost', 80), '/run/socket'"
MASTER = """
import os, socket, sys
from types import SimpleNamespace
from engine_telemetry.integrations import gunicorn

listener = {listener}
if {systemd}:
    os.dup2(listener.fileno(), 3)
    os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
server = SimpleNamespace(cfg=SimpleNamespace(uid=os.getuid(), gid=os.getgid(), address=[{addresses}]))
gunicorn.{hook}(server)
print("started", listener and listener.fileno() >= 0)
gunicorn.on_exit(server)
"""
Start = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Start:
    def run(
        addresses: str,
        *,
        listener: str = "None",
        systemd: bool = False,
        hook: str = "on_starting_rest_api",
        **environment: str,
    ) -> "subprocess.CompletedProcess[str]":
        program = MASTER.format(addresses=addresses, listener=listener, systemd=systemd, hook=hook)
        return subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )

    return run


def test_on_the_loopback_address_and_on_a_unix_socket_it_starts(start: Start) -> None:
    assert start(LOOPBACK).stdout.startswith("started")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "engine.example"])  # noqa: S104 - nothing is bound
def test_beyond_it_does_not_start_and_says_what_to_do(start: Start, host: str, tmp_path: Path) -> None:
    done = start(f"{LOOPBACK}, ({host!r}, 80)")
    assert done.returncode == 1
    assert done.stderr.startswith("Not starting: The REST API asks for no password")
    assert repr(host) in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("variable", ["ENGINE_REST_AUTHENTICATION=basic", "ENGINE_REST_ALLOW_UNAUTHENTICATED=true"])
def test_with_a_password_or_a_word_it_starts_there(start: Start, variable: str) -> None:
    name, _, value = variable.partition("=")
    assert start("('0.0.0.0', 80)", **{name: value}).stdout.startswith("started")


def test_without_the_rest_api_it_starts_anywhere(start: Start) -> None:
    assert start("('0.0.0.0', 80)", hook="on_starting").stdout.startswith("started")


@pytest.mark.parametrize(("host", "starts"), [("127.0.0.1", True), ("0.0.0.0", False)])  # noqa: S104 - for a moment
@pytest.mark.parametrize(("addresses", "systemd"), [("listener.fileno()", False), ("('127.0.0.1', 80)", True)])
def test_an_inherited_socket_is_asked_for_its_address_and_left_open(
    start: Start, host: str, addresses: str, *, starts: bool, systemd: bool
) -> None:
    done = start(addresses, listener=f"socket.create_server(({host!r}, 0))", systemd=systemd)
    assert done.stdout == ("started True\n" if starts else "")
    assert ("listens beyond this machine" in done.stderr) is not starts


def test_an_inherited_unix_socket_is_fine(start: Start) -> None:
    assert start("listener.fileno()", listener="socket.socket(socket.AF_UNIX)").stdout == "started True\n"
