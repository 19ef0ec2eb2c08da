"""A program that imports other servers without using them."""

from importlib import import_module

from app import asgi_app, wsgi_app

__all__ = ["asgi_app", "wsgi_app"]

for name in (
    "a2wsgi",
    "granian.server",
    "gunicorn.app.wsgiapp",
    "gunicorn.arbiter",
    "gunicorn.workers.base",
    "hypercorn.asyncio",
    "uvicorn.protocols.http.h11_impl",
    "uvicorn.server",
    "waitress.server",
    "waitress.task",
    "werkzeug.serving",
    "wsgiref.simple_server",
):
    import_module(name)
