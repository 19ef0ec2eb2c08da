"""Opt-in usage telemetry for Python process engines. Importing it starts nothing and opens nothing.

The embeddable process engine is ``engine_telemetry.engine``; the middleware for web applications are in
``engine_telemetry.middleware``.
"""

from engine_telemetry.application_server import ApplicationServer
from engine_telemetry.configuration import Configuration
from engine_telemetry.exceptions import ConfigurationError, EngineTelemetryError
from engine_telemetry.report import Report
from engine_telemetry.status import Status
from engine_telemetry.telemetry import Telemetry

__all__ = [
    "ApplicationServer",
    "Configuration",
    "ConfigurationError",
    "EngineTelemetryError",
    "Report",
    "Status",
    "Telemetry",
]
