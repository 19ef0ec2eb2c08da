"""Makes the report of what is known: one builder for the preview, the log, the history and the wire."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Connection

from engine_telemetry.application_server import ApplicationServer
from engine_telemetry.configuration import Configuration
from engine_telemetry.database import identify
from engine_telemetry.report import Component, Edition, Internals, Product, Report, commands
from engine_telemetry.store import State


@dataclass(frozen=True)
class ReportBuilder:
    """Builds reports about the product that these settings name."""

    configuration: Configuration

    def build(
        self, connection: Connection, state: State, counts: Mapping[str, int], server: ApplicationServer | None
    ) -> Report:
        """The report of these counts.

        Args:
            connection: To ask the database who it is.
            state: For the installation id.
            counts: Executions by command.
            server: What was recognised; what the operator says in ``applicationServer`` wins over it.
        """
        settings = self.configuration
        database = identify(connection)
        server = self._named_server() or server
        internals = Internals(
            database=Component(database.vendor, database.version or None),
            application_server=None if server is None else Component(server.vendor, server.version),
            commands=commands(counts),
        )
        edition = cast("Edition", settings.product_edition)
        product = Product(settings.product_name, settings.product_version, edition, internals)
        return Report(state.installation, product)

    def build_bytes(self, connection: Connection, state: State, counts: Mapping[str, int], server: str | None) -> bytes:
        """The same as it is sent; the server as it lies in the database."""
        return self.build(connection, state, counts, server_from_text(server)).to_json()

    def _named_server(self) -> ApplicationServer | None:
        text = self.configuration.application_server
        if text is None:
            return None
        return ApplicationServer(text.partition("/")[0].strip(), text if "/" in text else None)


def server_to_text(server: ApplicationServer) -> str:
    """The server as it lies in the counter file and in the database: vendor and version, a line each."""
    return f"{server.vendor}\n{server.version or ''}"


def server_from_text(text: str | None) -> ApplicationServer | None:
    """The server that such a text means."""
    if text is None:
        return None
    vendor, _, version = text.partition("\n")
    return ApplicationServer(vendor, version or None)
