"""Middleware that lets telemetry know the application server.

There is one ``TelemetryMiddleware`` for each interface: in ``wsgi`` and in ``asgi``.
"""
