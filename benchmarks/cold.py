"""Runs in a fresh interpreter: what importing the library costs, and when it imports an HTTP client; prints JSON."""
# ruff: noqa: E402 - when a thing is imported is what is measured

import sys
import time

_CLIENTS = {"httpx", "httpcore", "http.client", "urllib3", "requests", "aiohttp"}


def _clients() -> list[str]:
    return sorted(_CLIENTS & set(sys.modules))


_began = time.process_time()

import sqlalchemy  # noqa: F401
import starlette.applications  # noqa: F401

_host = time.process_time()
_hosts = _clients()

import engine_telemetry
import engine_telemetry.middleware.asgi
import engine_telemetry.middleware.wsgi

_library = time.process_time()

_imported = _clients()

import json
import logging
import tempfile
from pathlib import Path


def _clients_of_one_report(folder: str) -> dict[str, list[str]]:
    """The HTTP clients that are imported while telemetry counts, and when its closing report was due."""
    configuration = engine_telemetry.Configuration(
        database_url=f"sqlite:///{Path(folder)}/engine.db",
        initialize_telemetry=True,
        telemetry_endpoint="http://127.0.0.1:9/reports",
    )
    telemetry = engine_telemetry.Telemetry(configuration)
    telemetry.open()
    telemetry.count("DoNothingCmd")
    before = _clients()
    telemetry.close()
    return {"counting": before, "reported": _clients()}


def main() -> None:
    """Print it."""
    logging.disable()  # nobody is at that endpoint
    milliseconds = {"host": (_host - _began) * 1000, "library": (_library - _host) * 1000}
    clients = {"hosts": _hosts, "imported": _imported}
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps({**milliseconds, **clients, **_clients_of_one_report(folder)}))


main()
