"""The engine resource: which engines there are."""

from dataclasses import dataclass

from engine_telemetry.engine import ProcessEngine
from webapps.rest.exchange import Request
from webapps.rest.resource import Resource


@dataclass(frozen=True)
class ProcessEngineDto:
    """An engine."""

    name: str


def get_engines(engine: ProcessEngine, _: Request) -> list[ProcessEngineDto]:
    """The names of all engines; here one."""
    return [ProcessEngineDto(engine.name)]


RESOURCES = (Resource("/engine", {"GET": get_engines}),)
