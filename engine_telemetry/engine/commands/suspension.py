"""Commands that suspend and activate: while something is suspended, nothing goes on in it, and it can still be read."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from engine_telemetry.engine.commands import progress
from engine_telemetry.engine.commands.operation_log import Affected, Change, log_operation
from engine_telemetry.engine.context import CommandContext
from engine_telemetry.engine.persistence import deployments, suspension
from engine_telemetry.engine.persistence.instance_listing import INSTANCES
from engine_telemetry.engine.persistence.listing import find_ids
from engine_telemetry.exceptions import (
    BadUserRequestException,
    IncompleteException,
    NotFoundException,
    NullValueException,
)


@dataclass(frozen=True)
class _ProcessInstanceCommand:
    """A process instance is suspended or activated, with its tasks and jobs."""

    instance_id: str

    suspended = False

    def __call__(self, context: CommandContext) -> None:
        """Do it; twice is as good as once."""
        row = progress.lock(context, self.instance_id)
        if row is None:
            raise NullValueException(f"No process instance found for id '{self.instance_id}'")
        suspension.set_of_instances(context.connection, [self.instance_id], suspended=self.suspended)
        operation = "Suspend" if self.suspended else "Activate"
        affected: Affected = {"instance_id": row.id, "definition_id": row.definition_id}
        log_operation(context, operation, "ProcessInstance", _change(suspended=self.suspended), **affected)
        _notify(context, suspended=self.suspended)


class SuspendProcessInstanceCmd(_ProcessInstanceCommand):
    """Suspend a process instance."""

    suspended = True


class ActivateProcessInstanceCmd(_ProcessInstanceCommand):
    """Activate a process instance."""


@dataclass(frozen=True)
class UpdateProcessInstancesSuspendStateCmd:
    """Suspend or activate many process instances at once."""

    ids: Collection[str]
    search: Mapping[str, Any] | None
    suspended: bool

    def __call__(self, context: CommandContext) -> None:
        """Do it with all or none; twice is as good as once."""
        connection = context.connection
        found = [] if self.search is None else find_ids(connection, INSTANCES, self.search)
        wanted = {*self.ids, *found}
        if not wanted:
            raise BadUserRequestException("processInstanceIds is empty")
        locked = suspension.lock_instances(connection, wanted)
        if missing := set(self.ids).difference(locked):
            raise NullValueException(f"No process instance found for id '{min(missing)}'")
        suspension.set_of_instances(connection, locked, suspended=self.suspended)
        changes = (_change(suspended=self.suspended), Change("nrOfInstances", new=len(locked)))
        log_operation(context, "Suspend" if self.suspended else "Activate", "ProcessInstance", *changes)
        _notify(context, suspended=self.suspended)


@dataclass(frozen=True)
class _ProcessDefinitionCommand:
    """A process definition, or all versions of a key, is suspended or activated, perhaps with its instances."""

    definition_id: str | None
    key: str | None
    include_instances: bool

    suspended = False

    def __call__(self, context: CommandContext) -> None:
        """Do it; twice is as good as once."""
        ids = self._definitions(context)
        suspension.set_of_definitions(context.connection, ids, suspended=self.suspended)
        if self.include_instances:
            found = suspension.find_instances(context.connection, ids)
            suspension.set_of_instances(context.connection, found, suspended=self.suspended)
        changes = (_change(suspended=self.suspended), Change("includeProcessInstances", new=self.include_instances))
        operation = "SuspendProcessDefinition" if self.suspended else "ActivateProcessDefinition"
        for definition_id in ids:
            log_operation(context, operation, "ProcessDefinition", *changes, definition_id=definition_id)
        _notify(context, suspended=self.suspended)

    def _definitions(self, context: CommandContext) -> list[str]:
        if self.definition_id is not None:
            definition = deployments.find_definition(context.connection, self.definition_id)
            if definition is None:
                raise NotFoundException(f"Cannot find process definition with id '{self.definition_id}'")
            return [definition.id]
        if self.key is None:
            raise IncompleteException("Process definition id or key must be set")
        found = suspension.find_versions(context.connection, self.key)
        if not found:
            raise NotFoundException(f"Cannot find process definition for key '{self.key}'")
        return found


class SuspendProcessDefinitionCmd(_ProcessDefinitionCommand):
    """Suspend a process definition: no instance of it can be started."""

    suspended = True


class ActivateProcessDefinitionCmd(_ProcessDefinitionCommand):
    """Activate a process definition."""


def _change(*, suspended: bool) -> Change:
    return Change("suspensionState", new="suspended" if suspended else "active")


def _notify(context: CommandContext, *, suspended: bool) -> None:
    if not suspended:
        context.after_commit(context.jobs_available.notify)
        context.after_commit(context.external_tasks_available.notify)
