"""The composition root of the web apps: one engine, its REST API, its page, and the telemetry middleware around them.

Importing this module opens nothing; ``app`` (ASGI) and ``wsgi_app`` (WSGI) are made when a server asks for them.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from wsgiref.types import WSGIApplication

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from engine_telemetry.configuration import Configuration
from engine_telemetry.engine import ProcessEngine
from engine_telemetry.middleware import asgi, wsgi
from webapps.authentication import Authentication
from webapps.home import home_page
from webapps.rest.asgi import rest_app
from webapps.rest.telemetry_wsgi import telemetry_app
from webapps.security import SecurityHeaders
from webapps.wsgi_adapter import AsgiInWsgi

_STATIC = Path(__file__).with_name("static")

app: Starlette  # both are made by __getattr__ below
wsgi_app: WSGIApplication


class _Application(Starlette):
    def build_middleware_stack(self) -> ASGIApp:
        """Starlette's stack with telemetry around it, where the server's own ``send`` can still be seen."""
        return asgi.TelemetryMiddleware(super().build_middleware_stack())


def create_app(configuration: Configuration | None = None, **settings: Any) -> Starlette:  # noqa: ANN401 - see Configuration
    """The web apps as an ASGI application; its ``state.engine`` is the engine.

    The engine is opened when the server starts the application's lifespan, or else by the first command.

    Args:
        configuration: The engine's; without it, it is loaded, and ``settings`` beat what is found.
        **settings: As the fields of ``Configuration``.
    """
    engine = ProcessEngine(configuration, **settings)
    authentication = Authentication(engine)
    app = _Application(
        routes=[
            Route("/", home_page(engine, authentication)),
            Mount("/engine-rest", rest_app(engine, authentication)),
            Mount("/static", StaticFiles(directory=_STATIC), name="static"),
        ],
        middleware=[Middleware(SecurityHeaders)],
        lifespan=_lifespan,
    )
    app.router.redirect_slashes = False
    app.state.engine = engine
    app.state.authentication = authentication
    return app


def create_wsgi_app(configuration: Configuration | None = None, **settings: Any) -> WSGIApplication:  # noqa: ANN401 - as above
    """The same as a WSGI application.

    A WSGI server starts no lifespan: the first command opens the engine, and the end of the process closes it.
    """
    app = create_app(configuration, **settings)
    engine: ProcessEngine = app.state.engine
    mounts = {"/engine-rest/telemetry": telemetry_app(engine, app.state.authentication)}
    return wsgi.TelemetryMiddleware(DispatcherMiddleware(AsgiInWsgi(app), mounts))


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    engine: ProcessEngine = app.state.engine
    await run_in_threadpool(engine.open)
    try:
        yield
    finally:
        await run_in_threadpool(engine.close)


def __getattr__(name: str) -> object:
    makers = {"app": create_app, "wsgi_app": create_wsgi_app}
    if name not in makers:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = application = makers[name]()
    return application
