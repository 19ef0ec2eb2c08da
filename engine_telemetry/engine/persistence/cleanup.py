"""Finds what has outlived the time for which its history is to be kept."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from engine_telemetry.engine.persistence.history_tables import hi_process_instance
from engine_telemetry.engine.persistence.tables import process_definition


def find_outlived(connection: Connection, now: datetime, most: int) -> list[str]:
    """Process instances that ended longer ago than their definitions say; those without a time to live stay."""
    time_to_live = process_definition.c.history_time_to_live
    found: list[str] = []
    for days in connection.execute(select(time_to_live).where(time_to_live.is_not(None)).distinct()).scalars():
        of_definitions = select(process_definition.c.id).where(time_to_live == days)
        outlived = (
            select(hi_process_instance.c.id)
            .where(hi_process_instance.c.end_time < now - timedelta(days=days))
            .where(hi_process_instance.c.definition_id.in_(of_definitions))
            .limit(most - len(found))
        )
        found += connection.execute(outlived).scalars()
        if len(found) >= most:
            break
    return found
