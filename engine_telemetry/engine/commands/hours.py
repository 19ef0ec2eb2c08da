"""Commands that count what happened by the hour."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.history_entities import Hour
from engine_telemetry.engine.persistence.hours import ENDED, INCIDENTS, STARTED, WHERE_IT_FAILED, count_by_hour
from engine_telemetry.exceptions import BadUserRequestException

MAX_HOURS = 24 * 366
_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class GetInstancesByHourCmd(ReadOnly):
    """Count the process instances that started and ended, and the incidents, in each hour."""

    since: datetime
    until: datetime

    def __call__(self, context: CommandContext) -> list[Hour]:
        """All hours from the one to the other, those in which nothing happened too."""
        first = self.since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        number = max(0, -(-(self.until - first) // _HOUR))
        if number > MAX_HOURS:
            raise BadUserRequestException(f"From {self.since} to {self.until} it is more than {MAX_HOURS} hours")
        end = first + number * _HOUR
        started, ended = (count_by_hour(context.connection, column, first, end) for column in (STARTED, ENDED))
        incidents = count_by_hour(context.connection, INCIDENTS, first, end, WHERE_IT_FAILED)
        hours = [first + count * _HOUR for count in range(number)]
        return [Hour(hour, started.get(hour, 0), ended.get(hour, 0), incidents.get(hour, 0)) for hour in hours]
