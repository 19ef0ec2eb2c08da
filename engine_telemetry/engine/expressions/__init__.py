"""Expressions in models, ``${…}`` or ``#{…}``: the one place that evaluates what a model says.

They are read and executed by this package alone; nothing in them ever reaches Python's own parser, and what they can
call is listed in ``values``. The work one can do is bounded by its length; the texts it makes are bounded too.
"""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from types import MappingProxyType

from engine_telemetry.engine.expressions import operators
from engine_telemetry.engine.expressions.parser import Scope
from engine_telemetry.engine.expressions.problem import CompileError, EvaluationError, UnresolvedError
from engine_telemetry.engine.expressions.template import compile_template, has_expression
from engine_telemetry.engine.expressions.values import Bean, Subject
from engine_telemetry.exceptions import ExpressionException

__all__ = ["Subject", "bounded_value", "evaluate", "evaluate_boolean", "find_problem", "is_expression"]

_NONE: Mapping[str, object] = MappingProxyType({})


def is_expression(text: str) -> bool:
    """Whether there is an expression in the text."""
    return has_expression(text)


def find_problem(text: str, beans: Collection[str] = ()) -> str | None:
    """Why a text cannot be evaluated whatever the variables are, in one sentence; nothing if it can.

    Args:
        text: A text with or without expressions.
        beans: The names that the embedding program has registered; any method may be called on these.
    """
    if not has_expression(text):
        return None
    try:
        reason = compile_template(text).unknown_call(beans)
    except CompileError as exc:
        reason = str(exc)
    return None if reason is None else f"The expression {_abridged(text)} cannot be used: {reason}"


def evaluate(
    text: str, names: Mapping[str, object], *, beans: Mapping[str, object] = _NONE, now: datetime | None = None
) -> object:
    """The value of a text: of a plain one itself, of a single expression its own, else a text.

    What a bean raises passes through.

    Args:
        text: A text with or without expressions.
        names: Values by name: null, booleans, numbers, texts, aware datetimes, lists, dicts, and ``Subject``.
        beans: Objects by name whose public methods may be called. A value of the same name hides a bean.
        now: What ``now()`` and ``dateTime()`` are, aware.

    Raises:
        ExpressionException: It cannot be compiled, or not be evaluated with these values.
    """
    if not has_expression(text):
        return text
    try:
        value = compile_template(text).evaluate(Scope(names, beans, now or datetime.now(UTC)))
    except CompileError as exc:
        raise ExpressionException(f"The expression {_abridged(text)} cannot be used: {exc}") from exc
    except EvaluationError as exc:
        what = "Unknown property used in" if isinstance(exc, UnresolvedError) else "Error while evaluating"
        raise ExpressionException(f"{what} expression: {_abridged(text)}. Cause: {exc}") from exc
    except RecursionError as exc:
        raise ExpressionException(f"Error while evaluating expression: {_abridged(text)}. Cause: too deep") from exc
    return value.content if isinstance(value, Bean) else value


def evaluate_boolean(
    text: str, names: Mapping[str, object], *, beans: Mapping[str, object] = _NONE, now: datetime | None = None
) -> bool:
    """Whether a condition holds.

    Raises:
        ExpressionException: As ``evaluate``, or the value is neither true nor false.
    """
    value = evaluate(text, names, beans=beans, now=now)
    if not isinstance(value, bool):
        kind = "null" if value is None else f"a {type(value).__name__}, no boolean"
        raise ExpressionException(f"The condition {_abridged(text)} is {kind}")
    return value


def bounded_value(value: object) -> object:
    """The value, if it has at most a million characters and items; the same list may be in it many times over.

    Raises:
        ExpressionException: It has more.
    """
    try:
        return operators.bounded_value(value)
    except EvaluationError as exc:
        raise ExpressionException(f"A value cannot be used: {exc}") from exc


def _abridged(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:200]}…"  # noqa: PLR2004  enough to recognise it
