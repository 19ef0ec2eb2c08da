"""The errors inside this package; its facade makes an ``ExpressionException`` or a sentence of them."""


class CompileError(Exception):
    """A text is no expression of this language; the message says why, to go on after "the expression …: "."""


class EvaluationError(Exception):
    """An expression cannot be evaluated with these values; the message says why."""


class UnresolvedError(EvaluationError):
    """A name or property is unknown."""
