"""Commands for process instances and their variables."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from engine_telemetry.engine.bpmn.process_model import SERIALIZER_VERSION
from engine_telemetry.engine.commands import progress
from engine_telemetry.engine.commands.query import Query
from engine_telemetry.engine.commands.repository import definition_not_found
from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.entities import ProcessDefinition, ProcessInstance, TypedValue
from engine_telemetry.engine.persistence import deployments, instances, listings
from engine_telemetry.engine.persistence.instances import InstanceRow
from engine_telemetry.engine.variables import typed_variables
from engine_telemetry.exceptions import BadUserRequestException, NotFoundException, NullValueException

MAX_BUSINESS_KEY_LENGTH = 255

logger = logging.getLogger("engine_telemetry.engine")


@dataclass(frozen=True)
class StartProcessInstanceCmd:
    """Start a process."""

    key: str | None
    definition_id: str | None
    variables: Mapping[str, object]
    business_key: str | None

    def __call__(self, context: CommandContext) -> ProcessInstance:
        """Run it to where it waits first."""
        if len(self.business_key or "") > MAX_BUSINESS_KEY_LENGTH:
            raise BadUserRequestException(f"The business key has more than {MAX_BUSINESS_KEY_LENGTH} characters")
        variables = typed_variables(self.variables)
        definition = self._definition(context)
        row = InstanceRow(str(uuid4()), definition.id, self.business_key, 1, SERIALIZER_VERSION, "")
        waits = progress.start(context, row, definition.key, variables)
        return ProcessInstance(
            row.id, definition.id, definition.key, self.business_key, ended=not waits, variables=variables
        )

    def _definition(self, context: CommandContext) -> ProcessDefinition:
        if self.definition_id is not None:
            definition = deployments.find_definition(context.connection, self.definition_id)
            if definition is None:
                raise definition_not_found(self.definition_id)
            return definition
        if self.key is None:
            raise NullValueException("either process definition id or key must be set")
        definition = deployments.find_latest_definition(context.connection, self.key)
        if definition is None:
            raise NullValueException(f"no processes deployed with key '{self.key}': processDefinition is null")
        return definition


class ProcessInstanceQueryImpl(Query[ProcessInstance]):
    """Find running process instances."""

    listing = listings.INSTANCES


@dataclass(frozen=True)
class DeleteProcessInstanceCmd:
    """Delete a running process instance."""

    instance_id: str
    reason: str | None

    def __call__(self, context: CommandContext) -> None:
        """Delete it with its tasks and variables."""
        if not instances.delete_instance(context.connection, self.instance_id):
            raise NotFoundException(f"No process instance found for id '{self.instance_id}': processInstance is null")
        context.after_commit(self._log)

    def _log(self) -> None:
        logger.debug("Process instance %s was deleted: %s", self.instance_id, self.reason or "no reason given")


@dataclass(frozen=True)
class GetExecutionVariablesCmd(ReadOnly):
    """Read the variables of a process instance."""

    instance_id: str

    def __call__(self, context: CommandContext) -> dict[str, TypedValue]:
        """All of them by name."""
        variables = instances.read_variables(context.connection, [self.instance_id])[self.instance_id]
        if not variables and not instances.instance_exists(context.connection, self.instance_id):
            raise _no_execution(self.instance_id)
        return variables


@dataclass(frozen=True)
class GetExecutionVariableTypedCmd(ReadOnly):
    """Read one variable of a process instance."""

    instance_id: str
    name: str

    def __call__(self, context: CommandContext) -> TypedValue | None:
        """Its value; ``None`` if there is none of this name."""
        found = instances.read_variables(context.connection, [self.instance_id], [self.name])[self.instance_id]
        if not found and not instances.instance_exists(context.connection, self.instance_id):
            raise _no_execution(self.instance_id)
        return found.get(self.name)


@dataclass(frozen=True)
class SetExecutionVariablesCmd:
    """Set variables of a process instance."""

    instance_id: str
    modifications: Mapping[str, object]

    def __call__(self, context: CommandContext) -> None:
        """Set them; others stay."""
        _change_variables(context, self.instance_id, self.modifications, ())


@dataclass(frozen=True)
class PatchExecutionVariablesCmd:
    """Set and remove variables of a process instance."""

    instance_id: str
    modifications: Mapping[str, object]
    deletions: tuple[str, ...]

    def __call__(self, context: CommandContext) -> None:
        """Do both at once."""
        _change_variables(context, self.instance_id, self.modifications, self.deletions)


@dataclass(frozen=True)
class RemoveExecutionVariablesCmd:
    """Remove variables of a process instance."""

    instance_id: str
    names: tuple[str, ...]

    def __call__(self, context: CommandContext) -> None:
        """Remove those that it has."""
        _change_variables(context, self.instance_id, {}, self.names)


def _change_variables(
    context: CommandContext, instance_id: str, modifications: Mapping[str, object], deletions: tuple[str, ...]
) -> None:
    variables = typed_variables(modifications)
    if progress.lock(context, instance_id) is None:
        raise _no_execution(instance_id)
    instances.delete_variables(context.connection, instance_id, {*deletions, *variables})
    instances.insert_variables(
        context.connection, instance_id, {name: value for name, value in variables.items() if name not in deletions}
    )


def _no_execution(instance_id: str) -> NullValueException:
    return NullValueException(f"execution {instance_id} doesn't exist: execution is null")
