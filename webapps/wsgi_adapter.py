"""Runs the ASGI application in a WSGI server, through a2wsgi.

a2wsgi starts an event loop in a thread when its adapter is made. A thread does not survive a fork, and gunicorn
with ``--preload`` forks after the application was loaded: so the adapter is made by the first request, in the process
that serves it.
"""

import os
import threading
from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any, cast
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from a2wsgi import ASGIMiddleware
from starlette.types import ASGIApp

_LARGEST_BODY = 11 * 1024 * 1024  # more than the application takes, so that it is the application that refuses


class AsgiInWsgi:
    """An ASGI application as a WSGI application; safe to fork before its first request."""

    def __init__(self, app: ASGIApp) -> None:
        """Adapt this application; start nothing yet."""
        self._app = app
        self._lock = threading.Lock()
        self._adapters: dict[int, WSGIApplication] = {}  # by process id

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Serve one request (PEP 3333)."""
        if not _is_decodable(environ):
            start_response("400 Bad Request", [("Content-Type", "text/plain; charset=utf-8")])
            return [b"The address is not UTF-8.\n"]
        _read_chunked_body(environ)
        return _Answer(self._adapter()(environ, start_response))

    def _adapter(self) -> WSGIApplication:
        with self._lock:
            pid = os.getpid()
            if pid not in self._adapters:
                self._adapters[pid] = _adapt(self._app)
            return self._adapters[pid]


class _Answer:
    """An answer that the application always comes to the end of: a2wsgi leaves it waiting where a client has gone."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = iter(parts)

    def __iter__(self) -> Iterator[bytes]:
        return self._parts

    def close(self) -> None:
        """Take what the server has left, which is little: no page and no resource sends its answer in many parts."""
        for _ in self._parts:
            pass


def _adapt(app: ASGIApp) -> WSGIApplication:
    # a2wsgi has its own types for what PEP 3333 and ASGI define
    return cast("WSGIApplication", ASGIMiddleware(cast("Any", app)))


def _is_decodable(environ: WSGIEnvironment) -> bool:
    # a2wsgi lets these errors through, and the server would log a traceback for each such request.
    try:
        for name in ("SCRIPT_NAME", "PATH_INFO"):
            environ.get(name, "").encode("latin-1").decode()
        environ.get("QUERY_STRING", "").encode("ascii")
    except UnicodeError:
        return False
    return True


def _read_chunked_body(environ: WSGIEnvironment) -> None:
    # a2wsgi reads as much as CONTENT_LENGTH says; a chunked request has none, and would arrive without its body.
    if environ.get("wsgi.input_terminated") and not environ.get("CONTENT_LENGTH"):
        body = environ["wsgi.input"].read(_LARGEST_BODY)
        environ.update({"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))})
