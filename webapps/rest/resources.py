"""All resources of the REST API, and the document about them."""

from collections.abc import Mapping

from engine_telemetry.engine import ProcessEngine
from webapps.rest import (
    batch,
    bulk,
    decision_definition,
    deployment,
    engine,
    events,
    external_task,
    fetch_and_lock,
    filters,
    history,
    identity,
    incident,
    process_definition,
    process_instance,
    runtime,
    statistics,
    suspension,
    task,
    task_details,
    telemetry,
    user_operation,
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
    *bulk.RESOURCES,
    *suspension.RESOURCES,
    *batch.RESOURCES,
    *deployment.RESOURCES,
    *statistics.RESOURCES,
    *process_definition.RESOURCES,
    *decision_definition.RESOURCES,
    *process_instance.RESOURCES,
    *task.RESOURCES,
    *task_details.RESOURCES,
    *filters.RESOURCES,
    *fetch_and_lock.RESOURCES,
    *external_task.RESOURCES,
    *events.RESOURCES,
    *runtime.RESOURCES,
    *incident.RESOURCES,
    *history.RESOURCES,
    *user_operation.RESOURCES,
    *identity.RESOURCES,
    *telemetry.RESOURCES,
)
"""What there is of each engine."""
