"""Calls the application as AWS Lambda would, through the adapter that is named, and prints the answer's body."""

import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from app import asgi_app, wsgi_app

EVENT = {
    "version": "2.0",
    "routeKey": "$default",
    "rawPath": "/engine-rest/telemetry/data",
    "rawQueryString": "",
    "headers": {"host": "example.org", "server-software": "nginx/1.0"},
    "requestContext": {
        "http": {
            "method": "GET",
            "path": "/engine-rest/telemetry/data",
            "sourceIp": "192.0.2.1",
            "protocol": "HTTP/1.1",
            "userAgent": "",
        },
        "stage": "$default",
    },
    "isBase64Encoded": False,
}


def mangum() -> Any:
    """Call through mangum."""
    return import_module("mangum").Mangum(asgi_app, lifespan="off")(EVENT, {})


def apig_wsgi() -> Any:
    """Call through apig-wsgi."""
    return import_module("apig_wsgi").make_lambda_handler(wsgi_app)(EVENT, {})


def serverless_wsgi() -> Any:
    """Call through serverless-wsgi."""
    return import_module("serverless_wsgi").handle_request(wsgi_app, EVENT, {})


ADAPTERS: dict[str, Callable[[], Any]] = {call.__name__: call for call in (mangum, apig_wsgi, serverless_wsgi)}

if __name__ == "__main__":
    sys.stdout.write(str(ADAPTERS[sys.argv[1]]()["body"]))
