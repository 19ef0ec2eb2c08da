"""Commands for deployments and process definitions."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import uuid4

from engine_telemetry.engine.bpmn.process_model import SERIALIZER_VERSION, ProcessModel, parse_models
from engine_telemetry.engine.commands.query import Query
from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.entities import Deployment, ProcessDefinition, Resource
from engine_telemetry.engine.persistence import deployments, listings
from engine_telemetry.exceptions import (
    BadUserRequestException,
    NotFoundException,
    NullValueException,
    ParseException,
    Problem,
    ProcessEngineException,
)

MAX_ID_LENGTH = 64
MAX_NAME_LENGTH = 255

_MODELS = (".bpmn", ".bpmn20.xml")
_OTHER_MODELS = (".dmn", ".dmn11.xml", ".cmmn", ".cmmn10.xml", ".cmmn11.xml")


@dataclass(frozen=True)
class DeployCmd:
    """Store files and make process definitions of the models among them."""

    resources: Mapping[str, bytes]
    name: str | None
    source: str | None
    enable_duplicate_filtering: bool
    deploy_changed_only: bool

    def __call__(self, context: CommandContext) -> Deployment:
        """Deploy everything or nothing."""
        _check_names(self.name, self.source, *self.resources)
        if not self.resources:
            raise BadUserRequestException("No deployment resources contained to deploy.")
        digests = {name: hashlib.sha256(content).hexdigest() for name, content in self.resources.items()}
        wanted = self._without_duplicates(context, digests)
        if not wanted and (latest := deployments.latest_deployment(context.connection, self.name or "", self.source)):
            return latest
        models = _parse_all(wanted)
        deployment = self._new_deployment(context, models)
        rows = [{"id": str(uuid4()), "name": name, "digest": digests[name], "content": wanted[name]} for name in wanted]
        deployments.insert_deployment(context.connection, deployment, rows, _specs(deployment, models))
        return deployment

    def _without_duplicates(self, context: CommandContext, digests: Mapping[str, str]) -> Mapping[str, bytes]:
        if not self.enable_duplicate_filtering or self.name is None:
            return self.resources
        known = deployments.latest_digests(context.connection, self.name, self.source)
        changed = {name: self.resources[name] for name in digests if known.get(name) != digests[name]}
        return changed if self.deploy_changed_only or not changed else self.resources

    def _new_deployment(self, context: CommandContext, models: Mapping[str, tuple[str, ProcessModel]]) -> Deployment:
        deployment_id = str(uuid4())
        versions = deployments.latest_versions(context.connection, models) if models else {}
        definitions = tuple(
            _new_definition(model, versions.get(key, 0) + 1, deployment_id, resource)
            for key, (resource, model) in models.items()
        )
        return Deployment(deployment_id, self.name, self.source, context.clock(), definitions)


def _check_names(*names: str | None) -> None:
    for name in names:
        if name is not None and len(name) > MAX_NAME_LENGTH:
            raise BadUserRequestException(f"The name {name[:50]!r}… has more than {MAX_NAME_LENGTH} characters")


def _parse_all(resources: Mapping[str, bytes]) -> dict[str, tuple[str, ProcessModel]]:
    """The models by key, each with the name of its file."""
    models: dict[str, tuple[str, ProcessModel]] = {}
    for resource, content in resources.items():
        if resource.endswith(_OTHER_MODELS):
            raise ParseException(resource, (Problem("Decisions (DMN) and cases (CMMN) are not supported"),))
        for model in parse_models(resource, content) if resource.endswith(_MODELS) else ():
            if model.key in models:
                message = f"The deployment contains definitions with the same key '{model.key}' (id attribute)"
                raise ParseException(resource, (Problem(message, (model.key,)),))
            models[model.key] = (resource, model)
    return models


def _new_definition(model: ProcessModel, version: int, deployment_id: str, resource: str) -> ProcessDefinition:
    unique = str(uuid4())
    definition_id = f"{model.key}:{version}:{unique}"
    return ProcessDefinition(
        # as in Camunda, a key that is too long for that is left out
        id=definition_id if len(definition_id) <= MAX_ID_LENGTH else unique,
        key=model.key,
        version=version,
        name=model.name,
        version_tag=model.version_tag,
        deployment_id=deployment_id,
        resource=resource,
    )


def _specs(deployment: Deployment, models: Mapping[str, tuple[str, ProcessModel]]) -> dict[str, dict[str, str]]:
    return {
        definition.id: {"spec": models[definition.key][1].spec_json(), "serializer_version": SERIALIZER_VERSION}
        for definition in deployment.process_definitions
    }


class DeploymentQueryImpl(Query[Deployment]):
    """Find deployments."""

    listing = listings.DEPLOYMENTS


class ProcessDefinitionQueryImpl(Query[ProcessDefinition]):
    """Find process definitions."""

    listing = listings.DEFINITIONS


@dataclass(frozen=True)
class DeleteDeploymentCmd:
    """Delete a deployment."""

    deployment_id: str
    cascade: bool

    def __call__(self, context: CommandContext) -> None:
        """Delete it, and with ``cascade`` the instances of its definitions."""
        if self.cascade:
            deployments.delete_instances(context.connection, self.deployment_id)
        elif count := deployments.count_instances(context.connection, self.deployment_id):
            raise ProcessEngineException(
                f"The deployment '{self.deployment_id}' cannot be deleted: its process definitions have {count} running"
                " instances; delete them, or delete the deployment with cascade"
            )
        if not deployments.delete_deployment(context.connection, self.deployment_id):
            raise NotFoundException(f"Deployment with id '{self.deployment_id}' does not exist: deployment is null")


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


def definition_not_found(definition_id: str) -> NotFoundException:
    """The error for an id that no process definition has."""
    return NotFoundException(
        f"no deployed process definition found with id '{definition_id}': processDefinition is null"
    )
