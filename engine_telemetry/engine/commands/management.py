"""Commands for telemetry. They work on their own transaction's connection: a second one would wait for it on SQLite."""

from dataclasses import dataclass

from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.history import History, read_history
from engine_telemetry.report import Report
from engine_telemetry.status import Status


@dataclass(frozen=True)
class TelemetryConfigureCmd:
    """Switch telemetry on or off."""

    enabled: bool
    user_id: str | None

    def __call__(self, context: CommandContext) -> None:
        """Store it; it holds on this node when it is committed."""
        toggle = context.telemetry.toggle
        context.after_commit(toggle(context.connection, enabled=self.enabled, user=self.user_id))


class IsTelemetryEnabledCmd(ReadOnly):
    """Ask what was decided."""

    def __call__(self, context: CommandContext) -> bool | None:
        """On, off, or ``None`` while nobody has."""
        return context.telemetry.is_enabled(context.connection)


class GetTelemetryDataCmd(ReadOnly):
    """Ask for what the next report would say."""

    def __call__(self, context: CommandContext) -> Report:
        """The report, without taking anything."""
        return context.telemetry.data(context.connection)


class GetTelemetryStatusCmd(ReadOnly):
    """Ask what holds, and what decided it."""

    def __call__(self, context: CommandContext) -> Status:
        """The status."""
        return context.telemetry.status(context.connection)


class GetTelemetryHistoryCmd(ReadOnly):
    """Ask for what was reported, and who switched telemetry."""

    def __call__(self, context: CommandContext) -> History:
        """The last reports and changes."""
        return read_history(context.connection)
