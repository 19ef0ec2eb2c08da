"""gunicorn's hooks, to be imported by name into a gunicorn configuration file.

::

    from engine_telemetry.integrations.gunicorn import on_exit, on_starting, post_worker_init, worker_exit

Which process runs what: the master only marks the group as alive (``on_starting``) and, when no worker and no fork is
left, closes for all of them (``on_exit``; where gunicorn skips that, ``atexit`` does it). It has no thread and no
database connection before: a connection that is open at a fork costs rows, and a thread beside one hangs workers. Each
worker opens what its application made (``post_worker_init``, after the application was loaded) and closes it
(``worker_exit``; an ASGI application does so before, in its lifespan).

A server of the REST API imports ``on_starting_rest_api as on_starting`` instead: it refuses to start where strangers
would reach an API that asks for no password.

The state lives in this module: the names of a configuration file are gone after a reload. gunicorn itself is not
imported.
"""

import os
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import product
from typing import Protocol

from engine_telemetry.configuration import Configuration, refusal
from engine_telemetry.telemetry import Telemetry, known_telemetries


class ServerSettings(Protocol):
    """What is used of gunicorn's ``Config``."""

    uid: int
    gid: int
    address: Iterable[tuple[str, int] | str | int]


class Arbiter(Protocol):
    """What is used of gunicorn's ``Arbiter``."""

    cfg: ServerSettings


_FIRST_FD = 3  # sd_listen_fds(3)


class _Master:
    """The master's own part in the group."""

    def __init__(self) -> None:
        self.pid: int | None = None
        self.own: list[Telemetry] = []  # only what the hooks made; an application that is preloaded made its own


_master = _Master()


def on_starting(server: Arbiter) -> None:
    """In the master, once, before anything is forked: mark the group as alive.

    Raises:
        ConfigurationError: A setting cannot be used.
    """
    _master.pid = os.getpid()
    telemetries = known_telemetries()
    if not telemetries:
        telemetries = _master.own = [Telemetry(Configuration.load())]
    for telemetry in telemetries:
        telemetry.attend(server.cfg.uid, server.cfg.gid)


def on_starting_rest_api(server: Arbiter) -> None:
    """As ``on_starting``, of a server of the REST API. It ends the start if strangers could use the API unasked.

    Raises:
        ConfigurationError: A setting cannot be used.
        SystemExit: The API asks for no password, and the server is about to listen beyond the loopback address.
    """
    configurations = [telemetry.configuration for telemetry in known_telemetries()] or [Configuration.load()]
    for configuration, host in product(configurations, _hosts(server.cfg.address)):
        if reason := refusal(configuration, host):
            sys.exit(f"Not starting: {reason}")
    on_starting(server)


def post_worker_init(_worker: object) -> None:
    """In each worker, after the application was loaded: open what it made; the reporter thread starts here."""
    for telemetry in known_telemetries():
        if telemetry not in _master.own:
            telemetry.open()


def worker_exit(_server: object, _worker: object) -> None:
    """In each worker that ends in order: close. gunicorn calls it in the master too, for a worker that is gone."""
    if os.getpid() != _master.pid:
        _close_all()


def on_exit(_server: object) -> None:
    """In the master, when all workers are gone: make and send the closing report."""
    _close_all()


def _hosts(addresses: Iterable[tuple[str, int] | str | int]) -> Iterator[str]:
    """Where gunicorn is about to listen on the network: what systemd hands over goes before its own setting."""
    if os.environ.get("LISTEN_PID") == str(os.getpid()):
        addresses = range(_FIRST_FD, _FIRST_FD + int(os.environ.get("LISTEN_FDS", "0")))
    for address in addresses:
        if isinstance(address, int):
            yield from _host_of(address)
        elif not isinstance(address, str):  # the path of a Unix socket
            yield address[0]


def _host_of(fd: int) -> Iterator[str]:
    with closing(socket.socket(fileno=os.dup(fd))) as listener:
        if listener.family in {socket.AF_INET, socket.AF_INET6}:
            yield listener.getsockname()[0]


def _close_all() -> None:
    for telemetry in known_telemetries():
        telemetry.close()
