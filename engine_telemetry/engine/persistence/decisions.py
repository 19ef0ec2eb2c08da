"""Rows of decision definitions."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_, select

from engine_telemetry.engine.entities import DecisionDefinition
from engine_telemetry.engine.persistence.listing import Listing
from engine_telemetry.engine.persistence.tables import decision_definition, resource
from engine_telemetry.engine.persistence.versions import fits_binding, is_latest
from engine_telemetry.engine.persistence.writing import insert_rows


def insert_decisions(connection: Connection, new: Sequence[DecisionDefinition]) -> None:
    """Store the decision definitions of a deployment."""
    rows = [vars(one) | {"resource_name": one.resource} for one in new]
    insert_rows(connection, decision_definition, [{k: v for k, v in row.items() if k != "resource"} for row in rows])


def find_decision(connection: Connection, decision_id: str) -> DecisionDefinition | None:
    """The decision definition with this id."""
    return _find(connection, decision_definition.c.id == decision_id)


def find_bound_decision(
    connection: Connection,
    key: str,
    binding: str = "latest",
    value: str | None = None,
    caller_definition_id: str | None = None,
) -> DecisionDefinition | None:
    """The decision definition that is meant: see ``fits_binding``."""
    return _find(connection, fits_binding(decision_definition, key, binding, value, caller_definition_id))


def read_file(connection: Connection, decision_id: str) -> bytes | None:
    """The file that a decision definition came from."""
    statement = (
        select(resource.c.content)
        .join(decision_definition, decision_definition.c.deployment_id == resource.c.deployment_id)
        .where(decision_definition.c.id == decision_id, decision_definition.c.resource_name == resource.c.name)
    )
    return connection.execute(statement).scalar_one_or_none()


def _find(connection: Connection, which: ColumnElement[bool]) -> DecisionDefinition | None:
    statement = select(decision_definition).where(which).order_by(decision_definition.c.version.desc()).limit(1)
    row = connection.execute(statement).one_or_none()
    return None if row is None else _to_decision(row)


def _to_decision(row: Row[Any]) -> DecisionDefinition:
    return DecisionDefinition(
        row.id,
        row.key,
        row.version,
        row.name,
        row.version_tag,
        row.deployment_id,
        row.resource_name,
        row.history_time_to_live,
    )


def _has_in_name_or_key(text: str) -> ColumnElement[bool]:
    columns = (decision_definition.c.name, decision_definition.c.key)
    return or_(*(column.icontains(text, autoescape=True) for column in columns))


DECISIONS = Listing(
    rows=select(decision_definition),
    key=decision_definition.c.id,
    criteria={
        "decision_id": decision_definition.c.id.__eq__,
        "decision_ids": decision_definition.c.id.in_,
        "key": decision_definition.c.key.__eq__,
        "keys": decision_definition.c.key.in_,
        "key_like": decision_definition.c.key.like,
        "name": decision_definition.c.name.__eq__,
        "name_like": decision_definition.c.name.like,
        "containing": _has_in_name_or_key,
        "version": decision_definition.c.version.__eq__,
        "version_tag": decision_definition.c.version_tag.__eq__,
        "latest_version": is_latest(decision_definition),
        "deployment_id": decision_definition.c.deployment_id.__eq__,
        "resource_name": decision_definition.c.resource_name.__eq__,
    },
    orders={
        "id": decision_definition.c.id,
        "key": decision_definition.c.key,
        "name": decision_definition.c.name,
        "version": decision_definition.c.version,
        "versionTag": decision_definition.c.version_tag,
        "deploymentId": decision_definition.c.deployment_id,
    },
    entity=_to_decision,
)
