"""Decisions."""

from collections.abc import Mapping

from engine_telemetry.engine.commands.decision import EvaluateDecisionCmd, EvaluateDecisionTableCmd
from engine_telemetry.engine.decisions import Evaluation
from engine_telemetry.engine.executor import Executor


class DecisionService:
    """Evaluates decisions."""

    def __init__(self, executor: Executor) -> None:
        """Run commands on this executor."""
        self._executor = executor

    def evaluate(
        self,
        *,
        key: str | None = None,
        decision_id: str | None = None,
        version: int | None = None,
        variables: Mapping[str, object] | None = None,
    ) -> list[dict[str, object]]:
        """Evaluate the latest version of the decision ``key``, another one, or that with the id ``decision_id``.

        Returns:
            One entry for each rule that matches, by the names of the outputs.

        Raises:
            NullValueException: Neither is given.
            NotFoundException: There is no such decision.
            DmnEvaluationException: It cannot be evaluated with these values.
        """
        return self._executor.execute(EvaluateDecisionCmd(key, decision_id, version, variables or {}))

    def evaluate_table(self, decision_id: str, variables: Mapping[str, object] | None = None) -> Evaluation:
        """Evaluate the decision table of the definition with this id, and tell which rules match.

        Raises:
            NotFoundException: There is no such decision.
            BadUserRequestException: It is no table.
            DmnEvaluationException: It cannot be evaluated with these values.
        """
        return self._executor.execute(EvaluateDecisionTableCmd(decision_id, variables or {}))
