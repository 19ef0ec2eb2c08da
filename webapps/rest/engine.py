"""The engine resource: which engines there are."""

from engine_telemetry.engine import ProcessEngine
from webapps.rest.exchange import Answer, Request, ok
from webapps.rest.resource import Resource


def get_engines(engine: ProcessEngine, _: Request) -> Answer:
    """The names of all engines; here one."""
    return ok([{"name": engine.name}])


RESOURCES = (Resource("/engine", {"GET": get_engines}),)
