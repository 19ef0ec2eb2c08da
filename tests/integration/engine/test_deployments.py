"""Deployments: versions, duplicates, all or nothing, files, deletion."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import (
    BadUserRequestException,
    NotFoundException,
    NullValueException,
    ParseException,
    ProcessEngineException,
)

Model = Callable[..., bytes]


def test_a_deployment_tells_what_it_made(engine: ProcessEngine, model: Model) -> None:
    content = model('<userTask id="a"/>', flows="start-a a-end", process='name="A process" camunda:versionTag="1.0"')
    deployment = engine.repository_service.deploy({"p.bpmn": content, "notes.txt": b"n"}, name="first", source="test")
    assert (deployment.name, deployment.source) == ("first", "test")
    assert abs(deployment.deployment_time - datetime.now(UTC)) < timedelta(minutes=1)
    [definition] = deployment.process_definitions
    assert definition.id.startswith("p:1:")
    assert definition == engine.repository_service.process_definition(definition.id)
    assert (definition.key, definition.version, definition.name, definition.version_tag, definition.resource) == (
        *("p", 1, "A process", "1.0"),
        "p.bpmn",
    )
    assert engine.repository_service.process_model(definition.id) == content
    resources = engine.repository_service.deployment_resources(deployment.id)
    assert [resource.name for resource in resources] == ["notes.txt", "p.bpmn"]
    found = engine.repository_service.deployment_resource_content(deployment.id, resources[0].id)
    assert found == b"n"


def test_versions_count_for_each_key(engine: ProcessEngine, user_model: bytes, model: Model) -> None:
    other = model(flows="start-end", key="other")
    versions = [
        {one.key: one.version for one in engine.repository_service.deploy(files).process_definitions}
        for files in ({"p.bpmn": user_model}, {"p.bpmn": user_model, "o.bpmn20.xml": other}, {"p.bpmn": user_model})
    ]
    assert versions == [{"p": 1}, {"p": 2, "other": 1}, {"p": 3}]
    latest = engine.repository_service.process_definitions(latest_version=True, sort_by="key")
    assert [(one.key, one.version) for one in latest] == [("other", 1), ("p", 3)]


def test_a_key_too_long_for_the_id_is_left_out_of_it(engine: ProcessEngine, model: Model) -> None:
    key = "k" * 40
    [definition] = engine.repository_service.deploy({"p.bpmn": model(flows="start-end", key=key)}).process_definitions
    assert len(definition.id) == 36
    assert engine.runtime_service.start_process_instance(key=key).definition_id == definition.id


def test_one_bad_file_keeps_all_of_a_deployment_out(engine: ProcessEngine, user_model: bytes, model: Model) -> None:
    files = {"good.bpmn": user_model, "bad.bpmn": model("<scriptTask id='s'/>", flows="start-end", key="q")}
    with pytest.raises(ParseException, match=r"resource bad\.bpmn") as caught:
        engine.repository_service.deploy(files)
    assert caught.value.problems[0].element_ids == ("s",)
    assert engine.repository_service.count_deployments() == 0
    assert engine.repository_service.count_process_definitions() == 0


def test_two_processes_of_one_key_cannot_be_deployed_together(engine: ProcessEngine, user_model: bytes) -> None:
    with pytest.raises(ParseException, match="definitions with the same key 'p'"):
        engine.repository_service.deploy({"a.bpmn": user_model, "b.bpmn": user_model})


def test_cases_are_refused(engine: ProcessEngine) -> None:
    with pytest.raises(ParseException, match="are not supported"):
        engine.repository_service.deploy({"case.cmmn": b"<definitions/>"})


def test_an_empty_deployment_is_refused(engine: ProcessEngine) -> None:
    with pytest.raises(BadUserRequestException, match="No deployment resources contained to deploy"):
        engine.repository_service.deploy({})


def test_a_name_that_is_too_long_is_refused(engine: ProcessEngine) -> None:
    with pytest.raises(BadUserRequestException, match="more than 255 characters"):
        engine.repository_service.deploy({"n" * 256: b""})


def test_a_duplicate_is_not_deployed_again(engine: ProcessEngine, user_model: bytes) -> None:
    files = {"p.bpmn": user_model, "notes.txt": b"n"}
    first = engine.repository_service.deploy(files, name="d")
    again = engine.repository_service.deploy(files, name="d", enable_duplicate_filtering=True)
    assert (again.id, again.process_definitions) == (first.id, ())
    assert engine.repository_service.count_process_definitions() == 1


@pytest.mark.parametrize("change", [{"name": "other"}, {"source": "other"}, {"name": None}])
def test_the_same_files_under_another_name_or_source_are_no_duplicate(
    engine: ProcessEngine, user_model: bytes, change: dict[str, str | None]
) -> None:
    first: dict[str, str | None] = {"name": "d", "source": "s"}
    engine.repository_service.deploy({"p.bpmn": user_model}, name=first["name"], source=first["source"])
    second = first | change
    deployment = engine.repository_service.deploy(
        {"p.bpmn": user_model}, name=second["name"], source=second["source"], enable_duplicate_filtering=True
    )
    assert deployment.process_definitions[0].version == 2


def test_one_changed_file_deploys_all_of_them_or_only_it(engine: ProcessEngine, user_model: bytes) -> None:
    service = engine.repository_service
    service.deploy({"p.bpmn": user_model, "notes.txt": b"1"}, name="d")
    everything = service.deploy({"p.bpmn": user_model, "notes.txt": b"2"}, name="d", enable_duplicate_filtering=True)
    assert [one.version for one in everything.process_definitions] == [2]
    changed = service.deploy({"p.bpmn": user_model, "notes.txt": b"3"}, name="d", deploy_changed_only=True)
    assert changed.process_definitions == ()
    assert [one.name for one in service.deployment_resources(changed.id)] == ["notes.txt"]


def test_a_deployment_is_deleted_with_its_files_and_definitions(engine: ProcessEngine, user_model: bytes) -> None:
    deployment = engine.repository_service.deploy({"p.bpmn": user_model})
    engine.repository_service.delete_deployment(deployment.id)
    assert engine.repository_service.count_process_definitions() == 0
    assert engine.repository_service.deployment_resources(deployment.id) == []
    with pytest.raises(NotFoundException, match=f"Deployment with id '{deployment.id}' does not exist"):
        engine.repository_service.delete_deployment(deployment.id)


def test_a_deployment_with_instances_is_deleted_only_with_cascade(engine: ProcessEngine, user_model: bytes) -> None:
    deployment = engine.repository_service.deploy({"p.bpmn": user_model})
    other = engine.repository_service.deploy({"p.bpmn": user_model})
    engine.runtime_service.start_process_instance(definition_id=deployment.process_definitions[0].id)
    kept = engine.runtime_service.start_process_instance(definition_id=other.process_definitions[0].id)
    with pytest.raises(ProcessEngineException, match="have 1 running instances"):
        engine.repository_service.delete_deployment(deployment.id)
    engine.repository_service.delete_deployment(deployment.id, cascade=True)
    assert [one.id for one in engine.runtime_service.process_instances()] == [kept.id]
    assert engine.task_service.count_tasks() == 1


def test_what_does_not_exist_is_not_found(engine: ProcessEngine) -> None:
    with pytest.raises(NotFoundException, match="no deployed process definition found with id 'x'"):
        engine.repository_service.process_definition("x")
    with pytest.raises(NotFoundException, match="no deployed process definition found with id 'x'"):
        engine.repository_service.process_model("x")
    with pytest.raises(NullValueException, match="no resource found with id 'y' in deployment 'x'"):
        engine.repository_service.deployment_resource_content("x", "y")


def test_deployments_are_found_by_what_is_known_of_them(engine: ProcessEngine) -> None:
    service = engine.repository_service
    first = service.deploy({"a.txt": b"a"}, name="alpha", source="s")
    second = service.deploy({"a.txt": b"a"}, name="beta")
    assert [one.id for one in service.deployments(name="alpha")] == [first.id]
    assert [one.id for one in service.deployments(name_like="%et%")] == [second.id]
    assert [one.id for one in service.deployments(source="s")] == [first.id]
    assert [one.id for one in service.deployments(deployment_id=second.id)] == [second.id]
    assert service.count_deployments(after=first.deployment_time, before=second.deployment_time) == 0
    assert service.count_deployments(before=datetime.now(UTC)) == 2


@pytest.mark.parametrize(("order", "names"), [("asc", ["a", "b", "c"]), ("desc", ["c", "b", "a"])])
def test_results_are_sorted_and_paged(engine: ProcessEngine, order: Literal["asc", "desc"], names: list[str]) -> None:
    service = engine.repository_service
    for name in ("b", "c", "a"):
        service.deploy({"a.txt": b"a"}, name=name)
    found = service.deployments(sort_by="name", sort_order=order)
    assert [one.name for one in found] == names
    assert service.deployments(sort_by="name", sort_order=order, first_result=1, max_results=1) == found[1:2]
    assert service.deployments(sort_by="name", sort_order=order, first_result=2) == found[2:]
    assert service.deployments(max_results=0) == []


def test_a_query_that_makes_no_sense_is_refused(engine: ProcessEngine) -> None:
    service = engine.repository_service
    with pytest.raises(BadUserRequestException, match=r"sortBy parameter to value 'colour'; use one of id, name"):
        service.deployments(sort_by="colour")
    with pytest.raises(BadUserRequestException, match="sortOrder parameter to value 'up'"):
        service.deployments(sort_by="name", sort_order="up")  # type: ignore[arg-type] # what REST may pass on
    with pytest.raises(BadUserRequestException, match="first_result is -1"):
        service.deployments(first_result=-1)
    with pytest.raises(TypeError, match=r"Unknown criteria \['colour'\]"):
        service.deployments(colour="red")  # type: ignore[call-arg] # what is refused


def test_definitions_are_found_by_what_is_known_of_them(engine: ProcessEngine, model: Model) -> None:
    service = engine.repository_service
    tagged = model(flows="start-end", process='name="Pay" camunda:versionTag="t"')
    first = service.deploy({"a.bpmn": tagged}).process_definitions[0]
    second = service.deploy({"a.bpmn": tagged}).process_definitions[0]
    other = service.deploy({"b.bpmn": model(flows="start-end", key="q")}).process_definitions[0]
    assert service.process_definitions(key="p", version=1) == [first]
    assert service.process_definitions(keys=["q", "r"]) == [other]
    assert service.process_definitions(keys=[]) == []
    assert service.process_definitions(key="p", latest_version=True) == [second]
    assert service.count_process_definitions(latest_version=False) == 3
    assert service.count_process_definitions(name="Pay", version_tag="t") == 2
    assert service.count_process_definitions(name_like="P%") == 2
    assert service.process_definitions(deployment_id=other.deployment_id) == [other]
    assert service.process_definitions(definition_id=first.id) == [first]
