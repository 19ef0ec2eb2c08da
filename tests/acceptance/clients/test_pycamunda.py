"""pycamunda, as it is installed, does a day's work."""

import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytestmark = [pytest.mark.full, pytest.mark.filterwarnings("ignore")]
MODULES = (
    "activityinst",
    "deployment",
    "externaltask",
    "incident",
    "message",
    "processdef",
    "processinst",
    "task",
    "telemetry",
    "variable",
)


@pytest.fixture
def camunda() -> Any:
    """Its modules; imported here, where their own warnings are no errors."""
    pytest.importorskip("pycamunda")
    return SimpleNamespace(**{name: importlib.import_module(f"pycamunda.{name}") for name in MODULES})


def test_a_days_work(camunda: Any, url: str, model_file: Path) -> None:
    instance_id = _deploy_and_start(camunda, url, model_file)
    _fail_and_complete(camunda, url, instance_id)
    _do_the_persons_part(camunda, url, instance_id)
    camunda.message.CorrelateSingle(url, message_name="go", business_key="A", result_enabled=True)()
    camunda.processinst.Delete(url, id_=instance_id)()
    assert camunda.processinst.GetList(url)() == ()
    camunda.telemetry.Configure(url, enable_telemetry=True)()
    assert camunda.telemetry.Fetch(url)() is True


def _deploy_and_start(camunda: Any, url: str, model_file: Path) -> str:
    deployment = camunda.deployment.Create(url, name="day")
    with model_file.open() as opened:
        deployment.add_resource(opened)
        assert deployment().deployed_process_definitions
    assert camunda.processdef.Count(url, key="day")() == 1
    start = camunda.processdef.StartInstance(url, key="day", business_key="A")
    start.add_variable(name="amount", value=5, type_="Long")
    instance_id: str = start().id_
    assert [one.id_ for one in camunda.processinst.GetList(url, business_key="A")()] == [instance_id]
    return instance_id


def _fail_and_complete(camunda: Any, url: str, instance_id: str) -> None:
    task = _fetch(camunda, url)
    camunda.externaltask.HandleFailure(
        url, id_=task.id_, worker_id="w", error_message="no", error_details="more", retries=0, retry_timeout=0
    )()
    [incident] = camunda.incident.GetList(url, process_instance_id=instance_id)()
    assert incident.incident_message == "no"
    tree = camunda.processinst.GetActivityInstance(url, id_=instance_id)()
    assert [running.activity_id for running in tree.child_activity_instances] == ["charge"]
    camunda.externaltask.SetRetries(url, id_=task.id_, retries=1)()
    task = _fetch(camunda, url)
    camunda.externaltask.ExtendLock(url, id_=task.id_, new_duration=20_000, worker_id="w")()
    complete = camunda.externaltask.Complete(url, id_=task.id_, worker_id="w")
    complete.add_variable(name="paid", value=True)
    complete()


def _do_the_persons_part(camunda: Any, url: str, instance_id: str) -> None:
    [person] = camunda.task.GetList(url, candidate_group="sales")()
    camunda.task.Claim(url, id_=person.id_, user_id="mary")()
    links = {(link.user_id, link.group_id) for link in camunda.task.IdentityLinksGetList(url, task_id=person.id_)()}
    assert {("mary", None), (None, "sales")} <= links
    found = camunda.variable.GetList(url, name="paid", process_instance_id_in=[instance_id])()
    assert [variable.value for variable in found] == [True]
    camunda.task.Complete(url, id_=person.id_)()


def _fetch(camunda: Any, url: str) -> Any:
    fetch = camunda.externaltask.FetchAndLock(
        url, worker_id="w", max_tasks=1, async_response_timeout=5000, use_priority=True
    )
    fetch.add_topic(name="charging", lock_duration=10_000, variables=["amount"])
    [task] = fetch()
    assert task.variables["amount"].value == 5
    return task
