"""The telemetry resource: the switch, what the next report would say, the state, the schema."""

import json
from textwrap import shorten

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import InvalidRequestException
from engine_telemetry.report import json_schema
from webapps.rest.exchange import Answer, Request, no_content, ok
from webapps.rest.resource import Resource

_EXPECTED = 'Expected is {"enableTelemetry": true} or {"enableTelemetry": false}.'


def get_configuration(engine: ProcessEngine, _: Request) -> Answer:
    """What is stored: true, false, or null while nobody has decided."""
    return ok({"enableTelemetry": engine.management_service.is_telemetry_enabled()})


def set_configuration(engine: ProcessEngine, request: Request) -> Answer:
    """Store the decision. Only a JSON true or false is one: nobody consents by a typing error."""
    body = request.json_object()
    if "enableTelemetry" not in body:
        raise InvalidRequestException(f"The member 'enableTelemetry' is missing in {_shown(body)}. {_EXPECTED}")
    enabled = body["enableTelemetry"]
    if not isinstance(enabled, bool):
        raise InvalidRequestException(f"The member 'enableTelemetry' is {_shown(enabled)}. {_EXPECTED}")
    engine.management_service.toggle_telemetry(enabled, user_id=request.user_id)
    return no_content()


def get_data(engine: ProcessEngine, _: Request) -> Answer:
    """What the next report would say now; nothing is taken by looking."""
    return ok(engine.management_service.get_telemetry_data().to_dict())


def get_status(engine: ProcessEngine, _: Request) -> Answer:
    """What holds, what decided it, and what became of the reports."""
    return ok(engine.management_service.get_telemetry_status().to_dict())


def get_schema(_: ProcessEngine, __: Request) -> Answer:
    """The JSON Schema of the report."""
    return ok(json_schema())


def _shown(value: object) -> str:
    return shorten(json.dumps(value), width=80, placeholder="...")


RESOURCES = (
    Resource(
        "/telemetry/configuration", {"GET": get_configuration, "POST": set_configuration}, administrators_only=True
    ),
    Resource("/telemetry/data", {"GET": get_data}, administrators_only=True),
    Resource("/telemetry/status", {"GET": get_status}, administrators_only=True),
    Resource("/telemetry/schema", {"GET": get_schema}, administrators_only=True),
)
