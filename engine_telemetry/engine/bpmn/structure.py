"""Checks that a process is wired as it can be executed: flows, events and what they refer to, gateways, scopes."""

from collections import defaultdict
from collections.abc import Iterator

from lxml import etree

from engine_telemetry.engine.bpmn.builder import flow_nodes, scopes_of
from engine_telemetry.engine.bpmn.document import BPMN, CAMUNDA, element_id, line_of
from engine_telemetry.engine.bpmn.elements import event_element, extensions_of, local, referenced
from engine_telemetry.exceptions import Problem

_ACTIVITIES = frozenset(
    {
        *("task", "manualTask", "userTask", "serviceTask", "scriptTask", "sendTask", "receiveTask", "businessRuleTask"),
        *("callActivity", "subProcess"),
    }
)
_STARTS_OF_PROCESSES = frozenset({"message", "signal", "timer"})
_REFERRING = {"message": "name", "signal": "name"}
_THROWING = frozenset({"endEvent", "intermediateThrowEvent"})


class _Scope:
    """The nodes of a process or sub process, and what leads where in it."""

    def __init__(self, element: etree._Element) -> None:
        self.element = element
        self.nodes = {node.get("id", ""): node for node in flow_nodes(element)}
        self.flows = list(element.iterchildren(f"{BPMN}sequenceFlow"))
        self.is_event_sub_process = element.get("triggeredByEvent") == "true"
        self._from: dict[str | None, list[etree._Element]] = defaultdict(list)
        self._to: dict[str | None, list[etree._Element]] = defaultdict(list)
        for flow in self.flows:
            self._from[flow.get("sourceRef")].append(flow)
            self._to[flow.get("targetRef")].append(flow)

    def outgoing(self, node: etree._Element) -> list[etree._Element]:
        return self._from[node.get("id")]

    def incoming(self, node: etree._Element) -> list[etree._Element]:
        return self._to[node.get("id")]


def find_broken_wiring(process: etree._Element) -> Iterator[Problem]:
    """What is wrong with the wiring of a process whose elements are all allowed."""
    for element in scopes_of(process):
        scope = _Scope(element)
        yield from _id_problems(scope)
        yield from _start_problems(scope)
        yield from _flow_problems(scope)
        yield from _default_problems(scope)
        for node in scope.nodes.values():
            yield from _node_problems(scope, node)


def _problem(element: etree._Element, message: str) -> Problem:
    return Problem(message, element_id(element), line_of(element))


def _id_problems(scope: _Scope) -> Iterator[Problem]:
    for element in (scope.element, *flow_nodes(scope.element), *scope.flows):
        if not element.get("id"):
            yield _problem(element, f"Element {local(str(element.tag))!r} has no id")


def _kind(event: etree._Element) -> str | None:
    found = event_element(event)
    return None if found is None else local(str(found.tag)).removesuffix("EventDefinition")


def _start_problems(scope: _Scope) -> Iterator[Problem]:
    starts = [node for node in scope.nodes.values() if node.tag == f"{BPMN}startEvent"]
    if not starts:
        yield _problem(scope.element, f"The {local(str(scope.element.tag))} has no start event")
    if scope.is_event_sub_process:
        yield from _event_sub_process_problems(scope, starts)
        return
    for start in [one for one in starts if _kind(one) is None][1:]:
        yield _problem(start, "Multiple none start events are not supported")
    allowed = _STARTS_OF_PROCESSES if scope.element.tag == f"{BPMN}process" else frozenset()
    for start in starts:
        if (kind := _kind(start)) is not None and kind not in allowed:
            yield _problem(start, f"A start event for {kind} is not supported here, only in an event sub process")


def _event_sub_process_problems(scope: _Scope, starts: list[etree._Element]) -> Iterator[Problem]:
    for start in starts[1:]:
        yield _problem(start, "An event sub process has one start event")
    for start in starts[:1]:
        if _kind(start) is None:
            yield _problem(start, "The start event of an event sub process needs an event")
        if _kind(start) == "error" and start.get("isInterrupting") == "false":
            yield _problem(start, "An error event interrupts always; set isInterrupting to 'true'")
    if scope.element.find(f"{BPMN}multiInstanceLoopCharacteristics") is not None:
        yield _problem(scope.element, "An event sub process cannot be looped")


def _flow_problems(scope: _Scope) -> Iterator[Problem]:
    for one in scope.flows:
        for end in ("sourceRef", "targetRef"):
            node = scope.nodes.get(one.get(end, ""))
            if node is None:
                yield _problem(
                    one, f"{end} {one.get(end)!r} is no event, task or gateway of this process or sub process"
                )
            elif _cannot_be(end, node):
                yield _problem(one, f"A sequence flow cannot have {one.get(end)!r} as its {end}")


def _cannot_be(end: str, node: etree._Element) -> bool:
    never = {"sourceRef": {"endEvent"}, "targetRef": {"startEvent", "boundaryEvent"}}[end]
    return local(str(node.tag)) in never or node.get("triggeredByEvent") == "true"


def _default_problems(scope: _Scope) -> Iterator[Problem]:
    for node in scope.nodes.values():
        default = node.get("default")
        if default is not None and default not in {flow.get("id") for flow in scope.outgoing(node)}:
            yield _problem(node, f"The default flow {default!r} does not lead on from here")


def _node_problems(scope: _Scope, node: etree._Element) -> Iterator[Problem]:
    tag = local(str(node.tag))
    if tag.endswith("Event"):
        yield from _event_problems(scope, node, tag)
    elif tag == "exclusiveGateway":
        yield from _exclusive_problems(scope, node)
    elif tag == "eventBasedGateway":
        yield from _event_gateway_problems(scope, node)
    elif tag == "receiveTask":
        yield from _reference_problems(node, "message", node)
    yield from _loop_problems(node)


def _event_problems(scope: _Scope, node: etree._Element, tag: str) -> Iterator[Problem]:
    definitions = [one for one in node if str(one.tag).endswith("EventDefinition")]
    if len(definitions) > 1:
        yield _problem(node, "More than one event definition is not supported")
    if not definitions and tag in {"intermediateCatchEvent", "boundaryEvent"}:
        yield _problem(node, f"The {tag} has no event definition")
    for one in definitions[:1]:
        kind = local(str(one.tag)).removesuffix("EventDefinition")
        yield from _definition_problems(node, one, kind, throws=tag in _THROWING)
    if tag == "boundaryEvent":
        yield from _boundary_problems(scope, node)


def _definition_problems(
    node: etree._Element, definition: etree._Element, kind: str, *, throws: bool
) -> Iterator[Problem]:
    if kind in _REFERRING:
        yield from _reference_problems(definition, kind, node)
    if kind in {"error", "escalation"}:
        reference = definition.get(f"{kind}Ref")
        found = referenced(definition, kind)
        if reference is not None and not found.get("id"):
            yield _problem(node, f"The {kind} {reference!r} is not in the file")
        elif throws and not found.get(f"{kind}Code"):
            yield _problem(node, f"A thrown {kind} needs an {kind}Ref to one with an {kind}Code")


def _reference_problems(owner: etree._Element, kind: str, node: etree._Element) -> Iterator[Problem]:
    if owner.get(f"{kind}Ref") is None and local(str(node.tag)) in _THROWING and kind == "message":
        return
    if not referenced(owner, kind).get("name"):
        yield _problem(node, f"The {kind} {owner.get(f'{kind}Ref')!r} is not in the file, or has no name")


def _boundary_problems(scope: _Scope, node: etree._Element) -> Iterator[Problem]:
    host = scope.nodes.get(node.get("attachedToRef", "").rpartition(":")[2])
    if host is None or local(str(host.tag)) not in _ACTIVITIES or host.get("triggeredByEvent") == "true":
        yield _problem(node, f"attachedToRef {node.get('attachedToRef')!r} is no activity beside this event")
    if _kind(node) == "error" and node.get("cancelActivity") == "false":
        yield _problem(node, "An error event interrupts always; set cancelActivity to 'true'")


def _exclusive_problems(scope: _Scope, node: etree._Element) -> Iterator[Problem]:
    flows = scope.outgoing(node)
    if not flows:
        yield _problem(node, f"Exclusive Gateway {node.get('id')!r} has no outgoing sequence flows")
    without = [
        flow
        for flow in flows
        if flow.find(f"{BPMN}conditionExpression") is None and flow.get("id") != node.get("default")
    ]
    if len(flows) > 1 and len(without) > (node.get("default") is None):
        for flow in without:
            yield _problem(
                flow,
                f"Exclusive Gateway {node.get('id')!r} has outgoing sequence flow {flow.get('id')!r} without condition"
                " which is not the default flow",
            )


def _event_gateway_problems(scope: _Scope, node: etree._Element) -> Iterator[Problem]:
    flows = scope.outgoing(node)
    if not flows:
        yield _problem(node, "No event follows this gateway")
    for flow in flows:
        target = scope.nodes.get(flow.get("targetRef", ""))
        if target is None or local(str(target.tag)) not in {"intermediateCatchEvent", "receiveTask"}:
            yield _problem(flow, "Only intermediate catch events and receive tasks may follow an event-based gateway")
        elif len(scope.incoming(target)) > 1:
            yield _problem(target, "Only one sequence flow may lead to an event behind an event-based gateway")


def _loop_problems(node: etree._Element) -> Iterator[Problem]:
    if node.find(f"{BPMN}multiInstanceLoopCharacteristics") is None:
        return
    extensions = extensions_of(node)
    if extensions is not None and next(extensions.iter(f"{CAMUNDA}outputParameter"), None) is not None:
        yield _problem(node, "camunda:outputParameter is not allowed for an activity in a multi-instance loop")
