"""Decisions that can be evaluated: tables with their hit policies, and literal expressions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from engine_telemetry.engine.decisions.types import convert
from engine_telemetry.engine.expressions.operators import bounded_value
from engine_telemetry.engine.expressions.parser import Part, Scope
from engine_telemetry.engine.expressions.problem import EvaluationError
from engine_telemetry.exceptions import DmnEvaluationException

Result = list[dict[str, object]]


@dataclass(frozen=True)
class Evaluation:
    """What came of a decision.

    Attributes:
        result: One entry for each rule that matches, or for the value of a literal expression, by the names of the
            outputs; one entry if the results are aggregated.
        rules: The places of the rules that match in their table, from 0.
    """

    result: Result
    rules: tuple[int, ...] = ()


@dataclass(frozen=True)
class Clause:
    """An input or an output of a table, or the result of a literal expression.

    Attributes:
        name: Of an output: under which its value is in the result. Of an input: what it is called, for messages.
        type: What its value is made to be; none if that is left open.
        value: Of an input and of a literal expression: its expression.
    """

    name: str
    type: str | None
    value: Part | None = None


@dataclass(frozen=True)
class Rule:
    """One line of a table: a test for each input, an expression for each output."""

    id: str
    tests: Sequence[Callable[[object, Scope], bool]]
    outputs: Sequence[Part | None]


@dataclass(frozen=True)
class Table:
    """A decision table.

    Attributes:
        hit_policy: UNIQUE, FIRST, ANY, RULE ORDER or COLLECT.
        aggregation: Of COLLECT: SUM, MIN, MAX, COUNT or none.
    """

    inputs: Sequence[Clause]
    outputs: Sequence[Clause]
    rules: Sequence[Rule]
    hit_policy: str = "UNIQUE"
    aggregation: str | None = None

    def evaluate(self, scope: Scope) -> Evaluation:
        """The result.

        Raises:
            EvaluationError: An expression cannot be evaluated, or the rules break the hit policy.
        """
        values = [_value(clause, clause.value, scope) for clause in self.inputs]
        found = (place for place, rule in enumerate(self.rules) if _matches(rule, values, scope))
        places = list(islice(found, 1) if self.hit_policy == "FIRST" else found)
        matching = [self.rules[place] for place in places]
        if self.hit_policy == "UNIQUE" and len(matching) > 1:
            raise EvaluationError(f"hit policy UNIQUE allows one rule to match, and there are {_ids(matching)}")
        results = [self._outputs(rule, scope) for rule in matching]
        if self.hit_policy == "ANY":
            if any(result != results[0] for result in results):
                raise EvaluationError(f"hit policy ANY wants equal outputs, and these differ: {_ids(matching)}")
            results = results[:1]
        return Evaluation(self._aggregated(results) if self.aggregation else results, tuple(places))

    def _outputs(self, rule: Rule, scope: Scope) -> dict[str, object]:
        pairs = zip(self.outputs, rule.outputs, strict=True)
        return {clause.name: _value(clause, part, scope) for clause, part in pairs}

    def _aggregated(self, results: Result) -> Result:
        name = self.outputs[0].name
        values = [result[name] for result in results if result[name] is not None]
        if self.aggregation == "COUNT":
            return [{name: len(values)}]
        if not values:
            return []
        numbers = [value for value in values if isinstance(value, int | float) and not isinstance(value, bool)]
        if len(numbers) < len(values):
            raise EvaluationError(f"{self.aggregation} needs numbers, and the outputs are {str(values)[:100]}")
        return [{name: _AGGREGATIONS[self.aggregation or ""](numbers)}]


@dataclass(frozen=True)
class Literal:
    """A decision that is one expression."""

    result: Clause

    def evaluate(self, scope: Scope) -> Evaluation:
        """Its value under the name of the decision's variable."""
        return Evaluation([{self.result.name: _value(self.result, self.result.value, scope)}])


@dataclass(frozen=True, eq=False)
class Decision:
    """A decision.

    Attributes:
        key: Its id in the file.
        requires: The decisions that are evaluated before, each behind those that it requires itself.
    """

    key: str
    name: str | None
    version_tag: str | None
    history_time_to_live: str | None
    logic: Table | Literal = field(repr=False)
    requires: "Sequence[Decision]" = field(default=(), repr=False)

    def evaluate(self, names: Mapping[str, object], now: datetime) -> Result:
        """The result: one entry for each rule that matches, or for the value, by the names of the outputs."""
        return self.explain(names, now).result

    def explain(self, names: Mapping[str, object], now: datetime) -> Evaluation:
        """The result, and which rules match.

        What a required decision says can be seen by its outputs' names: a value, or a list if several rules match.

        Args:
            names: Variables, as for ``expressions``.
            now: The time, aware.

        Raises:
            DmnEvaluationException: It cannot be evaluated with these values. The message says which decision and why.
        """
        known = dict(names)
        for one in self.requires:
            known |= _as_variables(one, one.own_evaluation(known, now).result)
        return self.own_evaluation(known, now)

    def own_evaluation(self, names: Mapping[str, object], now: datetime) -> Evaluation:
        """The result, where those of the required decisions are known."""
        try:
            evaluation = self.logic.evaluate(Scope(names, {}, now))
            bounded_value([list(entry.values()) for entry in evaluation.result])
        except EvaluationError as exc:
            raise DmnEvaluationException(f"Unable to evaluate decision '{self.key}': {exc}") from exc
        except RecursionError as exc:
            raise DmnEvaluationException(f"Unable to evaluate decision '{self.key}': a value is too deep") from exc
        return evaluation

    @property
    def output_names(self) -> list[str]:
        """The names in each entry of its result."""
        return [self.logic.result.name] if isinstance(self.logic, Literal) else [one.name for one in self.logic.outputs]


def _as_variables(decision: Decision, result: Result) -> dict[str, object]:
    if len(result) == 1:
        return result[0]
    return {name: [entry[name] for entry in result] or None for name in decision.output_names}


def _value(clause: Clause, part: Part | None, scope: Scope) -> object:
    try:
        return convert(None if part is None else part(scope), clause.type)
    except EvaluationError as exc:
        raise EvaluationError(f"{clause.name!r}: {exc}") from exc


def _matches(rule: Rule, values: Sequence[object], scope: Scope) -> bool:
    try:
        return all(test(value, scope) for test, value in zip(rule.tests, values, strict=True))
    except EvaluationError as exc:
        raise EvaluationError(f"rule {rule.id!r}: {exc}") from exc


def _ids(rules: Sequence[Rule]) -> str:
    return ", ".join(rule.id for rule in rules[:10])


_AGGREGATIONS: Mapping[str, Callable[[list[int | float]], int | float]] = {"SUM": sum, "MIN": min, "MAX": max}
