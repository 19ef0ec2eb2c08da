"""Cuts a text into what stands as it is and the expressions between, and makes a template of it."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from engine_telemetry.engine.expressions.operators import bounded, to_text
from engine_telemetry.engine.expressions.parser import Parser, Part, Scope
from engine_telemetry.engine.expressions.problem import CompileError
from engine_telemetry.engine.expressions.tokens import tokenize
from engine_telemetry.engine.expressions.values import can_call

MAX_LENGTH = 1_000
MAX_CACHED = 2_000

_OPENING = re.compile(r"[$#]\{")


@dataclass(frozen=True)
class Template:
    """A text with its expressions as functions.

    Attributes:
        calls: The methods that are called, each with the name it is called on, if that is one.
    """

    parts: tuple[str | Part, ...]
    calls: tuple[tuple[str | None, str], ...]

    def evaluate(self, scope: Scope) -> object:
        """The value of the only expression, if there is nothing else; else a text."""
        if len(self.parts) == 1 and not isinstance(self.parts[0], str):
            return self.parts[0](scope)
        return bounded("".join(part if isinstance(part, str) else to_text(part(scope)) for part in self.parts))

    def unknown_call(self, beans: Collection[str]) -> str | None:
        """A method that no value has and no bean can have, for a message."""
        for base, method in self.calls:
            if base not in beans and not can_call(base, method):
                missing_bean = f", and no bean {base[:50]!r} is registered" if base else ""
                return f"no value has a method {method[:50]!r}{missing_bean}"
        return None


def has_expression(text: str) -> bool:
    """Whether an expression begins anywhere in the text."""
    return _OPENING.search(text) is not None


@lru_cache(MAX_CACHED)
def compile_template(text: str) -> Template:
    """The template of a text.

    Raises:
        CompileError: It is too long, or one of its expressions is none.
    """
    if len(text) > MAX_LENGTH:
        raise CompileError(f"it has {len(text)} characters; at most {MAX_LENGTH} are allowed")
    parts: list[str | Part] = []
    calls: list[tuple[str | None, str]] = []
    end = 0
    while opening := _OPENING.search(text, end):
        if opening.start() > end:
            parts.append(text[end : opening.start()])
        tokens, end = tokenize(text, opening.end())
        parser = Parser(tokens)
        parts.append(parser.parse())
        calls += parser.calls
    if end < len(text):
        parts.append(text[end:])
    return Template(tuple(parts), tuple(calls))
