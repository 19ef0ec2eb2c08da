"""All resources of the REST API, and the document about them."""

from collections.abc import Mapping

from engine_telemetry.engine import ProcessEngine
from webapps.rest import (
    decision_definition,
    deployment,
    engine,
    events,
    external_task,
    fetch_and_lock,
    history,
    identity,
    incident,
    process_definition,
    process_instance,
    runtime,
    statistics,
    task,
    task_details,
    telemetry,
    version,
)
from webapps.rest.exchange import Request
from webapps.rest.openapi import document
from webapps.rest.resource import Resource


def get_openapi(process_engine: ProcessEngine, _: Request) -> Mapping[str, object]:
    """The OpenAPI document of this API."""
    return document((*OF_ALL_ENGINES, *OF_AN_ENGINE), process_engine.configuration.product_version)


OF_ALL_ENGINES = engine.RESOURCES
"""What there is once."""

OF_AN_ENGINE = (
    Resource("/openapi.json", {"GET": get_openapi}),
    *version.RESOURCES,
    *deployment.RESOURCES,
    *statistics.RESOURCES,
    *process_definition.RESOURCES,
    *decision_definition.RESOURCES,
    *process_instance.RESOURCES,
    *task.RESOURCES,
    *task_details.RESOURCES,
    *fetch_and_lock.RESOURCES,
    *external_task.RESOURCES,
    *events.RESOURCES,
    *runtime.RESOURCES,
    *incident.RESOURCES,
    *history.RESOURCES,
    *identity.RESOURCES,
    *telemetry.RESOURCES,
)
"""What there is of each engine."""
