"""Rows of event subscriptions: instances that wait for a message, a signal or a condition, and start events."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Select, Table, delete, literal, select, union_all

from engine_telemetry.engine.bpmn.waits import Subscription
from engine_telemetry.engine.entities import VariableCondition
from engine_telemetry.engine.ids import new_id
from engine_telemetry.engine.persistence.listing import Listing
from engine_telemetry.engine.persistence.owner import Owner
from engine_telemetry.engine.persistence.tables import (
    event_subscription,
    external_task,
    process_definition,
    process_instance,
    task,
)
from engine_telemetry.engine.persistence.variable_conditions import all_fit
from engine_telemetry.engine.persistence.writing import insert_rows
from engine_telemetry.engine.runtime_entities import EventSubscription, Execution


def insert_subscriptions(connection: Connection, owner: Owner, waits: Iterable[Subscription], now: datetime) -> None:
    """An instance waits for events."""
    rows = [
        {
            "id": one.id,
            "kind": one.kind,
            "event_name": one.event_name,
            "activity_id": one.activity_id,
            "instance_id": owner.instance_id,
            "definition_id": owner.definition_id,
            "created": now,
        }
        for one in waits
    ]
    insert_rows(connection, event_subscription, rows)


def insert_start_subscription(
    connection: Connection, definition_id: str, activity_id: str, kind: str, event_name: str, now: datetime
) -> None:
    """A definition starts when an event comes."""
    row = {"id": new_id(), "definition_id": definition_id, "activity_id": activity_id, "created": now}
    insert_rows(connection, event_subscription, [row | {"kind": kind, "event_name": event_name}])


def delete_start_subscriptions(connection: Connection, keys: Sequence[str]) -> None:
    """No version of these processes starts when an event comes."""
    of_keys = select(process_definition.c.id).where(process_definition.c.key.in_(keys))
    of_start = event_subscription.c.instance_id.is_(None)
    connection.execute(delete(event_subscription).where(of_start, event_subscription.c.definition_id.in_(of_keys)))


def delete_subscriptions(connection: Connection, ids: Sequence[str]) -> None:
    """An instance waits for these no longer."""
    if ids:
        connection.execute(delete(event_subscription).where(event_subscription.c.id.in_(ids)))


def find_waiting(
    connection: Connection,
    kind: str,
    event_name: str,
    *,
    instance_id: str | None = None,
    business_key: str | None = None,
    variables: Sequence[VariableCondition] = (),
    local_variables: Sequence[VariableCondition] = (),
) -> list[EventSubscription]:
    """Who waits in an instance for this event, by what is known of the instance. None of them is locked."""
    statement = (
        select(event_subscription)
        .join(process_instance, process_instance.c.id == event_subscription.c.instance_id)
        .where(event_subscription.c.event_name == event_name, event_subscription.c.kind == kind)
        .where(process_instance.c.suspended.is_(False))
        .where(all_fit(variables, process_instance.c.id), all_fit(local_variables, event_subscription.c.id))
    )
    for column, value in ((process_instance.c.id, instance_id), (process_instance.c.business_key, business_key)):
        if value is not None:
            statement = statement.where(column == value)
    in_order = statement.order_by(event_subscription.c.created, event_subscription.c.id)
    return [to_subscription(row) for row in connection.execute(in_order)]


def find_starts(connection: Connection, kind: str, event_name: str) -> list[EventSubscription]:
    """The definitions that start when this event comes."""
    statement = select(event_subscription).where(
        event_subscription.c.event_name == event_name,
        event_subscription.c.kind == kind,
        event_subscription.c.instance_id.is_(None),
    )
    return [to_subscription(row) for row in connection.execute(statement.order_by(event_subscription.c.id))]


def to_subscription(row: Row[Any]) -> EventSubscription:
    """An event subscription."""
    return EventSubscription(
        row.id, row.kind, row.event_name, row.activity_id, row.definition_id, row.instance_id, row.created
    )


EVENT_SUBSCRIPTIONS = Listing(
    rows=select(event_subscription),
    key=event_subscription.c.id,
    criteria={
        "subscription_id": event_subscription.c.id.__eq__,
        "kind": event_subscription.c.kind.__eq__,
        "event_name": event_subscription.c.event_name.__eq__,
        "instance_id": event_subscription.c.instance_id.__eq__,
        "activity_id": event_subscription.c.activity_id.__eq__,
        "activity_ids": event_subscription.c.activity_id.in_,
        "of_instances": lambda of: (
            event_subscription.c.instance_id.is_not(None) if of else event_subscription.c.instance_id.is_(None)
        ),
    },
    orders={"created": event_subscription.c.created},
    entity=to_subscription,
)


def _executions_of(
    table: Table, instance_id: Column[Any], activity_id: Column[Any] | None = None, *event: Column[Any]
) -> Select[Any]:
    kind, event_name = event or (None, None)
    columns = {"instance_id": instance_id, "activity_id": activity_id, "kind": kind, "event_name": event_name}
    return select(table.c.id, *((literal(None) if one is None else one).label(name) for name, one in columns.items()))


_events = event_subscription.c
_executions = union_all(
    _executions_of(process_instance, process_instance.c.id),
    _executions_of(task, task.c.instance_id, task.c.task_definition_key),
    _executions_of(external_task, external_task.c.instance_id, external_task.c.activity_id),
    _executions_of(
        event_subscription, _events.instance_id, _events.activity_id, _events.kind, _events.event_name
    ).where(_events.instance_id.is_not(None)),
).subquery("executions")


def _waits_for(kind: str, event_name: str) -> ColumnElement[bool]:
    return (_executions.c.kind == kind) & (_executions.c.event_name == event_name)


EXECUTIONS = Listing(
    rows=select(_executions.c.id, _executions.c.instance_id)
    .join_from(_executions, process_instance, process_instance.c.id == _executions.c.instance_id)
    .join(process_definition, process_definition.c.id == process_instance.c.definition_id),
    key=_executions.c.id,
    criteria={
        "execution_id": _executions.c.id.__eq__,
        "instance_id": _executions.c.instance_id.__eq__,
        "business_key": process_instance.c.business_key.__eq__,
        "definition_key": process_definition.c.key.__eq__,
        "definition_id": process_definition.c.id.__eq__,
        "activity_id": _executions.c.activity_id.__eq__,
        "message_name": lambda name: _waits_for("message", name),
        "signal_name": lambda name: _waits_for("signal", name),
        "suspended": process_instance.c.suspended.__eq__,
        "variables": lambda conditions: all_fit(conditions, process_instance.c.id),
    },
    orders={
        "instanceId": _executions.c.instance_id,
        "definitionKey": process_definition.c.key,
        "definitionId": process_definition.c.id,
    },
    entity=lambda row: Execution(row.id, row.instance_id),
)
