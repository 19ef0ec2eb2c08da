"""Commands for decisions."""

from collections.abc import Mapping
from dataclasses import dataclass

from engine_telemetry.engine.bpmn.waits import Binding
from engine_telemetry.engine.commands.query import Query
from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.entities import DecisionDefinition
from engine_telemetry.engine.persistence import decisions
from engine_telemetry.engine.scopes import plain
from engine_telemetry.engine.variables import typed_variables
from engine_telemetry.exceptions import IncompleteException, ModelExecutionException, NotFoundException


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
        names = {name: plain(value) for name, value in typed_variables(self.variables).items()}
        return context.decisions.get(context.connection, self._definition(context)).evaluate(names, context.clock())

    def _definition(self, context: CommandContext) -> DecisionDefinition:
        if self.decision_id is not None:
            found = decisions.find_decision(context.connection, self.decision_id)
        elif self.key is not None:
            binding = ("latest", None) if self.version is None else ("version", str(self.version))
            found = decisions.find_bound_decision(context.connection, self.key, *binding)
        else:
            raise IncompleteException("either decision definition id or key must be set")
        if found is None:
            raise _not_found(self.decision_id or self.key or "")
        return found


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
