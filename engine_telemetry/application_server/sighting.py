"""A server that was seen in a request, and the slower step from there to its name and version."""

from dataclasses import dataclass

from engine_telemetry.application_server import versions
from engine_telemetry.application_server.server import ApplicationServer


@dataclass(frozen=True)
class Sighting:
    """A server that was seen, perhaps without its version, perhaps without its name.

    Attributes:
        vendor: The server's own spelling; ``None`` if the distribution of ``module`` has to name it.
        version: The bare version, if the running server shows it.
        distribution: The installed distribution to ask for the version otherwise.
        module: Where the gateway object of a server comes from that is not in the table.
        worker: The server that does the work, where the vendor is a process manager.
        otherwise: What holds if ``module`` is in no distribution.
    """

    vendor: str | None = None
    version: str | None = None
    distribution: str | None = None
    module: str = ""
    worker: "Sighting | None" = None
    otherwise: "Sighting | None" = None

    @property
    def complete(self) -> bool:
        """Whether ``identify`` needs no look into the installed distributions."""
        known = self.vendor is not None and (self.version is not None or self.distribution is None)
        return known and (self.worker is None or self.worker.complete)


def identify(sighting: Sighting) -> ApplicationServer | None:
    """The server with its version. Slow, unless the sighting is complete; ``None`` if nothing names the server."""
    if sighting.vendor is None:
        named = versions.distribution_of(sighting.module)
        if named:
            return ApplicationServer(named[0], "/".join(named))
        return identify(sighting.otherwise) if sighting.otherwise else None
    version = _version(sighting)
    if version is None:
        return ApplicationServer(sighting.vendor)
    worker = f" ({_product(sighting.worker)})" if sighting.worker else ""
    return ApplicationServer(sighting.vendor, f"{sighting.vendor}/{version}{worker}")


def _version(sighting: Sighting) -> str | None:
    return sighting.version or (versions.installed(sighting.distribution) if sighting.distribution else None)


def _product(sighting: Sighting) -> str:
    version = _version(sighting)
    return f"{sighting.vendor}/{version}" if version else str(sighting.vendor)
