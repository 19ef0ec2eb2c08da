"""Commands that suspend and activate: while something is suspended, nothing goes on in it, and it can still be read."""

from dataclasses import dataclass

from engine_telemetry.engine.commands import progress
from engine_telemetry.engine.context import CommandContext
from engine_telemetry.engine.persistence import deployments, suspension
from engine_telemetry.exceptions import IncompleteException, NotFoundException, NullValueException


@dataclass(frozen=True)
class _ProcessInstanceCommand:
    """A process instance is suspended or activated, with its tasks and jobs."""

    instance_id: str

    suspended = False

    def __call__(self, context: CommandContext) -> None:
        """Do it; twice is as good as once."""
        if progress.lock(context, self.instance_id) is None:
            raise NullValueException(f"No process instance found for id '{self.instance_id}'")
        suspension.set_of_instances(context.connection, [self.instance_id], suspended=self.suspended)
        _notify(context, suspended=self.suspended)


class SuspendProcessInstanceCmd(_ProcessInstanceCommand):
    """Suspend a process instance."""

    suspended = True


class ActivateProcessInstanceCmd(_ProcessInstanceCommand):
    """Activate a process instance."""


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


def _notify(context: CommandContext, *, suspended: bool) -> None:
    if not suspended:
        context.after_commit(context.jobs_available.notify)
        context.after_commit(context.external_tasks_available.notify)
