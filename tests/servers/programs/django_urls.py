"""A Django program with the telemetry resource in its views: for its servers, and for its test client."""

from importlib import import_module
from typing import Any

from app import MOUNT, resource
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client, EnvironBuilder

from engine_telemetry.middleware.wsgi import TelemetryMiddleware

path = import_module("django.urls").path
HttpResponse = import_module("django.http").HttpResponse
telemetry = resource()


def data(_: object) -> Any:
    """Answer what telemetry knows."""
    answer = Client(telemetry).open(EnvironBuilder("/data"))
    return HttpResponse(answer.get_data(), content_type="application/json")


urlpatterns = [path(f"{MOUNT[1:]}/data", data)]
site = import_module("django.core.wsgi").get_wsgi_application()
application = TelemetryMiddleware(DispatcherMiddleware(site, {MOUNT: telemetry}))
