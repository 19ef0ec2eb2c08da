"""Commands for forms."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from engine_telemetry.engine.bpmn.document import read_xml
from engine_telemetry.engine.commands.repository import GetDeploymentProcessModelCmd, definition_not_found
from engine_telemetry.engine.commands.runtime import StartProcessInstanceCmd
from engine_telemetry.engine.commands.task import PENDING, CompleteTaskCmd, ResolveTaskCmd, TaskQueryImpl
from engine_telemetry.engine.commands.variables import GetTaskVariablesCmd
from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.entities import ProcessInstance, Task, TypedValue
from engine_telemetry.engine.expressions import evaluate
from engine_telemetry.engine.form_data import read_form
from engine_telemetry.engine.forms import Form
from engine_telemetry.engine.persistence import deployments
from engine_telemetry.engine.scopes import plain
from engine_telemetry.exceptions import NullValueException


@dataclass(frozen=True)
class GetStartFormCmd(ReadOnly):
    """Read the form that a process is started with."""

    definition_id: str

    def __call__(self, context: CommandContext) -> Form:
        """The form with the defaults of its fields."""
        definition = deployments.find_definition(context.connection, self.definition_id)
        if definition is None:
            raise definition_not_found(self.definition_id)
        return _filled(context, definition.id, definition.key, {})


@dataclass(frozen=True)
class GetTaskFormCmd(ReadOnly):
    """Read the form of a user task."""

    task_id: str

    def __call__(self, context: CommandContext) -> Form:
        """The form with the values that its fields show."""
        return _task_form(context, self.task_id)[0]


@dataclass(frozen=True)
class GetStartFormVariablesCmd(ReadOnly):
    """Read the variables of the form that a process is started with."""

    definition_id: str
    names: tuple[str, ...] | None

    def __call__(self, context: CommandContext) -> dict[str, TypedValue]:
        """Those its fields have a value for."""
        return _chosen(_field_variables(GetStartFormCmd(self.definition_id)(context)), self.names)


@dataclass(frozen=True)
class GetTaskFormVariablesCmd(ReadOnly):
    """Read the variables of the form of a user task."""

    task_id: str
    names: tuple[str, ...] | None

    def __call__(self, context: CommandContext) -> dict[str, TypedValue]:
        """Those that the task sees, and those that its fields have a default for."""
        form, variables = _task_form(context, self.task_id)
        return _chosen(_field_variables(form) | variables, self.names)


@dataclass(frozen=True)
class SubmitStartFormCmd:
    """Start a process with the values of its form."""

    definition_id: str
    variables: Mapping[str, object]
    business_key: str | None
    user_id: str | None = None

    def __call__(self, context: CommandContext) -> ProcessInstance:
        """Validate, and start it."""
        accepted = GetStartFormCmd(self.definition_id)(context).accept(self.variables, {})
        return StartProcessInstanceCmd(
            key=None,
            definition_id=self.definition_id,
            variables=accepted,
            business_key=self.business_key,
            user_id=self.user_id,
        )(context)


@dataclass(frozen=True)
class SubmitTaskFormCmd:
    """Complete a user task with the values of its form; give it back to its owner, if it is delegated."""

    task_id: str
    variables: Mapping[str, object]

    def __call__(self, context: CommandContext) -> dict[str, TypedValue]:
        """Validate, go on, and return all variables."""
        form, variables = _task_form(context, self.task_id)
        accepted = form.accept(self.variables, variables)
        if _task(context, self.task_id).delegation_state != PENDING:
            return CompleteTaskCmd(self.task_id, accepted, with_variables=True)(context)
        ResolveTaskCmd(self.task_id, accepted)(context)
        return GetTaskVariablesCmd(self.task_id, local=False)(context)


def _task(context: CommandContext, task_id: str) -> Task:
    found = TaskQueryImpl({"task_id": task_id})(context)
    if not found:
        raise NullValueException(f"No task found for taskId '{task_id}': task is null")
    return found[0]


def _task_form(context: CommandContext, task_id: str) -> tuple[Form, dict[str, TypedValue]]:
    """The form of a task, and the variables that the task sees."""
    task = _task(context, task_id)
    variables = GetTaskVariablesCmd(task_id, local=False)(context)
    return _filled(context, task.definition_id, task.task_definition_key, variables), variables


def _filled(context: CommandContext, definition_id: str, activity_id: str, variables: Mapping[str, TypedValue]) -> Form:
    model = GetDeploymentProcessModelCmd(definition_id)(context)
    form = read_form(read_xml(definition_id, model), activity_id)
    names = {name: plain(value) for name, value in variables.items()}
    return form.filled(variables, partial(evaluate, names=names, beans=context.delegates.beans, now=context.clock()))


def _field_variables(form: Form) -> dict[str, TypedValue]:
    return {one.id: one.typed(one.value) for one in form.fields if one.value is not None}


def _chosen(variables: Mapping[str, TypedValue], names: tuple[str, ...] | None) -> dict[str, TypedValue]:
    return {name: value for name, value in variables.items() if names is None or name in names}
