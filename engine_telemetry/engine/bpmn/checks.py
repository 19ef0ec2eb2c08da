"""Checks what the values in a model say: expressions, numbers, times, names of delegates and script formats."""

import re
from collections.abc import Callable, Iterator

from lxml import etree

from engine_telemetry.engine.bpmn.document import BPMN, CAMUNDA
from engine_telemetry.engine.bpmn.timers import Duration, parse_cycle, parse_date
from engine_telemetry.engine.decisions import MAPPERS
from engine_telemetry.engine.delegates import Delegates
from engine_telemetry.engine.expressions import find_problem, is_expression
from engine_telemetry.exceptions import ProcessEngineException

MAX_LENGTH = 255

# Attributes that are evaluated when the process comes to their element; all are Camunda's but three.
_EVALUATED = frozenset(
    {
        *("assignee", "candidateUsers", "candidateGroups", "dueDate", "followUpDate", "priority", "formKey"),
        *("topic", "taskPriority", "jobPriority", "expression", "delegateExpression", "collection"),
        *("decisionRef", "decisionRefVersion", "decisionRefVersionTag", "errorMessage"),
        *("calledElementVersion", "calledElementVersionTag", "businessKey", "sourceExpression"),
    }
)
_EVALUATED_TEXTS = frozenset(
    {
        *("timeDate", "timeDuration", "timeCycle", "loopCardinality", "documentation"),
        *("inputParameter", "outputParameter", "value", "entry", "failedJobRetryTimeCycle"),
    }
)
_CONDITIONS = frozenset({"conditionExpression", "completionCondition", "condition"})
_NUMBERS = ("priority", "taskPriority", "jobPriority")
_BEAN = re.compile(r"[$#]\{\s*(\w+)\s*\}")
_CHANGES = frozenset({"create", "update", "delete"})
_EVENTS = {
    "executionListener": frozenset({"start", "end", "take"}),
    "taskListener": frozenset({"create", "assignment", "complete", "delete"}),
}
_BINDINGS = frozenset({"latest", "deployment", "version", "versionTag"})


def find_value_problems(element: etree._Element, delegates: Delegates) -> Iterator[str]:
    """What is wrong with the values of an element: its attributes and its text."""
    name = _local(element)
    yield from _length_problems(element)
    for text in _evaluated(element, name):
        if (problem := find_problem(text, delegates.beans)) is not None:
            yield problem
    for attribute in _NUMBERS:
        yield from _number_problems(element, attribute)
    check = _CHECKS.get(name)
    if check is not None:
        yield from check(element, delegates)


def _evaluated(element: etree._Element, name: str) -> Iterator[str]:
    for key, value in element.attrib.items():
        if _local_name(str(key)) in _EVALUATED or (name, key) in _OTHER_EVALUATED:
            yield str(value)
    if name in _EVALUATED_TEXTS or (name in _CONDITIONS and element.get("language") is None):
        yield element.text or ""


_OTHER_EVALUATED = {
    ("userTask", "name"),
    ("message", "name"),
    ("signal", "name"),
    ("error", "errorCode"),
    ("escalation", "escalationCode"),
    ("callActivity", "calledElement"),
}


def _length_problems(element: etree._Element) -> Iterator[str]:
    for key, value in element.attrib.items():
        name, text = str(key), str(value)
        stored = name in {"id", "name"} or (name.startswith(CAMUNDA) and not is_expression(text))
        if stored and len(text) > MAX_LENGTH:
            yield f"Attribute {_local_name(name)!r} has {len(text)} characters; at most {MAX_LENGTH} can be stored"


def _number_problems(element: etree._Element, name: str) -> Iterator[str]:
    text = element.get(CAMUNDA + name)
    if text is not None and not is_expression(text) and not _is_integer(text):
        yield f"Attribute {name!r} is {text!r}; a whole number of 32 bits is expected"


def _is_integer(text: str) -> bool:
    try:
        return -(2**31) <= int(text) < 2**31
    except ValueError:
        return False


def _check_worker(element: etree._Element, delegates: Delegates) -> Iterator[str]:
    """What a service task, and whatever is like one, is done by."""
    kind = element.get(f"{CAMUNDA}type")
    given = [name for name in ("class", "delegateExpression", "expression") if element.get(CAMUNDA + name) is not None]
    if kind not in {None, "external"}:
        yield f"The type {kind!r} is not supported; use 'external', with a topic"
    if kind == "external" and not element.get(f"{CAMUNDA}topic"):
        yield "External tasks must specify a 'topic' attribute in the camunda namespace"
    if kind is None and not given and _local(element) in {"serviceTask", "sendTask"}:
        yield (
            "Nothing says who does this: set camunda:type to 'external' and camunda:topic, or camunda:expression,"
            " camunda:class or camunda:delegateExpression"
        )
    if len(given) + (kind is not None) > 1:
        yield f"Only one of type, {', '.join(given)} can be given"
    if element.get(f"{CAMUNDA}resultVariable") is not None and given != ["expression"]:
        yield "Attribute 'resultVariable' needs a camunda:expression"
    yield from _code_problems(element, CAMUNDA, delegates)


def _code_problems(element: etree._Element, prefix: str, delegates: Delegates) -> Iterator[str]:
    name = element.get(f"{prefix}class")
    if name is not None and not callable(delegates.beans.get(name)):
        yield (
            f"The class {name!r} is not registered: give the engine a callable of that name among its delegates' beans"
        )
    text = element.get(f"{prefix}delegateExpression")
    found = _BEAN.fullmatch((text or "").strip())
    if text is not None and not is_expression(text):
        yield f"The delegate expression {text!r} is none; use one like ${{name}}"
    if found and found[1] not in delegates.beans:
        yield (
            f"The delegate {found[1]!r} is not registered: give the engine a callable of that name among its delegates'"
            " beans"
        )


def _script_problems(script_format: str | None, delegates: Delegates) -> Iterator[str]:
    if (script_format or "").lower() not in delegates.script_formats:
        known = ", ".join(sorted(delegates.script_formats)) or "none"
        yield (
            f"The script format {script_format!r} is not registered with the engine ({known} is): use an expression, an"
            " external task, or register what executes it"
        )


def _check_decision(element: etree._Element, delegates: Delegates) -> Iterator[str]:
    if element.get(f"{CAMUNDA}decisionRef") is None:
        if element.get(f"{CAMUNDA}type") is None and not any(
            element.get(CAMUNDA + name) for name in ("class", "delegateExpression", "expression")
        ):
            yield "A business rule task needs a camunda:decisionRef"
        yield from _check_worker(element, delegates)
        return
    yield from _binding_problems(element, "decisionRef")
    mapping = element.get(f"{CAMUNDA}mapDecisionResult", "resultList")
    if mapping not in MAPPERS:
        yield f"mapDecisionResult is {mapping!r}; use one of {', '.join(MAPPERS)}"


def _binding_problems(element: etree._Element, prefix: str) -> Iterator[str]:
    binding = element.get(f"{CAMUNDA}{prefix}Binding", "latest")
    if binding not in _BINDINGS:
        yield f"The binding {binding!r} is unknown; use one of {', '.join(sorted(_BINDINGS))}"
    needed = {"version": f"{prefix}Version", "versionTag": f"{prefix}VersionTag"}.get(binding)
    if needed and element.get(CAMUNDA + needed) is None:
        yield f"The binding {binding!r} needs a camunda:{needed}"


def _check_call(element: etree._Element, _: Delegates) -> Iterator[str]:
    if not element.get("calledElement"):
        yield "Missing attribute 'calledElement': the id of the process to call"
    yield from _binding_problems(element, "calledElement")


def _check_script(element: etree._Element, delegates: Delegates) -> Iterator[str]:
    yield from _script_problems(element.get("scriptFormat"), delegates)


def _check_listener(element: etree._Element, delegates: Delegates) -> Iterator[str]:
    name, event = _local(element), element.get("event")
    around = next((one for one in element.iterancestors() if one.tag != f"{BPMN}extensionElements"), element)
    allowed = {"take"} if around.tag == f"{BPMN}sequenceFlow" else _EVENTS[name] - {"take"}
    if event not in allowed | ({None} if "take" in allowed else set()):
        yield f"The event {event!r} of a {name} is not supported; there are {', '.join(sorted(allowed))}"
    given = [one for one in ("class", "delegateExpression", "expression") if element.get(one) is not None]
    if len(given) + len(element) != 1:
        yield f"A {name} needs one of class, expression, delegateExpression and a script"
    yield from _code_problems(element, "", delegates)


def _check_condition(element: etree._Element, delegates: Delegates) -> Iterator[str]:
    language = element.get("language")
    if language is not None:
        yield from _script_problems(language, delegates)
    elif not is_expression(element.text or ""):
        yield f"The condition {(element.text or '').strip()!r} is no expression; use one like ${{amount > 100}}"


def _check_time(parse: Callable[[str], object]) -> Callable[[etree._Element, Delegates], Iterator[str]]:
    def check(element: etree._Element, _: Delegates) -> Iterator[str]:
        text = element.text or ""
        if not is_expression(text):
            try:
                parse(text)
            except ProcessEngineException as exc:
                yield str(exc)

    return check


def _check_timer(element: etree._Element, _: Delegates) -> Iterator[str]:
    if not any(_local(one).startswith("time") for one in element):
        yield "A timer needs a timeDate, timeDuration or timeCycle"


def _check_loop(element: etree._Element, _: Delegates) -> Iterator[str]:
    collection = element.get(f"{CAMUNDA}collection")
    cardinality = element.find(f"{BPMN}loopCardinality")
    if collection is None and cardinality is None:
        yield "A multi-instance loop needs a loopCardinality or a camunda:collection"
    if element.get(f"{CAMUNDA}elementVariable") is not None and collection is None:
        yield "The elementVariable of a multi-instance loop needs a camunda:collection"
    text = (cardinality.text or "").strip() if cardinality is not None else None
    if text is not None and not is_expression(text) and not (_is_integer(text) and int(text) >= 0):
        yield f"The loopCardinality is {text!r}; a whole number, or an expression, is expected"


def _check_conditional(element: etree._Element, _: Delegates) -> Iterator[str]:
    events = (element.get(f"{CAMUNDA}variableEvents") or "").split(",")
    unknown = {event.strip() for event in events} - _CHANGES - {""}
    if unknown:
        yield f"variableEvents has {min(unknown)!r}; there are {', '.join(sorted(_CHANGES))}"
    if element.find(f"{BPMN}condition") is None:
        yield "A conditional event needs a condition"


def _check_variable(element: etree._Element, _: Delegates) -> Iterator[str]:
    sources = [name for name in ("source", "sourceExpression", "variables", "businessKey") if element.get(name)]
    if len(sources) != 1:
        yield f"A camunda:{_local(element)} needs one of source, sourceExpression and variables"
    elif sources[0] == "variables" and element.get("variables") != "all":
        yield f"variables is {element.get('variables')!r}; only 'all' can be given"
    elif sources[0] in {"source", "sourceExpression"} and not element.get("target"):
        yield f"A camunda:{_local(element)} with a {sources[0]} needs a target"


def _check_named(element: etree._Element, _: Delegates) -> Iterator[str]:
    if _local(element) in {"message", "signal"} and not element.get("name"):
        yield f"The {_local(element)} has no name"


def _check_parameter(element: etree._Element, _: Delegates) -> Iterator[str]:
    if not element.get("name"):
        yield f"A camunda:{_local(element)} needs a name"


_CHECKS: dict[str, Callable[[etree._Element, Delegates], Iterator[str]]] = {
    "serviceTask": _check_worker,
    "sendTask": _check_worker,
    "messageEventDefinition": _check_worker,
    "businessRuleTask": _check_decision,
    "callActivity": _check_call,
    "scriptTask": _check_script,
    "script": lambda element, delegates: (
        _check_script(element, delegates) if str(element.tag).startswith(CAMUNDA) else iter(())
    ),
    "executionListener": _check_listener,
    "taskListener": _check_listener,
    "conditionExpression": _check_condition,
    "completionCondition": _check_condition,
    "condition": _check_condition,
    "timerEventDefinition": _check_timer,
    "timeDate": _check_time(parse_date),
    "timeDuration": _check_time(Duration.parse),
    "timeCycle": _check_time(parse_cycle),
    "multiInstanceLoopCharacteristics": _check_loop,
    "conditionalEventDefinition": _check_conditional,
    "in": _check_variable,
    "out": _check_variable,
    "inputParameter": _check_parameter,
    "outputParameter": _check_parameter,
}


def _local(element: etree._Element) -> str:
    return _local_name(str(element.tag))


def _local_name(name: str) -> str:
    return name.rpartition("}")[2]
