"""The application as a Flask program."""

from importlib import import_module
from typing import Any

from app import what_is_known

from engine_telemetry.middleware.wsgi import TelemetryMiddleware

app: Any = import_module("flask").Flask(__name__)
app.route("/")(what_is_known)
app.wsgi_app = TelemetryMiddleware(app.wsgi_app)
