"""Decisions as they are written, for people to read: the texts in the cells of a table, and what goes into it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lxml import etree

from engine_telemetry.engine.decisions.reading import read_definitions
from engine_telemetry.exceptions import NotFoundException

_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'')
_NAME = re.compile(r"(?<![\w.])[^\W\d]\w*(?!\w|\s*\()")  # not what is called, and not what is behind a dot
_WORDS = frozenset(
    {
        "and",
        "or",
        "not",
        "if",
        "then",
        "else",
        "true",
        "false",
        "null",
        "in",
        "between",
        "date",
        "time",
        "empty",
        "eq",
        "ne",
        "lt",
        "gt",
        "le",
        "ge",
        "div",
        "mod",
    }
)


@dataclass(frozen=True)
class ClauseText:
    """An input or an output of a table, or the expression of a decision.

    Attributes:
        label: What people call it; of an input, its expression if it is called nothing.
        name: Of an output, under which its value is in the result.
        expression: Of an input and of a literal expression.
        type: As ``typeRef`` says it, without a prefix; empty if that is left open.
    """

    label: str
    type: str
    name: str = ""
    expression: str = ""


@dataclass(frozen=True)
class RuleText:
    """One line of a table. An empty input cell fits anything."""

    inputs: Sequence[str]
    outputs: Sequence[str]
    annotation: str


@dataclass(frozen=True)
class DecisionText:
    """A decision as it is written.

    Attributes:
        hit_policy: Of a table; empty for a literal expression.
        aggregation: Of a table with the hit policy COLLECT.
        literal: The expression, if the decision is one.
        requires: The keys of the decisions that it requires itself.
        asks: The names of the values that it and those that it requires need, each with its type, as far as that can
            be seen: the names in the expressions of inputs and literal expressions.
    """

    hit_policy: str
    aggregation: str
    inputs: Sequence[ClauseText]
    outputs: Sequence[ClauseText]
    rules: Sequence[RuleText]
    literal: ClauseText | None
    requires: Sequence[str]
    asks: Sequence[tuple[str, str]]


def read_decision_text(resource: str, content: bytes, key: str) -> DecisionText:
    """A decision of a DMN file that was deployed.

    Raises:
        NotFoundException: The file has no decision of this key.
    """
    root = read_definitions(resource, content)
    reader = _TextReader(root)
    if key not in reader.elements:
        raise NotFoundException(f"There is no decision {key!r} in {resource!r}")
    return reader.read(key)


class _TextReader:
    """Reads texts out of elements. The file was checked when it was deployed, so nothing is checked here."""

    def __init__(self, root: etree._Element) -> None:
        self._namespace = str(root.tag).removesuffix("definitions")
        self.elements = {element.get("id", ""): element for element in self._children(root, "decision")}

    def read(self, key: str) -> DecisionText:
        """One decision."""
        decision = self.elements[key]
        table = self._child(decision, "decisionTable")
        outputs = [] if table is None else self._children(table, "output")
        return DecisionText(
            hit_policy="" if table is None else table.get("hitPolicy", "UNIQUE"),
            aggregation="" if table is None else table.get("aggregation", ""),
            inputs=self._inputs(decision),
            outputs=[
                ClauseText(one.get("label") or one.get("name") or key, _type(one), one.get("name") or key)
                for one in outputs
            ],
            rules=[] if table is None else [self._rule(rule) for rule in self._children(table, "rule")],
            literal=self._literal(decision),
            requires=self._required(decision),
            asks=self._asks(key),
        )

    def _children(self, element: etree._Element, name: str) -> list[etree._Element]:
        return list(element.iterchildren(self._namespace + name))

    def _child(self, element: etree._Element, name: str) -> etree._Element | None:
        return next(element.iterchildren(self._namespace + name), None)

    def _text(self, element: etree._Element) -> str:
        return "".join(child.text or "" for child in self._children(element, "text")).strip()

    def _inputs(self, decision: etree._Element) -> list[ClauseText]:
        table = self._child(decision, "decisionTable")
        found = []
        for one in [] if table is None else self._children(table, "input"):
            expression = self._child(one, "inputExpression")
            text, kind = ("", "") if expression is None else (self._text(expression), _type(expression))
            found.append(ClauseText(one.get("label") or text, kind, expression=text))
        return found

    def _rule(self, rule: etree._Element) -> RuleText:
        notes = [self._text(entry) for entry in self._children(rule, "annotationEntry")]
        description = self._child(rule, "description")
        if description is not None:
            notes.insert(0, (description.text or "").strip())
        return RuleText(
            [self._text(entry) for entry in self._children(rule, "inputEntry")],
            [self._text(entry) for entry in self._children(rule, "outputEntry")],
            "; ".join(note for note in notes if note),
        )

    def _literal(self, decision: etree._Element) -> ClauseText | None:
        literal, variable = self._child(decision, "literalExpression"), self._child(decision, "variable")
        if literal is None:
            return None
        key = decision.get("id", "")
        name, kind = (key, "") if variable is None else (variable.get("name") or key, _type(variable))
        return ClauseText(name, kind, name, self._text(literal))

    def _required(self, decision: etree._Element) -> list[str]:
        return [
            required.get("href", "").removeprefix("#")
            for requirement in self._children(decision, "informationRequirement")
            for required in self._children(requirement, "requiredDecision")
        ]

    def _asks(self, key: str) -> list[tuple[str, str]]:
        """What nobody computes: the names in this decision and all before it that are no outputs of one before it."""
        wanted, made, open_keys = dict[str, str](), set[str](), [key]
        seen = {key}
        while open_keys:
            decision = self.elements[open_keys.pop(0)]
            for clause in (*self._inputs(decision), *filter(None, [self._literal(decision)])):
                wanted = {name: clause.type if name == clause.expression else "" for name in _names(clause)} | wanted
            new = [one for one in self._required(decision) if one not in seen]
            made |= {name for one in new for name in self._made(self.elements[one])}
            seen.update(new)
            open_keys += new
        return [(name, kind) for name, kind in wanted.items() if name not in made]

    def _made(self, decision: etree._Element) -> list[str]:
        literal = self._literal(decision)
        if literal is not None:
            return [literal.name]
        table = self._child(decision, "decisionTable")
        outputs = [] if table is None else self._children(table, "output")
        return [one.get("name", "") or decision.get("id", "") for one in outputs]


def _names(clause: ClauseText) -> list[str]:
    found = _NAME.findall(_TEXT.sub("", clause.expression))
    return [name for name in found if name not in _WORDS]


def _type(element: etree._Element) -> str:
    return element.get("typeRef", "").rpartition(":")[2]
