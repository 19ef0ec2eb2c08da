"""Decisions as they are written, for people to read."""

import pytest

from engine_telemetry.engine.decisions import read_decision_text
from engine_telemetry.exceptions import NotFoundException

NAMESPACES = (
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
)


def _file(*decisions: str, namespace: str = NAMESPACES[-1]) -> bytes:
    return f'<definitions xmlns="{namespace}" id="f">{"".join(decisions)}</definitions>'.encode()


def _literal(key: str, expression: str, requires: str = "", name: str = "") -> str:
    required = f'<informationRequirement><requiredDecision href="#{requires}"/></informationRequirement>'
    variable = f'<variable name="{name}"/>' if name else ""
    text = f"<literalExpression><text><![CDATA[{expression}]]></text></literalExpression>"
    return f'<decision id="{key}">{variable}{required if requires else ""}{text}</decision>'


TABLE = """<decision id="d"><decisionTable hitPolicy="COLLECT" aggregation="SUM">
<input><inputExpression typeRef="feel:number"><text> a </text></inputExpression></input>
<output name="y" typeRef="string"/><output label="Letter" name="z"/>
<rule><description>one</description><inputEntry><text>&lt; 1</text></inputEntry>
  <outputEntry><text>1</text></outputEntry><outputEntry><text/></outputEntry>
  <annotationEntry><text>two</text></annotationEntry></rule>
</decisionTable></decision>"""


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_a_table_has_the_texts_of_its_cells(namespace: str) -> None:
    found = read_decision_text("a.dmn", _file(TABLE, namespace=namespace), "d")
    assert (found.hit_policy, found.aggregation, found.literal) == ("COLLECT", "SUM", None)
    assert [(one.label, one.expression, one.type) for one in found.inputs] == [("a", "a", "number")]
    assert [(one.label, one.name, one.type) for one in found.outputs] == [("y", "y", "string"), ("Letter", "z", "")]
    (rule,) = found.rules
    assert (rule.inputs, rule.outputs, rule.annotation) == (["< 1"], ["1", ""], "one; two")
    assert found.asks == [("a", "number")]


@pytest.mark.parametrize(
    ("expression", "asked"),
    [
        ("price * (1 + tax)", ["price", "tax"]),
        ("max(x.y, z)", ["x", "z"]),
        ('if kind = "good one" then a else null', ["kind", "a"]),
        ("${customer.name == 'a b' ? c : d}", ["customer", "c", "d"]),
        ("12.5", []),
    ],
)
def test_the_names_in_an_expression_are_asked_for(expression: str, asked: list[str]) -> None:
    found = read_decision_text("a.dmn", _file(_literal("d", expression)), "d")
    assert found.literal is not None
    assert found.literal.expression == expression
    assert [name for name, _ in found.asks] == asked


def test_what_required_decisions_say_is_not_asked_for_and_what_they_need_is() -> None:
    content = _file(
        _literal("d", "first + own", "b"),
        _literal("b", "second", "c", name="first"),
        _literal("c", "third", name="second"),
    )
    found = read_decision_text("a.dmn", content, "d")
    assert found.requires == ["b"]
    assert [name for name, _ in found.asks] == ["third", "own"]


def test_a_decision_that_is_not_in_the_file_is_not_found() -> None:
    with pytest.raises(NotFoundException, match=r"no decision 'x' in 'a\.dmn'"):
        read_decision_text("a.dmn", _file(TABLE), "x")
