"""The application as a Django program: its views."""

from importlib import import_module
from typing import Any

from app import what_is_known

from engine_telemetry.middleware.wsgi import TelemetryMiddleware

path = import_module("django.urls").path
HttpResponse = import_module("django.http").HttpResponse


def answer(_: object) -> Any:
    """Answer a request."""
    return HttpResponse(what_is_known(), content_type="application/json")


urlpatterns = [path("", answer)]
application = TelemetryMiddleware(import_module("django.core.wsgi").get_wsgi_application())
