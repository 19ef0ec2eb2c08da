"""Every answer is one of Camunda's types, as operaton-tasks has them (pydantic models of the whole API)."""

from typing import Any

import pytest

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.day import DECISION, PROCESS
from tests.integration.webapps.rest_client import RestClient

pytestmark = [pytest.mark.full, pytest.mark.filterwarnings("ignore")]
LISTS = {
    "/deployment": "DeploymentDto",
    "/process-definition": "ProcessDefinitionDto",
    "/process-definition/statistics": "ProcessDefinitionStatisticsResultDto",
    "/process-definition/key/day/statistics": "ActivityStatisticsResultDto",
    "/decision-definition": "DecisionDefinitionDto",
    "/process-instance": "ProcessInstanceDto",
    "/execution": "ExecutionDto",
    "/variable-instance": "VariableInstanceDto",
    "/event-subscription": "EventSubscriptionDto",
    "/task": "TaskDto",
    "/external-task": "ExternalTaskDto",
    "/incident": "IncidentDto",
    "/job": "JobDto",
    "/history/process-instance": "HistoricProcessInstanceDto",
    "/history/activity-instance": "HistoricActivityInstanceDto",
    "/history/task": "HistoricTaskInstanceDto",
    "/history/variable-instance": "HistoricVariableInstanceDto",
    "/history/incident": "HistoricIncidentDto",
    "/group": "GroupDto",
    "/filter": "FilterDto",
    "/history/user-operation": "UserOperationLogEntryDto",
}
FIELDS_OF_OPERATON = {"operatonFormRef"}  # Camunda's has another name
FIELDS_LEFT_OUT = {
    "ProcessInstanceDto": {"caseInstanceId"},
    "ActivityStatisticsResultDto": {"@class"},
    "ProcessDefinitionStatisticsResultDto": {"@class"},
}


@pytest.fixture
def types() -> Any:
    return pytest.importorskip("operaton.tasks.types")


def conform(model: Any, answer: Any) -> None:
    """The model accepts it, and all of the model's members are there."""
    model.model_validate(answer)
    wanted = {field.alias or name for name, field in model.model_fields.items()}
    missing = wanted - answer.keys() - FIELDS_OF_OPERATON - FIELDS_LEFT_OUT.get(model.__name__, set())
    assert not missing, (model.__name__, missing)


def lock(rest: RestClient) -> Any:
    body = {"workerId": "w", "maxTasks": 1, "topics": [{"topicName": "charging", "lockDuration": 60_000}]}
    [task] = rest.post("/external-task/fetchAndLock", body)
    return task


@pytest.fixture
def filled(rest: RestClient, types: Any, engine: ProcessEngine) -> RestClient:
    """One instance at its timer, one at a person, one with an incident."""
    files = {"a": ("day.bpmn", PROCESS), "b": ("dish.dmn", DECISION)}
    conform(types.DeploymentWithDefinitionsDto, rest.request("POST", "/deployment/create", files=files).json())
    for key in ("A", "B"):
        body = {"businessKey": key, "variables": {"amount": {"value": 5}}, "withVariablesInReturn": True}
        conform(types.ProcessInstanceWithVariablesDto, rest.post("/process-definition/key/day/start", body))
        task = lock(rest)
        conform(types.LockedExternalTaskDto, task)
        rest.post(f"/external-task/{task['id']}/complete", {"workerId": "w"})
    [task] = rest.get("/task", processInstanceBusinessKey="A")
    rest.post(f"/task/{task['id']}/complete", {})
    message = {"messageName": "go", "resultEnabled": True, "variablesInResultEnabled": True, "processInstanceId": None}
    [result] = rest.post("/message", message)
    conform(types.MessageCorrelationResultWithVariableDto, result)
    rest.post("/process-definition/key/day/start", {"businessKey": "C"})
    failure = {"workerId": "w", "errorMessage": "no", "retries": 0}
    rest.post(f"/external-task/{lock(rest)['id']}/failure", failure)
    rest.post("/process-definition/key/day/start", {"businessKey": "D"})
    conform(types.FilterDto, rest.post("/filter/create", {"name": "All", "query": {}}))
    with engine.identity_service.acting_as("ann"):
        engine.task_service.set_assignee(rest.get("/task")[0]["id"], "ann")
    return rest


def test_lists_have_camundas_types(filled: RestClient, types: Any) -> None:
    empty = {path for path in LISTS if not filled.get(path)}
    assert empty == set()
    for path, name in LISTS.items():
        for item in filled.get(path):
            conform(getattr(types, name), item)
        if not path.endswith("statistics"):
            types.CountResultDto.model_validate(filled.get(f"{path}/count"))


def test_single_things_have_camundas_types(filled: RestClient, types: Any) -> None:
    [instance] = filled.get("/process-instance", businessKey="B")
    [task] = filled.get("/task")
    conform(types.ActivityInstanceDto, filled.get(f"/process-instance/{instance['id']}/activity-instances"))
    conform(types.FormDto, filled.get(f"/task/{task['id']}/form"))
    for link in filled.get(f"/task/{task['id']}/identity-links"):
        conform(types.IdentityLinkDto, link)
    conform(types.CommentDto, filled.post(f"/task/{task['id']}/comment/create", {"message": "hello"}))
    for variable in filled.get(f"/task/{task['id']}/variables").values():
        conform(types.VariableValueDto, variable)
    conform(types.ProcessDefinitionDiagramDto, filled.get("/process-definition/key/day/xml"))
    conform(types.DecisionDefinitionDiagramDto, filled.get("/decision-definition/key/dish/xml"))
    conform(types.TelemetryConfigurationDto, filled.get("/telemetry/configuration"))
    types.TelemetryDataDto.model_validate(filled.get("/telemetry/data"))
    conform(types.VersionDto, filled.get("/version"))
