"""Commands for process instances and their variables."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from engine_telemetry.engine.bpmn.journal import ActivityInstance
from engine_telemetry.engine.commands import progress
from engine_telemetry.engine.commands.operation_log import Affected, Change, log_operation, log_variables
from engine_telemetry.engine.commands.query import Query
from engine_telemetry.engine.commands.repository import not_suspended, require_startable
from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.entities import ProcessDefinition, ProcessInstance, TypedValue
from engine_telemetry.engine.persistence import deployments, instances, subscriptions
from engine_telemetry.engine.persistence.instance_listing import INSTANCES, VARIABLES
from engine_telemetry.engine.persistence.variables import read_variables
from engine_telemetry.engine.runtime_entities import EventSubscription, Execution, VariableInstance
from engine_telemetry.engine.variables import typed_variables
from engine_telemetry.exceptions import (
    BadUserRequestException,
    ConflictException,
    IncompleteException,
    NotFoundException,
    NullValueException,
)

MAX_BUSINESS_KEY_LENGTH = 255

logger = logging.getLogger("engine_telemetry.engine")


@dataclass(frozen=True)
class StartProcessInstanceCmd:
    """Start a process."""

    key: str | None
    definition_id: str | None
    variables: Mapping[str, object]
    business_key: str | None
    user_id: str | None = None

    def __call__(self, context: CommandContext) -> ProcessInstance:
        """Run it to where it waits first."""
        if len(self.business_key or "") > MAX_BUSINESS_KEY_LENGTH:
            raise BadUserRequestException(f"The business key has more than {MAX_BUSINESS_KEY_LENGTH} characters")
        variables = typed_variables(self.variables)
        definition = self._definition(context)
        started = progress.start(context, definition.id, variables, self.business_key, start_user=self.user_id)
        affected: Affected = {"instance_id": started.id, "definition_id": definition.id}
        log_operation(context, "Create", "ProcessInstance", Change(), **affected)
        return ProcessInstance(
            started.id,
            definition.id,
            definition.key,
            self.business_key,
            ended=started.ended,
            variables=started.variables,
        )

    def _definition(self, context: CommandContext) -> ProcessDefinition:
        if self.definition_id is not None:
            return require_startable(context, self.definition_id)
        if self.key is None:
            raise IncompleteException("either process definition id or key must be set")
        definition = deployments.find_latest_definition(context.connection, self.key)
        if definition is None:
            raise NullValueException(f"no processes deployed with key '{self.key}': processDefinition is null")
        return not_suspended(definition)


class ProcessInstanceQueryImpl(Query[ProcessInstance]):
    """Find running process instances."""

    listing = INSTANCES


class ExecutionQueryImpl(Query[Execution]):
    """Find what can be triggered."""

    listing = subscriptions.EXECUTIONS


class EventSubscriptionQueryImpl(Query[EventSubscription]):
    """Find who waits for events."""

    listing = subscriptions.EVENT_SUBSCRIPTIONS


class VariableInstanceQueryImpl(Query[VariableInstance]):
    """Find variables of instances that run."""

    listing = VARIABLES


@dataclass(frozen=True)
class DeleteProcessInstanceCmd:
    """Delete a running process instance."""

    instance_id: str
    reason: str | None

    def __call__(self, context: CommandContext) -> None:
        """Delete it with its tasks and variables."""
        row = progress.lock(context, self.instance_id)
        if row is None:
            raise NotFoundException(f"No process instance found for id '{self.instance_id}': processInstance is null")
        progress.cancel(context, row, self.reason)
        affected: Affected = {"instance_id": row.id, "definition_id": row.definition_id}
        log_operation(context, "Delete", "ProcessInstance", Change("deleteReason", new=self.reason), **affected)
        context.after_commit(self._log)

    def _log(self) -> None:
        logger.debug("Process instance %s was deleted: %s", self.instance_id, self.reason or "no reason given")


@dataclass(frozen=True)
class GetActivityInstanceCmd(ReadOnly):
    """Read what goes on in a process instance."""

    instance_id: str

    def __call__(self, context: CommandContext) -> ActivityInstance:
        """The instance itself, with everything in it."""
        row = progress.read(context, self.instance_id)
        if row is None:
            raise _no_execution(self.instance_id)
        return progress.activity_tree(context, row)


@dataclass(frozen=True)
class GetExecutionVariablesCmd(ReadOnly):
    """Read the variables of a process instance."""

    instance_id: str

    def __call__(self, context: CommandContext) -> dict[str, TypedValue]:
        """All of them by name."""
        variables = read_variables(context.connection, [self.instance_id])[self.instance_id]
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
        found = read_variables(context.connection, [self.instance_id], [self.name])[self.instance_id]
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
        PatchExecutionVariablesCmd(self.instance_id, self.modifications, ())(context)


@dataclass(frozen=True)
class PatchExecutionVariablesCmd:
    """Set and remove variables of a process instance."""

    instance_id: str
    modifications: Mapping[str, object]
    deletions: tuple[str, ...]
    scope_id: str | None = None
    expected: Mapping[str, TypedValue | None] | None = None

    def __call__(self, context: CommandContext) -> None:
        """Do both at once."""
        variables = typed_variables(self.modifications)
        row = progress.lock(context, self.instance_id)
        if row is None:
            raise _no_execution(self.instance_id)
        scope_id = self.scope_id or self.instance_id
        if scope_id != self.instance_id and scope_id not in progress.scope_chain(context, row, scope_id):
            raise NullValueException(f"Nothing that can have variables of its own goes on with the id {scope_id!r}")
        self._expect(context, scope_id)
        kept = {name: value for name, value in variables.items() if name not in self.deletions}
        progress.set_variables(context, row, scope_id, kept, self.deletions)
        log_variables(context, kept, self.deletions, instance_id=row.id, definition_id=row.definition_id)

    def _expect(self, context: CommandContext, scope_id: str) -> None:
        if not self.expected:
            return
        found = read_variables(context.connection, [scope_id], list(self.expected))[scope_id]
        for name, value in self.expected.items():
            if found.get(name) != value:
                raise ConflictException(f"The variable {name!r} has been changed meanwhile; read it again")


@dataclass(frozen=True)
class RemoveExecutionVariablesCmd:
    """Remove variables of a process instance."""

    instance_id: str
    names: tuple[str, ...]

    def __call__(self, context: CommandContext) -> None:
        """Remove those that it has."""
        PatchExecutionVariablesCmd(self.instance_id, {}, self.names)(context)


def _no_execution(instance_id: str) -> NullValueException:
    return NullValueException(f"execution {instance_id} doesn't exist: execution is null")
