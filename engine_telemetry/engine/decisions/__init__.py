"""Decisions (DMN): read out of files, evaluated with variables, and what a business rule task makes of the result."""

from collections.abc import Sequence

from engine_telemetry.engine.decisions.model import Decision, Evaluation, Result, Table
from engine_telemetry.engine.decisions.reading import parse_decisions
from engine_telemetry.engine.decisions.text import DecisionText, read_decision_text
from engine_telemetry.exceptions import DmnEvaluationException

__all__ = [
    "MAPPERS",
    "Decision",
    "DecisionText",
    "Evaluation",
    "Result",
    "Table",
    "map_decision_result",
    "parse_decisions",
    "read_decision_text",
]

MAPPERS = ("singleEntry", "singleResult", "collectEntries", "resultList")


def map_decision_result(result: Result, how: str | None) -> object:
    """What ``camunda:mapDecisionResult`` makes of a result.

    Args:
        result: The result.
        how: One of ``MAPPERS``; nothing is the same as ``resultList``.

    Raises:
        DmnEvaluationException: The result has more in it than can be mapped like that.
    """
    match how:
        case "singleEntry":
            return _only_value(_only(result, how), how) if result else None
        case "singleResult":
            return _only(result, how) if result else None
        case "collectEntries":
            return [_only_value(entry, how) for entry in result]
    return result


def _only(result: Result, how: str) -> dict[str, object]:
    if len(result) > 1:
        raise DmnEvaluationException(f"{how!r} wants at most one result of a decision, and there are {len(result)}")
    return result[0]


def _only_value(entry: dict[str, object], how: str) -> object:
    values: Sequence[object] = list(entry.values())
    if len(values) != 1:
        raise DmnEvaluationException(f"{how!r} wants one output of a decision, and there are {', '.join(entry)}")
    return values[0]
