"""Decisions: deployed, found, evaluated, and asked by processes."""

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import NotFoundException, NullValueException, ParseException


def decision(result: int, *, key: str = "d", attributes: str = "") -> bytes:
    """A decision that says this number for every ``n`` below 10, and 0 for others."""
    return f"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="x" name="x" namespace="http://test"
        xmlns:camunda="http://camunda.org/schema/1.0/dmn">
      <decision id="{key}" name="Say it" {attributes}><decisionTable id="t" hitPolicy="FIRST">
        <input id="i"><inputExpression id="ie" typeRef="integer"><text>n</text></inputExpression></input>
        <output id="o" name="says" typeRef="integer"/>
        <rule id="r1"><inputEntry id="a"><text>&lt; 10</text></inputEntry>
          <outputEntry id="b"><text>{result}</text></outputEntry></rule>
        <rule id="r2"><inputEntry id="c"><text/></inputEntry><outputEntry id="e"><text>0</text></outputEntry></rule>
      </decisionTable></decision></definitions>""".encode()


def test_a_deployed_decision_is_found_and_evaluated(engine: ProcessEngine) -> None:
    tag = 'camunda:versionTag="v7" camunda:historyTimeToLive="P30D"'
    deployment = engine.repository_service.deploy({"d.dmn": decision(1, attributes=tag)})
    [definition] = engine.repository_service.decision_definitions()
    assert deployment.decision_definitions == (definition,)
    assert (definition.key, definition.version, definition.name, definition.resource) == ("d", 1, "Say it", "d.dmn")
    assert (definition.version_tag, definition.history_time_to_live) == ("v7", 30)
    evaluate = engine.decision_service.evaluate
    assert evaluate(key="d", variables={"n": 5}) == [{"says": 1}]
    assert evaluate(decision_id=definition.id, variables={"n": 50}) == [{"says": 0}]
    assert engine.repository_service.decision_model(definition.id) == decision(1, attributes=tag)
    assert engine.repository_service.decision_definition(definition.id) == definition


def test_the_latest_version_is_meant_unless_another_one_is(engine: ProcessEngine) -> None:
    for result in (1, 2):
        engine.repository_service.deploy({"d.dmn": decision(result)})
    evaluate = engine.decision_service.evaluate
    assert evaluate(key="d", variables={"n": 5}) == [{"says": 2}]
    assert evaluate(key="d", version=1, variables={"n": 5}) == [{"says": 1}]
    [latest] = engine.repository_service.decision_definitions(latest_version=True)
    assert (latest.version, engine.repository_service.count_decision_definitions(key="d")) == (2, 2)


def test_a_decision_that_is_not_there_is_refused(engine: ProcessEngine) -> None:
    for call in (engine.repository_service.decision_definition, engine.repository_service.decision_model):
        with pytest.raises(NotFoundException, match="no deployed decision definition found with 'x'"):
            call("x")
    with pytest.raises(NotFoundException, match="'x'"):
        engine.decision_service.evaluate(key="x")
    with pytest.raises(NullValueException, match="either decision definition id or key must be set"):
        engine.decision_service.evaluate()


def test_decisions_go_with_their_deployment(engine: ProcessEngine) -> None:
    deployment = engine.repository_service.deploy({"d.dmn": decision(1)})
    engine.repository_service.delete_deployment(deployment.id)
    assert engine.repository_service.decision_definitions() == []


def test_two_decisions_of_one_key_cannot_be_deployed_together(engine: ProcessEngine) -> None:
    with pytest.raises(ParseException, match="definitions with the same key 'd'"):
        engine.repository_service.deploy({"a.dmn": decision(1), "b.dmn": decision(2)})


@pytest.mark.parametrize(
    ("binding", "expected"),
    [
        ("", 3),
        ('camunda:decisionRefBinding="deployment"', 2),
        ('camunda:decisionRefBinding="version" camunda:decisionRefVersion="1"', 1),
        ('camunda:decisionRefBinding="versionTag" camunda:decisionRefVersionTag="v1"', 1),
    ],
)
def test_a_process_asks_the_version_that_it_is_bound_to(engine: ProcessEngine, binding: str, expected: int) -> None:
    model = f"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://test"
        xmlns:camunda="http://camunda.org/schema/1.0/bpmn"><process id="p" isExecutable="true"><startEvent id="start"/>
        <businessRuleTask id="r" camunda:decisionRef="d" camunda:resultVariable="said" {binding}
          camunda:mapDecisionResult="singleEntry"/><userTask id="t"/>
        <sequenceFlow id="a" sourceRef="start" targetRef="r"/><sequenceFlow id="b" sourceRef="r" targetRef="t"/>
        </process></definitions>""".encode()
    engine.repository_service.deploy({"d.dmn": decision(1, attributes='camunda:versionTag="v1"')})
    engine.repository_service.deploy({"d.dmn": decision(2), "p.bpmn": model})
    engine.repository_service.deploy({"d.dmn": decision(3)})
    started = engine.runtime_service.start_process_instance(key="p", variables={"n": 5})
    assert engine.runtime_service.variables(started.id)["said"].value == expected
