"""Commands that look at deployments and process definitions."""

from dataclasses import dataclass

from engine_telemetry.engine.commands.query import Query
from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.entities import Deployment, ModelActivity, ProcessDefinition, Resource
from engine_telemetry.engine.persistence import deployments, listings
from engine_telemetry.exceptions import NotFoundException, NullValueException, SuspendedEntityInteractionException


class DeploymentQueryImpl(Query[Deployment]):
    """Find deployments."""

    listing = listings.DEPLOYMENTS


class ProcessDefinitionQueryImpl(Query[ProcessDefinition]):
    """Find process definitions."""

    listing = listings.DEFINITIONS


@dataclass(frozen=True)
class GetDeploymentResourcesCmd(ReadOnly):
    """List the files of a deployment."""

    deployment_id: str

    def __call__(self, context: CommandContext) -> list[Resource]:
        """The files, by name."""
        return deployments.find_resources(context.connection, self.deployment_id)


@dataclass(frozen=True)
class GetDeploymentResourceForIdCmd(ReadOnly):
    """Read a file of a deployment."""

    deployment_id: str
    resource_id: str

    def __call__(self, context: CommandContext) -> bytes:
        """Its content."""
        content = deployments.read_content(context.connection, self.deployment_id, resource_id=self.resource_id)
        if content is None:
            raise NullValueException(
                f"no resource found with id '{self.resource_id}' in deployment '{self.deployment_id}': resource is null"
            )
        return content


@dataclass(frozen=True)
class GetDeployedProcessDefinitionCmd(ReadOnly):
    """Find a process definition by its id."""

    definition_id: str

    def __call__(self, context: CommandContext) -> ProcessDefinition:
        """The definition."""
        definition = deployments.find_definition(context.connection, self.definition_id)
        if definition is None:
            raise definition_not_found(self.definition_id)
        return definition


@dataclass(frozen=True)
class GetDeploymentProcessModelCmd(ReadOnly):
    """Read the file that a process definition came from."""

    definition_id: str

    def __call__(self, context: CommandContext) -> bytes:
        """Its content."""
        model = deployments.read_model(context.connection, self.definition_id)
        if model is None:
            raise definition_not_found(self.definition_id)
        return model


@dataclass(frozen=True)
class GetDeployedBpmnModelInstanceCmd(ReadOnly):
    """Read what is in the model of a process definition."""

    definition_id: str

    def __call__(self, context: CommandContext) -> dict[str, ModelActivity]:
        """The elements that instances come to, by id."""
        activities = context.models.get(context.connection, self.definition_id).activities
        return {activity_id: ModelActivity(*facts) for activity_id, facts in activities.items()}


def require_startable(context: CommandContext, definition_id: str) -> ProcessDefinition:
    """The process definition with this id, of which an instance is about to be started.

    Raises:
        NotFoundException: There is none.
        SuspendedEntityInteractionException: It is suspended.
    """
    definition = deployments.find_definition(context.connection, definition_id)
    if definition is None:
        raise definition_not_found(definition_id)
    return not_suspended(definition)


def not_suspended(definition: ProcessDefinition) -> ProcessDefinition:
    """The definition itself.

    Raises:
        SuspendedEntityInteractionException: It is suspended.
    """
    if definition.suspended:
        raise SuspendedEntityInteractionException(
            f"Cannot start process instance. Process definition {definition.key} (id = {definition.id}) is suspended"
        )
    return definition


def definition_not_found(definition_id: str) -> NotFoundException:
    """The error for an id that no process definition has."""
    return NotFoundException(
        f"no deployed process definition found with id '{definition_id}': processDefinition is null"
    )
