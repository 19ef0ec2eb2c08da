"""generic-camunda-client, as it is installed: it is made of Camunda's own document, and checks every answer's types."""

from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.full, pytest.mark.filterwarnings("ignore")]


@pytest.fixture
def api(url: str) -> Any:
    client: Any = pytest.importorskip("generic_camunda_client")
    return client, client.ApiClient(client.Configuration(host=url))


def test_a_days_work(api: Any, model_file: Path) -> None:
    camunda, http = api
    deployments = camunda.DeploymentApi(http)
    deployment = deployments.create_deployment(deployment_name="day", data=str(model_file))
    assert deployments.get_deployment(deployment.id).name == "day"
    definitions = camunda.ProcessDefinitionApi(http)
    started = definitions.start_process_instance_by_key(
        "day",
        start_process_instance_dto=camunda.StartProcessInstanceDto(
            business_key="A", variables={"amount": camunda.VariableValueDto(value=5, type="Long")}
        ),
    )
    assert definitions.get_process_definition_bpmn20_xml_by_key("day").bpmn20_xml.startswith("<?xml")
    assert definitions.get_start_form_by_key("day").key == "embedded:start.html"

    external = camunda.ExternalTaskApi(http)
    task = _fetch(camunda, external)
    failure = camunda.ExternalTaskFailureDto(worker_id="w", error_message="no", retries=0, retry_timeout=0)
    external.handle_failure(task.id, external_task_failure_dto=failure)
    [incident] = camunda.IncidentApi(http).get_incidents(process_instance_id=started.id)
    assert incident.incident_type == "failedExternalTask"
    external.set_external_task_resource_retries(task.id, retries_dto=camunda.RetriesDto(retries=1))
    complete = camunda.CompleteExternalTaskDto(
        worker_id="w", variables={"paid": camunda.VariableValueDto(value=True, type="Boolean")}
    )
    external.complete_external_task_resource(_fetch(camunda, external).id, complete_external_task_dto=complete)
    _do_the_persons_part(camunda, http, started.id)
    _read_history_and_telemetry(camunda, http, started.id)


def _fetch(camunda: Any, external: Any) -> Any:
    topic = camunda.FetchExternalTaskTopicDto(topic_name="charging", lock_duration=10_000)
    wanted = camunda.FetchExternalTasksDto(worker_id="w", max_tasks=1, async_response_timeout=5000, topics=[topic])
    [task] = external.fetch_and_lock(fetch_external_tasks_dto=wanted)
    return task


def _do_the_persons_part(camunda: Any, http: Any, instance_id: str) -> None:
    tasks = camunda.TaskApi(http)
    [task] = tasks.get_tasks(candidate_group="sales")
    tasks.claim(task.id, user_id_dto=camunda.UserIdDto(user_id="mary"))
    assert tasks.get_task(task.id).assignee == "mary"
    assert tasks.get_form_variables(task.id)["approved"].value is True
    instances = camunda.ProcessInstanceApi(http)
    variable = camunda.VariableValueDto(value="x", type="String")
    instances.set_process_instance_variable(instance_id, "note", variable_value_dto=variable)
    assert instances.get_process_instance_variable(instance_id, "note").value == "x"
    assert instances.get_activity_instance_tree(instance_id).child_activity_instances[0].activity_id == "check"
    # without variables in the answer this client stumbles over its own empty 204
    completion = camunda.CompleteTaskDto(with_variables_in_return=True)
    assert tasks.complete(task.id, complete_task_dto=completion)["note"].value == "x"
    message = camunda.CorrelationMessageDto(message_name="go", business_key="A", result_enabled=True)
    [result] = camunda.MessageApi(http).deliver_message(correlation_message_dto=message)
    assert result.result_type == "Execution"
    [job] = camunda.JobApi(http).get_jobs(process_instance_id=instance_id)
    assert job.retries == 3
    instances.delete_process_instance(instance_id)


def _read_history_and_telemetry(camunda: Any, http: Any, instance_id: str) -> None:
    past = camunda.HistoricProcessInstanceApi(http)
    assert past.get_historic_process_instance(instance_id).state == "EXTERNALLY_TERMINATED"
    activities = camunda.HistoricActivityInstanceApi(http).get_historic_activity_instances(
        process_instance_id=instance_id
    )
    assert {"start", "charge", "check", "wait"} <= {activity.activity_id for activity in activities}
    telemetry = camunda.TelemetryApi(http)
    telemetry.configure_telemetry(telemetry_configuration_dto=camunda.TelemetryConfigurationDto(enable_telemetry=True))
    assert telemetry.get_telemetry_configuration().enable_telemetry is True
    data = telemetry.get_telemetry_data()
    assert data.installation
    assert data.product
    assert [engine.name for engine in camunda.EngineApi(http).get_process_engine_names()] == ["default"]
    assert camunda.VersionApi(http).get_rest_api_version().version
