"""Rows of incidents: something does not go on without help. One in a called instance is one in its callers too."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from engine_telemetry.engine.ids import new_id
from engine_telemetry.engine.persistence.history_tables import hi_activity, hi_incident
from engine_telemetry.engine.persistence.listing import Listing
from engine_telemetry.engine.persistence.prepared import Prepared
from engine_telemetry.engine.persistence.tables import (
    external_task,
    incident,
    job,
    process_definition,
    process_instance,
)
from engine_telemetry.engine.runtime_entities import Incident

FAILED_JOB = "failedJob"
FAILED_EXTERNAL_TASK = "failedExternalTask"
OPEN = "open"
RESOLVED = "resolved"
DELETED = "deleted"


@dataclass(frozen=True)
class Trouble:
    """What an incident is about, and where it is.

    Attributes:
        kind: ``failedJob``, ``failedExternalTask``, or what a program made up.
        configuration: The id of the job or of the external task.
        instance_id: Where; ``None`` if an instance could not be started.
        error_details: The stack trace, for the history.
    """

    kind: str
    configuration: str | None
    message: str | None
    instance_id: str | None
    definition_id: str
    definition_key: str
    activity_id: str | None
    failed_activity_id: str | None = None
    error_details: str | None = None


def create_incident(connection: Connection, trouble: Trouble, now: datetime) -> str:
    """Make an incident, also in the instances that called this one, and return its id."""
    first = cause = _insert(connection, trouble, now)
    while trouble.instance_id is not None and (caller := _caller(connection, trouble.instance_id)) is not None:
        place = {"instance_id": caller.id, "definition_id": caller.definition_id, "definition_key": caller.key}
        trouble = replace(trouble, activity_id=caller.activity_id, configuration=None, error_details=None, **place)
        cause = _insert(connection, trouble, now, cause=cause, root_cause=first)
    return first


def _insert(
    connection: Connection, trouble: Trouble, now: datetime, *, cause: str | None = None, root_cause: str | None = None
) -> str:
    new = new_id()
    both = {
        "id": new,
        "cause_incident_id": cause or new,
        "root_cause_incident_id": root_cause or new,
        "kind": trouble.kind,
        "message": trouble.message,
        "configuration": trouble.configuration,
        "instance_id": trouble.instance_id,
        "definition_id": trouble.definition_id,
        "activity_id": trouble.activity_id,
        "failed_activity_id": trouble.failed_activity_id or trouble.activity_id,
    }
    connection.execute(insert(incident).values(both | {"time": now}))
    more = {"definition_key": trouble.definition_key, "error_details": trouble.error_details}
    connection.execute(insert(hi_incident).values(both | more | {"created": now, "state": OPEN}))
    return new


def _caller(connection: Connection, instance_id: str) -> Row[Any] | None:
    """The instance that called this one, and the activity from which it did."""
    called = process_instance.alias("called")
    statement: Select[Any] = (
        select(
            process_instance.c.id, process_instance.c.definition_id, process_definition.c.key, hi_activity.c.activity_id
        )
        .join_from(called, process_instance, process_instance.c.id == called.c.super_instance_id)
        .join(process_definition, process_definition.c.id == process_instance.c.definition_id)
        .outerjoin(hi_activity, hi_activity.c.id == called.c.super_wait_id)
        .where(called.c.id == instance_id)
    )
    return connection.execute(statement).one_or_none()


def resolve_incidents(
    connection: Connection, configurations: Collection[str], now: datetime, *, state: str = RESOLVED
) -> None:
    """What was wrong with these jobs or external tasks is mended, or they are gone."""
    _end(connection, incident.c.configuration.in_(list(configurations)), now, state)


def resolve_incident(connection: Connection, incident_id: str, now: datetime) -> bool:
    """End an incident, and those that it caused; false if there is none."""
    return _end(connection, incident.c.id == incident_id, now, RESOLVED)


def _end(connection: Connection, which: ColumnElement[bool], now: datetime, state: str) -> bool:
    causes = [row.id for row in connection.execute(select(incident.c.id).where(which))]
    if not causes:
        return False
    caused = or_(incident.c.root_cause_incident_id.in_(causes), incident.c.id.in_(causes))
    ids = [row.id for row in connection.execute(select(incident.c.id).where(caused))]
    connection.execute(delete(incident).where(incident.c.id.in_(ids)))
    connection.execute(update(hi_incident).where(hi_incident.c.id.in_(ids)).values(end_time=now, state=state))
    return True


def delete_waits(connection: Connection, table: Table, ids: Collection[str], now: datetime) -> None:
    """Delete rows of jobs or external tasks, with their incidents. Those without retries are the ones that have any."""
    if not ids:
        return
    rows = [row for wait_id in ids for row in _deleting(table).fetch(connection, {"row_id": wait_id})]
    failed = [row.id for row in rows if row.retries is not None and row.retries <= 0]
    if failed:
        resolve_incidents(connection, failed, now, state=DELETED)


@cache
def _deleting(table: Table) -> Prepared:
    return Prepared(delete(table).where(table.c.id == bindparam("row_id")).returning(table.c.id, table.c.retries))


def annotate(connection: Connection, incident_id: str, annotation: str | None) -> bool:
    """Write something beside an incident; false if there is none."""
    for table in (hi_incident, incident):
        changed = connection.execute(update(table).where(table.c.id == incident_id).values(annotation=annotation))
    return changed.rowcount > 0


def find_incident(connection: Connection, incident_id: str) -> Incident | None:
    """An incident."""
    row = connection.execute(select(incident).where(incident.c.id == incident_id)).one_or_none()
    return None if row is None else _to_incident(row)


def read_details(connection: Connection, incident_id: str) -> tuple[bool, str | None]:
    """Whether there is or was an incident, and the details of what is at its root: of its last failure, if it waits."""
    root = hi_incident.alias("root")
    statement = (
        select(func.coalesce(job.c.error_details, external_task.c.error_details, root.c.error_details).label("details"))
        .join_from(hi_incident, root, root.c.id == hi_incident.c.root_cause_incident_id)
        .outerjoin(job, job.c.id == root.c.configuration)
        .outerjoin(external_task, external_task.c.id == root.c.configuration)
        .where(hi_incident.c.id == incident_id)
    )
    row = connection.execute(statement).one_or_none()
    return row is not None, None if row is None else row.details


def _to_incident(row: Row[Any]) -> Incident:
    return Incident(**{name: getattr(row, name) for name in Incident.__dataclass_fields__})


def _is_root_cause(is_one: bool) -> ColumnElement[bool]:  # noqa: FBT001  a criterion's value
    own, root = incident.c.id, incident.c.root_cause_incident_id
    return root == own if is_one else root != own


INCIDENTS = Listing(
    rows=select(incident).outerjoin_from(
        incident, process_definition, process_definition.c.id == incident.c.definition_id
    ),
    key=incident.c.id,
    criteria={
        "incident_id": incident.c.id.__eq__,
        "kind": incident.c.kind.__eq__,
        "message": incident.c.message.__eq__,
        "message_like": incident.c.message.like,
        "message_containing": lambda text: incident.c.message.icontains(text, autoescape=True),
        "definition_id": incident.c.definition_id.__eq__,
        "definition_keys": process_definition.c.key.in_,
        "instance_id": incident.c.instance_id.__eq__,
        "instance_ids": incident.c.instance_id.in_,
        "before": incident.c.time.__lt__,
        "after": incident.c.time.__gt__,
        "activity_id": incident.c.activity_id.__eq__,
        "activity_ids": incident.c.activity_id.in_,
        "failed_activity_id": incident.c.failed_activity_id.__eq__,
        "cause_incident_id": incident.c.cause_incident_id.__eq__,
        "root_cause_incident_id": incident.c.root_cause_incident_id.__eq__,
        "root_cause": _is_root_cause,
        "configuration": incident.c.configuration.__eq__,
    },
    orders={
        "incidentId": incident.c.id,
        "incidentTimestamp": incident.c.time,
        "incidentType": incident.c.kind,
        "executionId": incident.c.instance_id,
        "activityId": incident.c.activity_id,
        "processInstanceId": incident.c.instance_id,
        "processDefinitionId": incident.c.definition_id,
        "causeIncidentId": incident.c.cause_incident_id,
        "rootCauseIncidentId": incident.c.root_cause_incident_id,
        "configuration": incident.c.configuration,
        "incidentMessage": incident.c.message,
    },
    entity=_to_incident,
)
