"""What an embedding program lends to models: beans and script formats, looked up by name and never imported."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from engine_telemetry.exceptions import ProcessEngineException


class VariableScope(Protocol):
    """Variables as they are seen from one place in a process instance."""

    def get(self, name: str) -> object:
        """The plain value of the innermost variable of this name; ``None`` if there is none."""

    def all(self) -> dict[str, object]:
        """The plain values of all that can be seen."""

    def set(self, name: str, value: object) -> None:
        """Change the innermost variable of this name; if there is none, make one of the process instance."""

    def set_local(self, name: str, value: object) -> None:
        """Set a variable of this very place."""

    def remove(self, name: str) -> None:
        """Remove the innermost variable of this name, if there is one."""


@dataclass(frozen=True)
class DelegateExecution:
    """What delegates, execution listeners and scripts are called with. Valid during the call.

    Attributes:
        id: The id of the activity instance.
        event_name: ``start``, ``end`` or ``take`` for a listener; else ``None``.
        variables: Those that can be seen here.
    """

    id: str
    process_instance_id: str
    process_definition_id: str
    business_key: str | None
    activity_id: str
    activity_name: str | None
    event_name: str | None
    variables: VariableScope = field(repr=False)


@dataclass(frozen=True)
class DelegateTask(DelegateExecution):
    """What task listeners are called with; ``id`` is the task's.

    Attributes:
        event_name: ``create``, ``assignment``, ``complete`` or ``delete``.
        task: The task's attributes, by the names of ``UserTask``.
    """

    task: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict, repr=False)

    def set_assignee(self, user_id: str | None) -> None:
        """Give the task an assignee while it is being created.

        Raises:
            ProcessEngineException: It has been created already.
        """
        if self.event_name != "create":
            raise ProcessEngineException(f"A listener for {self.event_name!r} cannot change the task {self.id}")
        self.changes["assignee"] = user_id
        self.task["assignee"] = user_id


Script = Callable[[str, DelegateExecution], object]
"""Executes a script: its text, and where it stands in the model. What it returns may become a variable."""


@dataclass(frozen=True)
class Delegates:
    """Everything a model may call.

    Attributes:
        beans: By the name that models use: of a class for ``camunda:class``, of a bean in expressions. Delegates and
            listeners are callables that take a ``DelegateExecution``; a ``BpmnError`` they raise is one in the model.
        script_formats: What executes the scripts of a format, by its name in lower case.
    """

    beans: Mapping[str, object] = field(default_factory=dict)
    script_formats: Mapping[str, Script] = field(default_factory=dict)

    def callable(self, name: str) -> Callable[[DelegateExecution], object]:
        """The delegate of a name.

        Raises:
            ProcessEngineException: There is none that can be called.
        """
        found = self.beans.get(name)
        if not callable(found):
            raise ProcessEngineException(
                f"No delegate {name!r} is registered; give it to the engine as one of its beans"
            )
        return found

    def script(self, script_format: str) -> Script:
        """What executes the scripts of a format.

        Raises:
            ProcessEngineException: Nothing does.
        """
        found = self.script_formats.get(script_format.lower())
        if found is None:
            raise ProcessEngineException(f"The script format {script_format!r} is not registered with the engine")
        return found
