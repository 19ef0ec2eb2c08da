"""The application behind adapters from one interface to the other."""

import warnings
from importlib import import_module

from app import asgi_app, wsgi_app

asgi_by_a2wsgi = import_module("a2wsgi").WSGIMiddleware(wsgi_app)
asgi_by_asgiref = import_module("asgiref.wsgi").WsgiToAsgi(wsgi_app)
wsgi_by_a2wsgi = import_module("a2wsgi").ASGIMiddleware(asgi_app)

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    asgi_by_starlette = import_module("starlette.middleware.wsgi").WSGIMiddleware(wsgi_app)
