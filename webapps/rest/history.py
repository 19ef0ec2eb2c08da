"""The history resources: what runs and what ran."""

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import InvalidRequestException, NotFoundException
from webapps.rest.exchange import Request
from webapps.rest.history_queries import ACTIVITIES, INCIDENTS, INSTANCES, TASKS, VARIABLES
from webapps.rest.history_views import (
    HistoricActivityInstanceDto,
    HistoricIncidentDto,
    HistoricProcessInstanceDto,
    HistoricTaskInstanceDto,
    HistoricVariableInstanceDto,
)
from webapps.rest.listed import listed
from webapps.rest.resource import Operation, Resource
from webapps.rest.values import boolean


def get_instance(engine: ProcessEngine, request: Request) -> HistoricProcessInstanceDto:
    """One process instance, running or not."""
    found = engine.history_service.process_instances(instance_id=request.path["instance_id"])
    if not found:
        raise _no_instance(request)
    return HistoricProcessInstanceDto.of(found[0])


def delete_instance(engine: ProcessEngine, request: Request) -> None:
    """Delete the history of an instance that has ended."""
    try:
        engine.history_service.delete_process_instance(request.path["instance_id"])
    except NotFoundException as exc:
        raise _no_instance(request) from exc


def get_activity(engine: ProcessEngine, request: Request) -> HistoricActivityInstanceDto:
    """One activity instance."""
    activity_id = request.path["activity_instance_id"]
    found = engine.history_service.activity_instances(activity_instance_id=activity_id)
    if not found:
        raise InvalidRequestException(f"Historic activity instance with id '{activity_id}' does not exist", status=404)
    return HistoricActivityInstanceDto.of(found[0])


def get_variable(engine: ProcessEngine, request: Request) -> HistoricVariableInstanceDto:
    """One variable."""
    variable_id = request.path["variable_id"]
    found = engine.history_service.variable_instances(variable_id=variable_id)
    if not found:
        raise InvalidRequestException(f"Variable with id {variable_id} does not exist", status=404)
    return HistoricVariableInstanceDto.of(found[0])


def _no_instance(request: Request) -> InvalidRequestException:
    instance_id = request.path["instance_id"]
    return InvalidRequestException(f"Historic process instance with id {instance_id} does not exist", status=404)


RESOURCES = (
    *listed(
        "/history/process-instance",
        INSTANCES,
        lambda engine: engine.history_service.process_instances,
        lambda engine: engine.history_service.count_process_instances,
        HistoricProcessInstanceDto,
    ),
    Resource("/history/process-instance/{instance_id}", {"GET": get_instance, "DELETE": delete_instance}),
    *listed(
        "/history/activity-instance",
        ACTIVITIES,
        lambda engine: engine.history_service.activity_instances,
        lambda engine: engine.history_service.count_activity_instances,
        HistoricActivityInstanceDto,
    ),
    Resource("/history/activity-instance/{activity_instance_id}", {"GET": get_activity}),
    *listed(
        "/history/task",
        TASKS,
        lambda engine: engine.history_service.task_instances,
        lambda engine: engine.history_service.count_task_instances,
        HistoricTaskInstanceDto,
    ),
    *listed(
        "/history/variable-instance",
        VARIABLES,
        lambda engine: engine.history_service.variable_instances,
        lambda engine: engine.history_service.count_variable_instances,
        HistoricVariableInstanceDto,
        parameters={"deserializeValues": boolean},
    ),
    Resource(
        "/history/variable-instance/{variable_id}",
        {"GET": Operation(get_variable, parameters={"deserializeValue": boolean})},
    ),
    *listed(
        "/history/incident",
        INCIDENTS,
        lambda engine: engine.history_service.incidents,
        lambda engine: engine.history_service.count_incidents,
        HistoricIncidentDto,
        methods=("GET",),
    ),
)
