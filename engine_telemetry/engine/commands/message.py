"""Commands that bring messages and signals to those who wait for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine_telemetry.engine.commands import progress
from engine_telemetry.engine.commands.repository import require_startable
from engine_telemetry.engine.context import CommandContext
from engine_telemetry.engine.entities import ProcessInstance, TypedValue, VariableCondition
from engine_telemetry.engine.persistence import subscriptions
from engine_telemetry.engine.persistence.variables import read_variables
from engine_telemetry.engine.runtime_entities import Correlation, EventSubscription, Execution
from engine_telemetry.engine.variables import typed_variables
from engine_telemetry.exceptions import (
    BadUserRequestException,
    MismatchingMessageCorrelationException,
    NullValueException,
)


@dataclass(frozen=True)
class Message:
    """A message, and for whom it is.

    Attributes:
        correlation_keys: Variables that the instance has, with their values.
        local_correlation_keys: The same of what waits in the instance.
        variables: What the instance gets.
        local_variables: What the scope of the event gets.
    """

    name: str | None
    business_key: str | None = None
    instance_id: str | None = None
    correlation_keys: Mapping[str, object] = field(default_factory=dict)
    local_correlation_keys: Mapping[str, object] = field(default_factory=dict)
    variables: Mapping[str, object] = field(default_factory=dict)
    local_variables: Mapping[str, object] = field(default_factory=dict)

    @property
    def for_instances_only(self) -> bool:
        """Whether it says so much of an instance that none can be started by it."""
        return bool(self.instance_id or self.correlation_keys or self.local_correlation_keys)

    def required_name(self) -> str:
        """The name.

        Raises:
            BadUserRequestException: There is none.
        """
        if not self.name:
            raise BadUserRequestException("No message name supplied: messageName is null")
        return self.name


@dataclass(frozen=True)
class CorrelateMessageCmd:
    """Bring a message to the one who waits for it, or start a process with it."""

    message: Message

    def __call__(self, context: CommandContext) -> Correlation:
        """Find who waits, and go on there."""
        waiting = _find_waiting(context, self.message)
        if len(waiting) > 1:
            raise self._mismatch(f"{len(waiting)} executions match the correlation keys")
        if waiting and (found := _deliver(context, waiting[0], self.message)) is not None:
            return found
        starts = [] if self.message.for_instances_only else _find_starts(context, self.message)
        if len(starts) > 1:
            raise self._mismatch(f"{len(starts)} process definitions match")
        if not starts:
            raise self._mismatch("No process definition or execution matches the parameters")
        return _start(context, starts[0], self.message)

    def _mismatch(self, reason: str) -> MismatchingMessageCorrelationException:
        return MismatchingMessageCorrelationException(f"Cannot correlate message '{self.message.name}': {reason}")


@dataclass(frozen=True)
class CorrelateAllMessageCmd:
    """Bring a message to everybody who waits for it, and start all processes that it starts."""

    message: Message

    def __call__(self, context: CommandContext) -> list[Correlation]:
        """Find who waits, and go on there."""
        delivered = [_deliver(context, one, self.message) for one in _find_waiting(context, self.message)]
        starts = [] if self.message.for_instances_only else _find_starts(context, self.message)
        started = [_start(context, one, self.message) for one in starts]
        return [one for one in delivered if one is not None] + started


@dataclass(frozen=True)
class MessageEventReceivedCmd:
    """Bring a message to one execution."""

    execution_id: str
    message_name: str
    variables: Mapping[str, object]

    def __call__(self, context: CommandContext) -> None:
        """Go on there."""
        found = [
            one
            for one in subscriptions.find_waiting(context.connection, "message", self.message_name)
            if self.execution_id in {one.id, one.instance_id}
        ]
        message = Message(self.message_name, variables=self.variables)
        if not found or _deliver(context, found[0], message) is None:
            raise NullValueException(
                f"Execution with id '{self.execution_id}' does not have a subscription to a message event with name"
                f" '{self.message_name}': eventSubscriptions is empty"
            )


@dataclass(frozen=True)
class SignalEventReceivedCmd:
    """Bring a signal to everybody who waits for it, or to one execution."""

    signal_name: str
    execution_id: str | None
    variables: Mapping[str, object]

    def __call__(self, context: CommandContext) -> None:
        """Go on there, and start all processes that it starts."""
        if not self.signal_name:
            raise BadUserRequestException("No signal name given: signalName is null")
        variables = typed_variables(self.variables)
        if self.execution_id is None:
            progress.send_signal(context, self.signal_name, variables)
            return
        found = [
            one
            for one in subscriptions.find_waiting(context.connection, "signal", self.signal_name)
            if self.execution_id in {one.id, one.instance_id}
        ]
        if not found or _deliver(context, found[0], Message(self.signal_name, variables=self.variables)) is None:
            raise NullValueException(
                f"Execution '{self.execution_id}' has not subscribed to a signal event with name '{self.signal_name}'."
            )


def _find_waiting(context: CommandContext, message: Message) -> list[EventSubscription]:
    return subscriptions.find_waiting(
        context.connection,
        "message",
        message.required_name(),
        instance_id=message.instance_id,
        business_key=message.business_key,
        variables=_conditions(message.correlation_keys),
        local_variables=_conditions(message.local_correlation_keys),
    )


def _find_starts(context: CommandContext, message: Message) -> list[EventSubscription]:
    return subscriptions.find_starts(context.connection, "message", message.required_name())


def _conditions(keys: Mapping[str, object]) -> list[VariableCondition]:
    return [VariableCondition(name, "eq", value.value) for name, value in typed_variables(keys).items()]


def _deliver(context: CommandContext, to: EventSubscription, message: Message) -> Correlation | None:
    """Go on where somebody waits; ``None`` if nobody does any more."""
    row = progress.lock(context, to.instance_id or "")
    variables, local = typed_variables(message.variables), typed_variables(message.local_variables)
    if row is None or not progress.trigger(context, row, to.id, variables, local):
        return None
    model = context.models.get(context.connection, row.definition_id)
    instance = ProcessInstance(row.id, row.definition_id, model.key, row.business_key)
    return Correlation(Execution(to.id, row.id), instance, read_variables(context.connection, [row.id])[row.id])


def _start(context: CommandContext, at: EventSubscription, message: Message) -> Correlation:
    variables: dict[str, TypedValue] = typed_variables({**message.variables, **message.local_variables})
    definition = require_startable(context, at.definition_id)
    started = progress.start(context, at.definition_id, variables, message.business_key, start_activity=at.activity_id)
    instance = ProcessInstance(
        started.id,
        definition.id,
        definition.key,
        message.business_key,
        ended=started.ended,
        variables=started.variables,
    )
    return Correlation(None, instance, started.variables)
