"""Processes and instances that Cockpit's tests look at, and how they read its pages."""

import re
from datetime import timedelta
from html import unescape

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import ProcessInstance, Topic
from tests.integration.webapps.rest_client import MODEL

LOOP = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://example.com">
<process id="loop" name="Loop" isExecutable="true">
  <startEvent id="start"/><sequenceFlow id="f" sourceRef="start" targetRef="part"/>
  <subProcess id="part" name="Part">
    <startEvent id="inner"/><sequenceFlow id="g" sourceRef="inner" targetRef="each"/>
    <userTask id="each" name="Each">
      <multiInstanceLoopCharacteristics><loopCardinality>3</loopCardinality></multiInstanceLoopCharacteristics>
    </userTask>
  </subProcess>
</process></definitions>"""
DECISION = b"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="d" name="d" namespace="http://e">
<decision id="net" name="Net"><variable name="net" typeRef="double"/>
  <literalExpression><text>price * amount</text></literalExpression></decision>
<decision id="discount" name="Discount">
  <informationRequirement><requiredDecision href="#net"/></informationRequirement>
  <decisionTable id="t" hitPolicy="RULE ORDER">
    <input label="Net price"><inputExpression typeRef="double"><text>net</text></inputExpression></input>
    <input label="Kind"><inputExpression typeRef="string"><text>kind</text></inputExpression></input>
    <output name="rate" label="Rate" typeRef="integer"/>
    <rule id="r1"><description>Large orders</description><inputEntry><text>&gt;= 1000</text></inputEntry>
      <inputEntry><text>-</text></inputEntry><outputEntry><text>10</text></outputEntry></rule>
    <rule id="r2"><inputEntry><text></text></inputEntry><inputEntry><text>"gold"</text></inputEntry>
      <outputEntry><text>5</text></outputEntry></rule>
  </decisionTable>
</decision></definitions>"""
TIMER = b"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://example.com">
<process id="timer" name="Timer" isExecutable="true">
  <startEvent id="start"/><sequenceFlow id="f" sourceRef="start" targetRef="wait"/>
  <intermediateCatchEvent id="wait" name="Wait">
    <timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>
  </intermediateCatchEvent>
</process></definitions>"""
MARKUP = "<b onclick=alert(1)>&\"'"


def model(key: str = "order", name: str = "Order", *, calls: str | None = None) -> bytes:
    """A process with one external task, or a call of another process, and then one user task."""
    quoted = name.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
    content = MODEL.replace(b'id="order" name="Order"', f'id="{key}" name="{quoted}"'.encode())
    if calls is not None:
        charge = b'<serviceTask id="charge" name="Charge" camunda:type="external" camunda:topic="charging"/>'
        content = content.replace(charge, f'<callActivity id="charge" calledElement="{calls}"/>'.encode())
    return content


def deploy(engine: ProcessEngine, key: str = "order", name: str = "Order", *, calls: str | None = None) -> str:
    """The id of the new version of a process."""
    made = engine.repository_service.deploy({f"{key}.bpmn": model(key, name, calls=calls)}, name=f"{name}s")
    return made.process_definitions[0].id


def deploy_loop(engine: ProcessEngine) -> str:
    """The id of a process with three user tasks at once, in a sub process."""
    return engine.repository_service.deploy({"loop.bpmn": LOOP}).process_definitions[0].id


def deploy_decision(engine: ProcessEngine, content: bytes = DECISION) -> str:
    """The id of the new version of the decision ``discount``, which requires ``net``."""
    made = engine.repository_service.deploy({"discount.dmn": content}, name="Discounts")
    return next(one.id for one in made.decision_definitions if one.key == "discount")


def start(
    engine: ProcessEngine, business_key: str | None = None, *, key: str = "order", **variables: object
) -> ProcessInstance:
    """An instance that waits for its external task."""
    return engine.runtime_service.start_process_instance(key=key, business_key=business_key, variables=variables)


def lock(engine: ProcessEngine) -> list[str]:
    """The ids of the external tasks, now locked by the worker ``w``."""
    locked = engine.external_task_service.fetch_and_lock(
        worker_id="w", max_tasks=10, topics=[Topic("charging", timedelta(minutes=1))]
    )
    return [task.id for task in locked]


def fail(engine: ProcessEngine, message: str = "Nothing goes") -> None:
    """Let all external tasks have an incident."""
    for task_id in lock(engine):
        engine.external_task_service.fail(task_id, worker_id="w", error_message=message, retries=0)


def go_on(engine: ProcessEngine) -> None:
    """Complete all external tasks."""
    for task_id in lock(engine):
        engine.external_task_service.complete(task_id, worker_id="w")


def text_of(html: str) -> str:
    """What the page itself says, without its tags."""
    main = html[html.index("<main") :]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


def rows_of(html: str) -> list[str]:
    """What the rows of the page's tables say, without their heads."""
    return [text for row in re.findall(r"<tr>.*?</tr>", html, re.DOTALL) if (text := _said(row)) and "<td" in row]


def _said(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())
