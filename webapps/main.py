"""The composition root of the web apps: one engine, its REST API, its pages, and the telemetry middleware around them.

Importing this module opens nothing; ``app`` (ASGI) and ``wsgi_app`` (WSGI) are made when a server asks for them.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from wsgiref.types import WSGIApplication

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.types import ASGIApp
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from engine_telemetry.configuration import Configuration
from engine_telemetry.engine import ProcessEngine
from engine_telemetry.middleware import asgi, wsgi
from webapps.assets import Assets
from webapps.authentication import Authentication
from webapps.cockpit import cockpit_routes
from webapps.consent import Consent, consent_routes
from webapps.guard import Administrators, Guard, LoggedIn
from webapps.home import home_routes
from webapps.login import LogIn
from webapps.pages import Pages, error_handlers
from webapps.profile import Profile
from webapps.rest.asgi import AnyPathMount, rest_app
from webapps.rest.telemetry_wsgi import telemetry_app
from webapps.security import SecurityHeaders
from webapps.sessions import Sessions
from webapps.setup import Setup
from webapps.tasklist import tasklist_routes
from webapps.visitor import visitor_of
from webapps.wsgi_adapter import AsgiInWsgi

app: Starlette  # both are made by __getattr__ below
wsgi_app: WSGIApplication


class _Application(Starlette):
    def build_middleware_stack(self) -> ASGIApp:
        """Starlette's stack with telemetry around it, where the server's own ``send`` can still be seen.

        The headers stand around Starlette's own answer to an error that nobody foresaw, too.
        """
        return asgi.TelemetryMiddleware(SecurityHeaders(super().build_middleware_stack()))


def create_app(configuration: Configuration | None = None, **settings: Any) -> Starlette:  # noqa: ANN401 - see Configuration
    """The web apps as an ASGI application; its ``state.engine`` is the engine.

    The engine is opened when the server starts the application's lifespan, or else by the first command.

    Args:
        configuration: The engine's; without it, it is loaded, and ``settings`` beat what is found.
        **settings: As the fields of ``Configuration``.
    """
    engine = ProcessEngine(configuration, **settings)
    authentication = Authentication(engine)
    sessions = Sessions(engine.identity_service)
    consent = Consent(engine)
    pages = Pages(engine.configuration, sessions, consent.question)
    rest = rest_app(engine, authentication)
    app = _Application(
        routes=[
            Route("/engine-rest", rest),
            AnyPathMount("/engine-rest", rest),
            Mount("/static", Assets()),
            Mount("", Guard(_router(_pages(engine, sessions, pages, consent)), engine, sessions, pages)),
        ],
        exception_handlers=error_handlers(pages),
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


def _pages(engine: ProcessEngine, sessions: Sessions, pages: Pages, consent: Consent) -> list[BaseRoute]:
    """All pages: what nobody need be logged in for, and then, behind the log-in, the rest."""
    log_in = LogIn(engine, sessions, pages)
    logged_in: list[BaseRoute] = [
        *home_routes(engine, pages),
        *log_in.routes,
        *Profile(engine, log_in, pages).routes,
        *(Route(f"/{name}", _leads_to(pages, f"/{name}/")) for name in ("tasklist", "cockpit")),
        Mount("/tasklist", _router(tasklist_routes(engine, pages))),
        Mount("/cockpit", Administrators(_router([*consent_routes(consent, pages), *cockpit_routes(engine, pages)]))),
    ]
    open_to_all = [*log_in.open_routes, *Setup(engine, log_in, pages).open_routes]
    return [*open_to_all, Mount("", LoggedIn(_router(logged_in), pages))]


def _router(routes: list[BaseRoute]) -> Router:
    return Router(routes, redirect_slashes=False)


def _leads_to(pages: Pages, path: str) -> Callable[[Request], Response]:
    return lambda request: pages.redirect(request, visitor_of(request).url(path))


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
