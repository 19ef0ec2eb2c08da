"""Which models can be deployed, and what is said of those that cannot."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from engine_telemetry.engine.bpmn.document import MAX_FILE_SIZE, MAX_MESSAGE_LENGTH, MAX_PROBLEMS
from engine_telemetry.engine.bpmn.process_model import parse_models, read_model
from engine_telemetry.exceptions import ParseException, Problem

Model = Callable[..., bytes]

USER = '<userTask id="a" name="Do it"/>'
FIRST_LINE = 7  # of the nodes a test gives
CONDITION = '<conditionExpression xsi:type="tFormalExpression" id="c">__import__("os")</conditionExpression>'
SCRIPTED = '<conditionExpression xsi:type="tFormalExpression" language="python">True</conditionExpression>'
EXTERNAL = 'camunda:type="external" camunda:topic="t"'

MESSAGE = '<messageEventDefinition messageRef="m"/>'


def event(tag: str, definition: str) -> str:
    return f'<{tag} id="x">{definition}</{tag}>'


def timer(inside: str) -> str:
    return event("intermediateCatchEvent", f"<timerEventDefinition>{inside}</timerEventDefinition>")


def condition(text: str) -> str:
    return f'<condition xsi:type="tFormalExpression">{text}</condition>'


def looped(inside: str) -> str:
    return event("userTask", f"<multiInstanceLoopCharacteristics>{inside}</multiInstanceLoopCharacteristics>")


def extended(tag: str, extension: str) -> str:
    return event(tag, f"<extensionElements>{extension}</extensionElements>")


def parameter(content: str) -> str:
    parameters = f'<camunda:inputParameter name="a">{content}</camunda:inputParameter>'
    return extended("userTask", f"<camunda:inputOutput>{parameters}</camunda:inputOutput>")


def called(extension: str) -> str:
    return f'<callActivity id="x" calledElement="o"><extensionElements>{extension}</extensionElements></callActivity>'


def problems_of(content: bytes) -> tuple[Problem, ...]:
    with pytest.raises(ParseException) as caught:
        parse_models("a.bpmn", content)
    assert caught.value.resource == "a.bpmn"
    return caught.value.problems


def test_a_process_with_all_supported_elements_is_accepted(model: Model) -> None:
    content = model(
        '<laneSet id="lanes"><lane id="lane"><flowNodeRef>a</flowNodeRef></lane></laneSet>',
        '<parallelGateway id="fork" gatewayDirection="Diverging"><documentation/></parallelGateway>',
        '<userTask id="a" name="Do it" camunda:assignee="joe" camunda:candidateUsers="jim, jane" camunda:priority="7"'
        ' camunda:candidateGroups="staff" camunda:formKey="form" isForCompensation="false"/>',
        f'<serviceTask id="b" {EXTERNAL} camunda:taskPriority="-3"><extensionElements>'
        '<other xmlns="http://another.tool"/></extensionElements></serviceTask>',
        '<parallelGateway id="join"/>',
        flows="start-fork fork-a fork-b a-join b-join join-end",
        process='isExecutable="true" name="A ${b} c" camunda:versionTag="1.0" camunda:historyTimeToLive="180"',
        top='<collaboration id="c"><participant id="q" processRef="p"/></collaboration><message id="m"/>',
    )
    notes = b'<textAnnotation id="n"><text>n</text></textAnnotation><association id="l" sourceRef="n" targetRef="a"/>'
    [parsed] = parse_models("a.bpmn", content.replace(b"</process>", notes + b"</process>"))
    assert (parsed.key, parsed.name, parsed.version_tag) == ("p", "A ${b} c", "1.0")


def test_a_process_that_does_not_say_whether_it_is_executable_is(model: Model) -> None:
    assert len(parse_models("a.bpmn", model(USER, flows="start-a a-end", process=""))) == 1


def test_only_the_executable_processes_of_a_file_are_checked_and_returned(model: Model) -> None:
    drawing = '<process id="drawing" isExecutable="false"><transaction id="s"/></process>'
    parsed = parse_models("a.bpmn", model(USER, flows="start-a a-end", top=drawing))
    assert [one.key for one in parsed] == ["p"]


def test_the_ids_that_spiffworkflow_uses_itself_are_free_for_models(model: Model) -> None:
    content = model('<userTask id="Start"/><userTask id="End"/>', flows="start-Start Start-End End-end")
    assert parse_models("a.bpmn", content)


def test_a_long_process_overflows_no_stack(model: Model) -> None:
    names = [f"t{number}" for number in range(1500)]
    flows = " ".join(f"{a}-{b}" for a, b in zip(["start", *names], [*names, "end"], strict=True))
    [parsed] = parse_models("a.bpmn", model(*(f'<userTask id="{name}"/>' for name in names), flows=flows))
    assert len(parsed.activities) == len(names) + 2


@pytest.mark.parametrize(
    ("snippet", "says"),
    [
        ('<complexGateway id="x"/>', "'complexGateway' is not supported"),
        ('<transaction id="x"/>', "'transaction'"),
        ('<adHocSubProcess id="x"/>', "'adHocSubProcess'"),
        ('<userTask id="x"><standardLoopCharacteristics/></userTask>', "'standardLoopCharacteristics'"),
        ('<userTask id="x"><humanPerformer/></userTask>', "'humanPerformer'"),
        ('<userTask id="x" isForCompensation="true"/>', "'isForCompensation'"),
        (event("intermediateThrowEvent", "<compensateEventDefinition/>"), "'compensateEventDefinition'"),
        (event("intermediateThrowEvent", '<linkEventDefinition name="l"/>'), "'linkEventDefinition'"),
        (event("intermediateCatchEvent", '<linkEventDefinition name="l"/>'), "'linkEventDefinition'"),
        (event("endEvent", "<cancelEventDefinition/>"), "'cancelEventDefinition'"),
        (event("intermediateThrowEvent", "<timerEventDefinition/>"), "'timerEventDefinition'"),
        ('<userTask id="x" name="${"/>', "The expression ${ cannot be used"),
        ('<userTask id="x" camunda:assignee="#{a.b.}"/>', "cannot be used"),
        ('<userTask id="x" camunda:priority="high"/>', "a whole number of 32 bits is expected"),
        ('<userTask id="x" camunda:priority="2147483648"/>', "a whole number of 32 bits is expected"),
        ('<userTask id="x" camunda:formRef="f"/>', "Attribute 'formRef'"),
        ('<userTask id="x" activiti:assignee="joe"/>', "Attribute 'assignee' of 'userTask' is not supported"),
        (f'<userTask id="x" name="{"n" * 256}"/>', "has 256 characters; at most 255"),
        (extended("userTask", '<camunda:taskListener event="update" class="A"/>'), "'update' of a taskListener is not"),
        (extended("userTask", '<camunda:taskListener event="create" class="A"/>'), "The class 'A' is not registered"),
        (extended("userTask", '<camunda:taskListener event="create"/>'), "needs one of class, expression"),
        (extended("userTask", '<camunda:executionListener event="take" expression="${1}"/>'), "'take'"),
        (
            extended(
                "userTask",
                '<camunda:executionListener event="end" expression="${1}"><camunda:field name="a"/>'
                "</camunda:executionListener>",
            ),
            "Element 'field' is not supported",
        ),
        (extended("userTask", "<camunda:connector/>"), "Extension 'connector' is not supported"),
        (extended("userTask", '<camunda:in source="a" target="b"/>'), "Extension 'in' is not supported"),
        (extended("startEvent", "<camunda:inputOutput/>"), "Extension 'inputOutput' is not supported"),
        (
            parameter('<camunda:script scriptFormat="groovy">1</camunda:script>'),
            "The script format 'groovy' is not reg",
        ),
        (parameter("${a b}"), "cannot be used"),
        ('<serviceTask id="x"/>', "Nothing says who does this"),
        ('<serviceTask id="x" camunda:type="mail"/>', "The type 'mail' is not supported"),
        ('<serviceTask id="x" camunda:class="os.system"/>', "The class 'os.system' is not registered"),
        ('<serviceTask id="x" camunda:expression="${f()}"/>', "cannot be used"),
        ('<serviceTask id="x" camunda:expression="${f.g()}"/>', "no bean 'f' is registered"),
        ('<serviceTask id="x" camunda:delegateExpression="${f}"/>', "The delegate 'f' is not registered"),
        ('<serviceTask id="x" camunda:delegateExpression="f"/>', "use one like ${name}"),
        ('<serviceTask id="x" camunda:class="A" camunda:expression="${1}"/>', "Only one of type, class, expression"),
        (f'<serviceTask id="x" {EXTERNAL} camunda:resultVariable="r"/>', "'resultVariable' needs a camunda:expression"),
        ('<serviceTask id="x" camunda:type="external"/>', "must specify a 'topic'"),
        ('<serviceTask id="x" camunda:type="external" camunda:topic="${"/>', "cannot be used"),
        (f'<serviceTask id="x" {EXTERNAL} camunda:taskPriority="no"/>', "a whole number of 32 bits is expected"),
        ('<sendTask id="x"/>', "Nothing says who does this"),
        ('<receiveTask id="x"/>', "The message None is not in the file"),
        ('<receiveTask id="x" messageRef="m"/>', "The message 'm' is not in the file"),
        ('<businessRuleTask id="x"/>', "needs a camunda:decisionRef"),
        (
            '<businessRuleTask id="x" camunda:decisionRef="d" camunda:mapDecisionResult="all"/>',
            "mapDecisionResult is 'all'",
        ),
        (
            '<scriptTask id="x" scriptFormat="python"><script>import os</script></scriptTask>',
            "'python' is not registered",
        ),
        ('<scriptTask id="x"><script>1</script></scriptTask>', "The script format None is not registered"),
        ('<callActivity id="x"/>', "Missing attribute 'calledElement'"),
        ('<callActivity id="x" calledElement="o" camunda:calledElementBinding="no"/>', "The binding 'no' is unknown"),
        (
            '<callActivity id="x" calledElement="o" camunda:calledElementBinding="version"/>',
            "needs a camunda:calledElementVersion",
        ),
        ('<callActivity id="x" calledElement="o" camunda:variableMappingClass="M"/>', "'variableMappingClass'"),
        (called('<camunda:in source="a"/>'), "needs a target"),
        (called('<camunda:in target="a"/>'), "needs one of source, sourceExpression and variables"),
        (called('<camunda:out variables="some"/>'), "only 'all' can be given"),
        ('<subProcess id="x"/>', "The subProcess has no start event"),
        (
            f'<subProcess id="x"><startEvent id="i">{MESSAGE}</startEvent></subProcess>',
            "A start event for message is not",
        ),
        ('<subProcess id="x" triggeredByEvent="true"><startEvent id="i"/></subProcess>', "needs an event"),
        (event("startEvent", "<errorEventDefinition/>"), "A start event for error is not supported here"),
        (event("endEvent", "<errorEventDefinition/>"), "A thrown error needs an errorRef"),
        (event("endEvent", '<errorEventDefinition errorRef="e"/>'), "The error 'e' is not in the file"),
        (event("intermediateThrowEvent", "<escalationEventDefinition/>"), "A thrown escalation needs an escalationRef"),
        (
            event("intermediateThrowEvent", '<signalEventDefinition signalRef="s"/>'),
            "The signal 's' is not in the file",
        ),
        (event("intermediateCatchEvent", MESSAGE), "The message 'm' is not in the file"),
        (event("intermediateCatchEvent", ""), "has no event definition"),
        (event("intermediateCatchEvent", "<timerEventDefinition/>"), "A timer needs a timeDate"),
        (timer("<timeDate>tomorrow</timeDate>"), "'tomorrow' is no ISO 8601 date"),
        (timer("<timeDuration>1 hour</timeDuration>"), "'1 hour' is no ISO 8601 duration"),
        (timer("<timeDuration>P9999999Y</timeDuration>"), "is no ISO 8601 duration"),
        (timer("<timeCycle>0/5 * * * *</timeCycle>"), "is no cycle; use one like R3/PT10M, or a cron expression"),
        (timer("<timeCycle>0 0 99 * * ?</timeCycle>"), "cannot be used"),
        (timer("<timeCycle>R/PT0.1S</timeCycle>"), "repeats more often than once a second"),
        (event("intermediateCatchEvent", "<conditionalEventDefinition/>"), "condition"),
        (
            event(
                "intermediateCatchEvent", f"<conditionalEventDefinition>{condition('x')}</conditionalEventDefinition>"
            ),
            "The condition 'x' is no expression",
        ),
        (
            '<boundaryEvent id="x" attachedToRef="start"><errorEventDefinition/></boundaryEvent>',
            "is no activity beside",
        ),
        (
            '<boundaryEvent id="x" attachedToRef="a" cancelActivity="false"><errorEventDefinition/></boundaryEvent>',
            "An error event interrupts always",
        ),
        (
            '<userTask id="x"><multiInstanceLoopCharacteristics/></userTask>',
            "needs a loopCardinality or a camunda:coll",
        ),
        (looped("<loopCardinality>-1</loopCardinality>"), "The loopCardinality is '-1'"),
        (looped("<loopCardinality>${a b}</loopCardinality>"), "cannot be used"),
        ('<userTask id="x" default="f"/>', "The default flow 'f' does not lead on from here"),
        ('<exclusiveGateway id="x"/>', "Exclusive Gateway 'x' has no outgoing sequence flows"),
        ('<eventBasedGateway id="x"/>', "No event follows this gateway"),
        (
            f'<sequenceFlow id="x" sourceRef="a" targetRef="end">{CONDITION}</sequenceFlow>',
            "The condition '__import__(\"os\")' is no expression",
        ),
        (
            f'<sequenceFlow id="x" sourceRef="a" targetRef="end">{SCRIPTED}</sequenceFlow>',
            "The script format 'python' is not registered",
        ),
    ],
)
def test_what_is_not_supported_is_refused_with_its_id_and_line(model: Model, snippet: str, says: str) -> None:
    problems = problems_of(model(USER, snippet, flows="start-a a-end"))
    assert any(says in problem.message for problem in problems), problems
    assert problems[0].element_ids in {("x",), ("i",)}
    assert problems[0].line == FIRST_LINE + 1


def test_an_unknown_element_of_the_file_itself_is_refused(model: Model) -> None:
    [problem] = problems_of(
        model(
            USER,
            flows="start-a a-end",
            top='<partnerRole id="i"/>',
        )
    )
    assert problem.message == "Element 'partnerRole' is not supported"
    assert problem.element_ids == ("i",)


@pytest.mark.parametrize(
    ("nodes", "flows", "element", "says"),
    [
        (USER, "start-a a-nowhere", "a-nowhere-1", "targetRef 'nowhere' is no event, task or gateway"),
        (USER, "start-a a-start", "a-start-1", "A sequence flow cannot have 'start' as its targetRef"),
        (USER, "start-a a-end end-a", "end-a-2", "A sequence flow cannot have 'end' as its sourceRef"),
        ('<startEvent id="s"/>', "start-end s-end", "s", "Multiple none start events are not supported"),
        (
            '<exclusiveGateway id="g"/>',
            "start-g g-end g-end",
            "g-end-1",
            "Exclusive Gateway 'g' has outgoing sequence flow 'g-end-1' without condition",
        ),
        ('<eventBasedGateway id="g"/>', "start-g g-end", "g-end-1", "Only intermediate catch events and receive tasks"),
        ("<userTask/>", "start-end", "p", "Element 'userTask' has no id"),
    ],
)
def test_a_flow_that_cannot_be_executed_is_refused(
    model: Model, nodes: str, flows: str, element: str, says: str
) -> None:
    found = [problem for problem in problems_of(model(nodes, flows=flows)) if says in problem.message]
    assert [problem.element_ids for problem in found] == [(element,)]
    assert found[0].line > 0


def test_an_id_that_is_used_twice_is_refused(model: Model) -> None:
    [problem] = problems_of(model('<endEvent id="end"/>', flows="start-end"))
    assert "attribute 'id': 'end'" in problem.message
    assert (problem.element_ids, problem.line) == (("end",), FIRST_LINE)


def test_a_process_without_a_start_event_is_refused(model: Model) -> None:
    content = model(USER, flows="a-end").replace(b'<startEvent id="start"/>', b"")
    assert problems_of(content)[0].message == "The process has no start event"


def test_a_file_without_an_executable_process_is_refused(model: Model) -> None:
    [problem] = problems_of(model(process='isExecutable="false"'))
    assert problem.message.startswith("The file has no executable process")


def test_an_element_that_is_no_bpmn_is_refused_with_the_nearest_id_and_its_line(model: Model) -> None:
    [problem] = problems_of(model('<userTask id="a"><surprise/></userTask>', flows="start-a a-end"))
    assert "Element 'surprise': This element is not expected" in problem.message
    assert (problem.element_ids, problem.line) == (("a",), FIRST_LINE)


@pytest.mark.parametrize(
    ("content", "says", "line"),
    [
        (b"", "Not well-formed XML", 1),
        (b"<definitions>\n<process>", "Not well-formed XML", 2),
        (b"\x00\x01", "Not well-formed XML", 1),
        (b"<html/>", "The root element is 'html', not BPMN 2.0 'definitions'", 1),
        (b"<definitions/>", "not BPMN 2.0 'definitions'", 1),
        (b"<!DOCTYPE definitions>\n<definitions/>", "A DOCTYPE is not allowed", 1),
    ],
)
def test_a_file_that_is_no_bpmn_is_refused(content: bytes, says: str, line: int) -> None:
    [problem] = problems_of(content)
    assert says in problem.message
    assert problem.line == line


def test_a_broken_file_is_refused_with_line_and_column() -> None:
    [problem] = problems_of(b"<a>\n  <b></c>\n</a>")
    assert (problem.line, problem.column) == (2, 10)


def test_a_file_that_is_too_big_is_refused_before_it_is_parsed() -> None:
    [problem] = problems_of(b"<" * (MAX_FILE_SIZE + 1))
    assert f"at most {MAX_FILE_SIZE} can be deployed" in problem.message


ENTITIES = {
    "internal": '<!ENTITY e "joe">',
    "external": '<!ENTITY e SYSTEM "file:///etc/hostname">',
    "parameter": '<!ENTITY % e SYSTEM "http://127.0.0.1:9/x.dtd"> %e;',
    "laughs": "<!ENTITY e 'ha'>"
    + "".join(f"<!ENTITY {new} '{10 * f'&{old};'}'>" for old, new in pairwise("ebcdfghijk")),
}


@pytest.mark.parametrize("kind", ENTITIES)
@pytest.mark.parametrize("use", ["&e;", "&k;", ""])
def test_a_file_with_entities_is_refused_and_they_are_not_expanded(model: Model, kind: str, use: str) -> None:
    content = model(f'<userTask id="a" name="{use}"/>', f"<textAnnotation><text>{use}</text></textAnnotation>")
    problems = problems_of(f"<!DOCTYPE definitions [{ENTITIES[kind]}]>".encode() + content)
    assert len(problems) == 1
    assert "DOCTYPE" in problems[0].message or "Not well-formed XML" in problems[0].message
    assert len(problems[0].message) < 500


def test_an_external_entity_is_not_even_looked_for(model: Model) -> None:
    content = model("<textAnnotation><text>&e;</text></textAnnotation>")
    [problem] = problems_of(b'<!DOCTYPE definitions [<!ENTITY e SYSTEM "file:///no/such/file">]>' + content)
    assert problem.message == "A DOCTYPE is not allowed; remove it"


def test_a_doctype_in_another_encoding_is_refused_too(model: Model) -> None:
    text = '<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE d>' + model(USER, flows="start-a a-end").decode()
    assert "DOCTYPE" in problems_of(text.encode("utf-16"))[0].message


def test_a_file_full_of_problems_names_the_first_hundred(model: Model) -> None:
    problems = problems_of(model(*(f'<transaction id="s{at}"/>' for at in range(200))))
    assert len(problems) == MAX_PROBLEMS
    assert problems[0].element_ids == ("s0",)


@pytest.mark.parametrize("attribute", ["name", "default", "id", "isForCompensation"])
def test_a_message_does_not_repeat_a_long_value(model: Model, attribute: str) -> None:
    problems = problems_of(model(f'<userTask {attribute}="{"${" + "x" * 100_000}"/>', flows="start-end"))
    assert all(len(problem.message) <= MAX_MESSAGE_LENGTH for problem in problems)


def test_the_error_says_file_line_and_reason(model: Model) -> None:
    with pytest.raises(ParseException, match=r"'transaction' is not supported \| resource b\.bpmn \| line 7"):
        parse_models("b.bpmn", model('<transaction id="x"/>'))


def test_the_model_of_a_definition_is_read_again_from_its_file(model: Model) -> None:
    content = model(USER, flows="start-a a-end")
    assert read_model("a.bpmn", content, "p").activities == parse_models("a.bpmn", content)[0].activities
    with pytest.raises(ParseException, match="There is no executable process 'q' in the file"):
        read_model("a.bpmn", content, "q")


def test_a_process_says_how_it_may_be_started_and_what_is_in_it(model: Model) -> None:
    starts = (
        f'<startEvent id="m1">{MESSAGE}</startEvent>'
        '<startEvent id="t1" camunda:initiator="who"><timerEventDefinition><timeCycle>R/PT1H</timeCycle>'
        "</timerEventDefinition></startEvent>"
    )
    content = model(
        USER,
        starts,
        flows="start-a m1-a t1-a a-end",
        process='isExecutable="true" camunda:historyTimeToLive="P5D" camunda:isStartableInTasklist="false"',
        top='<message id="m" name="paid"/>',
    )
    [parsed] = parse_models("a.bpmn", content)
    assert [(one.activity_id, one.kind, one.event_name) for one in parsed.start_events] == [
        ("start", "none", None),
        ("m1", "message", "paid"),
        ("t1", "timer", None),
    ]
    assert (parsed.history_time_to_live, parsed.startable) == ("P5D", False)
    assert parsed.start_event("t1").initiator == "who"
    assert parsed.activities["a"][:2] == ("Do it", "userTask")
