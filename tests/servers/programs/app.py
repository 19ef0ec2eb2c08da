"""The application under test: the web apps themselves, with a database in memory for each process."""

from typing import Any

from engine_telemetry.engine import ProcessEngine
from webapps.main import create_app, create_wsgi_app
from webapps.rest.telemetry_wsgi import telemetry_app

SETTINGS: dict[str, Any] = {"database_url": "sqlite://", "telemetry_reporter_activate": False}
MOUNT = "/engine-rest/telemetry"

wsgi_app: Any = create_wsgi_app(**SETTINGS)
asgi_app: Any = create_app(**SETTINGS)


def resource() -> Any:
    """The telemetry resource alone, for programs of other frameworks."""
    return telemetry_app(ProcessEngine(**SETTINGS))
