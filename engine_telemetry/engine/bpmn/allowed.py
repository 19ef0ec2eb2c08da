"""What a model may consist of: everything that is not listed here is refused at deployment.

The list is what this engine executes as Camunda does. What would be executed differently, or not at all, must not get
in; what is drawing only, or meant for other tools, may.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from engine_telemetry.engine.bpmn.checks import find_value_problems
from engine_telemetry.engine.bpmn.document import BPMN, CAMUNDA, MAX_MESSAGE_LENGTH, element_id, line_of
from engine_telemetry.engine.delegates import Delegates
from engine_telemetry.engine.form_data import find_form_problems
from engine_telemetry.exceptions import Problem

_EVALUATED = (CAMUNDA, "{http://activiti.org/bpmn}")
_DIAGRAM = "{http://www.omg.org/spec/BPMN/20100524/DI}BPMNDiagram"

_ANNOTATION = frozenset({"documentation", "extensionElements"})
_DATA = frozenset({"ioSpecification", "property", "dataInputAssociation", "dataOutputAssociation"})
_DATA_OF_EVENTS = frozenset({"property", "dataInput", "dataOutput", "inputSet", "outputSet"}) | _DATA
_DRAWING = frozenset({"laneSet", "textAnnotation", "association", "group"}) | {
    "dataObject",
    "dataObjectReference",
    "dataStoreReference",
    "property",
    "ioSpecification",
}
_FLOW_NODE = _ANNOTATION | {"incoming", "outgoing"}
_LOOPED = _FLOW_NODE | _DATA | {"multiInstanceLoopCharacteristics"}
_UNUSED = frozenset({"collaboration", "category", "itemDefinition", "dataStore", "interface", "resource"})
_REFERENCED = frozenset({"message", "signal", "error", "escalation"})
_FLOW_NODES = frozenset(
    {
        *("startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "boundaryEvent"),
        *("task", "manualTask", "userTask", "serviceTask", "scriptTask", "sendTask", "receiveTask", "businessRuleTask"),
        *("callActivity", "subProcess"),
        *("exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"),
    }
)
_INSIDE = _ANNOTATION | _DRAWING | _FLOW_NODES | {"sequenceFlow"}

_NAMED: dict[str, str | None] = {"id": None, "name": None}
_ACTIVITY: dict[str, str | None] = {
    **_NAMED,
    "default": None,
    "isForCompensation": "false",
    "startQuantity": "1",
    "completionQuantity": "1",
    "implementation": None,
    "operationRef": None,
}
_GATEWAY: dict[str, str | None] = {**_NAMED, "gatewayDirection": None}

_NODE_CAMUNDA = frozenset({"async", "asyncBefore", "asyncAfter", "exclusive", "jobPriority"})
_WORKER = frozenset({"type", "topic", "taskPriority", "class", "delegateExpression", "expression", "resultVariable"})
_NODE_EXTENSIONS = frozenset({"executionListener", "failedJobRetryTimeCycle"})
_ACTIVITY_EXTENSIONS = _NODE_EXTENSIONS | {"inputOutput"}


@dataclass(frozen=True)
class _Rule:
    """Which children an element may have, and which attributes with which value (``None``: any)."""

    children: frozenset[str]
    attributes: Mapping[str, str | None]
    camunda: frozenset[str] = field(default_factory=frozenset)
    extensions: frozenset[str] = field(default_factory=frozenset)


def _event(definitions: Iterable[str], attributes: Mapping[str, str | None], camunda: Iterable[str] = ()) -> _Rule:
    children = _FLOW_NODE | _DATA_OF_EVENTS | {f"{name}EventDefinition" for name in definitions}
    return _Rule(children, {**_NAMED, **attributes}, _NODE_CAMUNDA | frozenset(camunda), _ACTIVITY_EXTENSIONS)


def _activity(
    camunda: Iterable[str] = (), extensions: Iterable[str] = (), children: Iterable[str] = (), **attributes: str | None
) -> _Rule:
    return _Rule(
        _LOOPED | frozenset(children),
        {**_ACTIVITY, **attributes},
        _NODE_CAMUNDA | frozenset(camunda),
        _ACTIVITY_EXTENSIONS | frozenset(extensions),
    )


_CAUGHT = ("message", "signal", "timer", "conditional")
_THROWN = ("message", "signal", "escalation")
_DEFINITION: dict[str, str | None] = {"id": None}

_RULES = {
    "process": _Rule(
        _INSIDE,
        {**_NAMED, "isExecutable": None, "isClosed": None, "processType": None},
        frozenset({"versionTag", "historyTimeToLive", "isStartableInTasklist", "jobPriority", "taskPriority"}),
        frozenset({"executionListener"}),
    ),
    "subProcess": _Rule(
        _INSIDE | _LOOPED,
        {**_ACTIVITY, "triggeredByEvent": None},
        _NODE_CAMUNDA,
        _ACTIVITY_EXTENSIONS,
    ),
    "sequenceFlow": _Rule(
        _ANNOTATION | {"conditionExpression"},
        {**_NAMED, "sourceRef": None, "targetRef": None, "isImmediate": None},
        extensions=frozenset({"executionListener"}),
    ),
    "startEvent": _event(
        (*_CAUGHT, "error", "escalation"),
        {"isInterrupting": None, "parallelMultiple": "false"},
        ("formKey", "initiator"),
    ),
    "endEvent": _event((*_THROWN, "error", "terminate"), {}),
    "intermediateCatchEvent": _event(_CAUGHT, {"parallelMultiple": "false"}),
    "intermediateThrowEvent": _event(_THROWN, {}),
    "boundaryEvent": _event(
        (*_CAUGHT, "error", "escalation"), {"attachedToRef": None, "cancelActivity": None, "parallelMultiple": "false"}
    ),
    "userTask": _activity(
        ("assignee", "candidateUsers", "candidateGroups", "dueDate", "followUpDate", "priority", "formKey"),
        ("formData", "taskListener"),
    ),
    "serviceTask": _activity(_WORKER),
    "sendTask": _activity(_WORKER, messageRef=None),
    "businessRuleTask": _activity(
        _WORKER
        | {"decisionRef", "decisionRefBinding", "decisionRefVersion", "decisionRefVersionTag", "mapDecisionResult"}
    ),
    "scriptTask": _activity(("resultVariable",), children=("script",), scriptFormat=None),
    "receiveTask": _activity(messageRef=None, instantiate="false"),
    "callActivity": _activity(
        ("calledElementBinding", "calledElementVersion", "calledElementVersionTag"), ("in", "out"), calledElement=None
    ),
    "task": _activity(),
    "manualTask": _activity(),
    "exclusiveGateway": _Rule(_FLOW_NODE, {**_GATEWAY, "default": None}, _NODE_CAMUNDA, _NODE_EXTENSIONS),
    "inclusiveGateway": _Rule(_FLOW_NODE, {**_GATEWAY, "default": None}, _NODE_CAMUNDA, _NODE_EXTENSIONS),
    "parallelGateway": _Rule(_FLOW_NODE, _GATEWAY, _NODE_CAMUNDA, _NODE_EXTENSIONS),
    "eventBasedGateway": _Rule(
        _FLOW_NODE,
        {**_GATEWAY, "instantiate": "false", "eventGatewayType": "Exclusive"},
        _NODE_CAMUNDA,
        _NODE_EXTENSIONS,
    ),
    "multiInstanceLoopCharacteristics": _Rule(
        _ANNOTATION | {"loopCardinality", "completionCondition"},
        {**_DEFINITION, "isSequential": None, "behavior": "All"},
        frozenset({"collection", "elementVariable", "asyncBefore", "exclusive"}),
    ),
    "conditionExpression": _Rule(frozenset(), {**_DEFINITION, "language": None}),
    "completionCondition": _Rule(frozenset(), {**_DEFINITION, "language": None}),
    "condition": _Rule(frozenset(), {**_DEFINITION, "language": None}),
    "loopCardinality": _Rule(frozenset(), _DEFINITION),
    "script": _Rule(frozenset(), {}),
    "messageEventDefinition": _Rule(_ANNOTATION | {"operationRef"}, {**_DEFINITION, "messageRef": None}, _WORKER),
    "signalEventDefinition": _Rule(_ANNOTATION, {**_DEFINITION, "signalRef": None}, extensions=frozenset({"in"})),
    "timerEventDefinition": _Rule(_ANNOTATION | {"timeDate", "timeDuration", "timeCycle"}, _DEFINITION),
    "timeDate": _Rule(frozenset(), _DEFINITION),
    "timeDuration": _Rule(frozenset(), _DEFINITION),
    "timeCycle": _Rule(frozenset(), _DEFINITION),
    "conditionalEventDefinition": _Rule(
        _ANNOTATION | {"condition"}, _DEFINITION, frozenset({"variableName", "variableEvents"})
    ),
    "errorEventDefinition": _Rule(
        _ANNOTATION, {**_DEFINITION, "errorRef": None}, frozenset({"errorCodeVariable", "errorMessageVariable"})
    ),
    "escalationEventDefinition": _Rule(
        _ANNOTATION, {**_DEFINITION, "escalationRef": None}, frozenset({"escalationCodeVariable"})
    ),
    "terminateEventDefinition": _Rule(_ANNOTATION, _DEFINITION),
    "message": _Rule(_ANNOTATION, {**_NAMED, "itemRef": None}),
    "signal": _Rule(_ANNOTATION, {**_NAMED, "structureRef": None}),
    "error": _Rule(_ANNOTATION, {**_NAMED, "errorCode": None, "structureRef": None}, frozenset({"errorMessage"})),
    "escalation": _Rule(_ANNOTATION, {**_NAMED, "escalationCode": None, "structureRef": None}),
}

# What may stand in Camunda's extension elements, and with which attributes; forms are checked where they are read.
_EXTENSIONS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "executionListener": (frozenset({"script"}), frozenset({"event", "class", "expression", "delegateExpression"})),
    "taskListener": (frozenset({"script"}), frozenset({"id", "event", "class", "expression", "delegateExpression"})),
    "script": (frozenset(), frozenset({"scriptFormat"})),
    "failedJobRetryTimeCycle": (frozenset(), frozenset()),
    "inputOutput": (frozenset({"inputParameter", "outputParameter"}), frozenset()),
    "inputParameter": (frozenset({"list", "map", "script"}), frozenset({"name"})),
    "outputParameter": (frozenset({"list", "map", "script"}), frozenset({"name"})),
    "list": (frozenset({"value", "script"}), frozenset()),
    "value": (frozenset(), frozenset({"id", "name"})),
    "map": (frozenset({"entry"}), frozenset()),
    "entry": (frozenset({"list", "map", "script"}), frozenset({"key"})),
    "in": (
        frozenset(),
        frozenset({"source", "sourceExpression", "target", "variables", "businessKey", "local"}),
    ),
    "out": (frozenset(), frozenset({"source", "sourceExpression", "target", "variables", "local"})),
    "properties": (frozenset({"property"}), frozenset()),
    "property": (frozenset(), frozenset({"id", "name", "value"})),
}
_WITHOUT_PARAMETERS = frozenset({"startEvent", "boundaryEvent"})


def executable_processes(root: etree._Element) -> list[etree._Element]:
    """The processes that shall be deployed. As in Camunda, one that does not say whether it is executable is."""
    return [process for process in root.iterchildren(f"{BPMN}process") if process.get("isExecutable", "true") == "true"]


def find_forbidden(root: etree._Element, delegates: Delegates) -> Iterator[Problem]:
    """Everything in a document that this engine does not execute, in the order of the file.

    Args:
        root: The document.
        delegates: What the embedding program registered, which models may use.
    """
    for child in root:
        if _local(child) not in _UNUSED | _REFERENCED | _ANNOTATION | {"process"} and child.tag != _DIAGRAM:
            yield _problem(child, f"Element {_local(child)!r} is not supported")
    checked = [child for child in root if _local(child) in _REFERENCED]
    for element in (*checked, *executable_processes(root)):
        yield from _check(element, delegates)


def _problem(element: etree._Element, message: str) -> Problem:
    return Problem(message[:MAX_MESSAGE_LENGTH], element_id(element), line_of(element))


def _check(element: etree._Element, delegates: Delegates) -> Iterator[Problem]:
    rule = _RULES[_local(element)]
    for message in (*_attribute_problems(element, rule), *find_value_problems(element, delegates)):
        yield _problem(element, message)
    for child in element:
        name = _local(child)
        if name not in rule.children:
            yield _problem(child, f"Element {name!r} is not supported")
        elif name == "extensionElements":
            yield from _check_extensions(child, rule, delegates)
        elif name in _RULES:
            yield from _check(child, delegates)


def _attribute_problems(element: etree._Element, rule: _Rule) -> Iterator[str]:
    for key, value in element.attrib.items():
        name = str(key)
        if name.startswith(_EVALUATED):
            if not name.startswith(CAMUNDA) or name.removeprefix(CAMUNDA) not in rule.camunda:
                yield f"Attribute {_local_name(name)!r} of {_local(element)!r} is not supported"
        elif not name.startswith("{") and rule.attributes.get(name, "") not in {None, value}:
            yield f"Attribute {name!r} of {_local(element)!r} is not supported with the value {value!r}"


def _check_extensions(extensions: etree._Element, rule: _Rule, delegates: Delegates) -> Iterator[Problem]:
    around = _local(next(extensions.iterancestors()))
    allowed = rule.extensions - ({"inputOutput"} if around in _WITHOUT_PARAMETERS else set())
    for one in extensions:
        name = str(one.tag).removeprefix(CAMUNDA)
        if not str(one.tag).startswith(_EVALUATED):
            continue
        if name == "formData" and around in {"userTask", "startEvent"}:
            yield from find_form_problems(one, delegates.beans)
        elif name in allowed | {"properties"}:
            yield from _check_extension(one, delegates)
        else:
            yield _problem(one, f"Extension {_local_name(str(one.tag))!r} is not supported")


def _check_extension(one: etree._Element, delegates: Delegates) -> Iterator[Problem]:
    children, attributes = _EXTENSIONS[str(one.tag).removeprefix(CAMUNDA)]
    for key in one.attrib:
        if _local_name(str(key)) not in attributes:
            yield _problem(one, f"Attribute {_local_name(str(key))!r} of {_local(one)!r} is not supported")
    for message in find_value_problems(one, delegates):
        yield _problem(one, message)
    for child in one:
        if _local_name(str(child.tag)) not in children or not str(child.tag).startswith(CAMUNDA):
            yield _problem(child, f"Element {_local_name(str(child.tag))!r} is not supported in {_local(one)!r}")
        else:
            yield from _check_extension(child, delegates)


def _local(element: etree._Element) -> str:
    """The name of a BPMN element; of any other, the whole tag, which is in no list, or its name for an extension."""
    tag = str(element.tag)
    return tag.removeprefix(BPMN) if not tag.startswith(_EVALUATED) else _local_name(tag)


def _local_name(name: str) -> str:
    return name.rpartition("}")[2]
