"""Variables, expressions and delegates as they are seen from one token."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from SpiffWorkflow.task import Task

from engine_telemetry.engine.bpmn.host import Host
from engine_telemetry.engine.bpmn.tree import ancestry
from engine_telemetry.engine.delegates import DelegateExecution, Delegates, DelegateTask
from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.engine.expressions import Subject, evaluate, evaluate_boolean
from engine_telemetry.engine.scopes import Scopes, plain
from engine_telemetry.engine.variables import typed_variables
from engine_telemetry.exceptions import ModelExecutionException

_BITS = 32


class Names(Mapping[str, object]):
    """What expressions can name: variables, decoded when they are asked for, and ``execution`` or ``task``."""

    def __init__(self, view: "View", subjects: Mapping[str, Callable[[], Subject]]) -> None:
        """Look from there."""
        self._view = view
        self._subjects = subjects

    def __getitem__(self, name: str) -> object:
        """The variable, or the subject."""
        if name in self._subjects:
            return self._subjects[name]()
        found = self._view.find(name)
        if found is None:
            raise KeyError(name)
        return found[0]

    def __iter__(self) -> Iterator[str]:
        """All names."""
        yield from dict.fromkeys((*self._subjects, *self._view.all()))

    def __len__(self) -> int:
        """How many."""
        return sum(1 for _ in self)


class View:
    """What can be seen and done from one token.

    Args:
        token: Where.
        event: What a listener is called for.
    """

    def __init__(self, host: Host, scopes: Scopes, token: Task, event: str | None = None) -> None:
        """Look from there."""
        self._host = host
        self._scopes = scopes
        self._token = token
        self._event = event

    @property
    def delegates(self) -> Delegates:
        """What the embedding program registered."""
        return self._host.delegates

    @property
    def now(self) -> datetime:
        """The time of the command."""
        return self._host.now

    @property
    def chain(self) -> list[str]:
        """The ids of the scopes with variables that can be seen, from the inside out."""
        around = ancestry(self._token)
        return [one.id for one in around if one.parent is None or "local" in one.internal_data]

    def find(self, name: str) -> tuple[object] | None:
        """The plain value of the innermost variable of a name, if there is one."""
        found = self._scopes.find(self.chain, name)
        return None if found is None else (plain(found),)

    def get(self, name: str) -> object:
        """The plain value of the innermost variable of a name; ``None`` if there is none."""
        found = self.find(name)
        return found and found[0]

    def all(self) -> dict[str, object]:
        """The plain values of all variables that can be seen."""
        return {name: plain(value) for name, value in self._scopes.visible(self.chain).items()}

    def typed(self, *, local: bool) -> dict[str, TypedValue]:
        """All variables that can be seen, or those of this token's own scope."""
        return dict(self._scopes.of(self._token.id)) if local else self._scopes.visible(self.chain)

    def set(self, name: str, value: object) -> None:
        """Change the innermost variable of a name; if there is none, make one of the instance."""
        self._scopes.put(self.chain, name, typed_variables({name: value})[name])

    def set_local(self, name: str, value: object) -> None:
        """Set a variable of this token's own scope."""
        if self._token.parent is not None:
            self._token.internal_data["local"] = True
        self._scopes.put_local(self._token.id, name, typed_variables({name: value})[name])

    def remove(self, name: str) -> None:
        """Remove the innermost variable of a name, if there is one."""
        self._scopes.remove(self.chain, name)

    def names(self) -> Mapping[str, object]:
        """What expressions can name."""
        return Names(self, {"execution": self._subject})

    def value(self, text: str) -> object:
        """The value of a text that may have expressions."""
        return evaluate(text, self.names(), beans=self._host.delegates.beans, now=self._host.now)

    def text(self, text: str | None) -> str | None:
        """The value of a text as a text; ``None`` for nothing."""
        value = None if text is None else self.value(text)
        return None if value is None else str(value)

    def integer(self, name: str, text: str | None, default: int) -> int:
        """A whole number of 32 bits.

        Raises:
            ModelExecutionException: It is none.
        """
        value = default if text is None else self.value(text)
        try:
            number = int(value) if isinstance(value, int | str) and not isinstance(value, bool) else None
        except ValueError:
            number = None
        if number is None or not -(2 ** (_BITS - 1)) <= number < 2 ** (_BITS - 1):
            raise ModelExecutionException(f"{name} of {self._where} is {value!r}; a whole number is expected")
        return number

    def holds(self, condition: str) -> bool:
        """Whether a condition holds."""
        return evaluate_boolean(condition, self.names(), beans=self._host.delegates.beans, now=self._host.now)

    def execution(self) -> DelegateExecution:
        """What delegates and scripts are called with."""
        return DelegateExecution(**self._facts(), variables=self)

    def task(self, attributes: dict[str, Any]) -> DelegateTask:
        """What task listeners are called with."""
        return DelegateTask(**self._facts(), variables=self, task=attributes)

    def _facts(self) -> dict[str, Any]:
        node, host = self._token.task_spec, self._host
        return {
            "id": self._token.id,
            "process_instance_id": self._scopes.instance_id,
            "process_definition_id": host.definition_id,
            "business_key": host.business_key,
            "activity_id": node.bpmn_id,
            "activity_name": node.bpmn_name,
            "event_name": self._event,
        }

    def _subject(self) -> Subject:
        facts = self._facts()
        properties = {
            "id": facts["id"],
            "processInstanceId": facts["process_instance_id"],
            "processDefinitionId": facts["process_definition_id"],
            "businessKey": facts["business_key"],
            "processBusinessKey": facts["business_key"],
            "currentActivityId": facts["activity_id"],
            "currentActivityName": facts["activity_name"],
            "eventName": facts["event_name"],
        }
        return Subject(properties, Names(self, {}), self.execution(), self.set)

    @property
    def _where(self) -> str:
        return repr(self._token.task_spec.bpmn_id)
