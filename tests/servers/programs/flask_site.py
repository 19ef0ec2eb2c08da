"""A Flask program with the telemetry resource mounted in it."""

from importlib import import_module
from typing import Any

from app import MOUNT, resource
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from engine_telemetry.middleware.wsgi import TelemetryMiddleware

app: Any = import_module("flask").Flask(__name__)
app.wsgi_app = TelemetryMiddleware(DispatcherMiddleware(app.wsgi_app, {MOUNT: resource()}))
