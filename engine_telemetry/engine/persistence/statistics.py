"""Counts what goes on: grouped by the database, never row by row."""

from collections.abc import Sequence
from typing import TypeVar

from sqlalchemy import ColumnElement, Connection, FromClause, Select, case, func, select

from engine_telemetry.engine.entities import ProcessDefinition
from engine_telemetry.engine.history_entities import HistoricActivityStatistics
from engine_telemetry.engine.persistence.history_tables import hi_activity
from engine_telemetry.engine.persistence.tables import incident, job, process_definition, process_instance
from engine_telemetry.engine.runtime_entities import ActivityStatistics, DefinitionStatistics

Counted = TypeVar("Counted", Select[str, int], Select[str, str, int])


def count_by_activity(
    connection: Connection, definition: ProcessDefinition, *, all_versions: bool
) -> list[ActivityStatistics]:
    """What goes on in each activity in which something does, by its id: in a definition or all versions of its key."""
    versions = select(process_definition.c.id).where(process_definition.c.key == definition.key)
    which = versions if all_versions else [definition.id]
    running = _number(hi_activity.c.activity_id).where(hi_activity.c.end_time.is_(None))
    instances = _counts(connection, running.where(hi_activity.c.definition_id.in_(which)))
    failed = _counts(connection, _failed(job.c.activity_id).where(job.c.definition_id.in_(which)))
    in_activities = _incidents(incident.c.activity_id).where(incident.c.activity_id.is_not(None))
    kinds = _kinds(connection, in_activities.where(incident.c.definition_id.in_(which)))
    return [
        ActivityStatistics(name, instances.get(name, 0), failed.get(name, 0), kinds.get(name, {}))
        for name in sorted(instances.keys() | failed.keys() | kinds.keys())
    ]


def count_in_instance(connection: Connection, instance_id: str) -> list[HistoricActivityStatistics]:
    """How often each activity goes on in a process instance, and how often it has ended."""
    statement = (
        select(
            hi_activity.c.activity_id,
            func.count(),
            func.count(hi_activity.c.end_time),
            func.sum(case((hi_activity.c.cancelled, 1), else_=0)),
        )
        .where(hi_activity.c.instance_id == instance_id)
        .group_by(hi_activity.c.activity_id)
        .order_by(hi_activity.c.activity_id)
    )
    return [
        HistoricActivityStatistics(activity_id, number - finished, finished, int(canceled))
        for activity_id, number, finished, canceled in connection.execute(statement)
    ]


def count_by_definition(
    connection: Connection, definitions: Sequence[ProcessDefinition], *, all_versions: bool
) -> list[DefinitionStatistics]:
    """What goes on in the instances of these definitions, or of all versions of their keys."""
    of = [definition.key if all_versions else definition.id for definition in definitions]
    column = process_definition.c.key if all_versions else process_definition.c.id
    instances = _counts(connection, _of(_number(column), process_instance, column, of))
    failed = _counts(connection, _of(_failed(column), job, column, of))
    kinds = _kinds(connection, _of(_incidents(column), incident, column, of))
    return [
        DefinitionStatistics(definition, instances.get(name, 0), failed.get(name, 0), kinds.get(name, {}))
        for name, definition in zip(of, definitions, strict=True)
    ]


def _of(counted: Counted, table: FromClause, column: ColumnElement[str], names: Sequence[str]) -> Counted:
    joined = counted.join_from(table, process_definition, table.c.definition_id == process_definition.c.id)
    return joined.where(column.in_(names))


def _number(column: ColumnElement[str]) -> Select[str, int]:
    return select(column, func.count()).group_by(column)


def _failed(column: ColumnElement[str]) -> Select[str, int]:
    return _number(column).where(job.c.retries <= 0)


def _incidents(column: ColumnElement[str]) -> Select[str, str, int]:
    return select(column, incident.c.kind, func.count()).group_by(column, incident.c.kind)


def _counts(connection: Connection, counted: Select[str, int]) -> dict[str, int]:
    return {row[0]: row[1] for row in connection.execute(counted)}


def _kinds(connection: Connection, counted: Select[str, str, int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for name, kind, number in connection.execute(counted):
        found.setdefault(name, {})[kind] = number
    return found
