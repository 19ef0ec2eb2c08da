"""Camunda 7's REST API, as far as it is built: one module a resource, the same functions under ASGI and WSGI."""
