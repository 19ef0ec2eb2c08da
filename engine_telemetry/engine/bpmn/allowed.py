"""What a model may consist of: everything that is not listed here is refused at deployment.

The list is what this engine executes as Camunda does. What would be executed differently, or not at all, must not get
in; what is drawing only, or meant for other tools, may.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from engine_telemetry.engine.bpmn.document import BPMN, MAX_MESSAGE_LENGTH, element_id, line_of
from engine_telemetry.exceptions import Problem

CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
DIAGRAM = "{http://www.omg.org/spec/BPMN/20100524/DI}BPMNDiagram"
MAX_LENGTH = 255
FLOW_NODES = frozenset({"startEvent", "endEvent", "userTask", "serviceTask", "parallelGateway"})

_EVALUATED = (CAMUNDA, "{http://activiti.org/bpmn}")
_ANNOTATION = frozenset({"documentation", "extensionElements"})
_FLOW_NODE = _ANNOTATION | {"incoming", "outgoing"}
_DRAWING = frozenset({"laneSet", "textAnnotation", "association", "group"})
_UNUSED = frozenset({"collaboration", "category", "message", "signal", "error", "escalation", "itemDefinition"})
_NAMED: dict[str, str | None] = {"id": None, "name": None}
_ACTIVITY: dict[str, str | None] = {
    **_NAMED,
    "isForCompensation": "false",
    "startQuantity": "1",
    "completionQuantity": "1",
    "implementation": None,
}


@dataclass(frozen=True)
class _Rule:
    """Which children an element may have, and which attributes with which value (``None``: any)."""

    children: frozenset[str]
    attributes: Mapping[str, str | None]
    camunda: frozenset[str] = field(default_factory=frozenset)


_RULES = {
    "process": _Rule(
        _ANNOTATION | _DRAWING | FLOW_NODES | {"sequenceFlow"},
        {**_NAMED, "isExecutable": None, "isClosed": None, "processType": None},
        frozenset({"versionTag", "historyTimeToLive"}),
    ),
    "sequenceFlow": _Rule(_ANNOTATION, {**_NAMED, "sourceRef": None, "targetRef": None, "isImmediate": None}),
    "startEvent": _Rule(_FLOW_NODE, {**_NAMED, "isInterrupting": None, "parallelMultiple": "false"}),
    "endEvent": _Rule(_FLOW_NODE, _NAMED),
    "userTask": _Rule(
        _FLOW_NODE,
        _ACTIVITY,
        frozenset({"assignee", "candidateUsers", "candidateGroups", "formKey", "priority"}),
    ),
    "serviceTask": _Rule(_FLOW_NODE, _ACTIVITY, frozenset({"type", "topic", "taskPriority"})),
    "parallelGateway": _Rule(_FLOW_NODE, {**_NAMED, "gatewayDirection": None}),
}


def executable_processes(root: etree._Element) -> list[etree._Element]:
    """The processes that shall be deployed. As in Camunda, one that does not say whether it is executable is."""
    return [process for process in root.iterchildren(f"{BPMN}process") if process.get("isExecutable", "true") == "true"]


def find_forbidden(root: etree._Element) -> list[Problem]:
    """Everything in a document that this engine does not execute, in the order of the file."""
    problems = [
        Problem(f"Element {name!r} is not supported", element_id(child), line_of(child))
        for child in root
        if (name := _local(child)) not in _UNUSED | _ANNOTATION | {"process"} and child.tag != DIAGRAM
    ]
    for process in executable_processes(root):
        problems += _check(process)
    return problems


def _check(element: etree._Element) -> Iterator[Problem]:
    rule = _RULES[_local(element)]
    for message in (*_attribute_problems(element, rule), *_value_problems(element)):
        yield Problem(message[:MAX_MESSAGE_LENGTH], element_id(element), line_of(element))
    for child in element:
        yield from _check_child(child, rule)


def _check_child(child: etree._Element, rule: _Rule) -> Iterator[Problem]:
    name = _local(child)
    if name not in rule.children:
        yield Problem(f"Element {name!r} is not supported", element_id(child), line_of(child))
    elif name == "extensionElements":
        for extension in child:
            if str(extension.tag).startswith(_EVALUATED):
                yield Problem(
                    f"Extension {_local(extension)!r} is not supported",
                    element_id(extension),
                    line_of(extension),
                )
    elif name in _RULES:
        yield from _check(child)


def _attribute_problems(element: etree._Element, rule: _Rule) -> Iterator[str]:
    for key, value in element.attrib.items():
        name = str(key)
        if name.startswith(_EVALUATED):
            if not name.startswith(CAMUNDA) or _local_name(name) not in rule.camunda:
                yield f"Attribute {_local_name(name)!r} of {_local(element)!r} is not supported"
        elif not name.startswith("{") and rule.attributes.get(name, "") not in {None, value}:
            yield f"Attribute {name!r} of {_local(element)!r} is not supported with the value {value!r}"


def _value_problems(element: etree._Element) -> Iterator[str]:
    for name, value in _stored_values(element):
        if len(value) > MAX_LENGTH:
            yield f"Attribute {name!r} has {len(value)} characters; at most {MAX_LENGTH} can be stored"
        if ("${" in value or "#{" in value) and not (name == "name" and _local(element) != "userTask"):
            yield f"Expressions are not supported: attribute {name!r} is {value!r}"
    match _local(element):
        case "userTask":
            yield from _number_problems(element, "priority")
        case "serviceTask":
            yield from _number_problems(element, "taskPriority")
            yield from _external_task_problems(element)


def _stored_values(element: etree._Element) -> Iterator[tuple[str, str]]:
    for key, value in element.attrib.items():
        name = str(key)
        if name in _NAMED or name.startswith(CAMUNDA):
            yield _local_name(name), str(value)


def _number_problems(element: etree._Element, name: str) -> Iterator[str]:
    text = element.get(CAMUNDA + name)
    if text is not None and not _is_integer(text):
        yield f"Attribute {name!r} is {text!r}; a whole number of 32 bits is expected"


def _is_integer(text: str) -> bool:
    try:
        return -(2**31) <= int(text) < 2**31
    except ValueError:
        return False


def _external_task_problems(element: etree._Element) -> Iterator[str]:
    if element.get(f"{CAMUNDA}type") != "external":
        yield "A service task must be external: set camunda:type to 'external' and camunda:topic"
    elif not element.get(f"{CAMUNDA}topic"):
        yield "External tasks must specify a 'topic' attribute in the camunda namespace"


def _local(element: etree._Element) -> str:
    """The name of a BPMN element; of any other, the whole tag, which is in no list, or its name for an extension."""
    tag = str(element.tag)
    return tag.removeprefix(BPMN) if not tag.startswith(_EVALUATED) else _local_name(tag)


def _local_name(name: str) -> str:
    return name.rpartition("}")[2]
