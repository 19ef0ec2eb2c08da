"""The script engine that SpiffWorkflow gets: it evaluates nothing."""

from typing import NoReturn

from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine

from engine_telemetry.exceptions import ProcessEngineException


class RefusingScriptEngine(PythonScriptEngine):
    """Refuses every script and expression, so that nothing a model says is ever executed as Python.

    SpiffWorkflow's own engine and each of its environments hand them to ``eval`` and ``exec``. A model with one cannot
    be deployed; this is the second wall behind that.
    """

    def __init__(self) -> None:
        """Be the environment as well: parts of SpiffWorkflow ask it directly."""
        super().__init__(environment=self)

    def validate(self, *_: object, **__: object) -> NoReturn:
        """Refuse, whatever it is."""
        raise ProcessEngineException("Scripts and expressions in models are not supported")

    evaluate = execute = call_service = validate
