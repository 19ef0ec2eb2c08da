"""Process instances and their variables."""

from collections.abc import Iterable, Mapping
from typing import Unpack

from engine_telemetry.engine.commands.runtime import (
    DeleteProcessInstanceCmd,
    GetExecutionVariablesCmd,
    GetExecutionVariableTypedCmd,
    PatchExecutionVariablesCmd,
    ProcessInstanceQueryImpl,
    RemoveExecutionVariablesCmd,
    SetExecutionVariablesCmd,
    StartProcessInstanceCmd,
)
from engine_telemetry.engine.criteria import ProcessInstanceCriteria, ProcessInstanceSearch
from engine_telemetry.engine.entities import ProcessInstance, TypedValue
from engine_telemetry.engine.executor import Executor


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
        self, instance_id: str, *, modifications: Mapping[str, object] | None = None, deletions: Iterable[str] = ()
    ) -> None:
        """Set some variables of a process instance and remove others, at once."""
        self._executor.execute(PatchExecutionVariablesCmd(instance_id, modifications or {}, tuple(deletions)))

    def remove_variable(self, instance_id: str, name: str) -> None:
        """Remove a variable of a process instance, if it has it."""
        self._executor.execute(RemoveExecutionVariablesCmd(instance_id, (name,)))
