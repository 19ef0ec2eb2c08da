"""Deployments, and the definitions of processes and decisions in them."""

from collections.abc import Mapping
from typing import Unpack

from engine_telemetry.engine.commands.decision import (
    DecisionDefinitionQueryImpl,
    GetDeployedDecisionDefinitionCmd,
    GetDeploymentDecisionModelCmd,
    GetDeploymentDmnModelInstanceCmd,
)
from engine_telemetry.engine.commands.deployment import DeleteDeploymentCmd, DeployCmd
from engine_telemetry.engine.commands.repository import (
    DeploymentQueryImpl,
    GetDeployedBpmnModelInstanceCmd,
    GetDeployedProcessDefinitionCmd,
    GetDeploymentProcessModelCmd,
    GetDeploymentResourceForIdCmd,
    GetDeploymentResourcesCmd,
    ProcessDefinitionQueryImpl,
)
from engine_telemetry.engine.commands.suspension import ActivateProcessDefinitionCmd, SuspendProcessDefinitionCmd
from engine_telemetry.engine.criteria import (
    DeploymentCriteria,
    DeploymentSearch,
    ProcessDefinitionCriteria,
    ProcessDefinitionSearch,
)
from engine_telemetry.engine.decisions import DecisionText
from engine_telemetry.engine.entities import (
    DecisionDefinition,
    Deployment,
    ModelActivity,
    ProcessDefinition,
    Resource,
)
from engine_telemetry.engine.executor import Executor
from engine_telemetry.engine.runtime_criteria import DecisionDefinitionCriteria, DecisionDefinitionSearch


class RepositoryService:
    """Deployments, and the definitions of processes and decisions in them."""

    def __init__(self, executor: Executor) -> None:
        """Run commands on this executor."""
        self._executor = executor

    def deploy(
        self,
        resources: Mapping[str, bytes],
        *,
        name: str | None = None,
        source: str | None = None,
        enable_duplicate_filtering: bool = False,
        deploy_changed_only: bool = False,
    ) -> Deployment:
        """Deploy files together: all of them, or none if one cannot be deployed.

        Args:
            resources: The content of each file by its name. Names that end in ``.bpmn`` or ``.bpmn20.xml`` are
                processes, those in ``.dmn`` or ``.dmn11.xml`` decisions; others are kept as they are.
            name: The deployment's name.
            source: Where it came from.
            enable_duplicate_filtering: Return the last deployment of this name if it has the same files.
            deploy_changed_only: Leave out those files that the last deployment of this name has just so.

        Raises:
            ParseException: A model cannot be deployed.
            BadUserRequestException: There are no files, or a name is too long.
            ConflictException: A message starts another process already.
        """
        return self._executor.execute(
            DeployCmd(
                resources,
                name=name,
                source=source,
                enable_duplicate_filtering=enable_duplicate_filtering or deploy_changed_only,
                deploy_changed_only=deploy_changed_only,
            )
        )

    def deployments(self, **search: Unpack[DeploymentSearch]) -> list[Deployment]:
        """Find deployments."""
        return self._executor.execute(DeploymentQueryImpl(search))

    def count_deployments(self, **criteria: Unpack[DeploymentCriteria]) -> int:
        """Count deployments."""
        return self._executor.execute(DeploymentQueryImpl(criteria).count)

    def delete_deployment(self, deployment_id: str, *, cascade: bool = False) -> None:
        """Delete a deployment and its process definitions; with ``cascade``, their instances too.

        Raises:
            NotFoundException: There is no such deployment.
            ConflictException: Without ``cascade``, there are instances.
        """
        self._executor.execute(DeleteDeploymentCmd(deployment_id, cascade=cascade))

    def deployment_resources(self, deployment_id: str) -> list[Resource]:
        """The files of a deployment, by name; none if there is no such deployment."""
        return self._executor.execute(GetDeploymentResourcesCmd(deployment_id))

    def deployment_resource_content(self, deployment_id: str, resource_id: str) -> bytes:
        """The content of a file of a deployment.

        Raises:
            NullValueException: There is no such file in that deployment.
        """
        return self._executor.execute(GetDeploymentResourceForIdCmd(deployment_id, resource_id))

    def process_definitions(self, **search: Unpack[ProcessDefinitionSearch]) -> list[ProcessDefinition]:
        """Find process definitions."""
        return self._executor.execute(ProcessDefinitionQueryImpl(search))

    def count_process_definitions(self, **criteria: Unpack[ProcessDefinitionCriteria]) -> int:
        """Count process definitions."""
        return self._executor.execute(ProcessDefinitionQueryImpl(criteria).count)

    def process_definition(self, definition_id: str) -> ProcessDefinition:
        """The process definition with this id.

        Raises:
            NotFoundException: There is none.
        """
        return self._executor.execute(GetDeployedProcessDefinitionCmd(definition_id))

    def process_model(self, definition_id: str) -> bytes:
        """The file that holds the model of a process definition, as it was deployed.

        Raises:
            NotFoundException: There is no such process definition.
        """
        return self._executor.execute(GetDeploymentProcessModelCmd(definition_id))

    def model_activities(self, definition_id: str) -> dict[str, ModelActivity]:
        """The activities, events and gateways in the model of a process definition, by id.

        Raises:
            NotFoundException: There is no such process definition.
        """
        return self._executor.execute(GetDeployedBpmnModelInstanceCmd(definition_id))

    def suspend_process_definition(
        self, *, definition_id: str | None = None, key: str | None = None, include_instances: bool = False
    ) -> None:
        """Have no instance of a definition, or of all versions of a key, started until it is activated.

        Args:
            definition_id: Which definition.
            key: Or all of which key.
            include_instances: Suspend the instances that run too.

        Raises:
            NullValueException: Neither is given. The same holds for activating.
            NotFoundException: There is no such definition.
        """
        self._executor.execute(SuspendProcessDefinitionCmd(definition_id, key, include_instances))

    def activate_process_definition(
        self, *, definition_id: str | None = None, key: str | None = None, include_instances: bool = False
    ) -> None:
        """Let instances be started again; with ``include_instances``, let those that run go on."""
        self._executor.execute(ActivateProcessDefinitionCmd(definition_id, key, include_instances))

    def decision_definitions(self, **search: Unpack[DecisionDefinitionSearch]) -> list[DecisionDefinition]:
        """Find decision definitions."""
        return self._executor.execute(DecisionDefinitionQueryImpl(search))

    def count_decision_definitions(self, **criteria: Unpack[DecisionDefinitionCriteria]) -> int:
        """Count decision definitions."""
        return self._executor.execute(DecisionDefinitionQueryImpl(criteria).count)

    def decision_definition(self, decision_id: str) -> DecisionDefinition:
        """The decision definition with this id.

        Raises:
            NotFoundException: There is none.
        """
        return self._executor.execute(GetDeployedDecisionDefinitionCmd(decision_id))

    def decision_model(self, decision_id: str) -> bytes:
        """The file that holds the model of a decision definition, as it was deployed.

        Raises:
            NotFoundException: There is no such decision definition.
        """
        return self._executor.execute(GetDeploymentDecisionModelCmd(decision_id))

    def decision_text(self, decision_id: str) -> DecisionText:
        """A decision as it is written in its file: the texts of its table, or of its expression.

        Raises:
            NotFoundException: There is no such decision definition.
        """
        return self._executor.execute(GetDeploymentDmnModelInstanceCmd(decision_id))
