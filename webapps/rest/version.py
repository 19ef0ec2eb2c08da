"""The version resource."""

from dataclasses import dataclass

from engine_telemetry.engine import ProcessEngine
from webapps.rest.exchange import Request
from webapps.rest.resource import Resource


@dataclass(frozen=True)
class VersionDto:
    """A version."""

    version: str


def get_version(engine: ProcessEngine, _: Request) -> VersionDto:
    """The version of the product that the engine is used as."""
    return VersionDto(engine.configuration.product_version)


RESOURCES = (Resource("/version", {"GET": get_version}),)
