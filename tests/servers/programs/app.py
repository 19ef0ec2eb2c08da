"""The application under test: it answers with the application server that telemetry knows, as JSON."""

import json
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

from engine_telemetry.middleware import asgi, wsgi
from engine_telemetry.middleware.asgi import Receive, Scope, Send
from engine_telemetry.registry import process_registry


def what_is_known() -> bytes:
    """The vendor and the version, or ``null``."""
    server = process_registry.application_server
    return json.dumps([server.vendor, server.version] if server else None).encode()


def plain_wsgi_app(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer a WSGI request."""
    body = what_is_known()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


async def plain_asgi_app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer an ASGI request."""
    if scope["type"] == "lifespan":
        await live(receive, send)
        return
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": what_is_known()})


async def live(receive: Receive, send: Send) -> None:
    """Start and stop when told."""
    message = {"type": ""}
    while message["type"] != "lifespan.shutdown":
        message = dict(await receive())
        await send({"type": f"{message['type']}.complete"})


wsgi_app = wsgi.TelemetryMiddleware(plain_wsgi_app)
asgi_app = asgi.TelemetryMiddleware(plain_asgi_app)
