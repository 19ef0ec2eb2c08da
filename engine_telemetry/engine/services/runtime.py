"""Process instances and their variables."""

from collections.abc import Collection, Iterable, Mapping
from typing import Unpack

from engine_telemetry.engine.bpmn.journal import ActivityInstance
from engine_telemetry.engine.commands.incident import (
    IncidentQueryImpl,
    ResolveIncidentCmd,
    SetAnnotationForIncidentCmd,
)
from engine_telemetry.engine.commands.message import (
    CorrelateAllMessageCmd,
    CorrelateMessageCmd,
    Message,
    MessageEventReceivedCmd,
    SignalEventReceivedCmd,
)
from engine_telemetry.engine.commands.runtime import (
    DeleteProcessInstanceCmd,
    EventSubscriptionQueryImpl,
    ExecutionQueryImpl,
    GetActivityInstanceCmd,
    GetExecutionVariablesCmd,
    GetExecutionVariableTypedCmd,
    PatchExecutionVariablesCmd,
    ProcessInstanceQueryImpl,
    RemoveExecutionVariablesCmd,
    SetExecutionVariablesCmd,
    StartProcessInstanceCmd,
    VariableInstanceQueryImpl,
)
from engine_telemetry.engine.commands.suspension import (
    ActivateProcessInstanceCmd,
    SuspendProcessInstanceCmd,
    UpdateProcessInstancesSuspendStateCmd,
)
from engine_telemetry.engine.entities import ProcessInstance, TypedValue
from engine_telemetry.engine.executor import Executor
from engine_telemetry.engine.runtime_criteria import (
    EventSubscriptionCriteria,
    EventSubscriptionSearch,
    ExecutionCriteria,
    ExecutionSearch,
    IncidentCriteria,
    IncidentSearch,
    ProcessInstanceCriteria,
    ProcessInstanceSearch,
    VariableInstanceCriteria,
    VariableInstanceSearch,
)
from engine_telemetry.engine.runtime_entities import (
    Correlation,
    EventSubscription,
    Execution,
    Incident,
    VariableInstance,
)


class RuntimeService:
    """Process instances and their variables. Values are plain Python values or ``TypedValue``."""

    def __init__(self, executor: Executor) -> None:
        """Run commands on this executor."""
        self._executor = executor

    def start_process_instance(
        self,
        *,
        key: str | None = None,
        definition_id: str | None = None,
        variables: Mapping[str, object] | None = None,
        business_key: str | None = None,
    ) -> ProcessInstance:
        """Start the latest version of the process ``key``, or the version with the id ``definition_id``.

        Raises:
            NullValueException: Neither is given, or nothing is deployed under that key.
            NotFoundException: There is no process definition with that id.
            BadUserRequestException: A variable's value cannot be stored.
        """
        return self._executor.execute(
            StartProcessInstanceCmd(
                key=key, definition_id=definition_id, variables=variables or {}, business_key=business_key
            )
        )

    def process_instances(self, **search: Unpack[ProcessInstanceSearch]) -> list[ProcessInstance]:
        """Find running process instances."""
        return self._executor.execute(ProcessInstanceQueryImpl(search))

    def count_process_instances(self, **criteria: Unpack[ProcessInstanceCriteria]) -> int:
        """Count running process instances."""
        return self._executor.execute(ProcessInstanceQueryImpl(criteria).count)

    def delete_process_instance(self, instance_id: str, *, reason: str | None = None) -> None:
        """Delete a running process instance. The reason is for the log.

        Raises:
            NotFoundException: There is no such instance.
        """
        self._executor.execute(DeleteProcessInstanceCmd(instance_id, reason))

    def activity_instance(self, instance_id: str) -> ActivityInstance:
        """What goes on in a process instance: itself, with everything in it.

        Raises:
            NullValueException: There is no such instance.
        """
        return self._executor.execute(GetActivityInstanceCmd(instance_id))

    def variables(self, instance_id: str) -> dict[str, TypedValue]:
        """All variables of a process instance.

        Raises:
            NullValueException: There is no such instance. The same holds for the methods below.
        """
        return self._executor.execute(GetExecutionVariablesCmd(instance_id))

    def variable(self, instance_id: str, name: str) -> TypedValue | None:
        """One variable of a process instance; ``None`` if it has none of this name."""
        return self._executor.execute(GetExecutionVariableTypedCmd(instance_id, name))

    def set_variables(self, instance_id: str, modifications: Mapping[str, object]) -> None:
        """Set variables of a process instance; others stay as they are.

        Raises:
            BadUserRequestException: A value cannot be stored.
        """
        self._executor.execute(SetExecutionVariablesCmd(instance_id, modifications))

    def update_variables(
        self,
        instance_id: str,
        *,
        modifications: Mapping[str, object] | None = None,
        deletions: Iterable[str] = (),
        scope_id: str | None = None,
        expected: Mapping[str, TypedValue | None] | None = None,
    ) -> None:
        """Set some variables of a process instance and remove others, at once.

        Args:
            instance_id: The process instance.
            modifications: What to set.
            deletions: What to remove.
            scope_id: The activity instance whose local variables are meant, as ``VariableInstance.scope_id``; by
                default the process instance's own are.
            expected: What variables must still be for anything to be done, ``None`` for one that there is not.

        Raises:
            ConflictException: A variable is not as expected any more.
            NullValueException: That activity instance does not go on, or cannot have variables of its own.
        """
        command = PatchExecutionVariablesCmd(instance_id, modifications or {}, tuple(deletions), scope_id, expected)
        self._executor.execute(command)

    def remove_variable(self, instance_id: str, name: str) -> None:
        """Remove a variable of a process instance, if it has it."""
        self._executor.execute(RemoveExecutionVariablesCmd(instance_id, (name,)))

    def correlate_message(self, message: Message) -> Correlation:
        """Bring a message to the one who waits for it; if nobody does, start the process that it starts.

        Raises:
            MismatchingMessageCorrelationException: Nobody waits for it, or more than one does.
            BadUserRequestException: It has no name, or a variable's value cannot be stored.
        """
        return self._executor.execute(CorrelateMessageCmd(message))

    def correlate_all(self, message: Message) -> list[Correlation]:
        """Bring a message to everybody who waits for it, and start all processes that it starts.

        Raises:
            BadUserRequestException: It has no name, or a variable's value cannot be stored.
        """
        return self._executor.execute(CorrelateAllMessageCmd(message))

    def message_received(
        self, message_name: str, execution_id: str, variables: Mapping[str, object] | None = None
    ) -> None:
        """Bring a message to one execution.

        Raises:
            NullValueException: It does not wait for that.
        """
        self._executor.execute(MessageEventReceivedCmd(execution_id, message_name, variables or {}))

    def signal_received(
        self, signal_name: str, *, execution_id: str | None = None, variables: Mapping[str, object] | None = None
    ) -> None:
        """Bring a signal to everybody who waits for it and start all processes that it starts; or to one execution.

        Raises:
            NullValueException: That execution does not wait for it.
        """
        self._executor.execute(SignalEventReceivedCmd(signal_name, execution_id, variables or {}))

    def suspend_process_instance(self, instance_id: str) -> None:
        """Have nothing go on in a process instance until it is activated.

        Raises:
            NullValueException: There is no such instance. The same holds for activating.
        """
        self._executor.execute(SuspendProcessInstanceCmd(instance_id))

    def activate_process_instance(self, instance_id: str) -> None:
        """Let a process instance go on."""
        self._executor.execute(ActivateProcessInstanceCmd(instance_id))

    def set_suspended(
        self, *, suspended: bool, ids: Collection[str] = (), search: ProcessInstanceCriteria | None = None
    ) -> None:
        """Suspend or activate many process instances at once, all or none; many thousand are work for a batch.

        Args:
            suspended: Whether to suspend them.
            ids: Which.
            search: Criteria that find more of them.

        Raises:
            NullValueException: There is no instance with one of the ids.
            BadUserRequestException: There are neither ids nor does the search find anything.
        """
        self._executor.execute(UpdateProcessInstancesSuspendStateCmd(ids, search, suspended))

    def variable_instances(self, **search: Unpack[VariableInstanceSearch]) -> list[VariableInstance]:
        """Find variables of running process instances, local ones too."""
        return self._executor.execute(VariableInstanceQueryImpl(search))

    def count_variable_instances(self, **criteria: Unpack[VariableInstanceCriteria]) -> int:
        """Count variables of running process instances."""
        return self._executor.execute(VariableInstanceQueryImpl(criteria).count)

    def executions(self, **search: Unpack[ExecutionSearch]) -> list[Execution]:
        """Find process instances and what waits in them."""
        return self._executor.execute(ExecutionQueryImpl(search))

    def count_executions(self, **criteria: Unpack[ExecutionCriteria]) -> int:
        """Count process instances and what waits in them."""
        return self._executor.execute(ExecutionQueryImpl(criteria).count)

    def event_subscriptions(self, **search: Unpack[EventSubscriptionSearch]) -> list[EventSubscription]:
        """Find who waits for events."""
        return self._executor.execute(EventSubscriptionQueryImpl(search))

    def count_event_subscriptions(self, **criteria: Unpack[EventSubscriptionCriteria]) -> int:
        """Count who waits for events."""
        return self._executor.execute(EventSubscriptionQueryImpl(criteria).count)

    def incidents(self, **search: Unpack[IncidentSearch]) -> list[Incident]:
        """Find open incidents."""
        return self._executor.execute(IncidentQueryImpl(search))

    def count_incidents(self, **criteria: Unpack[IncidentCriteria]) -> int:
        """Count open incidents."""
        return self._executor.execute(IncidentQueryImpl(criteria).count)

    def resolve_incident(self, incident_id: str) -> None:
        """End an incident that a program made; one of a job or an external task ends when its retries are set.

        Raises:
            NotFoundException: There is no such open incident.
            BadUserRequestException: It is one of a job or an external task.
        """
        self._executor.execute(ResolveIncidentCmd(incident_id))

    def annotate_incident(self, incident_id: str, annotation: str | None) -> None:
        """Write something beside an incident, or remove what is there.

        Raises:
            NotFoundException: There is no such open incident.
        """
        self._executor.execute(SetAnnotationForIncidentCmd(incident_id, annotation))
