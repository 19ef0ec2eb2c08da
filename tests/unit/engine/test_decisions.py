"""Decisions: tables with their hit policies, literal expressions, what they require, and what is refused."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine_telemetry.engine.decisions import Decision, Result, map_decision_result, parse_decisions
from engine_telemetry.exceptions import DmnEvaluationException, ParseException

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
DMN_13 = "https://www.omg.org/spec/DMN/20191111/MODEL/"
Row = tuple[Sequence[str], Sequence[str]]


def _file(*decisions: str, namespace: str = DMN_13, attributes: str = "") -> bytes:
    head = f'<definitions xmlns="{namespace}" xmlns:camunda="http://camunda.org/schema/1.0/dmn" id="f" {attributes}>'
    return "\n".join((head, *decisions, "</definitions>")).encode()


def _cell(kind: str, text: str) -> str:
    return f"<{kind}><text><![CDATA[{text}]]></text></{kind}>"


def _table(
    *rows: Row,
    inputs: Sequence[tuple[str, str]] = (("x", ""),),
    outputs: Sequence[tuple[str, str]] = (("y", ""),),
    policy: str = "",
    key: str = "d",
    requires: Sequence[str] = (),
) -> str:
    return "\n".join(
        [
            f'<decision id="{key}" name="The {key}" camunda:versionTag="v" camunda:historyTimeToLive="P1D">',
            *(
                f'<informationRequirement><requiredDecision href="#{one}"/></informationRequirement>'
                for one in requires
            ),
            f"<decisionTable {policy}>",
            *(
                f'<input label="in {text}"><inputExpression typeRef="{kind}"><text><![CDATA[{text}]]></text>'
                "</inputExpression></input>"
                for text, kind in inputs
            ),
            *(f'<output name="{name}" typeRef="{kind}"/>' for name, kind in outputs),
            *(
                f'<rule id="r{at}">'
                + "".join(_cell("inputEntry", test) for test in tests)
                + "".join(_cell("outputEntry", result) for result in results)
                + "</rule>"
                for at, (tests, results) in enumerate(rows, 1)
            ),
            "</decisionTable></decision>",
        ]
    )


def _parse(*decisions: str) -> Decision:
    return parse_decisions("a.dmn", _file(*decisions))[-1]


def _evaluate(*decisions: str, **names: object) -> Result:
    return _parse(*decisions).evaluate(names, NOW)


def _passes(test: str, value: object, kind: str = "", **names: object) -> bool:
    return _evaluate(_table(([test], ["1"]), inputs=[("x", kind)]), x=value, **names) == [{"y": 1}]


@pytest.mark.parametrize(
    ("test", "passing", "failing"),
    [
        ("", [1, "a", None, True], []),
        ("-", [1, "a", None, True], []),
        ("5", [5, 5.0], [4, "5", None, True]),
        ('"a"', ["a"], ["b", "A", 1, None]),
        ('"a", "b,c"', ["a", "b,c"], ["b", "a, b"]),
        ("true", [True], [False, None, 1]),
        ("false", [False], [True, 0]),
        ("null", [None], [0, ""]),
        ("< 5", [4, -1.5], [5, 6, "4", None]),
        (">= 5", [5, 5.1], [4]),
        ("[1..5]", [1, 3, 5], [0, 6, "3", None]),
        ("(1..5)", [3], [1, 5]),
        ("]1..5[", [3], [1, 5]),
        ("[1..5), > 10", [1, 4.9, 11], [5, 10]),
        ("not(1, [3..4])", [2, "a", None], [1, 3, 4]),
        ('not("a", "b")', ["c", None], ["a", "b"]),
        ("limit", [10], [9]),
        ("< limit * 2", [19], [20]),
        ("[-limit..limit + 0.5]", [-10, 10.5], [11]),
        ("? > limit and ? < 20", [11], [10, 20, "a"]),
        ("cellInput * 2 = 8", [4], [3]),
        ('contains(?, "b")', ["abc"], ["ac"]),
        ("limit = 10", [1, "a"], []),
        ("members", ["a", "b"], ["c", 1]),
        ("[1, 2]", [1, 2], [3]),
        ("(2)", [2], [3]),
        ('if limit > 5 then "a" else "b"', ["a"], ["b"]),
        ('date and time("2026-06-01T00:00:00")', [datetime(2026, 6, 1, tzinfo=UTC)], [NOW]),
        ('> date and time("2026-06-01T00:00:00+02:00")', [NOW], [datetime(2026, 5, 30, tzinfo=UTC), "a"]),
        ('[date("2026-06-01")..date("2026-07-01"))', [NOW], [datetime(2026, 7, 1, tzinfo=UTC)]),
        ("< now()", [datetime(2026, 5, 30, tzinfo=UTC)], [NOW]),
        ("${cellInput > limit}", [11], [10]),
    ],
)
def test_a_cell_is_a_test_of_its_input(test: str, passing: Sequence[object], failing: Sequence[object]) -> None:
    for value in passing:
        assert _passes(test, value, limit=10, members=["a", "b"]), value
    for value in failing:
        assert not _passes(test, value, limit=10, members=["a", "b"]), value


KINDS: dict[str, object] = {
    "null": None,
    "true": True,
    "1": 1,
    "2.5": 2.5,
    '"1"': "1",
    'date and time("2026-06-01T12:00:00")': NOW,
    "1_list": [1],
}


@pytest.mark.parametrize("literal", list(KINDS)[:-1])
def test_values_of_different_kinds_are_neither_equal_nor_in_an_order(literal: str) -> None:
    orders = {"1": {"1": "<= >=", "2.5": "> >="}, "2.5": {"1": "< <=", "2.5": "<= >="}}
    for other, value in KINDS.items():
        assert _passes(literal, value) is (literal == other)
        assert _passes(f"not({literal})", value) is (literal != other)
        holding = orders.get(literal, {}).get(other, "" if literal != other or literal in {"null", "true"} else "<= >=")
        assert [sign for sign in ("<", "<=", ">", ">=") if _passes(f"{sign} {literal}", value)] == holding.split()


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("2 - -1.5", 3.5),
        ("7 / 2", 3.5),
        ('"a" + "b"', "ab"),
        ('"say \\"hi\\""', 'say "hi"'),
        ("order.lines", [1, 2]),
        ("order.none.such", None),
        ("x = 1 or x = 2", True),
        ("x != 1 and not(x = 3)", True),
        ('x = "2"', False),
        ("not(null)", None),
        ('if x > 1 then "big" else "small"', "big"),
        ("[x, x + 1]", [2, 3]),
        ("max(1, x, 1.5) + min([3, 4]) + sum(order.lines) + count(order.lines)", 10),
        ("abs(-x) + floor(1.5) + ceiling(1.5)", 5),
        ('upper case("a") + lower case("B") + string(x)', "Ab2"),
        ('string length("abc") + number("4")', 7),
        ('substring("abcd", 2, 2) + substring("abcd", -1)', "bcd"),
        ('starts with("abc", "a") and ends with("abc", "c")', True),
        ("list contains(order.lines, x)", True),
        ("today()", datetime(2026, 6, 1, tzinfo=UTC)),
        ('date("2026-06-01T11:00:00")', datetime(2026, 6, 1, tzinfo=UTC)),
        ("${x + '!'}", "2!"),
    ],
)
def test_a_literal_expression_has_one_value(expression: str, expected: object) -> None:
    literal = f'<decision id="d"><variable name="v"/>{_cell("literalExpression", expression)}</decision>'
    assert _evaluate(literal, x=2, order={"lines": [1, 2]}) == [{"v": expected}]


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ('contains(1, "a")', "contains() cannot be called like that: a number is given, where a text is needed"),
        ('1 + "a"', "a text is no number"),
        ("true * 2", "a boolean is no number"),
        ("1 / 0", "it cannot be calculated"),
        ("max([])", "max() cannot be called like that"),
        ("x", "Cannot resolve identifier 'x'"),
    ],
)
def test_what_cannot_be_evaluated_says_why(expression: str, reason: str) -> None:
    with pytest.raises(DmnEvaluationException) as caught:
        _evaluate(f'<decision id="d">{_cell("literalExpression", expression)}</decision>')
    assert str(caught.value).startswith(f"Unable to evaluate decision 'd': 'd': {reason}")


ROWS: Sequence[Row] = ((["< 10"], ["1", '"a"']), (["< 20"], ["2", '"b"']), (["< 30"], ["3", '"b"']))
OUTPUTS = (("n", "integer"), ("s", "string"))


@pytest.mark.parametrize(
    ("policy", "x", "expected"),
    [
        ("", 25, [{"n": 3, "s": "b"}]),
        ("", 30, []),
        ('hitPolicy="UNIQUE"', 25, [{"n": 3, "s": "b"}]),
        ('hitPolicy="FIRST"', 5, [{"n": 1, "s": "a"}]),
        ('hitPolicy="FIRST"', 30, []),
        ('hitPolicy="RULE ORDER"', 15, [{"n": 2, "s": "b"}, {"n": 3, "s": "b"}]),
        ('hitPolicy="COLLECT"', 15, [{"n": 2, "s": "b"}, {"n": 3, "s": "b"}]),
        ('hitPolicy="ANY"', 25, [{"n": 3, "s": "b"}]),
    ],
)
def test_a_hit_policy_says_what_comes_of_the_rules_that_match(policy: str, x: int, expected: Result) -> None:
    assert _evaluate(_table(*ROWS, outputs=OUTPUTS, policy=policy), x=x) == expected


# Three rules, with the outputs 1, 2 and 2; which of them match, and what each policy makes of that ("!": an error).
TRUTH = """
    match  UNIQUE  FIRST  ANY  RULE ORDER  COLLECT  SUM  MIN  MAX  COUNT
    ---    -       -      -    -           -        -    -    -    0
    1--    1       1      1    1           1        1    1    1    1
    -2-    2       2      2    2           2        2    2    2    1
    --3    2       2      2    2           2        2    2    2    1
    12-    !       1      !    1,2         1,2      3    1    2    2
    1-3    !       1      !    1,2         1,2      3    1    2    2
    -23    !       2      2    2,2         2,2      4    2    2    2
    123    !       1      !    1,2,2       1,2,2    5    1    2    3
"""
_HEAD, *_LINES = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in TRUTH.strip().splitlines()]


@pytest.mark.parametrize("line", _LINES, ids=[line[0] for line in _LINES])
@pytest.mark.parametrize("policy", _HEAD[1:])
def test_each_policy_with_each_set_of_rules_that_match(policy: str, line: Sequence[str]) -> None:
    outputs = {"1": "1", "2": "2", "3": "2"}
    rows: list[Row] = [(["true" if rule in line[0] else "false"], [output]) for rule, output in outputs.items()]
    of_collect = policy in {"SUM", "MIN", "MAX", "COUNT"}
    attributes = f'hitPolicy="COLLECT" aggregation="{policy}"' if of_collect else f'hitPolicy="{policy}"'
    table, expected = _table(*rows, policy=attributes), line[_HEAD.index(policy)]
    if expected == "!":
        with pytest.raises(DmnEvaluationException, match=policy):
            _evaluate(table, x=True)
    else:
        values = [] if expected == "-" else [int(one) for one in expected.split(",")]
        assert [entry["y"] for entry in _evaluate(table, x=True)] == values


def test_first_does_not_look_further() -> None:
    assert _evaluate(_table((["1"], ["2"]), (["missing"], ["3"]), policy='hitPolicy="FIRST"'), x=1) == [{"y": 2}]


def test_an_input_may_have_a_name_in_its_cells() -> None:
    table = _table((["amount > 5 and amount < 7"], ["1"])).replace("<input ", '<input camunda:inputVariable="amount" ')
    assert _evaluate(table, x=6, amount=1) == [{"y": 1}]
    assert _evaluate(table, x=8, amount=6) == []


def test_any_takes_one_of_the_rules_that_agree() -> None:
    rows: Sequence[Row] = ((["1"], ["7"]), (["< 5"], ["7"]))
    assert _evaluate(_table(*rows, policy='hitPolicy="ANY"'), x=1) == [{"y": 7}]


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ("", "Unable to evaluate decision 'd': hit policy UNIQUE allows one rule to match, and there are r2, r3"),
        ('hitPolicy="ANY"', "hit policy ANY wants equal outputs, and these differ: r2, r3"),
    ],
)
def test_rules_that_break_the_hit_policy_are_named(policy: str, message: str) -> None:
    with pytest.raises(DmnEvaluationException, match=message):
        _evaluate(_table(*ROWS, outputs=OUTPUTS, policy=policy), x=15)


@pytest.mark.parametrize(
    ("aggregation", "x", "expected"),
    [
        ("SUM", 5, [{"y": 6}]),
        ("MIN", 5, [{"y": 1}]),
        ("MAX", 5, [{"y": 3}]),
        ("COUNT", 5, [{"y": 3}]),
        ("SUM", 99, []),
        ("COUNT", 99, [{"y": 0}]),
    ],
)
def test_an_aggregation_makes_one_value_of_all(aggregation: str, x: int, expected: Result) -> None:
    rows = [(tests, results[:1]) for tests, results in ROWS]
    table = _table(*rows, policy=f'hitPolicy="COLLECT" aggregation="{aggregation}"')
    assert _evaluate(table, x=x) == expected


def test_only_numbers_can_be_summed() -> None:
    with pytest.raises(DmnEvaluationException, match="SUM needs numbers"):
        _evaluate(_table((["-"], ['"a"']), policy='hitPolicy="COLLECT" aggregation="SUM"'), x=1)


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("string", 5, "5"),
        ("boolean", "true", True),
        ("integer", "7", 7),
        ("long", 7.0, 7),
        ("double", 7, 7.0),
        ("number", "1.5", 1.5),
        ("date", "2026-06-01", datetime(2026, 6, 1, tzinfo=UTC)),
        ("feel:string", "a", "a"),
        ("date", None, None),
    ],
)
def test_inputs_and_outputs_become_of_their_types(kind: str, value: object, expected: object) -> None:
    table = _table((["-"], ["x"]), inputs=[("x", kind)], outputs=[("y", kind)])
    [result] = _evaluate(table, x=value)
    assert result == {"y": expected}
    assert type(result["y"]) is type(expected)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("boolean", "yes"),
        ("integer", 1.5),
        ("integer", 1e400),
        ("double", "a"),
        ("date", "soon"),
        ("date", 5),
        ("string", b"a"),
    ],
)
def test_a_value_that_is_not_of_its_type_is_named(kind: str, value: object) -> None:
    with pytest.raises(DmnEvaluationException, match=f"'in x': the value cannot be taken as {kind}: "):
        _evaluate(_table((["-"], ["1"]), inputs=[("x", kind)]), x=value)


def test_a_missing_variable_is_named() -> None:
    with pytest.raises(DmnEvaluationException, match="'in x': Cannot resolve identifier 'x'"):
        _evaluate(_table((["-"], ["1"])))
    with pytest.raises(DmnEvaluationException, match="rule 'r1': Cannot resolve identifier 'z'"):
        _evaluate(_table((["z"], ["1"])), x=1)


def test_an_output_without_an_expression_is_null() -> None:
    assert _evaluate(_table((["-"], [""])), x=1) == [{"y": None}]


def test_required_decisions_are_evaluated_first_and_once() -> None:
    first = _table((["-"], ["x + 1"]), key="first", outputs=[("a", "")])
    many = _table((["-"], ["a"]), (["> 0"], ["a + 1"]), key="many", requires=["first"], outputs=[("b", "")],
                  policy='hitPolicy="COLLECT"')  # fmt: skip
    none = _table((["< 0"], ["1"]), key="none", requires=["first"], outputs=[("c", "")])
    last = _table((["-"], ["[a, b, c]"]), requires=["many", "none", "first"])
    decisions = parse_decisions("a.dmn", _file(last, none, many, first))
    assert [decision.key for decision in decisions] == ["d", "none", "many", "first"]
    assert decisions[0].evaluate({"x": 1}, NOW) == [{"y": [2, [2, 3], None]}]
    assert sorted(one.key for one in decisions[0].requires) == ["first", "many", "none"]


def test_a_decision_knows_its_names() -> None:
    decision = _parse(_table((["-"], ["1"])))
    assert (decision.key, decision.name, decision.version_tag, decision.history_time_to_live) == (
        "d",
        "The d",
        "v",
        "P1D",
    )


@pytest.mark.parametrize(
    "namespace",
    [
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20151101/dmn11.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        DMN_13,
    ],
)
def test_each_version_of_dmn_that_the_modeler_writes_is_read(namespace: str) -> None:
    content = _file(_table((["1"], ["2"])), namespace=namespace)
    assert parse_decisions("a.dmn", content)[0].evaluate({"x": 1}, NOW) == [{"y": 2}]


def test_a_language_may_be_named() -> None:
    feel = 'expressionLanguage="https://www.omg.org/spec/DMN/20191111/FEEL/"'
    table = _table((["< 5"], ["y_1"])).replace("<inputExpression ", '<inputExpression expressionLanguage="juel" ')
    [decision] = parse_decisions("a.dmn", _file(table.replace("in x", "x"), attributes=feel))
    assert decision.evaluate({"x": 1, "y_1": 2}, NOW) == [{"y": 2}]


@pytest.mark.parametrize(
    ("decision", "reason"),
    [
        ("", "The file has no decision"),
        ('<decision id="d"/>', "neither a decision table nor a literal expression"),
        (_table((["-"], ["1"]), key=""), "A decision needs an id"),
        (_table((["-"], ["1"]), policy='hitPolicy="PRIORITY"'), "Hit policy 'PRIORITY' is not supported"),
        (_table((["-"], ["1"]), policy='hitPolicy="OUTPUT ORDER"'), "Hit policy 'OUTPUT ORDER' is not supported"),
        (_table((["-"], ["1"]), policy='hitPolicy="COLLECT" aggregation="AVG"'), "Aggregation 'AVG'"),
        (_table((["-"], ["1"]), policy='aggregation="SUM"'), "Aggregation 'SUM' of hit policy 'UNIQUE'"),
        (_table((["-"], ["1", "2"]), outputs=[("y", ""), ("y", "")]), "outputs of different names"),
        (_table((["-"], []), outputs=[]), "A table needs outputs"),
        (_table((["-", "-"], ["1"])), "The rule needs 1 input and 1 output entries"),
        (_table((["-"], ["1"]), inputs=[("", "")]), "has no expression"),
        (_table((["-"], ["1"]), inputs=[("x", "address")]), "Type 'address' is not supported"),
        (_table((["-"], ["1"]), requires=["far"]), "The required decision 'far' is not in this file"),
        (_table((["-"], ["1"]), requires=["d"]), "Decisions require each other: d, d"),
        (_table((["<"], ["1"])), "'<' cannot be used: it ends too early"),
        (_table((["1.."], ["1"])), "is not expected"),
        (_table((["[1..2"], ["1"])), "it ends too early, where the interval ends"),
        (_table((["not(1"], ["1"])), "it ends too early, where ')' is needed"),
        (_table((["== 1"], ["1"])), "'==' is not expected"),
        (_table((["'a'"], ["1"])), "it cannot be read from \"'a'\" on"),
        (_table((["-"], ["for i in x return i"])), "'i' is not expected"),
        (_table((["-"], ["{a: 1}"])), "it cannot be read from '{a: 1}' on"),
        (_table((["-"], ["x[1]"])), "'[' is not expected"),
        (_table((["-"], ['x.replace("a", "b")'])), "x has no methods in FEEL"),
        (_table((["-"], ["x."])), "it ends too early, where a name is needed"),
        (_table((["-"], ["if x then 1"])), "where 'else' is needed"),
        (_table((["-"], ["matches(x, y)"])), "there is no function 'matches'"),
        (_table((['__import__("os")'], ["1"])), "there is no function '__import__'"),
        (_table((["-"], ["().__class__"])), "')' is not expected"),
        (_table((["-"], ["${x.map(y)}"])), "no value has a method 'map'"),
        (_table((["-"], ["(" * 50 + "1" + ")" * 50])), "nested more than 25 deep"),
        (_table((["1," * 600 + "1"], ["1"])), "at most 1000 are allowed"),
        (_table((["-"], ["1"])).replace("<outputEntry>", '<outputEntry expressionLanguage="groovy">'), "FEEL or JUEL"),
        (_table((["-"], ["1"])).replace("<decisionT", "<knowledgeRequirement/><decisionT"), "Business knowledge"),
    ],
)  # fmt: skip
def test_what_cannot_be_evaluated_is_refused_with_its_line(decision: str, reason: str) -> None:
    with pytest.raises(ParseException) as caught:
        parse_decisions("a.dmn", _file(decision))
    [problem] = [one for one in caught.value.problems if reason in one.message]
    assert problem.line > 0
    assert problem.element_ids


@pytest.mark.parametrize("tag", ["<definitions/>", '<a xmlns="http://www.omg.org/spec/DMN/20180521/MODEL/"/>'])
def test_another_kind_of_file_is_refused(tag: str) -> None:
    with pytest.raises(ParseException, match="not 'definitions' of DMN"):
        parse_decisions("a.dmn", tag.encode())


def test_an_external_entity_is_refused() -> None:
    content = b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + _file(_table((["-"], ["1"])))
    with pytest.raises(ParseException, match="DOCTYPE"):
        parse_decisions("a.dmn", content)


@pytest.mark.parametrize("kind", ["", "string"])
@pytest.mark.parametrize("twice", ["[{0}, {0}]", "{0}"])
def test_what_would_double_at_each_step_is_refused_at_once(kind: str, twice: str) -> None:
    chain = [_table((["-"], ["x"]), key="d0", outputs=[("y0", "")])] + [
        _table(
            *[(["-"], [twice.format(f"y{at}")])] * 2,
            key=f"d{at + 1}",
            outputs=[(f"y{at + 1}", kind)],
            requires=[f"d{at}"] * 2,
            policy='hitPolicy="COLLECT"',
        )
        for at in range(40)
    ]
    decisions = parse_decisions("a.dmn", _file(*chain))
    begin = time.monotonic()
    with pytest.raises(DmnEvaluationException, match="1000000"):
        decisions[-1].evaluate({"x": "long text" * 100}, NOW)
    assert time.monotonic() - begin < 10


def test_a_large_table_is_read_and_evaluated_in_a_moment() -> None:
    table = _table(*[([f"[{at}..{at}]"], [str(at)]) for at in range(2_000)])
    begin = time.monotonic()
    assert _evaluate(table, x=1_999) == [{"y": 1_999}]
    assert time.monotonic() - begin < 10


TWO: Result = [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    ("how", "result", "expected"),
    [
        ("singleEntry", [{"a": 1}], 1),
        ("singleEntry", [], None),
        ("singleResult", [{"a": 1, "b": 2}], {"a": 1, "b": 2}),
        ("singleResult", [], None),
        ("collectEntries", TWO, [1, 2]),
        ("resultList", TWO, TWO),
        (None, TWO, TWO),
    ],
)
def test_a_result_is_mapped(how: str | None, result: Result, expected: object) -> None:
    assert map_decision_result(result, how) == expected


@pytest.mark.parametrize(
    ("how", "result"),
    [
        ("singleEntry", TWO),
        ("singleEntry", [{"a": 1, "b": 2}]),
        ("singleResult", TWO),
        ("collectEntries", [{"a": 1, "b": 2}]),
    ],
)
def test_a_result_with_more_in_it_than_can_be_mapped_is_an_error(how: str, result: Result) -> None:
    with pytest.raises(DmnEvaluationException, match=how):
        map_decision_result(result, how)


PIECES = [
    *(
        "x",
        "?",
        "1",
        "2.5",
        '"a"',
        "null",
        "true",
        "not(",
        "(",
        ")",
        "[",
        "]",
        "..",
        ",",
        "-",
        "<",
        ">=",
        "=",
        "!=",
        "+",
    ),
    *("*", "/", "and", "or", "if", "then", "else", ".", "y", "max(", "sum(", "count(", "substring(", "date(", "now()"),
    *("date and time(", '"2026-06-01"', "string(", "list contains(", "contains(", "${", "}", "cellInput"),
]
VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
)


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=8), st.booleans(), VALUES)
def test_no_cell_raises_another_error(pieces: Sequence[str], tested: bool, x: object) -> None:
    text = " ".join(pieces)
    try:
        _evaluate(_table(([text], ["1"]) if tested else (["-"], [text])), x=x, y={"a": x})
    except (ParseException, DmnEvaluationException):
        return
