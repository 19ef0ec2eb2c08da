"""Commands for decisions."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine_telemetry.engine.bpmn.waits import Binding
from engine_telemetry.engine.commands.query import Query
from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.decisions import DecisionText, Evaluation, Table, read_decision_text
from engine_telemetry.engine.entities import DecisionDefinition
from engine_telemetry.engine.persistence import decisions
from engine_telemetry.engine.scopes import plain
from engine_telemetry.engine.variables import typed_variables
from engine_telemetry.exceptions import (
    BadUserRequestException,
    IncompleteException,
    ModelExecutionException,
    NotFoundException,
)


class DecisionDefinitionQueryImpl(Query[DecisionDefinition]):
    """Find decision definitions."""

    listing = decisions.DECISIONS


@dataclass(frozen=True)
class GetDeployedDecisionDefinitionCmd(ReadOnly):
    """Find a decision definition by its id."""

    decision_id: str

    def __call__(self, context: CommandContext) -> DecisionDefinition:
        """The definition."""
        found = decisions.find_decision(context.connection, self.decision_id)
        if found is None:
            raise _not_found(self.decision_id)
        return found


@dataclass(frozen=True)
class GetDeploymentDecisionModelCmd(ReadOnly):
    """Read the file that a decision definition came from."""

    decision_id: str

    def __call__(self, context: CommandContext) -> bytes:
        """Its content."""
        content = decisions.read_file(context.connection, self.decision_id)
        if content is None:
            raise _not_found(self.decision_id)
        return content


@dataclass(frozen=True)
class EvaluateDecisionCmd(ReadOnly):
    """Evaluate a decision, given by its id, or by its key and perhaps a version."""

    key: str | None
    decision_id: str | None
    version: int | None
    variables: Mapping[str, object]

    def __call__(self, context: CommandContext) -> list[dict[str, object]]:
        """One entry for each rule that matches, by the names of the outputs."""
        decision = context.decisions.get(
            context.connection, _definition(context, self.decision_id, self.key, self.version)
        )
        return decision.evaluate(_plain(self.variables), context.clock())


@dataclass(frozen=True)
class EvaluateDecisionTableCmd(ReadOnly):
    """Evaluate a decision table, given by the id of its definition, and tell which rules match."""

    decision_id: str
    variables: Mapping[str, object]

    def __call__(self, context: CommandContext) -> Evaluation:
        """The result with the places of the rules."""
        decision = context.decisions.get(context.connection, _definition(context, self.decision_id))
        if not isinstance(decision.logic, Table):
            raise BadUserRequestException(f"The decision {decision.key!r} is no table; evaluate it as a decision.")
        return decision.explain(_plain(self.variables), context.clock())


@dataclass(frozen=True)
class GetDeploymentDmnModelInstanceCmd(ReadOnly):
    """Read a decision as it is written in its file."""

    decision_id: str

    def __call__(self, context: CommandContext) -> DecisionText:
        """The texts of its table or expression."""
        definition = _definition(context, self.decision_id)
        content = decisions.read_file(context.connection, self.decision_id)
        if content is None:
            raise _not_found(self.decision_id)
        return read_decision_text(definition.resource, content, definition.key)


def _definition(
    context: CommandContext, decision_id: str | None, key: str | None = None, version: int | None = None
) -> DecisionDefinition:
    if decision_id is not None:
        found = decisions.find_decision(context.connection, decision_id)
    elif key is not None:
        binding = ("latest", None) if version is None else ("version", str(version))
        found = decisions.find_bound_decision(context.connection, key, *binding)
    else:
        raise IncompleteException("either decision definition id or key must be set")
    if found is None:
        raise _not_found(decision_id or key or "")
    return found


def _plain(variables: Mapping[str, object]) -> dict[str, object]:
    return {name: plain(value) for name, value in typed_variables(variables).items()}


def decide(
    context: CommandContext, caller_definition_id: str, key: str, binding: Binding, names: Mapping[str, object]
) -> list[dict[str, object]]:
    """The result of a decision that a process asks for.

    Args:
        context: The command's.
        caller_definition_id: The definition of the process.
        key: The decision's.
        binding: Which version of it.
        names: The plain values that it sees.

    Raises:
        ModelExecutionException: There is no such decision, or it cannot be evaluated with these values.
    """
    found = decisions.find_bound_decision(context.connection, key, binding.kind, binding.value, caller_definition_id)
    if found is None:
        raise ModelExecutionException(
            f"no decision definition deployed with key '{key}' (binding {binding.kind} {binding.value or ''}):"
            " decisionDefinition is null"
        )
    return context.decisions.get(context.connection, found).evaluate(names, context.clock())


def _not_found(which: str) -> NotFoundException:
    return NotFoundException(f"no deployed decision definition found with '{which}': decisionDefinition is null")
