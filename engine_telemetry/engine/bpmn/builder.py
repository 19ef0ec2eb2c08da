"""Builds the spec of a process out of its elements. What a checked file says is executed as built here."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from lxml import etree
from SpiffWorkflow.bpmn.specs import BpmnProcessSpec

from engine_telemetry.engine.bpmn.activities import (
    CodeActivity,
    DecisionActivity,
    ExternalActivity,
    PassThrough,
    ReceiveActivity,
    UserActivity,
)
from engine_telemetry.engine.bpmn.code import Code
from engine_telemetry.engine.bpmn.document import BPMN, CAMUNDA
from engine_telemetry.engine.bpmn.elements import (
    attributes_of,
    event_element,
    first,
    local,
    read_business_key,
    read_call_variables,
    read_code,
    read_condition,
    read_definition,
    read_element,
    read_event,
    read_listeners,
    read_loop,
    referenced,
)
from engine_telemetry.engine.bpmn.event_definitions import EscalationEvent, EventDefinition, MessageEvent, SignalEvent
from engine_telemetry.engine.bpmn.events import (
    BoundaryEvent,
    CatchEvent,
    EndEvent,
    ErrorEndEvent,
    EscalationThrow,
    EventStart,
    SignalThrow,
    StartEvent,
    TerminateEndEvent,
)
from engine_telemetry.engine.bpmn.gateways import EventBasedGateway, ExclusiveGateway, InclusiveGateway, ParallelGateway
from engine_telemetry.engine.bpmn.nodes import Element, Flow, Node
from engine_telemetry.engine.bpmn.sub_processes import CallActivity, Process, SubProcess

_GATEWAYS = {
    "exclusiveGateway": ExclusiveGateway,
    "parallelGateway": ParallelGateway,
    "inclusiveGateway": InclusiveGateway,
    "eventBasedGateway": EventBasedGateway,
}
FLOW_NODES = frozenset(
    {
        *_GATEWAYS,
        *("startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"),
        *("task", "manualTask", "userTask", "serviceTask", "scriptTask", "sendTask", "receiveTask", "businessRuleTask"),
        *("callActivity", "subProcess"),
    }
)


def flow_nodes(scope: etree._Element) -> list[etree._Element]:
    """Events, activities and gateways directly in a process or sub process, in the order of the file."""
    return [one for one in scope.iterchildren() if local(str(one.tag)) in FLOW_NODES]


def scopes_of(process: etree._Element) -> Iterator[etree._Element]:
    """A process, and all sub processes in it."""
    yield process
    yield from process.iter(f"{BPMN}subProcess")


def build(process: etree._Element) -> tuple[BpmnProcessSpec, Process]:
    """The spec of a process, and the root of it."""
    spec = BpmnProcessSpec(name=process.get("id", ""))
    root = Process(spec, read_element(process, "processDefinition"))
    nodes: dict[str, Node] = {process.get("id", ""): root}
    for scope in scopes_of(process):
        for one in flow_nodes(scope):
            nodes[one.get("id", "")] = _node(spec, one)
    for scope in scopes_of(process):
        _connect(scope, nodes)
    return spec, root


def _connect(scope: etree._Element, nodes: dict[str, Node]) -> None:
    for flow in scope.iterchildren(f"{BPMN}sequenceFlow"):
        source, target = nodes[flow.get("sourceRef", "")], nodes[flow.get("targetRef", "")]
        condition = read_condition(first(flow, f"{BPMN}conditionExpression"))
        source.flows.append(
            Flow(flow.get("id", ""), target, condition, list(read_listeners(flow, "executionListener")))
        )
        target.incoming += 1
    owner = nodes[scope.get("id", "")]
    for one in flow_nodes(scope):
        node = nodes[one.get("id", "")]
        if isinstance(node, BoundaryEvent):
            nodes[one.get("attachedToRef", "")].boundaries.append(node)
        elif isinstance(node, StartEvent) and isinstance(owner, SubProcess) and node.activity_type == "startEvent":
            owner.start = node
        elif isinstance(node, EventStart):
            node.sub_process = owner
            nodes[_around(scope)].event_starts.append(node)


def _around(scope: etree._Element) -> str:
    parent = scope.getparent()
    return "" if parent is None else parent.get("id", "")


def _node(spec: BpmnProcessSpec, one: etree._Element) -> Node:
    tag = local(str(one.tag))
    node = _MAKERS[tag](spec, one) if tag in _MAKERS else _GATEWAYS[tag](spec, read_element(one, tag))
    node.loop = read_loop(one)
    return node


def _start(spec: BpmnProcessSpec, one: etree._Element) -> Node:
    event = read_event(one)
    kind = "startEvent" if event is None else f"{event.kind}StartEvent"
    element = read_element(one, kind if kind != "timerStartEvent" else "startTimerEvent")
    scope = one.getparent()
    if event is None or scope is None or scope.get("triggeredByEvent") != "true":
        return StartEvent(spec, element)
    return EventStart(spec, element, event, interrupting=one.get("isInterrupting") != "false")


def _end(spec: BpmnProcessSpec, one: etree._Element) -> Node:
    found = event_element(one)
    kind = "none" if found is None else local(str(found.tag)).removesuffix("EventDefinition")
    element = read_element(one, f"{kind}EndEvent")
    if kind == "terminate":
        return TerminateEndEvent(spec, element)
    if kind == "error" and found is not None:
        error = referenced(found, "error")
        return ErrorEndEvent(spec, element, error.get("errorCode"), error.get(f"{CAMUNDA}errorMessage"))
    return _thrown(spec, element, found)


def _throw(spec: BpmnProcessSpec, one: etree._Element) -> Node:
    found = event_element(one)
    kind = "None" if found is None else local(str(found.tag)).removesuffix("EventDefinition").capitalize()
    suffix = "" if kind == "Signal" else "Event"
    return _thrown(spec, read_element(one, f"intermediate{kind}Throw{suffix}"), found)


def _thrown(spec: BpmnProcessSpec, element: Element, found: etree._Element | None) -> Node:
    if found is None:
        return EndEvent(spec, element)
    event = read_definition(found)
    if isinstance(event, EscalationEvent):
        return EscalationThrow(spec, element, event.code)
    if isinstance(event, SignalEvent):
        return SignalThrow(spec, element, event)
    return _code_or_external(spec, element, found)


def _code_or_external(spec: BpmnProcessSpec, element: Element, one: etree._Element) -> Node:
    """What is done by a worker, a delegate, or an expression; or by nobody."""
    if one.get(f"{CAMUNDA}type") == "external":
        return ExternalActivity(spec, replace(element, settings={**element.settings, **attributes_of(one)}))
    code = read_code(one)
    if code is None:
        return PassThrough(spec, element)
    return CodeActivity(spec, element, code, one.get(f"{CAMUNDA}resultVariable"))


def _catch(spec: BpmnProcessSpec, one: etree._Element) -> Node:
    event = read_event(one) or EventDefinition()
    names = {"timer": "intermediateTimer", "conditional": "intermediateConditional"}
    kind = names.get(event.kind, f"intermediate{event.kind.capitalize()}Catch")
    return CatchEvent(spec, read_element(one, kind), event)


def _boundary(spec: BpmnProcessSpec, one: etree._Element) -> Node:
    event = read_event(one) or EventDefinition()
    element = read_element(one, f"boundary{event.kind.capitalize()}")
    return BoundaryEvent(spec, element, event, interrupting=one.get("cancelActivity") != "false")


def _service(kind: str, spec: BpmnProcessSpec, one: etree._Element) -> Node:
    return _code_or_external(spec, read_element(one, kind), one)


def _decision(spec: BpmnProcessSpec, one: etree._Element) -> Node:
    element = read_element(one, "businessRuleTask")
    if one.get(f"{CAMUNDA}decisionRef") is not None:
        return DecisionActivity(spec, element)
    return _code_or_external(spec, element, one)


def _script(spec: BpmnProcessSpec, one: etree._Element) -> Node:
    script = first(one, f"{BPMN}script")
    code = Code(f"script:{one.get('scriptFormat', '')}", "" if script is None else script.text or "")
    return CodeActivity(spec, read_element(one, "scriptTask"), code, one.get(f"{CAMUNDA}resultVariable"))


def _user(spec: BpmnProcessSpec, one: etree._Element) -> Node:
    return UserActivity(spec, read_element(one, "userTask"), list(read_listeners(one, "taskListener")))


def _receive(spec: BpmnProcessSpec, one: etree._Element) -> Node:
    return ReceiveActivity(
        spec, read_element(one, "receiveTask"), MessageEvent(referenced(one, "message").get("name", ""))
    )


def _call(spec: BpmnProcessSpec, one: etree._Element) -> Node:
    element = read_element(one, "callActivity")
    return CallActivity(
        spec, element, read_business_key(one), read_call_variables(one, "in"), read_call_variables(one, "out")
    )


def _sub_process(spec: BpmnProcessSpec, one: etree._Element) -> Node:
    return SubProcess(spec, read_element(one, "subProcess"))


def _plain(kind: str, spec: BpmnProcessSpec, one: etree._Element) -> Node:
    return PassThrough(spec, read_element(one, kind))


_MAKERS: dict[str, Callable[[BpmnProcessSpec, etree._Element], Node]] = {
    "startEvent": _start,
    "endEvent": _end,
    "intermediateThrowEvent": _throw,
    "intermediateCatchEvent": _catch,
    "boundaryEvent": _boundary,
    "userTask": _user,
    "serviceTask": partial(_service, "serviceTask"),
    "sendTask": partial(_service, "sendTask"),
    "businessRuleTask": _decision,
    "scriptTask": _script,
    "receiveTask": _receive,
    "callActivity": _call,
    "subProcess": _sub_process,
    "task": partial(_plain, "task"),
    "manualTask": partial(_plain, "manualTask"),
}
