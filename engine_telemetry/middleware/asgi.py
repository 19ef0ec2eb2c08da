"""ASGI middleware that lets telemetry know the application server."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from engine_telemetry.application_server import Call
from engine_telemetry.middleware.recognition import Recognition
from engine_telemetry.registry import Registry, process_registry

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class TelemetryMiddleware:
    """Recognises the server at the first request, and is one branch from then on.

    Mount it outermost: the nearer to the server, the more it sees.

    Args:
        app: The ASGI 3 application.
        registry: Where the server is noted; the process has one.
    """

    def __init__(self, app: Application, *, registry: Registry = process_registry) -> None:
        """Wrap the application; look at nothing yet."""
        self._app = app
        self._recognition = Recognition(registry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the call on."""
        if self._recognition.pending:
            self._recognise(scope, receive, send)
        await self._app(scope, receive, send)

    def _recognise(self, scope: Scope, receive: Receive, send: Send) -> None:
        # An adapter that runs ASGI applications in a WSGI server puts that server's environ into the scope.
        environ = scope.get("wsgi_environ")
        call = Call((send, receive), environ if type(environ) is dict else {})
        if scope.get("type") == "lifespan":
            self._recognition.remember(call)
        else:
            self._recognition.attempt(call)
