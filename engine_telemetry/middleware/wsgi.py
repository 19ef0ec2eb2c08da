"""WSGI middleware that lets telemetry know the application server."""

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from engine_telemetry.application_server import Call
from engine_telemetry.middleware.recognition import Recognition
from engine_telemetry.registry import Registry, process_registry


class TelemetryMiddleware:
    """Recognises the server at the first request, and is one branch from then on.

    Mount it outermost: the nearer to the server, the more it sees.

    Args:
        app: The WSGI application (PEP 3333).
        registry: Where the server is noted; the process has one.
    """

    def __init__(self, app: WSGIApplication, *, registry: Registry = process_registry) -> None:
        """Wrap the application; look at nothing yet."""
        self._app = app
        self._recognition = Recognition(registry)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the call on."""
        if self._recognition.pending:
            self._recognition.attempt(Call((start_response,), environ))
        return self._app(environ, start_response)
