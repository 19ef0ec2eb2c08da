"""The resources of what runs beside process instances and tasks: executions, variables, event subscriptions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.runtime_entities import EventSubscription, Execution, VariableInstance
from engine_telemetry.exceptions import InvalidRequestException
from webapps.rest.conditions import conditions
from webapps.rest.exchange import Request
from webapps.rest.listed import listed
from webapps.rest.queries import Query
from webapps.rest.resource import Operation, Resource
from webapps.rest.scope_variables import ScopeVariables
from webapps.rest.shapes import Body, Variables
from webapps.rest.values import boolean, not_true, only_true, text, texts
from webapps.rest.variables import variable_to_json

_EXECUTIONS = Query(
    criteria={
        "businessKey": ("business_key", text),
        "processDefinitionId": ("definition_id", text),
        "processDefinitionKey": ("definition_key", text),
        "processInstanceId": ("instance_id", text),
        "activityId": ("activity_id", text),
        "messageEventSubscriptionName": ("message_name", text),
        "signalEventSubscriptionName": ("signal_name", text),
        "active": ("suspended", not_true),
        "suspended": ("suspended", only_true),
        "variables": ("variables", conditions),
        "processVariables": ("variables", conditions),
    },
    unavailable="incidentId incidentMessage incidentMessageLike incidentType tenantIdIn",
    orders="instanceId definitionKey definitionId",
)
_VARIABLES = Query(
    criteria={
        "variableName": ("name", text),
        "variableNameIn": ("names", texts),
        "variableNameLike": ("name_like", text),
        "processInstanceIdIn": ("instance_ids", texts),
        "executionIdIn": ("instance_ids", texts),
        "variableScopeIdIn": ("scope_ids", texts),
        "activityInstanceIdIn": ("scope_ids", texts),
        "taskIdIn": ("task_ids", texts),
        "variableValues": ("value", conditions),
    },
    unavailable=(
        "batchIdIn caseExecutionIdIn caseInstanceIdIn tenantIdIn variableNamesIgnoreCase variableValuesIgnoreCase"
    ),
    orders="variableName variableType activityInstanceId",
)
_SUBSCRIPTIONS = Query(
    criteria={
        "eventSubscriptionId": ("subscription_id", text),
        "eventName": ("event_name", text),
        "eventType": ("kind", text),
        "processInstanceId": ("instance_id", text),
        "executionId": ("instance_id", text),
        "activityId": ("activity_id", text),
    },
    unavailable="tenantIdIn",
    orders="created",
)


@dataclass(frozen=True, kw_only=True)
class ExecutionDto:
    """Something that can be triggered."""

    id: str
    process_instance_id: str
    ended: bool = False
    tenant_id: str | None = None

    @classmethod
    def of(cls, execution: Execution) -> Self:
        """The view of an execution."""
        return cls(id=execution.id, process_instance_id=execution.instance_id)


@dataclass(frozen=True, kw_only=True)
class VariableInstanceDto:
    """A variable and where it is."""

    id: str
    name: str
    type: str
    value: object
    value_info: Mapping[str, object]
    process_definition_id: str
    process_instance_id: str
    execution_id: str
    case_instance_id: str | None = None
    case_execution_id: str | None = None
    task_id: str | None
    batch_id: str | None = None
    activity_instance_id: str
    tenant_id: str | None = None
    error_message: str | None = None

    @classmethod
    def of(cls, found: VariableInstance) -> Self:
        """The view of a variable."""
        value = variable_to_json(found.value)
        return cls(
            id=found.id,
            name=found.name,
            type=found.value.type,
            value=value["value"],
            value_info=found.value.value_info,
            process_definition_id=found.definition_id,
            process_instance_id=found.instance_id,
            execution_id=found.instance_id,
            task_id=found.task_id,
            activity_instance_id=found.scope_id,
        )


@dataclass(frozen=True, kw_only=True)
class EventSubscriptionDto:
    """Somebody waits for an event."""

    id: str
    event_type: str
    event_name: str | None
    execution_id: str | None
    process_instance_id: str | None
    activity_id: str
    created_date: datetime
    tenant_id: str | None = None

    @classmethod
    def of(cls, found: EventSubscription) -> Self:
        """The view of a subscription."""
        return cls(
            id=found.id,
            event_type=found.kind,
            event_name=found.event_name,
            execution_id=None if found.instance_id is None else found.id,
            process_instance_id=found.instance_id,
            activity_id=found.activity_id,
            created_date=found.created,
        )


@dataclass(frozen=True, kw_only=True)
class ExecutionTriggerDto(Body):
    """What comes with a message."""

    variables: Variables = field(default_factory=dict)


def get_execution(engine: ProcessEngine, request: Request) -> ExecutionDto:
    """One execution."""
    execution_id = request.path["execution_id"]
    found = engine.runtime_service.executions(execution_id=execution_id)
    if not found:
        raise InvalidRequestException(f"Execution with id {execution_id} does not exist", status=404)
    return ExecutionDto.of(found[0])


def trigger_message(engine: ProcessEngine, request: Request, body: ExecutionTriggerDto) -> None:
    """Bring a message to an execution that waits for it."""
    engine.runtime_service.message_received(request.path["name"], request.path["execution_id"], body.variables)


def get_variable(engine: ProcessEngine, request: Request) -> VariableInstanceDto:
    """One variable."""
    variable_id = request.path["variable_id"]
    found = engine.runtime_service.variable_instances(variable_id=variable_id)
    if not found:
        raise InvalidRequestException(f"Variable instance with Id '{variable_id}' does not exist.", status=404)
    return VariableInstanceDto.of(found[0])


RESOURCES = (
    *listed(
        "/execution",
        _EXECUTIONS,
        lambda engine: engine.runtime_service.executions,
        lambda engine: engine.runtime_service.count_executions,
        ExecutionDto,
    ),
    Resource("/execution/{execution_id}", {"GET": get_execution}),
    Resource("/execution/{execution_id}/messageSubscriptions/{name}/trigger", {"POST": trigger_message}),
    *ScopeVariables(
        "/execution/{execution_id}/localVariables", "execution", lambda engine: engine.runtime_service
    ).resources(),
    *listed(
        "/variable-instance",
        _VARIABLES,
        lambda engine: engine.runtime_service.variable_instances,
        lambda engine: engine.runtime_service.count_variable_instances,
        VariableInstanceDto,
        parameters={"deserializeValues": boolean},
    ),
    Resource(
        "/variable-instance/{variable_id}", {"GET": Operation(get_variable, parameters={"deserializeValue": boolean})}
    ),
    *listed(
        "/event-subscription",
        _SUBSCRIPTIONS,
        lambda engine: engine.runtime_service.event_subscriptions,
        lambda engine: engine.runtime_service.count_event_subscriptions,
        EventSubscriptionDto,
        methods=("GET",),
    ),
)
