"""Reads decisions out of a DMN file (1.1 to 1.3, as Camunda Modeler writes them), and says what cannot be evaluated."""

from collections.abc import Callable, Mapping
from functools import partial
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

from lxml import etree

from engine_telemetry.engine.bpmn.document import MAX_MESSAGE_LENGTH, line_of, read_xml
from engine_telemetry.engine.decisions.cells import compile_cell, compile_test
from engine_telemetry.engine.decisions.feel import Test
from engine_telemetry.engine.decisions.model import Clause, Decision, Literal, Rule, Table
from engine_telemetry.engine.decisions.types import TYPES
from engine_telemetry.engine.expressions.parser import Part
from engine_telemetry.engine.expressions.problem import CompileError
from engine_telemetry.exceptions import ParseException, Problem

MAX_PROBLEMS = 100

C = TypeVar("C")

_NAMESPACES = (
    "{http://www.omg.org/spec/DMN/20151101/dmn.xsd}",
    "{http://www.omg.org/spec/DMN/20151101/dmn11.xsd}",
    "{http://www.omg.org/spec/DMN/20180521/MODEL/}",
    "{https://www.omg.org/spec/DMN/20191111/MODEL/}",
)
_CAMUNDA = "{http://camunda.org/schema/1.0/dmn}"
_HIT_POLICIES = frozenset({"UNIQUE", "FIRST", "ANY", "RULE ORDER", "COLLECT"})
_AGGREGATIONS = frozenset({"SUM", "MIN", "MAX", "COUNT"})


def parse_decisions(resource: str, content: bytes) -> list[Decision]:
    """The decisions of a DMN file.

    Args:
        resource: The name of the file, for errors.
        content: The file.

    Raises:
        ParseException: There is none, or the file has something that cannot be evaluated.
    """
    root = read_definitions(resource, content)
    reader = _Reader(root)
    decisions = reader.read(root)
    if reader.problems:
        in_order = sorted(reader.problems, key=lambda problem: problem.line)
        raise ParseException(resource, tuple(in_order[:MAX_PROBLEMS]))
    return decisions


def read_definitions(resource: str, content: bytes) -> etree._Element:
    """The root element of a DMN file.

    Raises:
        ParseException: It is no DMN file of a version that is known.
    """
    root = read_xml(resource, content)
    if root.tag not in {f"{namespace}definitions" for namespace in _NAMESPACES}:
        message = f"The root element is {str(root.tag)[:200]!r}, not 'definitions' of DMN 1.1, 1.2 or 1.3"
        raise ParseException(resource, (Problem(message, line=line_of(root)),))
    return root


class _Reader:
    """Makes decisions of elements, and notes what is wrong on the way.

    Attributes:
        problems: Why the file cannot be deployed.
    """

    def __init__(self, root: etree._Element) -> None:
        """Find nothing wrong yet."""
        self._namespace = str(root.tag).removesuffix("definitions")
        self._language = root.get("expressionLanguage")
        self.problems: list[Problem] = []

    def read(self, root: etree._Element) -> list[Decision]:
        """All decisions; worth something only if there are no problems."""
        elements = {element.get("id", ""): element for element in self._children(root, "decision")}
        if not elements:
            self._refuse(root, "The file has no decision")
        logics = {key: self._logic(element) for key, element in elements.items()}
        requirements = {key: self._required(element, elements) for key, element in elements.items()}
        order = self._in_order(elements, requirements)
        made: dict[str, Decision] = {}
        for key in order:
            before = dict.fromkeys(other for one in requirements[key] for other in (*made[one].requires, made[one]))
            made[key] = _to_decision(elements[key], logics[key], tuple(before))
        return [made[key] for key in elements if key in made]

    def _children(self, element: etree._Element, name: str) -> list[etree._Element]:
        return list(element.iterchildren(self._namespace + name))

    def _child(self, element: etree._Element, name: str) -> etree._Element | None:
        return next(element.iterchildren(self._namespace + name), None)

    def _refuse(self, element: etree._Element, message: str) -> None:
        around = (element, *element.iterancestors())
        ids = next(((name,) for one in around if (name := one.get("id"))), ())
        self.problems.append(Problem(message[:MAX_MESSAGE_LENGTH], ids, line_of(element)))

    def _required(self, element: etree._Element, known: Mapping[str, etree._Element]) -> list[str]:
        found: list[str] = []
        for requirement in self._children(element, "informationRequirement"):
            for required in self._children(requirement, "requiredDecision"):
                key = required.get("href", "").removeprefix("#")
                if key in known:
                    found.append(key)
                else:
                    self._refuse(requirement, f"The required decision {key[:50]!r} is not in this file")
        for requirement in self._children(element, "knowledgeRequirement"):
            self._refuse(requirement, "Business knowledge models are not supported")
        return found

    def _in_order(self, elements: Mapping[str, etree._Element], required: Mapping[str, list[str]]) -> list[str]:
        for key, element in elements.items():
            if not key:
                self._refuse(element, "A decision needs an id")
        try:
            return list(TopologicalSorter(required).static_order())
        except CycleError as exc:
            self._refuse(elements[exc.args[1][0]], f"Decisions require each other: {', '.join(exc.args[1])}")
            return []

    def _logic(self, element: etree._Element) -> Table | Literal:
        if (table := self._child(element, "decisionTable")) is not None:
            return self._table(table, element.get("id", ""))
        if (literal := self._child(element, "literalExpression")) is not None:
            return self._literal(element, literal)
        self._refuse(element, "The decision has neither a decision table nor a literal expression")
        return Table((), (), ())

    def _literal(self, decision: etree._Element, logic: etree._Element) -> Literal:
        key, variable = decision.get("id", ""), self._child(decision, "variable")
        if variable is None:
            return Literal(Clause(key, None, self._cell(logic)))
        return Literal(Clause(variable.get("name") or key, self._type(variable), self._cell(logic)))

    def _table(self, element: etree._Element, key: str) -> Table:
        policy, aggregation = element.get("hitPolicy", "UNIQUE"), element.get("aggregation")
        if policy not in _HIT_POLICIES:
            self._refuse(element, f"Hit policy {policy!r} is not supported; use one of {', '.join(_HIT_POLICIES)}")
        if aggregation is not None and (policy != "COLLECT" or aggregation not in _AGGREGATIONS):
            self._refuse(element, f"Aggregation {aggregation!r} of hit policy {policy!r} is not supported")
        inputs, outputs = self._children(element, "input"), self._children(element, "output")
        names = [one.get("name") or key for one in outputs]
        if not outputs or len(set(names)) < len(names) or (aggregation and len(names) > 1):
            self._refuse(element, "A table needs outputs of different names; for an aggregation, one output")
        variables = [one.get(f"{_CAMUNDA}inputVariable") or "cellInput" for one in inputs]
        return Table(
            [self._input(one) for one in inputs],
            [Clause(name, self._type(one)) for one, name in zip(outputs, names, strict=True)],
            [self._rule(rule, variables, len(outputs)) for rule in self._children(element, "rule")],
            policy,
            aggregation,
        )

    def _input(self, element: etree._Element) -> Clause:
        name = element.get("label") or str(element.get("id", ""))
        expression = self._child(element, "inputExpression")
        if expression is None or not self._text(expression):
            self._refuse(element, f"Input {name[:50]!r} has no expression")
            return Clause(name, None)
        return Clause(name, self._type(expression), self._cell(expression))

    def _rule(self, element: etree._Element, variables: list[str], outputs: int) -> Rule:
        tests, results = self._children(element, "inputEntry"), self._children(element, "outputEntry")
        if (len(tests), len(results)) != (len(variables), outputs):
            self._refuse(element, f"The rule needs {len(variables)} input and {outputs} output entries")
            return Rule("", (), ())
        return Rule(
            element.get("id", ""),
            [self._test(test, name) for test, name in zip(tests, variables, strict=True)],
            [self._cell(result) for result in results],
        )

    def _type(self, element: etree._Element) -> str | None:
        kind = element.get("typeRef", "").rpartition(":")[2]
        if kind and kind not in TYPES:
            self._refuse(element, f"Type {kind[:50]!r} is not supported; use one of {', '.join(TYPES)}")
        return kind or None

    def _cell(self, element: etree._Element) -> Part | None:
        if not self._text(element):
            return None
        return self._compiled(element, compile_cell)

    def _test(self, element: etree._Element, input_name: str) -> Test:
        compiled = self._compiled(element, partial(compile_test, input_name=input_name))
        return compiled or (lambda _, __: False)

    def _compiled(self, element: etree._Element, compile_text: Callable[[str, str | None], C]) -> C | None:
        text = self._text(element)
        try:
            return compile_text(text, element.get("expressionLanguage", self._language))
        except CompileError as exc:
            self._refuse(element, f"The expression {text[:100]!r} cannot be used: {exc}")
            return None

    def _text(self, element: etree._Element) -> str:
        return "".join(child.text or "" for child in self._children(element, "text")).strip()


def _to_decision(element: etree._Element, logic: Table | Literal, requires: tuple[Decision, ...]) -> Decision:
    return Decision(
        element.get("id", ""),
        element.get("name"),
        element.get(f"{_CAMUNDA}versionTag"),
        element.get(f"{_CAMUNDA}historyTimeToLive"),
        logic,
        requires,
    )
