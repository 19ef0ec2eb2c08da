"""Reads what elements of a file say: attributes, extensions, events, loops; nothing is checked here any more."""

from collections.abc import Callable, Iterator

from lxml import etree

from engine_telemetry.engine.bpmn.code import Code
from engine_telemetry.engine.bpmn.document import BPMN, CAMUNDA
from engine_telemetry.engine.bpmn.event_definitions import (
    ConditionalEvent,
    ErrorEvent,
    EscalationEvent,
    EventDefinition,
    MessageEvent,
    SignalEvent,
    TimerEvent,
)
from engine_telemetry.engine.bpmn.loops import Loop
from engine_telemetry.engine.bpmn.nodes import Element, Listener
from engine_telemetry.engine.bpmn.parameters import CallVariable, Content, Parameter

_TIMERS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}
_LISTENER_CODE = ("class", "delegateExpression", "expression")


def read_element(node: etree._Element, kind: str) -> Element:
    """What all elements have."""
    extensions = extensions_of(node)
    parameters = first(extensions, f"{CAMUNDA}inputOutput")
    return Element(
        id=node.get("id", ""),
        name=node.get("name"),
        type=kind,
        settings=_defaults(node) | attributes_of(node),
        documentation=text_of(node, f"{BPMN}documentation"),
        listeners=list(read_listeners(node, "executionListener")),
        inputs=[_parameter(one) for one in children(parameters, f"{CAMUNDA}inputParameter")],
        outputs=[_parameter(one) for one in children(parameters, f"{CAMUNDA}outputParameter")],
        retry_cycle=text_of(extensions, f"{CAMUNDA}failedJobRetryTimeCycle"),
    )


def attributes_of(node: etree._Element) -> dict[str, str]:
    """The attributes of an element without their namespace."""
    return {local(str(name)): str(value) for name, value in node.attrib.items()}


def _defaults(node: etree._Element) -> dict[str, str]:
    """What the process around an element says for all in it."""
    process = next(node.iterancestors(f"{BPMN}process"), None)
    given = {} if process is None else attributes_of(process)
    return {name: given[name] for name in ("jobPriority", "taskPriority") if name in given}


def local(name: str) -> str:
    """A name without its namespace."""
    return name.rpartition("}")[2]


def extensions_of(node: etree._Element | None) -> etree._Element | None:
    """The extension elements of an element."""
    return first(node, f"{BPMN}extensionElements")


def children(node: etree._Element | None, *tags: str) -> list[etree._Element]:
    """The children with one of these tags; none of nothing."""
    return [] if node is None else list(node.iterchildren(*tags))


def first(node: etree._Element | None, *tags: str) -> etree._Element | None:
    """The first child with one of these tags."""
    return next(iter(children(node, *tags)), None)


def text_of(node: etree._Element | None, tag: str) -> str | None:
    """The text of the first child with a tag."""
    found = first(node, tag)
    text = None if found is None else (found.text or "").strip()
    return text or None


def read_listeners(node: etree._Element, kind: str) -> Iterator[Listener]:
    """The listeners of an element: execution listeners, or task listeners."""
    for one in children(extensions_of(node), CAMUNDA + kind):
        code = read_code(one)
        if code is not None:
            yield Listener(one.get("event", ""), code)


def read_code(node: etree._Element) -> Code | None:
    """What a service task, a listener, or whatever is like them executes."""
    for kind in _LISTENER_CODE:
        text = node.get(CAMUNDA + kind, node.get(kind))
        if text is not None:
            return Code(kind, text.strip())
    script = first(node, f"{CAMUNDA}script")
    return None if script is None else _script(script)


def _script(node: etree._Element) -> Code:
    return Code(f"script:{node.get('scriptFormat', '')}", node.text or "")


def read_condition(node: etree._Element | None) -> Code | None:
    """The condition of a flow, a conditional event, or a loop."""
    if node is None:
        return None
    language = node.get("language")
    return Code(f"script:{language}" if language else "expression", (node.text or "").strip())


def _parameter(node: etree._Element) -> Parameter:
    return Parameter(node.get("name", ""), _content(node))


def _content(node: etree._Element) -> Content:
    inner = first(node, f"{CAMUNDA}list", f"{CAMUNDA}map", f"{CAMUNDA}script")
    if inner is None:
        return (node.text or "").strip() or None
    if inner.tag == f"{CAMUNDA}script":
        return _script(inner)
    if inner.tag == f"{CAMUNDA}list":
        return [
            _script(one) if one.tag == f"{CAMUNDA}script" else (one.text or "").strip() or None
            for one in children(inner)
        ]
    return {one.get("key", ""): _content(one) for one in children(inner, f"{CAMUNDA}entry")}


def read_call_variables(node: etree._Element | None, tag: str) -> list[CallVariable]:
    """What is handed over, one way."""
    return [
        CallVariable(
            source=one.get("source"),
            expression=one.get("sourceExpression"),
            target=one.get("target"),
            local=one.get("local") == "true",
        )
        for one in children(extensions_of(node), CAMUNDA + tag)
        if one.get("businessKey") is None
    ]


def read_business_key(node: etree._Element) -> str | None:
    """The business key of a called process."""
    keys = (one.get("businessKey") for one in children(extensions_of(node), f"{CAMUNDA}in"))
    return next((key for key in keys if key is not None), None)


def event_element(node: etree._Element) -> etree._Element | None:
    """The event definition of an event, if it has one."""
    return next((one for one in node.iterchildren() if str(one.tag).endswith("EventDefinition")), None)


def read_event(node: etree._Element) -> EventDefinition | None:
    """What an event is about; nothing for one that just starts, ends or passes, or ends everything."""
    found = event_element(node)
    return None if found is None else read_definition(found)


def read_definition(found: etree._Element) -> EventDefinition | None:
    """What an event is about, by its definition."""
    read = _READERS.get(local(str(found.tag)))
    return None if read is None else read(found)


def _message(found: etree._Element) -> MessageEvent:
    return MessageEvent(referenced(found, "message").get("name", ""))


def _signal(found: etree._Element) -> SignalEvent:
    return SignalEvent(referenced(found, "signal").get("name", ""), read_call_variables(found, "in"))


def _timer(found: etree._Element) -> TimerEvent:
    timer = next(one for one in found.iterchildren() if local(str(one.tag)) in _TIMERS)
    return TimerEvent(_TIMERS[local(str(timer.tag))], (timer.text or "").strip())


def _conditional(found: etree._Element) -> ConditionalEvent:
    changes = (found.get(f"{CAMUNDA}variableEvents") or "").split(",")
    return ConditionalEvent(
        read_condition(first(found, f"{BPMN}condition")) or Code("expression", ""),
        found.get(f"{CAMUNDA}variableName"),
        frozenset(change.strip() for change in changes if change.strip()),
    )


def _error(found: etree._Element) -> ErrorEvent:
    code = referenced(found, "error").get("errorCode")
    return ErrorEvent(code, found.get(f"{CAMUNDA}errorCodeVariable"), found.get(f"{CAMUNDA}errorMessageVariable"))


def _escalation(found: etree._Element) -> EscalationEvent:
    code = referenced(found, "escalation").get("escalationCode")
    return EscalationEvent(code, found.get(f"{CAMUNDA}escalationCodeVariable"))


_READERS: dict[str, Callable[[etree._Element], EventDefinition]] = {
    "messageEventDefinition": _message,
    "signalEventDefinition": _signal,
    "timerEventDefinition": _timer,
    "conditionalEventDefinition": _conditional,
    "errorEventDefinition": _error,
    "escalationEventDefinition": _escalation,
}


def referenced(node: etree._Element, kind: str) -> etree._Element:
    """The message, signal, error or escalation that an element refers to; an empty one if it names none."""
    wanted = (node.get(f"{kind}Ref") or "").rpartition(":")[2]
    found = node.getroottree().getroot().iterchildren(BPMN + kind)
    return next((one for one in found if wanted and one.get("id") == wanted), etree.Element(BPMN + kind))


def read_loop(node: etree._Element) -> Loop | None:
    """How an activity is looped, if it is."""
    found = first(node, f"{BPMN}multiInstanceLoopCharacteristics")
    if found is None:
        return None
    return Loop(
        sequential=found.get("isSequential") == "true",
        cardinality=text_of(found, f"{BPMN}loopCardinality"),
        collection=found.get(f"{CAMUNDA}collection"),
        element_variable=found.get(f"{CAMUNDA}elementVariable"),
        completion=read_condition(first(found, f"{BPMN}completionCondition")),
        async_before=found.get(f"{CAMUNDA}asyncBefore") == "true",
    )
