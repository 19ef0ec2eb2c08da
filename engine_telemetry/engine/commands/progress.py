"""Moves a process instance from one wait state to the next, and writes what changed."""

from collections.abc import Mapping

from sqlalchemy import ScalarSelect

from engine_telemetry.engine.bpmn.execution import Execution
from engine_telemetry.engine.bpmn.process_model import SERIALIZER_VERSION
from engine_telemetry.engine.context import CommandContext
from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.engine.persistence import instances
from engine_telemetry.engine.persistence.instances import InstanceRow
from engine_telemetry.engine.persistence.wait_states import Owner, write_difference


def start(context: CommandContext, row: InstanceRow, key: str, variables: Mapping[str, TypedValue]) -> bool:
    """Start the instance that the row describes, all but its state; false if it has ended already."""
    execution = Execution.start(context.models.get(context.connection, row.definition_id))
    if execution.ended:
        return False
    now = context.clock()
    started = InstanceRow(**vars(row) | {"state": execution.state()})
    instances.insert_instance(context.connection, started, now)
    instances.insert_variables(context.connection, row.id, variables)
    owner = Owner(row.id, row.definition_id, key, row.business_key)
    write_difference(context.connection, owner, {}, execution.wait_states(), now)
    return True


def lock(context: CommandContext, instance_id: str | ScalarSelect[str]) -> InstanceRow | None:
    """The instance, locked until the end of the transaction."""
    return instances.lock_instance(context.connection, instance_id)


def complete(context: CommandContext, row: InstanceRow, wait_state_id: str) -> bool:
    """Complete a wait state of a locked instance; false, and nothing done, if it does not wait there."""
    model = context.models.get(context.connection, row.definition_id)
    execution = Execution.restore(model, row.state, row.serializer_version)
    old = execution.wait_states()
    if not execution.complete(wait_state_id):
        return False
    if execution.ended:
        instances.delete_instance(context.connection, row.id)
        return True
    owner = Owner(row.id, row.definition_id, model.key, row.business_key)
    write_difference(context.connection, owner, old, execution.wait_states(), context.clock())
    instances.update_instance(context.connection, row, execution.state(), SERIALIZER_VERSION)
    return True
