"""The application with the middleware of others outside ours."""

from importlib import import_module
from typing import Any

from app import asgi_app, wsgi_app


def _of(module: str, name: str) -> Any:
    return getattr(import_module(module), name)


async def _pass_on(request: Any, call_next: Any) -> Any:
    return await call_next(request)


_of("sentry_sdk", "init")()

cors = _of("starlette.middleware.cors", "CORSMiddleware")(asgi_app, allow_origins=["*"])
gzip = _of("starlette.middleware.gzip", "GZipMiddleware")(asgi_app, minimum_size=1)
base_http = _of("starlette.middleware.base", "BaseHTTPMiddleware")(asgi_app, dispatch=_pass_on)
opentelemetry = _of("opentelemetry.instrumentation.asgi", "OpenTelemetryMiddleware")(asgi_app)
sentry = _of("sentry_sdk.integrations.asgi", "SentryAsgiMiddleware")(asgi_app)
all_of_them = _of("starlette.middleware.cors", "CORSMiddleware")(
    _of("starlette.middleware.gzip", "GZipMiddleware")(
        _of("starlette.middleware.base", "BaseHTTPMiddleware")(
            _of("opentelemetry.instrumentation.asgi", "OpenTelemetryMiddleware")(
                _of("sentry_sdk.integrations.asgi", "SentryAsgiMiddleware")(asgi_app)
            ),
            dispatch=_pass_on,
        ),
        minimum_size=1,
    ),
    allow_origins=["*"],
)

wsgi_opentelemetry = _of("opentelemetry.instrumentation.wsgi", "OpenTelemetryMiddleware")(wsgi_app)
wsgi_sentry = _of("sentry_sdk.integrations.wsgi", "SentryWsgiMiddleware")(wsgi_app)
