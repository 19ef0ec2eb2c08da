"""Expressions: what they mean, what they see, and what they refuse."""

import string
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine_telemetry.engine.expressions import (
    Subject,
    bounded_value,
    evaluate,
    evaluate_boolean,
    find_problem,
    is_expression,
)
from engine_telemetry.exceptions import ExpressionException

NOON = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
VARIABLES: dict[str, object] = {
    "nothing": None,
    "yes": True,
    "no": False,
    "five": 5,
    "half": 0.5,
    "price": Decimal("2.5"),
    "word": "Straße",
    "digits": "12",
    "blank": "",
    "due": NOON,
    "items": [1, "two", None],
    "order": {"id": 7, "lines": [{"sku": "a"}], "a key": "b", "size": "odd"},
    "file": b"\x00",
}
NAMES = VARIABLES | {"execution": Subject({"businessKey": "B-1", "id": "42"}, VARIABLES)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # literals
        ("${true}", True),
        ("#{null}", None),
        ("${12}", 12),
        ("${1.5e3}", 1500.0),
        ("${.5}", 0.5),
        ("${'it\\'s'}", "it's"),
        ('${"a \\\\ b"}', "a \\ b"),
        ("${'}'}", "}"),
        # numbers
        ("${1 + 2 * 3 - 4}", 3),
        ("${(1 + 2) * 3}", 9),
        ("${five + half}", 5.5),
        ("${price * 2}", 5.0),
        ("${7 / 2}", 3.5),
        ("${6 div 3}", 2.0),
        ("${-7 mod 3}", -1),
        ("${7.5 % 2}", 1.5),
        ("${- -five}", 5),
        ("${nothing + 1}", 1),
        ("${digits * 2}", 24),
        # texts
        ("${'a' + 1 + nothing + true}", "a1true"),
        ("${word + digits}", "Straße12"),
        # comparisons
        ("${1 == 1.0}", True),
        ("${five > 4.5 && five le 5}", True),
        ("${five eq '5'}", True),
        ("${yes == 'TRUE' && !'yes'}", True),
        ("${word ne 'x'}", True),
        ("${'a' < 'b'}", True),
        ("${digits lt 100}", True),
        ("${nothing == null}", True),
        ("${five != null}", True),
        ("${nothing < 1}", False),
        ("${nothing <= null}", True),
        ("${due < now()}", False),
        ("${due == dateTime()}", True),
        ("${items == items}", True),
        # logic
        ("${!no and not nothing}", True),
        ("${yes || missing}", True),
        ("${no && missing}", False),
        ("${empty blank and empty nothing and not empty items}", True),
        ("${yes ? 'a' : missing}", "a"),
        ("${no ? 1 : no ? 2 : 3}", 3),
        # properties and indices
        ("${order.id}", 7),
        ("${order.lines[0].sku}", "a"),
        ("${order['a key']}", "b"),
        ("${order.none.such}", None),
        ("${items[1]}", "two"),
        ("${items[9]}", None),
        ("${items[-1]}", None),
        ("${nothing.at.all}", None),
        # executions
        ("${execution.businessKey}", "B-1"),
        ("${execution.getBusinessKey()}", "B-1"),
        ("${execution.getVariable('five') + 1}", 6),
        ("${execution.getVariable('missing')}", None),
        ("${execution.hasVariable('five')}", True),
        # methods
        ("${word.equals('Straße')}", True),
        ("${five.equals(5.0) and not five.equals('5') and not yes.equals(1)}", True),
        ("${word.length()}", 6),
        ("${word.startsWith('Str') and word.endsWith('e') and word.contains('ß')}", True),
        ("${word.substring(0, 3).toUpperCase()}", "STR"),
        ("${' a '.trim().concat('b')}", "ab"),
        ("${'a-b'.replace('-', '+')}", "a+b"),
        ("${'x'.isEmpty()}", False),
        ("${items.size() + items.get(0)}", 4),
        ("${items.contains('two')}", True),
        ("${order.containsKey('id')}", True),
        ("${order.size}", "odd"),
        ("${order.prop('lines').elements().size()}", 1),
        ("${JSON('{\"a\": [1]}').prop('a')[0].numberValue()}", 1),
        ("${five.toString() + half}", "50.5"),
        ("${due.before(dateTime().plusSeconds(1))}", True),
        ("${due.getTime()}", 1769860800000),
        # dates
        ("${dateTime().plusDays(2).toDate()}", NOON + timedelta(days=2)),
        ("${dateTime().minusWeeks(1)}", NOON - timedelta(weeks=1)),
        ("${now().plusMonths(1)}", NOON.replace(month=2, day=28)),
        ("${now().minusMonths(13)}", NOON.replace(year=2024, month=12)),
        ("${now().plusYears(1)}", NOON.replace(year=2027)),
        # around them
        ("plain", "plain"),
        ("", ""),
        ("a ${five} b #{half}", "a 5 b 0.5"),
        ("${five} apples", "5 apples"),
        ("${yes}${nothing}${items}", 'true[1, "two", null]'),
        ("${due}", NOON),
        ("at ${due}", "at 2026-01-31T12:00:00+00:00"),
        ("costs $5 {so}", "costs $5 {so}"),
    ],
)
def test_an_expression_means_what_it_means_in_java(text: str, expected: object) -> None:
    value = evaluate(text, NAMES, now=NOON)
    assert value == expected
    assert type(value) is type(expected)
    assert find_problem(text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("${missing}", "Unknown property used in expression: ${missing}. Cause: Cannot resolve identifier 'missing'"),
        ("${a.b}", "Cannot resolve identifier 'a'"),
        ("${word.size}", "a text has no property 'size'"),
        ("${execution.processEngineServices}", "has no property 'processEngineServices'"),
        ("${execution.getProcessEngineServices()}", "has no property 'processEngineServices'"),
        ("${execution.setVariable('a', 1)}", "cannot be called here"),
        ("${five.size()}", "a number has no method 'size'"),
        ("${yes.intValue()}", "a boolean has no method 'intValue'"),
        ("${nothing.size()}", "size() is called on null"),
        ("${items.get(3)}", "a list of 3 items has none at 3"),
        ("${word.substring(4, 2)}", "no part from 4 to 2"),
        ("${word.substring()}", "substring() cannot be called like that"),
        ("${word.contains(1)}", "where a text is needed"),
        ("${now().plusDays(0.5)}", "where a whole number is needed"),
        ("${now().plusDays(9999999999)}", "plusDays() cannot be called like that"),
        ("${now().plusYears(8000)}", "is no year of a date"),
        ("${JSON('{')}", "JSON() cannot be called like that"),
        ("${1 / 0}", "division by zero"),
        ("${1 % 0}", "it cannot be calculated"),
        ("${9223372036854775807 + 1}", "more than 64 bits"),
        ("${1e308 * 10}", "no finite number"),
        ("${five == word}", "a text ('Straße') cannot be taken as a number"),
        ("${word * 1}", "a text ('Straße') cannot be taken as a number"),
        ("${'1_000' * 1}", "cannot be taken as a number"),
        ("${yes + 1}", "a boolean cannot be taken as a number"),
        ("${items ? 1 : 2}", "a list cannot be taken as a boolean"),
        ("${due < items}", "a date and a list cannot be compared"),
        ("a ${file}", "a file cannot be taken as a text"),
    ],
)
def test_what_cannot_be_evaluated_says_why(text: str, reason: str) -> None:
    assert find_problem(text) is None
    with pytest.raises(ExpressionException) as caught:
        evaluate(text, NAMES, now=NOON)
    assert reason in str(caught.value)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("${", "it has no closing '}'"),
        ("${five", "it has no closing '}'"),
        ("${}", "it ends too early"),
        ("${1 +}", "it ends too early"),
        ("${f(1}", "there is no function 'f'; there are JSON, S, dateTime, now"),
        ("${now(}", "it ends too early"),
        ("${1 2}", "'2' is not expected"),
        ("${a.1}", "is not expected"),
        ("${a[1}", "it ends too early, where ']' is needed"),
        ("${a ? b}", "it ends too early, where ':' is needed"),
        ("${a = 1}", "it cannot be read from '= 1}' on"),
        ("${'a}", "it cannot be read from"),
        ("${9223372036854775808}", "more than 64 bits"),
        ("ok ${five} and ${", "it has no closing '}'"),
        ("${__import__('os').system('id')}", "there is no function '__import__'"),
        ("${().__class__}", "')' is not expected"),
        ("${''.__class__.mro()}", "no value has a method 'mro'"),
        ("${[].__class__}", "'[' is not expected"),
        ("${lambda: 0}", "':' is not expected"),
        ("${x if y else z}", "'if' is not expected"),
        ("${{1, 2}}", "it cannot be read from '{1, 2}}' on"),
        ("${items.map(x, items.map(y, x * y))}", "no value has a method 'map', and no bean 'items' is registered"),
        ("${items.filter(x, x > 1)}", "no value has a method 'filter'"),
        ("${bean.run(five)}", "no value has a method 'run', and no bean 'bean' is registered"),
        ("${task.getName()}", "no value has a method 'getName', and no bean 'task' is registered"),
        ("${bean.getOrders()}", "no value has a method 'getOrders', and no bean 'bean' is registered"),
        ("${" + "(" * 26 + "1" + ")" * 26 + "}", "it is nested more than 25 deep"),
        ("${" + "a[" * 300 + "0" + "]" * 300 + "}", "it is nested more than 25 deep"),
        ("${" + "a ? b : " * 100 + "c}", "it is nested more than 25 deep"),
        ("${'" + "a" * 1000 + "'}", "it has 1005 characters; at most 1000 are allowed"),
    ],
)
def test_what_is_no_expression_is_a_problem_before_any_value_is_known(text: str, reason: str) -> None:
    problem = find_problem(text)
    assert problem is not None
    assert reason in problem
    assert len(problem) < 500
    with pytest.raises(ExpressionException):
        evaluate(text, NAMES)


def test_a_plain_text_of_any_length_is_no_problem() -> None:
    assert find_problem("$" * 5_000) is None
    assert not is_expression("$ {a} {{ b }}")
    assert is_expression("a #{b}")


@pytest.mark.parametrize("text", ["${nothing}", "${five}", "true", "${'true'}", "a ${yes}"])
def test_a_condition_is_true_or_false_and_nothing_else(text: str) -> None:
    with pytest.raises(ExpressionException, match="The condition"):
        evaluate_boolean(text, NAMES)
    assert evaluate_boolean("${five > 4}", NAMES) is True


def test_an_execution_sets_variables_where_it_may() -> None:
    written: dict[str, object] = {}
    execution = Subject({}, {}, set_variable=written.__setitem__)
    assert evaluate("${execution.setVariable('a', 1 + 1)}", {"execution": execution}) is None
    assert written == {"a": 2}


class _Greeter:
    """A bean."""

    name = "greeter"

    def greet(self, *who: object) -> str:
        return f"Hello, {who!r}"

    def _secret(self) -> None:
        raise AssertionError

    def fail(self) -> None:
        raise LookupError("by the bean")


def test_a_public_method_of_a_bean_is_called() -> None:
    bean = _Greeter()
    names = NAMES | {"execution": Subject({}, handle="the handle")}
    beans = {"greeter": bean}
    assert find_problem("${greeter.greet(five)}", beans) is None
    assert evaluate("${greeter.greet(five + 1, execution)}", names, beans=beans) == "Hello, (6, 'the handle')"
    assert evaluate("${greeter.greet(greeter).length() > 0}", names, beans=beans) is True
    assert evaluate("${five > 4 ? greeter : nothing}", names, beans=beans) is bean
    with pytest.raises(LookupError, match="by the bean"):
        evaluate("${greeter.fail()}", names, beans=beans)


def test_a_variable_hides_a_bean_of_its_name() -> None:
    assert evaluate("${five}", NAMES, beans={"five": _Greeter()}) == 5


@pytest.mark.parametrize(
    "text",
    [
        "${greeter._secret()}",
        "${greeter.__class__}",
        "${greeter.__init__()}",
        "${greeter.name}",
        "${greeter.name()}",
        "${greeter.greet.__globals__}",
        "${greeter['greet']}",
        "${greeter + 1}",
        "a ${greeter}",
    ],
)
def test_nothing_of_a_bean_but_its_public_methods_can_be_reached(text: str) -> None:
    with pytest.raises(ExpressionException):
        evaluate(text, NAMES, beans={"greeter": _Greeter()})


@pytest.mark.parametrize(
    "text",
    [
        "${a" + " + a" * 240 + "}",
        "${a" + ".concat(a)" * 90 + "}",
        "${a.replace('', a)}",
        "${a.replace('x', a).replace('x', a)}",
        "${l + '' + l}",
        "a" + "${a}" * 240,
    ],
)
def test_a_text_that_would_grow_without_bound_is_refused_at_once(text: str) -> None:
    begin = time.monotonic()
    with pytest.raises(ExpressionException, match="1000000"):
        evaluate(text, {"a": "x" * 600_000, "l": ["x" * 600_000]})
    assert time.monotonic() - begin < 10


def test_a_value_with_too_much_in_it_is_refused_at_once_however_it_is_shared() -> None:
    value: object = ["x", {"a": b"y"}]
    assert bounded_value(value) is value
    for _ in range(60):
        value = [value, value]
    with pytest.raises(ExpressionException, match="more than 1000000 characters and items"):
        bounded_value(value)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.binary(max_size=3)
    | st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-5))]))
    | st.decimals(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
PIECES = [
    *("a", "b", "c", "execution", "now()", "1", "0.5", "'x'", '"', "null", "true", "9223372036854775807", "1e308"),
    *("+", "-", "*", "/", "%", "==", "<", ">=", "&&", "||", "!", "not", "empty", "and", "div", "mod", "?", ":"),
    *("(", ")", "[", "]", ".", ",", ".size()", ".equals(", ".substring(", ".replace(", ".plusMonths(", ".get("),
    *(".plusDays(", ".charAt(", ".toString()", ".getVariable(", ".prop(", ".__class__", "JSON(", "${", "}"),
]


def _evaluate_or_refuse(text: str, names: dict[str, Any]) -> None:
    problem = find_problem(text)
    try:
        evaluate(text, names)
    except ExpressionException:
        return
    assert problem is None or "no value has a method" in problem


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12), VALUES, VALUES)
def test_nothing_made_of_the_languages_pieces_raises_another_error(pieces: Sequence[str], a: object, b: object) -> None:
    _evaluate_or_refuse("${" + " ".join(pieces) + "}", {"a": a, "b": b, "c": [a, b], "execution": Subject({}, {})})


@settings(deadline=None)
@given(VALUES, st.sampled_from(["+", "-", "*", "/", "%", "==", "!=", "<", ">=", "&&", "||", "? 1 :"]), VALUES)
@example(10**5000, "+", "a")
@example(10**400, "/", 3)
@example(float("nan"), "%", 2)
@example(Decimal("1e999999"), "*", 2)
def test_an_operator_takes_any_values_or_says_why_not(a: object, sign: str, b: object) -> None:
    _evaluate_or_refuse(f"${{a {sign} b}}", {"a": a, "b": b})


@settings(deadline=None)
@given(st.text(alphabet=string.printable + "ß²Ⅷ٣\x00", max_size=30), VALUES)
def test_no_text_raises_another_error(text: str, a: object) -> None:
    _evaluate_or_refuse(f"${{{text}}}", {"a": a})
    _evaluate_or_refuse(text, {"a": a})
