"""The application inside middleware that hides the gateway: an object that can only be called."""

from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import app

from engine_telemetry.middleware.asgi import Receive, Scope, Send


class Opaque:
    """Calls what it keeps to itself."""

    __slots__ = ("_callable",)

    def __init__(self, wrapped: Callable[..., Any]) -> None:
        """Keep it."""
        self._callable = wrapped

    def __call__(self, *arguments: Any) -> Any:
        """Call it."""
        return self._callable(*arguments)


def wsgi_app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer a WSGI request."""
    body: Iterable[bytes] = app.wsgi_app(environ, Opaque(start_response))
    return body


async def asgi_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer an ASGI request."""
    await app.asgi_app(scope, Opaque(receive), Opaque(send))
