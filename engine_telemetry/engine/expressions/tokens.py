"""Splits the text between ``${`` and ``}`` into tokens."""

import re
from dataclasses import dataclass
from typing import Literal

from engine_telemetry.engine.expressions.problem import CompileError

Kind = Literal["number", "text", "name", "operator", "end"]

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number> (?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)? )
    | (?P<text> '(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" )
    | (?P<name> [^\W\d]\w* )
    | (?P<operator> && | \|\| | [=!<>]= | [-+*/%<>!?:.,()\[\]] )
    | (?P<end> \} )
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)

# The operators that are words, and `false`'s and `null`'s place as names of nothing else.
WORDS = {
    "and": "&&",
    "or": "||",
    "not": "!",
    "eq": "==",
    "ne": "!=",
    "lt": "<",
    "gt": ">",
    "le": "<=",
    "ge": ">=",
    "div": "/",
    "mod": "%",
    "empty": "empty",
}


@dataclass(frozen=True)
class Token:
    """One token; a text without its quotes, a word that is an operator as its sign."""

    kind: Kind
    value: str


def tokenize(source: str, start: int) -> tuple[list[Token], int]:
    """The tokens from a place just behind ``${``, the last of kind "end", and the place behind its ``}``.

    Raises:
        CompileError: Something there is no token, or the expression is not closed.
    """
    tokens: list[Token] = []
    while not tokens or tokens[-1].kind != "end":
        match = _TOKEN.match(source, start)
        if match is None:
            rest = source[start:].lstrip()
            raise CompileError(f"it cannot be read from {rest[:20]!r} on" if rest else "it has no closing '}'")
        tokens.append(_to_token(match))
        start = match.end()
    return tokens, start


def _to_token(match: re.Match[str]) -> Token:
    kind: Kind = match.lastgroup  # type: ignore[assignment]  # the pattern's groups have the kinds' names
    value = match[kind]
    if kind == "text":
        return Token(kind, _ESCAPE.sub(r"\1", value[1:-1]))
    if kind == "name" and value in WORDS:
        return Token("operator", WORDS[value])
    return Token(kind, value)
