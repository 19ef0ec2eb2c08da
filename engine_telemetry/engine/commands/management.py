"""Commands for telemetry. They work on their own transaction's connection: a second one would wait for it on SQLite."""

from dataclasses import dataclass

from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.history import History, read_history
from engine_telemetry.report import Report
from engine_telemetry.resending import Attempt
from engine_telemetry.status import Status


@dataclass(frozen=True)
class TelemetryConfigureCmd:
    """Switch telemetry on or off."""

    enabled: bool
    user_id: str | None
    cause: str | None = None

    def __call__(self, context: CommandContext) -> None:
        """Store it; it holds on this node when it is committed."""
        toggle = context.telemetry.toggle
        context.after_commit(toggle(context.connection, enabled=self.enabled, user=self.user_id, cause=self.cause))


@dataclass(frozen=True)
class TelemetryDecideCmd:
    """Switch telemetry on or off, if nobody has decided yet."""

    enabled: bool
    user_id: str | None
    cause: str | None = None

    def __call__(self, context: CommandContext) -> bool:
        """Whether nobody had."""
        decide = context.telemetry.decide
        follow = decide(context.connection, enabled=self.enabled, user=self.user_id, cause=self.cause)
        if follow is not None:
            context.after_commit(follow)
        return follow is not None


@dataclass(frozen=True)
class SendTelemetryReportCmd:
    """Have the waiting report sent again."""

    user_id: str | None

    def __call__(self, context: CommandContext) -> Attempt:
        """What sends it, after the commit."""
        return context.telemetry.claim_again(context.connection, user=self.user_id)


class DeleteTelemetryHistoryCmd:
    """Forget the reports that came to their end."""

    def __call__(self, context: CommandContext) -> int:
        """How many these were."""
        return context.telemetry.delete_history(context.connection)


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


@dataclass(frozen=True)
class GetTelemetryHistoryCmd(ReadOnly):
    """Ask for what was reported, and who switched telemetry."""

    all_changes: bool = False

    def __call__(self, context: CommandContext) -> History:
        """The last reports and changes."""
        return read_history(context.connection, all_changes=self.all_changes)
