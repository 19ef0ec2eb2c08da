"""The application servers we know something special about: adding one is adding a row.

Names are dotted prefixes: ``uvicorn.protocols`` stands for everything in that module.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from engine_telemetry.application_server.versions import (
    Source,
    attribute,
    entry,
    interpreter,
    product,
    unknown,
)


@dataclass(frozen=True, kw_only=True)
class Server:
    """A row of the table.

    Attributes:
        vendor: The server's own spelling.
        gateways: Where the objects come from that it hands to an application.
        frames: The modules whose code runs below an application, and only when the server does.
        confirmed_by: A module that must be loaded, where the names alone could be somebody else's.
        version: Where the running server shows its version.
        distribution: The installed distribution to ask if it does not show it.
    """

    vendor: str
    gateways: tuple[str, ...]
    frames: tuple[str, ...] = ()
    confirmed_by: str | None = None
    version: Source = unknown
    distribution: str | None = None


GUNICORN = Server(
    vendor="gunicorn",
    gateways=("gunicorn.asgi", "gunicorn.http", "gunicorn.http2", "gunicorn.workers"),
    frames=("gunicorn.arbiter", "gunicorn.workers"),
    version=attribute("gunicorn", "__version__"),
    distribution="gunicorn",
)
UWSGI = Server(
    vendor="uWSGI",
    gateways=("builtins.uwsgi_spit", "uwsgi._Input"),
    version=entry("uwsgi.version", bytes),
)
MOD_WSGI = Server(vendor="mod_wsgi", gateways=("mod_wsgi.Adapter",), version=entry("mod_wsgi.version", tuple))
PASSENGER = Server(vendor="Phusion Passenger", gateways=(), version=product("Phusion_Passenger"))
WERKZEUG = Server(
    vendor="Werkzeug",
    gateways=("werkzeug.serving",),
    frames=("werkzeug.serving",),
    version=product("Werkzeug"),
    distribution="Werkzeug",
)
AWS_LAMBDA = Server(vendor="AWS Lambda", gateways=("apig_wsgi", "mangum"))

SERVERS = (
    AWS_LAMBDA,
    GUNICORN,
    MOD_WSGI,
    PASSENGER,
    UWSGI,
    WERKZEUG,
    Server(vendor="Azure Functions", gateways=("azure.functions",)),
    Server(
        vendor="bjoern",
        gateways=("builtins.start_response", "builtins.FileWrapper"),
        frames=("bjoern",),
        confirmed_by="_bjoern",
        version=attribute("_bjoern", "version"),
    ),
    Server(
        vendor="daphne",
        gateways=("daphne.server",),
        frames=("daphne.server",),
        version=attribute("daphne", "__version__"),
        distribution="daphne",
    ),
    Server(
        vendor="django",
        gateways=("django.core.servers.basehttp",),
        frames=("django.core.servers.basehttp",),
        version=attribute("django", "__version__"),
        distribution="Django",
    ),
    Server(vendor="fastwsgi", gateways=(), frames=("fastwsgi",), distribution="fastwsgi"),
    Server(vendor="flipflop", gateways=("flipflop",), distribution="flipflop"),
    Server(vendor="flup", gateways=("flup.server",), frames=("flup.server",), distribution="flup"),
    Server(
        vendor="gevent",
        gateways=("gevent.pywsgi",),
        frames=("gevent.pywsgi",),
        version=attribute("gevent", "__version__"),
    ),
    Server(
        vendor="granian",
        gateways=("granian._granian", "granian.asgi", "granian.wsgi"),
        frames=("granian.asgi", "granian.server", "granian.wsgi"),
        version=attribute("granian", "__version__"),
        distribution="granian",
    ),
    Server(
        vendor="hypercorn",
        gateways=(
            "hypercorn.app_wrappers",
            "hypercorn.asyncio.lifespan",
            "hypercorn.protocol",
            "hypercorn.trio.lifespan",
        ),
        frames=("hypercorn.app_wrappers", "hypercorn.asyncio", "hypercorn.protocol", "hypercorn.run", "hypercorn.trio"),
        distribution="Hypercorn",
    ),
    Server(
        vendor="meinheld",
        gateways=("meinheld.start_response",),
        version=attribute("meinheld", "__version__"),
        distribution="meinheld",
    ),
    Server(
        vendor="tornado",
        gateways=("tornado.wsgi",),
        frames=("tornado.http1connection", "tornado.httpserver", "tornado.wsgi"),
        version=attribute("tornado", "version"),
    ),
    Server(
        vendor="unit",
        gateways=("unit._asgi_http", "unit._asgi_lifespan", "unit._input"),
        version=product("Unit"),
    ),
    Server(
        vendor="uvicorn",
        gateways=("uvicorn.lifespan", "uvicorn.protocols"),
        frames=("uvicorn.protocols", "uvicorn.server", "uvicorn.workers", "uvicorn_worker"),
        version=attribute("uvicorn", "__version__"),
        distribution="uvicorn",
    ),
    Server(
        vendor="waitress",
        gateways=("waitress.buffers", "waitress.task"),
        frames=("waitress.server", "waitress.task"),
        distribution="waitress",
    ),
    Server(
        vendor="wsgiref",
        gateways=("wsgiref.simple_server",),
        frames=("wsgiref.simple_server",),
        version=interpreter,
    ),
)
# Entries of the environ by which a server shows behind wrappers. Their types count: a front end can set texts only.
BY_ENTRY: tuple[tuple[str, Callable[[object], bool], Server], ...] = (
    ("gunicorn.socket", lambda value: issubclass(type(value), socket.socket), GUNICORN),
    ("mod_wsgi.version", lambda value: type(value) is tuple, MOD_WSGI),
    ("passenger.hijack", callable, PASSENGER),
    ("serverless.event", lambda value: type(value) is dict, AWS_LAMBDA),
    ("uwsgi.version", lambda value: type(value) is bytes, UWSGI),
    ("werkzeug.socket", lambda value: issubclass(type(value), socket.socket), WERKZEUG),
)

# The products by which SERVER_SOFTWARE names a server.
BY_PRODUCT = {server.vendor: server for server in SERVERS} | {"Phusion_Passenger": PASSENGER}

# Products of SERVER_SOFTWARE that are a library or a language.
NO_PRODUCTS = frozenset({"BaseHTTP", "CPython", "PyPy", "Python", "SimpleHTTP", "WSGIServer"})


class Ending(Enum):
    """A gateway that ends the search without naming a server."""

    TEST_CLIENT = "nobody serves"
    CGI = "the host is who wrote SERVER_SOFTWARE"


_ENDINGS = {
    "asgiref.testing": Ending.TEST_CLIENT,
    "async_asgi_testclient": Ending.TEST_CLIENT,
    "django.test": Ending.TEST_CLIENT,
    "httpx": Ending.TEST_CLIENT,
    "httpx2": Ending.TEST_CLIENT,
    "paste.testing": Ending.TEST_CLIENT,
    "starlette.testclient": Ending.TEST_CLIENT,
    "webob": Ending.TEST_CLIENT,
    "webtest": Ending.TEST_CLIENT,
    "werkzeug.test": Ending.TEST_CLIENT,
    "wsgiref.handlers.CGIHandler": Ending.CGI,
    "wsgiref.handlers.IISCGIHandler": Ending.CGI,
}
BY_GATEWAY: dict[str, Server | Ending] = _ENDINGS | {name: server for server in SERVERS for name in server.gateways}
BY_FRAME = {name: server for server in SERVERS for name in server.frames}

# Packages that stand between a server and an application, or start one, without being one: the program itself,
# adapters, agents, event loops, command lines.
NO_SERVERS = frozenset(
    {
        "__main__",
        "__mp_main__",
        "a2wsgi",
        "anyio",
        "asgiref",
        "click",
        "engine_telemetry",
        "fastapi",
        "gevent",
        "greenlet",
        "newrelic",
        "opentelemetry",
        "sentry_sdk",
        "sniffio",
        "starlette",
        "trio",
        "typer",
        "uvloop",
        "webapps",
        "wrapt",
    }
)
