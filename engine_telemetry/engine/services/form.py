"""Forms of user tasks, and those that processes are started with."""

from collections.abc import Iterable, Mapping

from engine_telemetry.engine.commands.form import (
    GetStartFormCmd,
    GetStartFormVariablesCmd,
    GetTaskFormCmd,
    GetTaskFormVariablesCmd,
    SubmitStartFormCmd,
    SubmitTaskFormCmd,
)
from engine_telemetry.engine.entities import ProcessInstance, TypedValue
from engine_telemetry.engine.executor import Executor
from engine_telemetry.engine.forms import Form


class FormService:
    """Forms. Values are plain Python values or ``TypedValue``.

    Each method with a ``task_id`` raises ``NullValueException`` if no such task waits, each with a ``definition_id``
    ``NotFoundException`` if there is no such process definition.
    """

    def __init__(self, executor: Executor) -> None:
        """Run commands on this executor."""
        self._executor = executor

    def get_start_form(self, definition_id: str) -> Form:
        """The form that a process is started with, its fields with their defaults."""
        return self._executor.execute(GetStartFormCmd(definition_id))

    def get_task_form(self, task_id: str) -> Form:
        """The form of a task; its fields show the variables of their names, else their defaults."""
        return self._executor.execute(GetTaskFormCmd(task_id))

    def get_start_form_variables(self, definition_id: str, names: Iterable[str] | None = None) -> dict[str, TypedValue]:
        """The variables that a start form's fields have a default for; those of these names only, if any are given."""
        return self._executor.execute(GetStartFormVariablesCmd(definition_id, None if names is None else tuple(names)))

    def get_task_form_variables(self, task_id: str, names: Iterable[str] | None = None) -> dict[str, TypedValue]:
        """All variables a task sees, and its fields' defaults; those of these names only, if any are given."""
        return self._executor.execute(GetTaskFormVariablesCmd(task_id, None if names is None else tuple(names)))

    def submit_start_form(
        self,
        definition_id: str,
        variables: Mapping[str, object],
        business_key: str | None = None,
        *,
        user_id: str | None = None,
    ) -> ProcessInstance:
        """Start a process with the values of its form, and any further variables.

        Args:
            definition_id: Of the process.
            variables: By name.
            business_key: What its users know the instance by.
            user_id: Who starts it; the model may want to know (``camunda:initiator``), and the history keeps it.

        Raises:
            FormFieldValidationException: A value is not one that its field accepts.
        """
        return self._executor.execute(SubmitStartFormCmd(definition_id, variables, business_key, user_id))

    def submit_task_form(self, task_id: str, variables: Mapping[str, object]) -> dict[str, TypedValue]:
        """Complete a task with the values of its form, and any further variables.

        Returns:
            All variables of the process instance, as they are then.

        Raises:
            FormFieldValidationException: A value is not one that its field accepts.
        """
        return self._executor.execute(SubmitTaskFormCmd(task_id, variables))
