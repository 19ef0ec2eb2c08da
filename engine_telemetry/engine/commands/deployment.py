"""Commands that make and delete deployments."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import uuid4

from engine_telemetry.engine.bpmn.process_model import ProcessModel, parse_models
from engine_telemetry.engine.commands import progress
from engine_telemetry.engine.commands.operation_log import Change, log_operation
from engine_telemetry.engine.commands.starts import forget_starts, replace_starts
from engine_telemetry.engine.context import CommandContext
from engine_telemetry.engine.decisions import Decision, parse_decisions
from engine_telemetry.engine.delegates import Delegates
from engine_telemetry.engine.entities import DecisionDefinition, Deployment, ProcessDefinition
from engine_telemetry.engine.persistence import decisions, deployments, history
from engine_telemetry.engine.persistence.tables import decision_definition, process_definition
from engine_telemetry.engine.persistence.versions import latest_versions
from engine_telemetry.exceptions import (
    BadUserRequestException,
    ConflictException,
    NotFoundException,
    ParseException,
    Problem,
)

MAX_ID_LENGTH = 64
MAX_NAME_LENGTH = 255

_PROCESSES = (".bpmn", ".bpmn20.xml")
_DECISIONS = (".dmn", ".dmn11.xml")
_CASES = (".cmmn", ".cmmn10.xml", ".cmmn11.xml")
_DAYS = re.compile(r"P?(\d{1,7})D?")


@dataclass(frozen=True)
class _Parsed:
    """What is in the files: models by their keys, each with the name of its file."""

    processes: dict[str, tuple[str, ProcessModel]] = field(default_factory=dict)
    decisions: dict[str, tuple[str, Decision]] = field(default_factory=dict)


@dataclass(frozen=True)
class DeployCmd:
    """Store files and make definitions of the models among them."""

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
        parsed = _parse_all(wanted, context.delegates)
        deployment = self._new_deployment(context, parsed)
        rows = [{"id": str(uuid4()), "name": name, "digest": digests[name], "content": wanted[name]} for name in wanted]
        deployments.insert_deployment(context.connection, deployment, rows)
        decisions.insert_decisions(context.connection, deployment.decision_definitions)
        replace_starts(context, [(one, parsed.processes[one.key][1]) for one in deployment.process_definitions])
        changes = (
            Change("duplicateFilterEnabled", new=self.enable_duplicate_filtering),
            Change("deployChangedOnly", new=self.deploy_changed_only),
        )
        log_operation(context, "Create", "Deployment", *changes, deployment_id=deployment.id)
        return deployment

    def _without_duplicates(self, context: CommandContext, digests: Mapping[str, str]) -> Mapping[str, bytes]:
        if not self.enable_duplicate_filtering or self.name is None:
            return self.resources
        known = deployments.latest_digests(context.connection, self.name, self.source)
        changed = {name: self.resources[name] for name in digests if known.get(name) != digests[name]}
        return changed if self.deploy_changed_only or not changed else self.resources

    def _new_deployment(self, context: CommandContext, parsed: _Parsed) -> Deployment:
        new = Deployment(str(uuid4()), self.name, self.source, context.clock())
        processes = (
            latest_versions(context.connection, process_definition, parsed.processes) if parsed.processes else {}
        )
        tables = latest_versions(context.connection, decision_definition, parsed.decisions) if parsed.decisions else {}
        return replace(
            new,
            process_definitions=tuple(
                _new_process(model, processes.get(key, 0) + 1, new.id, resource)
                for key, (resource, model) in parsed.processes.items()
            ),
            decision_definitions=tuple(
                _new_decision(decision, tables.get(key, 0) + 1, new.id, resource)
                for key, (resource, decision) in parsed.decisions.items()
            ),
        )


def _check_names(*names: str | None) -> None:
    for name in names:
        if name is not None and len(name) > MAX_NAME_LENGTH:
            raise BadUserRequestException(f"The name {name[:50]!r}… has more than {MAX_NAME_LENGTH} characters")


def _parse_all(resources: Mapping[str, bytes], delegates: Delegates) -> _Parsed:
    parsed = _Parsed()
    for resource, content in resources.items():
        if resource.endswith(_CASES):
            raise ParseException(resource, (Problem("Cases (CMMN) are not supported"),))
        for model in parse_models(resource, content, delegates) if resource.endswith(_PROCESSES) else ():
            _require_new(model.key, parsed.processes, resource)
            parsed.processes[model.key] = (resource, model)
        for decision in parse_decisions(resource, content) if resource.endswith(_DECISIONS) else ():
            _require_new(decision.key, parsed.decisions, resource)
            parsed.decisions[decision.key] = (resource, decision)
    return parsed


def _require_new(key: str, known: Mapping[str, object], resource: str) -> None:
    if key in known:
        message = f"The deployment contains definitions with the same key '{key}' (id attribute)"
        raise ParseException(resource, (Problem(message, (key,)),))


def _new_process(model: ProcessModel, version: int, deployment_id: str, resource: str) -> ProcessDefinition:
    return ProcessDefinition(
        id=_new_id(model.key, version),
        key=model.key,
        version=version,
        name=model.name,
        version_tag=model.version_tag,
        deployment_id=deployment_id,
        resource=resource,
        history_time_to_live=_days(model.history_time_to_live),
        startable_in_tasklist=model.startable,
    )


def _new_decision(decision: Decision, version: int, deployment_id: str, resource: str) -> DecisionDefinition:
    return DecisionDefinition(
        id=_new_id(decision.key, version),
        key=decision.key,
        version=version,
        name=decision.name,
        version_tag=decision.version_tag,
        deployment_id=deployment_id,
        resource=resource,
        history_time_to_live=_days(decision.history_time_to_live),
    )


def _new_id(key: str, version: int) -> str:
    """As in Camunda, a key that is too long for that is left out."""
    unique = str(uuid4())
    definition_id = f"{key}:{version}:{unique}"
    return definition_id if len(definition_id) <= MAX_ID_LENGTH else unique


def _days(text: str | None) -> int | None:
    """Camunda takes ``180`` and ``P180D``."""
    found = _DAYS.fullmatch(text.strip()) if text else None
    return None if found is None else int(found[1])


@dataclass(frozen=True)
class DeleteDeploymentCmd:
    """Delete a deployment."""

    deployment_id: str
    cascade: bool

    def __call__(self, context: CommandContext) -> None:
        """Delete it, and with ``cascade`` the instances of its definitions with their history."""
        connection = context.connection
        keys = deployments.find_keys(connection, self.deployment_id)
        if self.cascade:
            self._delete_instances(context)
        elif count := deployments.count_instances(connection, self.deployment_id):
            raise ConflictException(
                f"The deployment '{self.deployment_id}' cannot be deleted: its process definitions have {count} running"
                " instances; delete them, or delete the deployment with cascade"
            )
        if not deployments.delete_deployment(connection, self.deployment_id):
            raise NotFoundException(f"Deployment with id '{self.deployment_id}' does not exist: deployment is null")
        change = Change("cascade", new=self.cascade)
        log_operation(context, "Delete", "Deployment", change, deployment_id=self.deployment_id)
        _restore_starts(context, keys)

    def _delete_instances(self, context: CommandContext) -> None:
        for instance_id in deployments.find_instances(context.connection, self.deployment_id):
            row = progress.lock(context, instance_id)
            if row is not None:
                progress.cancel(context, row, "deployment deleted")
        history.delete_of_deployment(context.connection, self.deployment_id)


def _restore_starts(context: CommandContext, keys: Sequence[str]) -> None:
    """What was the newest version before is it again."""
    newest = [deployments.find_latest_definition(context.connection, key) for key in keys]
    found = [definition for definition in newest if definition is not None]
    forget_starts(context, keys)
    replace_starts(context, [(one, context.models.get(context.connection, one.id)) for one in found])
