"""The queries for what is deployed, as data for the listing module."""

from typing import Any

from sqlalchemy import ColumnElement, Row, or_, select

from engine_telemetry.engine.entities import Deployment, ProcessDefinition
from engine_telemetry.engine.persistence.listing import Listing
from engine_telemetry.engine.persistence.tables import deployment, process_definition
from engine_telemetry.engine.persistence.versions import is_latest


def to_definition(row: Row[Any]) -> ProcessDefinition:
    """A process definition."""
    return ProcessDefinition(
        row.id,
        row.key,
        row.version,
        row.name,
        row.version_tag,
        row.deployment_id,
        row.resource_name,
        suspended=row.suspended,
        history_time_to_live=row.history_time_to_live,
        startable_in_tasklist=row.startable_in_tasklist,
    )


def _has_in_name_or_key(text: str) -> ColumnElement[bool]:
    columns = (process_definition.c.name, process_definition.c.key)
    return or_(*(column.icontains(text, autoescape=True) for column in columns))


DEPLOYMENTS = Listing(
    rows=select(deployment),
    key=deployment.c.id,
    criteria={
        "deployment_id": deployment.c.id.__eq__,
        "name": deployment.c.name.__eq__,
        "name_like": deployment.c.name.like,
        "name_containing": lambda text: deployment.c.name.icontains(text, autoescape=True),
        "source": deployment.c.source.__eq__,
        "before": deployment.c.deployment_time.__lt__,
        "after": deployment.c.deployment_time.__gt__,
    },
    orders={
        "id": deployment.c.id,
        "name": deployment.c.name,
        "deploymentTime": deployment.c.deployment_time,
    },
    entity=lambda row: Deployment(row.id, row.name, row.source, row.deployment_time),
)

DEFINITIONS = Listing(
    rows=select(process_definition),
    key=process_definition.c.id,
    criteria={
        "definition_id": process_definition.c.id.__eq__,
        "key": process_definition.c.key.__eq__,
        "keys": process_definition.c.key.in_,
        "name": process_definition.c.name.__eq__,
        "name_like": process_definition.c.name.like,
        "key_like": process_definition.c.key.like,
        "containing": _has_in_name_or_key,
        "definition_ids": process_definition.c.id.in_,
        "version": process_definition.c.version.__eq__,
        "version_tag": process_definition.c.version_tag.__eq__,
        "version_tag_like": process_definition.c.version_tag.like,
        "suspended": process_definition.c.suspended.__eq__,
        "startable_in_tasklist": process_definition.c.startable_in_tasklist.__eq__,
        "latest_version": is_latest(process_definition),
        "deployment_id": process_definition.c.deployment_id.__eq__,
    },
    orders={
        "id": process_definition.c.id,
        "key": process_definition.c.key,
        "name": process_definition.c.name,
        "version": process_definition.c.version,
        "versionTag": process_definition.c.version_tag,
        "deploymentId": process_definition.c.deployment_id,
    },
    entity=to_definition,
)
