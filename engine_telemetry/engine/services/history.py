"""What runs and what has ended."""

from typing import Unpack

from engine_telemetry.engine.commands.history import (
    DeleteHistoricProcessInstancesCmd,
    HistoricActivityInstanceQueryImpl,
    HistoricIncidentQueryImpl,
    HistoricProcessInstanceQueryImpl,
    HistoricTaskInstanceQueryImpl,
    HistoricVariableInstanceQueryImpl,
)
from engine_telemetry.engine.executor import Executor
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
)
from engine_telemetry.engine.history_entities import (
    HistoricActivityInstance,
    HistoricIncident,
    HistoricProcessInstance,
    HistoricTaskInstance,
    HistoricVariableInstance,
)


class HistoryService:
    """What runs and what has ended. Nothing is forgotten until somebody deletes it."""

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

    def delete_process_instance(self, instance_id: str) -> None:
        """Forget a process instance that has ended.

        Raises:
            NotFoundException: Nothing is known of it.
            BadUserRequestException: It runs.
        """
        self._executor.execute(DeleteHistoricProcessInstancesCmd((instance_id,)))
