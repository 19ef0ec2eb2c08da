"""The version resource."""

from engine_telemetry.engine import ProcessEngine
from webapps.rest.exchange import Answer, Request, ok
from webapps.rest.resource import Resource


def get_version(engine: ProcessEngine, _: Request) -> Answer:
    """The version of the product that the engine is used as."""
    return ok({"version": engine.configuration.product_version})


RESOURCES = (Resource("/version", {"GET": get_version}),)
