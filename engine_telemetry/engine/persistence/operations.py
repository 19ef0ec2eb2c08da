"""Rows of the log of what people did."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from engine_telemetry.engine.history_entities import Operation
from engine_telemetry.engine.persistence.listing import Listing
from engine_telemetry.engine.persistence.tables import process_definition
from engine_telemetry.engine.persistence.tasklist_tables import hi_operation
from engine_telemetry.engine.persistence.writing import insert_rows


def insert_operations(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write what was done; all rows have the same columns."""
    insert_rows(connection, hi_operation, rows)


def to_operation(row: Row[Any]) -> Operation:
    """One entry."""
    return Operation(**row._asdict())


OPERATIONS = Listing(
    rows=select(hi_operation, process_definition.c.key.label("definition_key")).join_from(
        hi_operation, process_definition, hi_operation.c.definition_id == process_definition.c.id, isouter=True
    ),
    key=hi_operation.c.id,
    criteria={
        "log_id": hi_operation.c.id.__eq__,
        "operation_id": hi_operation.c.operation_id.__eq__,
        "user_id": hi_operation.c.user_id.__eq__,
        "operation": hi_operation.c.operation.__eq__,
        "entity_type": hi_operation.c.entity_type.__eq__,
        "entity_types": hi_operation.c.entity_type.in_,
        "property": hi_operation.c.property.__eq__,
        "definition_id": hi_operation.c.definition_id.__eq__,
        "definition_key": process_definition.c.key.__eq__,
        "instance_id": hi_operation.c.instance_id.__eq__,
        "task_id": hi_operation.c.task_id.__eq__,
        "job_id": hi_operation.c.job_id.__eq__,
        "external_task_id": hi_operation.c.external_task_id.__eq__,
        "deployment_id": hi_operation.c.deployment_id.__eq__,
        "batch_id": hi_operation.c.batch_id.__eq__,
        "since": hi_operation.c.time.__ge__,
        "until": hi_operation.c.time.__le__,
    },
    orders={"timestamp": hi_operation.c.time},
    entity=to_operation,
)
