"""Telemetry: its switch, and what it would send."""

from engine_telemetry.engine.commands.management import (
    GetTelemetryDataCmd,
    GetTelemetryHistoryCmd,
    GetTelemetryStatusCmd,
    IsTelemetryEnabledCmd,
    TelemetryConfigureCmd,
)
from engine_telemetry.engine.executor import Executor
from engine_telemetry.history import History
from engine_telemetry.report import Report
from engine_telemetry.status import Status


class ManagementService:
    """Telemetry: its switch, and what it would send."""

    def __init__(self, executor: Executor) -> None:
        """Run commands on this executor."""
        self._executor = executor

    def toggle_telemetry(self, enabled: bool, *, user_id: str | None = None) -> None:  # noqa: FBT001  Camunda's call
        """Switch telemetry on or off for this database, for good. Whoever does it must be entitled to.

        Args:
            enabled: On or off.
            user_id: Who decided, for the record of changes.
        """
        self._executor.execute(TelemetryConfigureCmd(enabled, user_id))

    def is_telemetry_enabled(self) -> bool | None:
        """What was decided for this database; ``None`` if nobody has decided."""
        return self._executor.execute(IsTelemetryEnabledCmd())

    def get_telemetry_data(self) -> Report:
        """What the next report would say now. Nothing is taken or sent."""
        return self._executor.execute(GetTelemetryDataCmd())

    def get_telemetry_status(self) -> Status:
        """Whether telemetry is on, what decided it, and how the last report fared."""
        return self._executor.execute(GetTelemetryStatusCmd())

    def get_telemetry_history(self) -> History:
        """The last reports with their bytes, and the last changes of the switch."""
        return self._executor.execute(GetTelemetryHistoryCmd())
