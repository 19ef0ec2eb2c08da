"""The part of FEEL that decisions may be written in (DMN 1.3, chapter 10), on the parser of ``expressions``.

There are numbers, texts, booleans, dates, lists, paths, arithmetic, comparisons, ``and``, ``or``, ``if then else`` and
the functions below; no contexts, filters, ``for``, ``some``, ``every`` and functions of one's own. What is of different
kinds is not equal and not less or greater, as in FEEL; a name that is unknown is an error.
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache, partial

from engine_telemetry.engine.expressions.operators import (
    OPERATORS,
    bounded,
    bounded_value,
    calculate,
    kind_of,
    to_number,
    to_text,
)
from engine_telemetry.engine.expressions.parser import Parser, Part, Scope
from engine_telemetry.engine.expressions.problem import CompileError, EvaluationError
from engine_telemetry.engine.expressions.tokens import Kind, Token

INPUT = "?"
MAX_LENGTH = 1_000
MAX_CACHED = 5_000

Test = Callable[[object, Scope], bool]

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number> \d+(?:\.\d+)? | \.\d+ )
    | (?P<text> "(?:[^"\\]|\\.)*" )
    | (?P<name> (?:date\ and\ time|(?:starts|ends)\ with|string\ length|(?:upper|lower)\ case|list\ contains)\b
              | \? | [^\W\d]\w* )
    | (?P<operator> \.\. | [<>!]= | [-+*/=<>.,()\[\]] )
    | (?P<end> $ )
    )""",
    re.VERBOSE | re.DOTALL,
)
_SIGNS = {"and": "&&", "or": "||", "=": "=="}
_LEVEL_OF_SUMS = 4


@lru_cache(MAX_CACHED)
def compile_expression(text: str) -> Part:
    """The function of an expression.

    Raises:
        CompileError: It is none of this part of FEEL.
    """
    return _FeelParser(_tokenize(text)).parse()


@lru_cache(MAX_CACHED)
def compile_tests(text: str, input_name: str) -> Test:
    """The function that says whether a value passes unary tests, as they stand in the cells of a decision table.

    Args:
        text: The tests.
        input_name: How they may call the value, beside ``?``.

    Raises:
        CompileError: They are none of this part of FEEL.
    """
    return _FeelParser(_tokenize(text), input_name).parse_tests()


def _tokenize(text: str) -> list[Token]:
    if len(text) > MAX_LENGTH:
        raise CompileError(f"it has {len(text)} characters; at most {MAX_LENGTH} are allowed")
    tokens: list[Token] = []
    start = 0
    while not tokens or tokens[-1].kind != "end":
        match = _TOKEN.match(text, start)
        if match is None:
            raise CompileError(f"it cannot be read from {text[start:].lstrip()[:20]!r} on")
        tokens.append(_to_token(match))
        start = match.end()
    return tokens


def _to_token(match: re.Match[str]) -> Token:
    kind: Kind = match.lastgroup  # type: ignore[assignment]  # the pattern's groups have the kinds' names
    value = match[kind]
    if kind == "text":
        return Token(kind, re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL))
    return Token("operator", _SIGNS[value]) if value in _SIGNS else Token(kind, value)


def _date(_: datetime, value: object) -> datetime:
    """A date without an offset is in UTC."""
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(_text(value))
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{kind_of(value)} is given, where a text is needed")
    return value


def _substring(_: datetime, text: object, start: object, length: object = None) -> str:
    """From 1, or from the end if it is negative (DMN 1.3, 10.3.4.3)."""
    first, count = int(to_number(start)), None if length is None else int(to_number(length))
    rest = _text(text)[first - 1 if first > 0 else first :]
    return rest if count is None else rest[: max(count, 0)]


def _flat(values: Sequence[object]) -> list[int | float]:
    items = values[0] if len(values) == 1 and isinstance(values[0], list) else values
    return [to_number(item) for item in items]


def _not(_: datetime, value: object) -> bool | None:
    return not value if isinstance(value, bool) else None


FUNCTIONS: Mapping[str, Callable[..., object]] = {
    "abs": lambda _, number: abs(to_number(number)),
    "ceiling": lambda _, number: math.ceil(to_number(number)),
    "contains": lambda _, text, part: _text(part) in _text(text),
    "count": lambda _, items: len(items),
    "date": lambda now, value: _date(now, value).replace(hour=0, minute=0, second=0, microsecond=0),
    "date and time": _date,
    "ends with": lambda _, text, part: _text(text).endswith(_text(part)),
    "floor": lambda _, number: math.floor(to_number(number)),
    "list contains": lambda _, items, item: any(_equal(one, item) for one in items),
    "lower case": lambda _, text: _text(text).lower(),
    "max": lambda _, *numbers: max(_flat(numbers)),
    "min": lambda _, *numbers: min(_flat(numbers)),
    "not": _not,
    "now": lambda now: now,
    "number": lambda _, value: to_number(value),
    "starts with": lambda _, text, part: _text(text).startswith(_text(part)),
    "string": lambda _, value: to_text(value),
    "string length": lambda _, text: len(_text(text)),
    "substring": _substring,
    "sum": lambda _, *numbers: sum(_flat(numbers)),
    "today": lambda now: now.replace(hour=0, minute=0, second=0, microsecond=0),
    "upper case": lambda _, text: _text(text).upper(),
}


def _equal(left: object, right: object) -> bool:
    return kind_of(left) == kind_of(right) and left == right


def _ordered(sign: str, left: object, right: object) -> bool:
    comparable = kind_of(left) == kind_of(right) and isinstance(left, int | float | str | datetime)
    return comparable and not isinstance(left, bool) and bool(OPERATORS[sign](left, right))


def _add(left: object, right: object) -> object:
    if isinstance(left, str) and isinstance(right, str):
        return bounded(left + right)
    return calculate(lambda one, other: _number(one) + _number(other), left, right)


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise EvaluationError(f"{kind_of(value)} is no number")
    return value


class _FeelParser(Parser):
    """Makes functions of FEEL's tokens."""

    operators: Mapping[str, Callable[[object, object], object]] = {
        "==": _equal,
        "!=": lambda left, right: not _equal(left, right),
        **{sign: partial(_ordered, sign) for sign in ("<", "<=", ">", ">=")},
        "+": _add,
        "-": partial(calculate, lambda left, right: _number(left) - _number(right)),
        "*": partial(calculate, lambda left, right: _number(left) * _number(right)),
        "/": partial(calculate, lambda left, right: _number(left) / _number(right)),
    }
    functions = FUNCTIONS
    steps = (".",)

    def __init__(self, tokens: Sequence[Token], input_name: str = INPUT) -> None:
        """Begin at the first token."""
        super().__init__(tokens)
        self._input_names = (INPUT, input_name)

    def parse_tests(self) -> Test:
        """Tests, ``-`` or nothing for any value, or ``not(…)`` around tests."""
        beginning = [token.value for token in self._tokens[:2]]
        if beginning in (["-", ""], [""]):
            return _everything
        negated = beginning == ["not", "("]
        self._at = 2 if negated else 0
        tests = [self._test()]
        while self._take(","):
            tests.append(self._test())
        if negated:
            self._require(")")
        if self._token.kind != "end":
            raise self._unexpected()
        return partial(_none_passes if negated else _any_passes, tests)

    def _test(self) -> Test:
        if sign := self._take("<", "<=", ">", ">="):
            return partial(_compares, sign, self._binary(_LEVEL_OF_SUMS))
        return self._interval() or self._value_test()

    def _interval(self) -> Test | None:
        """An interval; where it turns out to be something else in parentheses or brackets, go back and say nothing."""
        begin = self._at
        if not (opening := self._take("(", "[", "]")):
            return None
        if self._token.value != "]":
            low = self._binary(_LEVEL_OF_SUMS)
            if self._take(".."):
                high = self._binary(_LEVEL_OF_SUMS)
                closing = self._take(")", "[", "]")
                if not closing:
                    raise self._unexpected(", where the interval ends")
                above, below = ">=" if opening == "[" else ">", "<=" if closing == "]" else "<"
                return lambda value, scope: _ordered(above, value, low(scope)) and _ordered(below, value, high(scope))
        self._at = begin
        return None

    def _value_test(self) -> Test:
        begin = self._at
        part = self._expression()
        if any(token.kind == "name" and token.value in self._input_names for token in self._tokens[begin : self._at]):
            return lambda value, scope: part(self._with_input(scope, value)) is True
        return partial(_is_or_is_in if self._at == begin + 1 else _is_or_holds, part)

    def _with_input(self, scope: Scope, value: object) -> Scope:
        return Scope({**scope.names, **dict.fromkeys(self._input_names, value)}, scope.beans, scope.now)

    def _primary(self) -> Part:
        if self._token == Token("name", "if"):
            return self._conditional()
        if self._take("["):
            return self._list()
        return super()._primary()

    def _conditional(self) -> Part:
        self._word("if")
        condition = self._expression()
        self._word("then")
        chosen = self._expression()
        self._word("else")
        other = self._expression()
        return lambda scope: chosen(scope) if condition(scope) is True else other(scope)

    def _word(self, word: str) -> None:
        if self._token != Token("name", word):
            raise self._unexpected(f", where {word!r} is needed")
        self._at += 1

    def _list(self) -> Part:
        items: list[Part] = []
        while not self._take("]"):
            if items:
                self._require(",")
            items.append(self._expression())
        return lambda scope: bounded_value([item(scope) for item in items])

    def _member(self, root: str | None) -> Callable[[object, Scope], object]:
        if Token("operator", "(") in self._tokens[self._at + 1 : self._at + 2]:
            raise CompileError(f"{root or 'a value'} has no methods in FEEL")
        return super()._member(root)


def _everything(_: object, __: Scope) -> bool:
    return True


def _any_passes(tests: Sequence[Test], value: object, scope: Scope) -> bool:
    return any(test(value, scope) for test in tests)


def _none_passes(tests: Sequence[Test], value: object, scope: Scope) -> bool:
    return not any(test(value, scope) for test in tests)


def _compares(sign: str, limit: Part, value: object, scope: Scope) -> bool:
    return _ordered(sign, value, limit(scope))


def _is_or_is_in(part: Part, value: object, scope: Scope) -> bool:
    expected = part(scope)
    return _equal(value, expected) or (isinstance(expected, list) and any(_equal(value, one) for one in expected))


def _is_or_holds(part: Part, value: object, scope: Scope) -> bool:
    """What is more than a literal or a name may be a condition that says nothing of the value itself."""
    return _is_or_is_in(part, value, scope) or (part(scope) is True and not isinstance(value, bool))
