"""Makes functions of the expressions in a DMN file, in either of the languages they may be in: FEEL, and ``${…}``."""

from functools import partial

from engine_telemetry.engine.decisions.feel import Test, compile_expression, compile_tests
from engine_telemetry.engine.expressions.parser import Part, Scope
from engine_telemetry.engine.expressions.problem import CompileError
from engine_telemetry.engine.expressions.template import compile_template, has_expression

_FEEL = ("feel", "http://www.omg.org/spec/feel/20140401", "http://www.omg.org/spec/dmn/20180521/feel/")
_FEEL_13 = "https://www.omg.org/spec/dmn/20191111/feel/"
_JUEL = "juel"


def compile_cell(text: str, language: str | None) -> Part:
    """The function of an expression.

    Raises:
        CompileError: It is no expression, or its language is unknown.
    """
    if _is_juel(text, language):
        return _juel(text)
    return compile_expression(text)


def compile_test(text: str, language: str | None, input_name: str) -> Test:
    """The function of a cell below an input: in FEEL unary tests; in the other language, a condition.

    Args:
        text: The cell.
        language: Its language, if the file says so.
        input_name: What the value of the input is called in it.

    Raises:
        CompileError: It is nothing of this kind, or its language is unknown.
    """
    if text and _is_juel(text, language):
        return partial(_holds, _juel(text), input_name)
    return compile_tests(text, input_name)


def _is_juel(text: str, language: str | None) -> bool:
    name = (language or "").lower()
    if name not in {"", _JUEL, _FEEL_13, *_FEEL}:
        raise CompileError(f"its language is {language!r}; use FEEL or JUEL")
    return has_expression(text) if name != _JUEL else True


def _juel(text: str) -> Part:
    template = compile_template(text if has_expression(text) else f"${{{text}}}")
    if problem := template.unknown_call(()):
        raise CompileError(problem)
    return template.evaluate


def _holds(part: Part, input_name: str, value: object, scope: Scope) -> bool:
    return part(Scope({**scope.names, input_name: value}, scope.beans, scope.now)) is True
