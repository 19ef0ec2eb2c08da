"""Decisions."""

from collections.abc import Mapping

from engine_telemetry.engine.commands.decision import EvaluateDecisionCmd
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
