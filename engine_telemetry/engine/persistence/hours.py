"""Counts what happened by the hour: grouped by the database, never row by row."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, func, select

from engine_telemetry.engine.persistence.history_tables import hi_incident, hi_process_instance

STARTED = hi_process_instance.c.start_time
ENDED = hi_process_instance.c.end_time
INCIDENTS = hi_incident.c.created
WHERE_IT_FAILED = hi_incident.c.root_cause_incident_id == hi_incident.c.id
"""Of the incidents, those that are not what a caller has of them."""

_FORMAT = "%Y-%m-%d %H"
_HOUR: Mapping[str, Callable[[ColumnElement[Any]], ColumnElement[str]]] = {
    "sqlite": lambda time: func.substr(time, 1, len("YYYY-MM-DD HH")),
    "postgresql": lambda time: func.to_char(time, "YYYY-MM-DD HH24"),
    "mysql": lambda time: func.date_format(time, _FORMAT),
    "mariadb": lambda time: func.date_format(time, _FORMAT),
}


def count_by_hour(
    connection: Connection, column: Column[datetime], since: datetime, until: datetime, *conditions: ColumnElement[bool]
) -> dict[datetime, int]:
    """How many times of a column lie in each hour from one time to another, by the hour's beginning; UTC.

    Hours without any are left out.
    """
    hour = _HOUR[connection.dialect.name](column).label("hour")
    times = select(hour).where(column >= since, column < until, *conditions).subquery()
    counted = select(times.c.hour, func.count()).group_by(times.c.hour)
    return {
        datetime.strptime(hour, _FORMAT).replace(tzinfo=UTC): number for hour, number in connection.execute(counted)
    }
