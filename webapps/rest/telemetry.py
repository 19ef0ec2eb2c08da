"""The telemetry resource: the switch, what the next report would say, the state, the schema."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from textwrap import shorten

from engine_telemetry.consent import REST_API
from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import InvalidRequestException
from engine_telemetry.report import json_schema
from webapps.rest.exchange import JSON, Request
from webapps.rest.resource import Operation, Resource

_EXPECTED = 'Expected is {"enableTelemetry": true} or {"enableTelemetry": false}.'


@dataclass(frozen=True)
class TelemetryConfigurationDto:
    """What is stored."""

    enable_telemetry: bool | None


def get_configuration(engine: ProcessEngine, _: Request) -> TelemetryConfigurationDto:
    """What is stored: true, false, or null while nobody has decided."""
    return TelemetryConfigurationDto(engine.management_service.is_telemetry_enabled())


def set_configuration(engine: ProcessEngine, request: Request) -> None:
    """Store the decision. Only a JSON true or false is one: nobody consents by a typing error."""
    body = request.json_object()
    if "enableTelemetry" not in body:
        raise InvalidRequestException(f"The member 'enableTelemetry' is missing in {_shown(body)}. {_EXPECTED}")
    enabled = body["enableTelemetry"]
    if not isinstance(enabled, bool):
        raise InvalidRequestException(f"The member 'enableTelemetry' is {_shown(enabled)}. {_EXPECTED}")
    engine.management_service.toggle_telemetry(enabled, user_id=request.user_id, cause=REST_API)


def get_data(engine: ProcessEngine, _: Request) -> Mapping[str, object]:
    """What the next report would say now; nothing is taken by looking."""
    return engine.management_service.get_telemetry_data().to_dict()


def get_status(engine: ProcessEngine, _: Request) -> Mapping[str, object]:
    """What holds, what decided it, and what became of the reports."""
    return engine.management_service.get_telemetry_status().to_dict()


def get_history(engine: ProcessEngine, _: Request) -> Mapping[str, object]:
    """The last 30 reports, each with its very text, and the last 30 changes of the switch."""
    return engine.management_service.get_telemetry_history().to_dict()


def get_schema(_: ProcessEngine, __: Request) -> Mapping[str, object]:
    """The JSON Schema of the report."""
    return json_schema()


def _shown(value: object) -> str:
    return shorten(json.dumps(value), width=80, placeholder="...")


_SWITCH = {
    "type": "object",
    "properties": {"enableTelemetry": {"type": "boolean"}},
    "required": ["enableTelemetry"],
}
RESOURCES = (
    Resource(
        "/telemetry/configuration",
        {"GET": get_configuration, "POST": Operation(set_configuration, takes={JSON: _SWITCH})},
        administrators_only=True,
    ),
    Resource("/telemetry/data", {"GET": get_data}, administrators_only=True),
    Resource("/telemetry/status", {"GET": get_status}, administrators_only=True),
    Resource("/telemetry/history", {"GET": get_history}, administrators_only=True),
    Resource("/telemetry/schema", {"GET": get_schema}, administrators_only=True),
)
