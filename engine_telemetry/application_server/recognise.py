"""Decides which server runs us, from what one call shows to the application."""

import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, TypeVar

from engine_telemetry.application_server import table, versions
from engine_telemetry.application_server.gateway import origins, type_names
from engine_telemetry.application_server.sighting import Sighting
from engine_telemetry.application_server.stack import reaches_the_program, stacks

_Row = TypeVar("_Row")
_TYPED_ENTRIES = ("wsgi.input", "wsgi.file_wrapper", "wsgi.errors")


@dataclass(frozen=True)
class Call:
    """What one call shows to the application.

    Attributes:
        gateways: ``send`` and ``receive``, or ``start_response``.
        environ: The WSGI environ, if there is one.
        remembered: What the lifespan call of this process showed.
    """

    gateways: tuple[object, ...]
    environ: Mapping[str, Any] = field(default_factory=dict)
    remembered: Sighting | None = None


def find(call: Call) -> Sighting | None:
    """The server behind a call, or ``None``. To be asked in the call's own thread while it runs.

    Objects of servers and applications are looked at, so any exception may come out of it.
    """
    if _is_serverless(call.environ):
        return _sighting(table.AWS_LAMBDA, call.environ)
    names = list(chain.from_iterable(origins(call.gateways)))
    match _look_up(table.BY_GATEWAY, names) or _by_types(call.environ) or _by_entries(call.environ):
        case table.Server() as server:
            return _managed(server, call.environ)
        case table.Ending.TEST_CLIENT:
            return None
        case table.Ending.CGI:
            return _by_software(call.environ)
    return call.remembered or _by_stack(call.environ) or _unheard_of(names, call.environ)


def _look_up(rows: Mapping[str, _Row], names: Iterable[str]) -> _Row | None:
    """The row with the longest prefix of the first name that has one."""
    for name in names:
        prefix = name
        while prefix:
            if prefix in rows and _is_confirmed(rows[prefix]):
                return rows[prefix]
            prefix = prefix.rpartition(".")[0]
    return None


def _is_confirmed(row: object) -> bool:
    return not isinstance(row, table.Server) or row.confirmed_by is None or row.confirmed_by in sys.modules


def _is_serverless(environ: Mapping[str, Any]) -> bool:
    # serverless-wsgi makes its environ with Werkzeug's test client, which would end the search.
    return type(environ.get("serverless.event")) is dict


def _by_types(environ: Mapping[str, Any]) -> table.Server | table.Ending | None:
    return _look_up(table.BY_GATEWAY, chain.from_iterable(type_names(environ.get(key)) for key in _TYPED_ENTRIES))


def _by_entries(environ: Mapping[str, Any]) -> table.Server | None:
    return next((server for key, is_own, server in table.BY_ENTRY if is_own(environ.get(key))), None)


def _by_stack(environ: Mapping[str, Any]) -> Sighting | None:
    server = _look_up(table.BY_FRAME, chain.from_iterable(stacks()))
    if server is None and _runs_under_gunicorn():
        server = table.GUNICORN
    return _managed(server, environ) if server else None


def _unheard_of(names: Iterable[str], environ: Mapping[str, Any]) -> Sighting | None:
    """A server outside the table: the first foreign package of the stack, if a gateway object comes from it."""
    software = _by_software(environ)
    foreign = [name for name in names if _is_foreign(name)]
    starter = next((_package(name) for stack in stacks() for name in reversed(stack) if _is_foreign(name)), None)
    if starter:
        foreign = [name for name in foreign if _package(name) == starter]
    return Sighting(module=_module(foreign[-1]), otherwise=software) if foreign else software


def _by_software(environ: Mapping[str, Any]) -> Sighting | None:
    named = [(name, version) for name, version in versions.products(environ) if name not in table.NO_PRODUCTS]
    for name, _ in reversed(named):  # what serves Python comes after what it is built into
        server = table.BY_PRODUCT.get(name)
        if server and _is_loaded(server):
            return _managed(server, environ)
    return next((Sighting(name, version) for name, version in named if name not in table.BY_PRODUCT), None)


def _is_loaded(server: table.Server) -> bool:
    return not server.gateways or any(_package(name) in sys.modules for name in server.gateways)


def _sighting(server: table.Server, environ: Mapping[str, Any]) -> Sighting:
    version = server.version(environ)
    return Sighting(server.vendor, version, None if version else server.distribution)


def _managed(server: table.Server, environ: Mapping[str, Any]) -> Sighting:
    """The server, or gunicorn with it as the worker."""
    sighting = _sighting(server, environ)
    if server is table.GUNICORN or not _runs_under_gunicorn():
        return sighting
    manager = _sighting(table.GUNICORN, environ)
    return Sighting(manager.vendor, manager.version, manager.distribution, worker=sighting)


def _runs_under_gunicorn() -> bool:
    seen = stacks()
    if any(_look_up(table.BY_FRAME, [module]) is table.GUNICORN for module in chain.from_iterable(seen)):
        return True
    # A server that runs the application in greenlets hides the arbiter's frames, which the environment has to replace.
    # Children of a gunicorn inherit that, so its code must be loaded, in that very version, and the stack cut off.
    loaded = {"gunicorn.arbiter", "gunicorn.workers.base"} <= sys.modules.keys()
    announced = os.environ.get("SERVER_SOFTWARE") == f"gunicorn/{table.GUNICORN.version({})}"
    return loaded and announced and not reaches_the_program(seen[-1])


def _is_foreign(name: str) -> bool:
    """Whether a dotted name is of neither Python, nor the program itself, nor something that never is a server."""
    package = _package(name)
    return package not in sys.stdlib_module_names and package not in table.NO_SERVERS


def _package(name: str) -> str:
    return name.partition(".")[0]


def _module(name: str) -> str:
    """The module that a dotted name lies in."""
    while "." in name and name not in sys.modules:
        name = name.rpartition(".")[0]
    return name
