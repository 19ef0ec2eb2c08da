"""Which models can be deployed, and what is said of those that cannot."""

from collections.abc import Callable
from itertools import pairwise

import pytest

from engine_telemetry.engine.bpmn.document import MAX_FILE_SIZE, MAX_MESSAGE_LENGTH
from engine_telemetry.engine.bpmn.process_model import MAX_PROBLEMS, SERIALIZER_VERSION, ProcessModel, parse_models
from engine_telemetry.exceptions import ParseException, Problem, ProcessEngineException

Model = Callable[..., bytes]

USER = '<userTask id="a" name="Do it"/>'
FIRST_LINE = 7  # of the nodes a test gives
CONDITION = '<conditionExpression xsi:type="tFormalExpression" id="c">__import__("os")</conditionExpression>'
EXTERNAL = 'camunda:type="external" camunda:topic="t"'


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
    drawing = '<process id="drawing" isExecutable="false"><scriptTask id="s"/></process>'
    parsed = parse_models("a.bpmn", model(USER, flows="start-a a-end", top=drawing))
    assert [one.key for one in parsed] == ["p"]


def test_the_ids_that_spiffworkflow_uses_itself_are_free_for_models(model: Model) -> None:
    content = model('<userTask id="Start"/><userTask id="End"/>', flows="start-Start Start-End End-end")
    assert parse_models("a.bpmn", content)


def test_a_long_process_overflows_no_stack(model: Model) -> None:
    names = [f"t{number}" for number in range(1500)]
    flows = " ".join(f"{a}-{b}" for a, b in zip(["start", *names], [*names, "end"], strict=True))
    [parsed] = parse_models("a.bpmn", model(*(f'<userTask id="{name}"/>' for name in names), flows=flows))
    assert ProcessModel.from_json("p", parsed.spec_json(), SERIALIZER_VERSION).key == "p"


@pytest.mark.parametrize(
    ("snippet", "element", "says"),
    [
        ('<exclusiveGateway id="x"/>', "x", "'exclusiveGateway' is not supported"),
        ('<inclusiveGateway id="x"/>', "x", "'inclusiveGateway'"),
        ('<eventBasedGateway id="x"/>', "x", "'eventBasedGateway'"),
        ('<complexGateway id="x"/>', "x", "'complexGateway'"),
        ('<scriptTask id="x" scriptFormat="python"><script>import os</script></scriptTask>', "x", "'scriptTask'"),
        ('<task id="x"/>', "x", "'task'"),
        ('<manualTask id="x"/>', "x", "'manualTask'"),
        ('<receiveTask id="x"/>', "x", "'receiveTask'"),
        ('<sendTask id="x"/>', "x", "'sendTask'"),
        ('<businessRuleTask id="x"/>', "x", "'businessRuleTask'"),
        ('<callActivity id="x" calledElement="other"/>', "x", "'callActivity'"),
        ('<subProcess id="x"/>', "x", "'subProcess'"),
        ('<transaction id="x"/>', "x", "'transaction'"),
        ('<intermediateCatchEvent id="x"><timerEventDefinition/></intermediateCatchEvent>', "x", "'intermediateCatch"),
        ('<boundaryEvent id="x" attachedToRef="a"><errorEventDefinition/></boundaryEvent>', "x", "'boundaryEvent'"),
        ('<dataObject id="x"/>', "x", "'dataObject'"),
        ('<endEvent id="x"><terminateEventDefinition id="d"/></endEvent>', "x", "'terminateEventDefinition'"),
        ('<startEvent id="x"><messageEventDefinition id="d"/></startEvent>', "x", "'messageEventDefinition'"),
        ('<userTask id="x"><multiInstanceLoopCharacteristics/></userTask>', "x", "'multiInstanceLoopCharacteristics'"),
        ('<userTask id="x"><humanPerformer/></userTask>', "x", "'humanPerformer'"),
        ('<userTask id="x" isForCompensation="true"/>', "x", "'isForCompensation'"),
        ('<userTask id="x" default="f"/>', "x", "'default'"),
        ('<userTask id="x" name="${who}"/>', "x", "Expressions are not supported: attribute 'name' is '${who}'"),
        ('<userTask id="x" camunda:assignee="#{who}"/>', "x", "Expressions are not supported: attribute 'assignee'"),
        ('<userTask id="x" camunda:priority="high"/>', "x", "a whole number of 32 bits is expected"),
        ('<userTask id="x" camunda:priority="2147483648"/>', "x", "a whole number of 32 bits is expected"),
        ('<userTask id="x" camunda:dueDate="2030-01-01"/>', "x", "Attribute 'dueDate' of 'userTask'"),
        ('<userTask id="x" camunda:asyncBefore="true"/>', "x", "Attribute 'asyncBefore'"),
        ('<userTask id="x" activiti:assignee="joe"/>', "x", "Attribute 'assignee' of 'userTask' is not supported"),
        (
            '<userTask id="x"><extensionElements><camunda:taskListener class="A"/></extensionElements></userTask>',
            "x",
            "Extension 'taskListener' is not supported",
        ),
        ('<serviceTask id="x"/>', "x", "A service task must be external"),
        ('<serviceTask id="x" camunda:class="os.system"/>', "x", "Attribute 'class' of 'serviceTask'"),
        ('<serviceTask id="x" camunda:expression="${f()}"/>', "x", "Attribute 'expression' of 'serviceTask'"),
        ('<serviceTask id="x" camunda:delegateExpression="${f}"/>', "x", "Attribute 'delegateExpression'"),
        ('<serviceTask id="x" camunda:type="external"/>', "x", "must specify a 'topic'"),
        ('<serviceTask id="x" camunda:type="external" camunda:topic="${t}"/>', "x", "Expressions are not supported"),
        (f'<serviceTask id="x" {EXTERNAL} camunda:taskPriority="${{p}}"/>', "x", "Expressions are not supported"),
        (
            f'<sequenceFlow id="x" sourceRef="a" targetRef="end">{CONDITION}</sequenceFlow>',
            "x",
            "'conditionExpression' is not supported",
        ),
        (f'<userTask id="x" name="{"n" * 256}"/>', "x", "has 256 characters; at most 255"),
    ],
)
def test_what_is_not_supported_is_refused_with_its_id_and_line(
    model: Model, snippet: str, element: str, says: str
) -> None:
    problems = problems_of(model(USER, snippet, flows="start-a a-end"))
    assert says in problems[0].message
    assert problems[0].element_ids == (element,)
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
        ("", "", "start", "No sequence flow leads on from here"),
        (USER, "start-a", "a", "No sequence flow leads on from here"),
        (USER, "start-a a-end a-end", "a", "2 sequence flows lead on from here; use a parallel gateway"),
        (USER, "start-a a-nowhere", "a-nowhere-1", "targetRef 'nowhere' is no event, task or gateway"),
        (USER, "start-a a-start", "a-start-1", "A sequence flow cannot have 'start' as its targetRef"),
        (USER, "start-a a-end end-a", "end-a-2", "A sequence flow cannot have 'end' as its sourceRef"),
        ('<startEvent id="s"/>', "start-end s-end", "s", "Multiple none start events are not supported"),
        ('<parallelGateway id="g"/>', "start-g g-g g-end", "g", "leads back to this gateway without a task"),
        (
            '<parallelGateway id="g"/><parallelGateway id="h"/>',
            "start-g g-h h-end h-g",
            "g",
            "leads back to this gateway without a task",
        ),
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
    problems = problems_of(model(*(f'<scriptTask id="s{at}"/>' for at in range(200))))
    assert len(problems) == MAX_PROBLEMS
    assert problems[0].element_ids == ("s0",)


@pytest.mark.parametrize("attribute", ["name", "default", "id", "isForCompensation"])
def test_a_message_does_not_repeat_a_long_value(model: Model, attribute: str) -> None:
    problems = problems_of(model(f'<userTask {attribute}="{"${" + "x" * 100_000}"/>', flows="start-end"))
    assert all(len(problem.message) <= MAX_MESSAGE_LENGTH for problem in problems)


def test_the_error_says_file_line_and_reason(model: Model) -> None:
    with pytest.raises(ParseException, match=r"'task' is not supported \| resource b\.bpmn \| line 7"):
        parse_models("b.bpmn", model('<task id="x"/>'))


def test_a_model_stored_in_another_form_is_refused_with_the_way_out(model: Model) -> None:
    [parsed] = parse_models("a.bpmn", model(USER, flows="start-a a-end"))
    with pytest.raises(ProcessEngineException, match=r"'p' was stored in the form '1\.3-1'.*deploy the model again"):
        ProcessModel.from_json("p", parsed.spec_json(), "1.3-1")
