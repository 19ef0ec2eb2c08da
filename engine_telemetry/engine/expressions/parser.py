"""Reads an expression and makes functions of it, one for each of its parts.

The language is that of Java's Unified Expression Language (JSR 341) without lambdas, assignments and literals of
collections, so that an expression does no more steps than it has characters::

    expression := or ["?" expression ":" expression]
    or         := and {"||" and}            and then, each binding tighter: && | == != | < <= > >= | + - | * / %
    unary      := {"!" | "-" | "empty"} postfix
    postfix    := primary {"." name ["(" arguments ")"] | "[" expression "]"}
    primary    := number | text | true | false | null | name ["(" arguments ")"] | "(" expression ")"
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from engine_telemetry.engine.expressions.operators import (
    ARITHMETIC,
    OPERATORS,
    calculate,
    is_empty,
    to_boolean,
)
from engine_telemetry.engine.expressions.problem import CompileError, UnresolvedError
from engine_telemetry.engine.expressions.tokens import Token
from engine_telemetry.engine.expressions.values import FUNCTIONS, Bean, call_function, call_method, get_property

MAX_DEPTH = 25

_LEVELS: Sequence[frozenset[str]] = (
    frozenset({"||"}),
    frozenset({"&&"}),
    frozenset({"==", "!="}),
    frozenset({"<", "<=", ">", ">="}),
    frozenset({"+", "-"}),
    frozenset({"*", "/", "%"}),
)
_CONSTANTS: Mapping[str, object] = {"true": True, "false": False, "null": None}


@dataclass(frozen=True)
class Scope:
    """What an expression sees."""

    names: Mapping[str, object]
    beans: Mapping[str, object]
    now: datetime


Part = Callable[[Scope], object]


class Parser:
    """Makes one function of the tokens of one expression.

    Attributes:
        operators: What the operators on two values do; a subclass may have others.
        functions: What can be called; each is given the time and its arguments.
        steps: What may follow a value and ask something of it.
        calls: The methods that are called, each with the name it is called on, if that is one.
    """

    operators = OPERATORS
    functions = FUNCTIONS
    steps: Sequence[str] = (".", "[")

    def __init__(self, tokens: Sequence[Token]) -> None:
        """Begin at the first token."""
        self._tokens = tokens
        self._at = self._depth = 0
        self.calls: list[tuple[str | None, str]] = []

    def parse(self) -> Part:
        """The function.

        Raises:
            CompileError: The tokens are no expression, or it is nested too deeply.
        """
        part = self._expression()
        if self._token.kind != "end":
            raise self._unexpected()
        return part

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def _take(self, *signs: str) -> str | None:
        """The operator here, if it is one of these, and go on to the next token."""
        token = self._token
        if token.kind != "operator" or token.value not in signs:
            return None
        self._at += 1
        return token.value

    def _require(self, sign: str) -> None:
        if not self._take(sign):
            raise self._unexpected(f", where {sign!r} is needed")

    def _unexpected(self, instead: str = "") -> CompileError:
        if self._token.kind == "end":
            return CompileError(f"it ends too early{instead}")
        return CompileError(f"{self._token.value[:20]!r} is not expected{instead}")

    def _expression(self) -> Part:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise CompileError(f"it is nested more than {MAX_DEPTH} deep")
        part = self._binary(0)
        if self._take("?"):
            chosen = self._expression()
            self._require(":")
            part = partial(_choose, part, chosen, self._expression())
        self._depth -= 1
        return part

    def _binary(self, level: int) -> Part:
        if level == len(_LEVELS):
            return self._unary()
        first = self._binary(level + 1)
        rest: list[tuple[str, Part]] = []
        while sign := self._take(*_LEVELS[level]):
            rest.append((sign, self._binary(level + 1)))
        if not rest:
            return first
        if level < len(_LOGIC):
            return partial(_LOGIC[level], [first, *(part for _, part in rest)])
        return partial(_chain, first, [(self.operators[sign], part) for sign, part in rest])

    def _unary(self) -> Part:
        signs: list[str] = []
        while sign := self._take("!", "-", "empty"):
            signs.append(sign)
        part = self._postfix()
        return partial(_prefixed, signs[::-1], part) if signs else part

    def _postfix(self) -> Part:
        root = self._token.value if self._token.kind == "name" else None
        part = self._primary()
        steps: list[Callable[[object, Scope], object]] = []
        while sign := self._take(*self.steps):
            steps.append(self._index() if sign == "[" else self._member(None if steps else root))
        return partial(_walk, part, steps) if steps else part

    def _index(self) -> Callable[[object, Scope], object]:
        index = self._expression()
        self._require("]")
        return lambda base, scope: get_property(base, index(scope))

    def _member(self, root: str | None) -> Callable[[object, Scope], object]:
        name = self._name()
        if not self._take("("):
            return lambda base, _: get_property(base, name)
        self.calls.append((root, name))
        arguments = self._arguments()
        return lambda base, scope: call_method(base, name, [argument(scope) for argument in arguments])

    def _name(self) -> str:
        if self._token.kind != "name":
            raise self._unexpected(", where a name is needed")
        self._at += 1
        return self._tokens[self._at - 1].value

    def _arguments(self) -> list[Part]:
        arguments: list[Part] = []
        if self._take(")"):
            return arguments
        arguments.append(self._expression())
        while self._take(","):
            arguments.append(self._expression())
        self._require(")")
        return arguments

    def _primary(self) -> Part:
        if self._take("("):
            part = self._expression()
            self._require(")")
            return part
        token = self._token
        if token.kind not in {"number", "text", "name"}:
            raise self._unexpected()
        self._at += 1
        if token.kind == "name" and token.value not in _CONSTANTS:
            return self._named(token.value)
        return partial(_constant, _to_value(token))

    def _named(self, name: str) -> Part:
        if not self._take("("):
            return partial(_look_up, name)
        if name not in self.functions:
            raise CompileError(f"there is no function {name[:50]!r}; there are {', '.join(sorted(self.functions))}")
        function, arguments = self.functions[name], self._arguments()
        return lambda scope: call_function(name, function, [scope.now, *(one(scope) for one in arguments)])


def _to_value(token: Token) -> object:
    if token.kind == "name":
        return _CONSTANTS[token.value]
    if token.kind == "text":
        return token.value
    number = int(token.value) if token.value.isdecimal() else float(token.value)
    if not -(2**63) <= number < 2**63 and isinstance(number, int):
        raise CompileError(f"the number {token.value[:30]} has more than 64 bits")
    return number


def _constant(value: object, _: Scope) -> object:
    return value


def _look_up(name: str, scope: Scope) -> object:
    with suppress(KeyError):
        return scope.names[name]
    if name in scope.beans:
        return Bean(name, scope.beans[name])
    raise UnresolvedError(f"Cannot resolve identifier {name!r}")


def _choose(condition: Part, chosen: Part, other: Part, scope: Scope) -> object:
    return chosen(scope) if to_boolean(condition(scope)) else other(scope)


def _any(parts: Sequence[Part], scope: Scope) -> bool:
    return any(to_boolean(part(scope)) for part in parts)


def _all(parts: Sequence[Part], scope: Scope) -> bool:
    return all(to_boolean(part(scope)) for part in parts)


_LOGIC = (_any, _all)


def _chain(first: Part, rest: Sequence[tuple[Callable[[Any, Any], object], Part]], scope: Scope) -> object:
    value = first(scope)
    for operate, part in rest:
        value = operate(value, part(scope))
    return value


def _prefixed(signs: Sequence[str], part: Part, scope: Scope) -> object:
    value = part(scope)
    for sign in signs:
        value = _PREFIXES[sign](value)
    return value


_PREFIXES: Mapping[str, Callable[[object], object]] = {
    "!": lambda value: not to_boolean(value),
    "-": lambda value: calculate(ARITHMETIC["-"], 0, value),
    "empty": is_empty,
}


def _walk(part: Part, steps: Sequence[Callable[[object, Scope], object]], scope: Scope) -> object:
    value = part(scope)
    for step in steps:
        value = step(value, scope)
    return value
