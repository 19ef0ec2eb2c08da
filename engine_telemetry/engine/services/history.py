"""What runs and what has ended."""

from datetime import datetime
from typing import Unpack

from engine_telemetry.engine.commands.history import (
    DeleteHistoricProcessInstancesCmd,
    HistoricActivityInstanceQueryImpl,
    HistoricIncidentQueryImpl,
    HistoricProcessInstanceQueryImpl,
    HistoricTaskInstanceQueryImpl,
    HistoricVariableInstanceQueryImpl,
    HistoryCleanupCmd,
)
from engine_telemetry.engine.commands.hours import GetInstancesByHourCmd
from engine_telemetry.engine.commands.operation_log import UserOperationLogQueryImpl
from engine_telemetry.engine.commands.statistics import HistoricActivityStatisticsQueryImpl
from engine_telemetry.engine.executor import Executor
from engine_telemetry.engine.history_cleanup import PORTION
from engine_telemetry.engine.history_criteria import (
    HistoricActivityInstanceCriteria,
    HistoricActivityInstanceSearch,
    HistoricIncidentCriteria,
    HistoricIncidentSearch,
    HistoricProcessInstanceCriteria,
    HistoricProcessInstanceSearch,
    HistoricTaskInstanceCriteria,
    HistoricTaskInstanceSearch,
    HistoricVariableInstanceCriteria,
    HistoricVariableInstanceSearch,
    OperationCriteria,
    OperationSearch,
)
from engine_telemetry.engine.history_entities import (
    HistoricActivityInstance,
    HistoricActivityStatistics,
    HistoricIncident,
    HistoricProcessInstance,
    HistoricTaskInstance,
    HistoricVariableInstance,
    Hour,
    Operation,
)


class HistoryService:
    """What runs and what has ended. It is kept until somebody deletes it, or ``clean_up`` does."""

    def __init__(self, executor: Executor) -> None:
        """Run commands on this executor."""
        self._executor = executor

    def process_instances(self, **search: Unpack[HistoricProcessInstanceSearch]) -> list[HistoricProcessInstance]:
        """Find process instances that run or ran."""
        return self._executor.execute(HistoricProcessInstanceQueryImpl(search))

    def count_process_instances(self, **criteria: Unpack[HistoricProcessInstanceCriteria]) -> int:
        """Count process instances that run or ran."""
        return self._executor.execute(HistoricProcessInstanceQueryImpl(criteria).count)

    def activity_instances(self, **search: Unpack[HistoricActivityInstanceSearch]) -> list[HistoricActivityInstance]:
        """Find activities that go on or did."""
        return self._executor.execute(HistoricActivityInstanceQueryImpl(search))

    def count_activity_instances(self, **criteria: Unpack[HistoricActivityInstanceCriteria]) -> int:
        """Count activities that go on or did."""
        return self._executor.execute(HistoricActivityInstanceQueryImpl(criteria).count)

    def activity_statistics(self, instance_id: str) -> list[HistoricActivityStatistics]:
        """How often each activity goes on in a process instance, or did; those that it never came to are left out."""
        return self._executor.execute(HistoricActivityStatisticsQueryImpl(instance_id))

    def task_instances(self, **search: Unpack[HistoricTaskInstanceSearch]) -> list[HistoricTaskInstance]:
        """Find user tasks that wait or did."""
        return self._executor.execute(HistoricTaskInstanceQueryImpl(search))

    def count_task_instances(self, **criteria: Unpack[HistoricTaskInstanceCriteria]) -> int:
        """Count user tasks that wait or did."""
        return self._executor.execute(HistoricTaskInstanceQueryImpl(criteria).count)

    def variable_instances(self, **search: Unpack[HistoricVariableInstanceSearch]) -> list[HistoricVariableInstance]:
        """Find variables of process instances that run or ran."""
        return self._executor.execute(HistoricVariableInstanceQueryImpl(search))

    def count_variable_instances(self, **criteria: Unpack[HistoricVariableInstanceCriteria]) -> int:
        """Count variables of process instances that run or ran."""
        return self._executor.execute(HistoricVariableInstanceQueryImpl(criteria).count)

    def incidents(self, **search: Unpack[HistoricIncidentSearch]) -> list[HistoricIncident]:
        """Find incidents that are open or were."""
        return self._executor.execute(HistoricIncidentQueryImpl(search))

    def count_incidents(self, **criteria: Unpack[HistoricIncidentCriteria]) -> int:
        """Count incidents that are open or were."""
        return self._executor.execute(HistoricIncidentQueryImpl(criteria).count)

    def operations(self, **search: Unpack[OperationSearch]) -> list[Operation]:
        """Find what people did. Only what was done on behalf of a user is known (``IdentityService.acting_as``)."""
        return self._executor.execute(UserOperationLogQueryImpl(search))

    def count_operations(self, **criteria: Unpack[OperationCriteria]) -> int:
        """Count what people did, each changed property."""
        return self._executor.execute(UserOperationLogQueryImpl(criteria).count)

    def instances_by_hour(self, *, since: datetime, until: datetime) -> list[Hour]:
        """How many process instances started and ended and how many incidents came up, hour by hour, in UTC.

        Args:
            since: In the first hour.
            until: When the last hour ends, or a time in it.

        Raises:
            BadUserRequestException: It is more than a year.
        """
        return self._executor.execute(GetInstancesByHourCmd(since, until))

    def clean_up(self, *, max_results: int = PORTION) -> int:
        """Forget process instances that ended longer ago than the ``historyTimeToLive`` of their definitions, in days.

        With ``historyCleanupActivate`` the job executor does it once a day.

        Args:
            max_results: How many at most, in one transaction.

        Returns:
            How many these were; fewer than the most means that no more are left.
        """
        return self._executor.execute(HistoryCleanupCmd(max_results))

    def delete_process_instance(self, instance_id: str) -> None:
        """Forget a process instance that has ended.

        Raises:
            NotFoundException: Nothing is known of it.
            BadUserRequestException: It runs.
        """
        self._executor.execute(DeleteHistoricProcessInstancesCmd((instance_id,)))
