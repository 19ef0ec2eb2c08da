"""Commands that look into history."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine_telemetry.engine.commands.operation_log import Change, log_operation
from engine_telemetry.engine.commands.query import Query
from engine_telemetry.engine.context import CommandContext
from engine_telemetry.engine.history_entities import (
    HistoricActivityInstance,
    HistoricIncident,
    HistoricProcessInstance,
    HistoricTaskInstance,
    HistoricVariableInstance,
)
from engine_telemetry.engine.persistence import cleanup, history, history_listings
from engine_telemetry.exceptions import BadUserRequestException, NotFoundException


class HistoricProcessInstanceQueryImpl(Query[HistoricProcessInstance]):
    """Find process instances that run or ran."""

    listing = history_listings.PROCESS_INSTANCES


class HistoricActivityInstanceQueryImpl(Query[HistoricActivityInstance]):
    """Find activities that go on or did."""

    listing = history_listings.ACTIVITY_INSTANCES


class HistoricTaskInstanceQueryImpl(Query[HistoricTaskInstance]):
    """Find user tasks that wait or did."""

    listing = history_listings.TASK_INSTANCES


class HistoricVariableInstanceQueryImpl(Query[HistoricVariableInstance]):
    """Find variables of process instances that run or ran."""

    listing = history_listings.VARIABLE_INSTANCES

    def __init__(self, asked: Mapping[str, Any]) -> None:
        """Ask for this; without those that were removed, unless they are wanted."""
        super().__init__({**asked, "include_deleted": asked.get("include_deleted") or False})


class HistoricIncidentQueryImpl(Query[HistoricIncident]):
    """Find incidents that are open or were."""

    listing = history_listings.INCIDENTS


@dataclass(frozen=True)
class DeleteHistoricProcessInstancesCmd:
    """Forget process instances that have ended."""

    instance_ids: tuple[str, ...]

    def __call__(self, context: CommandContext) -> None:
        """Forget all that is known of them."""
        ended = history.find_ended(context.connection, self.instance_ids)
        for instance_id in self.instance_ids:
            if instance_id not in ended:
                raise NotFoundException(f"No historic process instance found with id: [{instance_id}]")
            if not ended[instance_id]:
                raise BadUserRequestException(
                    f"Process instance is still running, cannot delete historic process instance: {instance_id}"
                )
        history.delete_instances(context.connection, self.instance_ids)
        for instance_id in self.instance_ids:
            log_operation(context, "DeleteHistory", "ProcessInstance", Change(), instance_id=instance_id)


@dataclass(frozen=True)
class HistoryCleanupCmd:
    """Forget process instances that ended longer ago than the time to live of their definitions.

    Attributes:
        most: How many at once.
    """

    most: int

    def __call__(self, context: CommandContext) -> int:
        """How many these were."""
        outlived = cleanup.find_outlived(context.connection, context.clock(), self.most)
        if outlived:
            history.delete_instances(context.connection, outlived)
        return len(outlived)
