"""The resources at which messages and signals come in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.commands.message import Message
from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.engine.runtime_entities import Correlation
from engine_telemetry.exceptions import InvalidRequestException, MismatchingMessageCorrelationException, RestException
from webapps.rest.exchange import Request
from webapps.rest.process_instance import ProcessInstanceDto
from webapps.rest.resource import Operation, Resource
from webapps.rest.runtime import ExecutionDto
from webapps.rest.shapes import Body, Variables


@dataclass(frozen=True, kw_only=True)
class MessageCorrelationResultDto:
    """Where a message went."""

    result_type: Literal["Execution", "ProcessDefinition"]
    execution: ExecutionDto | None
    process_instance: ProcessInstanceDto | None


@dataclass(frozen=True, kw_only=True)
class MessageCorrelationResultWithVariablesDto(MessageCorrelationResultDto):
    """Where a message went, and what is there then."""

    variables: Mapping[str, TypedValue]


@dataclass(frozen=True, kw_only=True)
class CorrelationMessageDto(Body):
    """A message, and for whom it is."""

    message_name: str | None = None
    business_key: str | None = None
    tenant_id: str | None = None
    without_tenant_id: bool = False
    process_instance_id: str | None = None
    correlation_keys: Variables = field(default_factory=dict)
    local_correlation_keys: Variables = field(default_factory=dict)
    process_variables: Variables = field(default_factory=dict)
    process_variables_local: Variables = field(default_factory=dict)
    process_variables_to_triggered_scope: Variables = field(default_factory=dict)
    all: bool = False
    result_enabled: bool = False
    variables_in_result_enabled: bool = False


@dataclass(frozen=True, kw_only=True)
class SignalDto(Body):
    """A signal, and what comes with it."""

    name: str | None = None
    execution_id: str | None = None
    variables: Variables = field(default_factory=dict)
    tenant_id: str | None = None
    without_tenant_id: bool = False


CorrelationResults = list[MessageCorrelationResultDto] | list[MessageCorrelationResultWithVariablesDto]


def correlate(engine: ProcessEngine, _: Request, body: CorrelationMessageDto) -> CorrelationResults | None:
    """Bring a message to the one who waits for it, or to all, or start a process with it."""
    _check(body)
    message = Message(
        body.message_name,
        business_key=body.business_key,
        instance_id=body.process_instance_id,
        correlation_keys=body.correlation_keys,
        local_correlation_keys=body.local_correlation_keys,
        variables=body.process_variables,
        local_variables={**body.process_variables_local, **body.process_variables_to_triggered_scope},
    )
    service = engine.runtime_service
    try:
        found = service.correlate_all(message) if body.all else [service.correlate_message(message)]
    except MismatchingMessageCorrelationException as exc:
        raise RestException(400, f"{type(exc).__name__}: {exc}") from exc
    if not body.result_enabled:
        return None
    if body.variables_in_result_enabled:
        return [_with_variables(correlation) for correlation in found]
    return [_result(correlation) for correlation in found]


def signal(engine: ProcessEngine, _: Request, body: SignalDto) -> None:
    """Send a signal to all who wait for it, or to one."""
    if not body.name:
        raise InvalidRequestException("No signal name given")
    if body.tenant_id is not None:
        raise InvalidRequestException("This engine knows no tenants; leave 'tenantId' out.")
    engine.runtime_service.signal_received(body.name, execution_id=body.execution_id, variables=body.variables)


def _check(body: CorrelationMessageDto) -> None:
    if not body.message_name:
        raise InvalidRequestException("No message name supplied")
    if body.tenant_id is not None:
        raise InvalidRequestException("This engine knows no tenants; leave 'tenantId' out.")
    if body.variables_in_result_enabled and not body.result_enabled:
        raise InvalidRequestException("'variablesInResultEnabled' needs 'resultEnabled'.")


def _result(found: Correlation) -> MessageCorrelationResultDto:
    if found.execution is None:
        started = ProcessInstanceDto.of(found.instance)
        return MessageCorrelationResultDto(result_type="ProcessDefinition", execution=None, process_instance=started)
    execution = ExecutionDto.of(found.execution)
    return MessageCorrelationResultDto(result_type="Execution", execution=execution, process_instance=None)


def _with_variables(found: Correlation) -> MessageCorrelationResultWithVariablesDto:
    return MessageCorrelationResultWithVariablesDto(**vars(_result(found)), variables=found.variables)


RESOURCES = (
    Resource("/message", {"POST": Operation(correlate, may_be_empty=True)}),
    Resource("/signal", {"POST": signal}),
)
