"""Processes for the tests of Tasklist."""

from engine_telemetry.engine import ProcessEngine

_HEAD = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://test"
  xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
  xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI">"""

_REQUIRED = '<camunda:constraint name="required"/>'


def _diagram(process: str, *nodes: str) -> str:
    """The nodes from left to right, with the flows f1, f2 and so on between them."""
    shapes, edges, right = "", "", 0
    for index, node in enumerate(nodes):
        left, size = 160 + 160 * index, 36 if node in {"start", "end"} else 100
        bounds = f'<dc:Bounds x="{left}" y="{160 - size // 2}" width="{size}" height="{size}"/>'
        shapes += f'<bpmndi:BPMNShape id="s{index}" bpmnElement="{node}">{bounds}</bpmndi:BPMNShape>'
        if index:
            ends = f'<di:waypoint x="{right}" y="160"/><di:waypoint x="{left}" y="160"/>'
            edges += f'<bpmndi:BPMNEdge id="e{index}" bpmnElement="f{index}">{ends}</bpmndi:BPMNEdge>'
        right = left + size
    plane = f'<bpmndi:BPMNPlane id="plane" bpmnElement="{process}">{shapes}{edges}</bpmndi:BPMNPlane>'
    return f'<bpmndi:BPMNDiagram id="diagram">{plane}</bpmndi:BPMNDiagram>'


TRAVEL = f"""{_HEAD}<process id="travel" name="Travel request" isExecutable="true">
  <startEvent id="start" camunda:initiator="initiator"><extensionElements><camunda:formData>
    <camunda:formField id="destination" label="Where to?" type="string">
      <camunda:validation>{_REQUIRED}<camunda:constraint name="maxlength" config="40"/></camunda:validation>
    </camunda:formField>
    <camunda:formField id="nights" label="Nights" type="long" defaultValue="2">
      <camunda:validation>{_REQUIRED}<camunda:constraint name="min" config="1"/>
        <camunda:constraint name="max" config="30"/></camunda:validation>
    </camunda:formField>
    <camunda:formField id="day" label="First day" type="date"/>
    <camunda:formField id="by" label="Travel by" type="enum">
      <camunda:validation>{_REQUIRED}</camunda:validation>
      <camunda:value id="train" name="Train"/><camunda:value id="bus" name="Bus"/>
    </camunda:formField>
    <camunda:formField id="urgent" label="It is urgent" type="boolean"/>
  </camunda:formData></extensionElements></startEvent>
  <sequenceFlow id="f1" sourceRef="start" targetRef="approve"/>
  <userTask id="approve" name="Approve the journey" camunda:candidateGroups="managers">
    <documentation>Look at the costs, and decide within a week.</documentation>
    <extensionElements><camunda:formData>
    <camunda:formField id="destination" label="Where to?" type="string">
      <camunda:validation><camunda:constraint name="readonly"/></camunda:validation>
    </camunda:formField>
    <camunda:formField id="approved" label="The journey is approved" type="boolean"/>
    <camunda:formField id="budget" label="Budget in euros" type="long">
      <camunda:validation>{_REQUIRED}<camunda:constraint name="min" config="0"/></camunda:validation>
    </camunda:formField>
    <camunda:formField id="departure" label="Departure" type="date" datePattern="dd/MM/yyyy HH:mm"/>
    <camunda:formField id="remark" label="Remark" type="string"/>
  </camunda:formData></extensionElements></userTask>
  <sequenceFlow id="f2" sourceRef="approve" targetRef="book"/>
  <userTask id="book" name="Book the journey" camunda:assignee="${{initiator}}" camunda:priority="80"
    camunda:dueDate="2030-05-01T12:00:00"/>
  <sequenceFlow id="f3" sourceRef="book" targetRef="end"/><endEvent id="end"/></process>
  {_diagram("travel", "start", "approve", "book", "end")}</definitions>"""


def plain_model(key: str = "plain", name: str = "Plain process", task: str = "Do it", attributes: str = "") -> str:
    """One user task without a form."""
    return f"""{_HEAD}<process id="{key}" name="{name}" isExecutable="true"><startEvent id="start"/>
      <sequenceFlow id="f1" sourceRef="start" targetRef="do"/><userTask id="do" name="{task}" {attributes}/>
      <sequenceFlow id="f2" sourceRef="do" targetRef="end"/><endEvent id="end"/></process></definitions>"""


def deploy(engine: ProcessEngine, *models: str) -> None:
    """Deploy them together."""
    engine.repository_service.deploy({f"{index}.bpmn": model.encode() for index, model in enumerate(models)})
