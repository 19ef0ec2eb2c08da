"""What an execution asks of the engine around it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from engine_telemetry.engine.bpmn.waits import Binding
from engine_telemetry.engine.delegates import Delegates


@dataclass(frozen=True)
class Thrown:
    """An error or an escalation that nothing in an instance catches.

    Attributes:
        kind: ``error`` or ``escalation``.
    """

    kind: str
    code: str | None
    message: str | None = None


class Host(Protocol):
    """The engine, as one process instance sees it during one command.

    Attributes:
        now: The time of the command, aware UTC.
        definition_id: The instance's process definition.
        business_key: The instance's.
    """

    @property
    def now(self) -> datetime:
        """See above."""

    @property
    def delegates(self) -> Delegates:
        """What the embedding program registered."""

    @property
    def definition_id(self) -> str:
        """See above."""

    @property
    def business_key(self) -> str | None:
        """See above."""

    def decide(self, key: str, binding: Binding, names: Mapping[str, object]) -> list[dict[str, object]]:
        """The results of a decision, by the names of its outputs."""

    def escaped(self, thrown: Thrown) -> bool:
        """Something is thrown to the caller; true if that ends this instance, so that it must not go on."""

    def signal(self, name: str, variables: Mapping[str, object]) -> None:
        """Send a signal to whoever waits for it, this instance too, when it has come to rest."""

    def task(self, task_id: str) -> Mapping[str, Any]:
        """The attributes of a user task that waits, by the names of ``UserTask``."""
