"""What is done by people, workers, delegates, scripts, decisions and other processes, and what they are told."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine_telemetry.engine.bpmn.waits import Binding
from engine_telemetry.engine.delegates import DelegateExecution, DelegateTask
from engine_telemetry.exceptions import BpmnError, ProcessEngineException

Play = Callable[..., Any]

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
TOP = '<error id="e" errorCode="E"/>'


def user(attributes: str = "", extensions: str = "") -> str:
    return (
        f'<userTask id="a" {attributes}><documentation>See ${{what}}</documentation>'
        f"<extensionElements>{extensions}</extensionElements></userTask>"
    )


def service(attributes: str, extensions: str = "", tag: str = "serviceTask") -> str:
    return f'<{tag} id="a" {attributes}><extensionElements>{extensions}</extensionElements></{tag}>'


def test_a_user_task_is_told_everything_that_the_model_says(play: Play) -> None:
    game = play(
        user(
            'name="Look at ${what}" camunda:assignee="${who}" camunda:candidateUsers="jim, ${others}"'
            ' camunda:candidateGroups="${groups}, boss" camunda:dueDate="${now().plusDays(1)}"'
            ' camunda:followUpDate="PT1H" camunda:priority="${40 + 2}" camunda:formKey="form:${what}"'
        ),
        what="it",
        who="joe",
        others=["jane", "jack"],
        groups="staff,crew",
    )
    task = game.task("a")
    assert (task.name, task.description, task.assignee) == ("Look at it", "See it", "joe")
    assert task.candidate_users == ("jim", "jane", "jack")
    assert task.candidate_groups == ("staff", "crew", "boss")
    assert (task.priority, task.form_key) == (42, "form:it")
    assert (task.due, task.follow_up) == (NOON + timedelta(days=1), NOON + timedelta(hours=1))


def test_a_user_task_of_which_nothing_is_said(play: Play) -> None:
    task = play('<userTask id="a"/>').task("a")
    assert (task.name, task.assignee, task.candidate_users, task.priority, task.due) == (None, None, (), 50, None)


def test_a_priority_that_is_no_number_is_an_error(play: Play) -> None:
    with pytest.raises(ProcessEngineException, match="priority of 'a' is 'high'; a whole number is expected"):
        play('<userTask id="a" camunda:priority="${x}"/>', x="high")


@pytest.mark.parametrize("tag", ["serviceTask", "sendTask", "businessRuleTask"])
def test_an_external_task_has_a_topic_and_a_priority(play: Play, tag: str) -> None:
    game = play(service('camunda:type="external" camunda:topic="t-${x}" camunda:taskPriority="${x}"', tag=tag), x=7)
    assert (game.wait("a").topic, game.wait("a").priority) == ("t-7", 7)
    game.complete("a")
    assert game.ended


@pytest.mark.parametrize("tag", ["serviceTask", "sendTask"])
def test_an_expression_has_a_result(play: Play, tag: str) -> None:
    game = play(service('camunda:expression="${x * 2}" camunda:resultVariable="y"', tag=tag), x=4)
    assert game.variables == {"x": 4, "y": 8}


def test_a_delegate_is_called_with_the_execution(play: Play) -> None:
    seen: list[DelegateExecution] = []

    def delegate(execution: DelegateExecution) -> None:
        seen.append(execution)
        execution.variables.set("y", execution.variables.get("x"))

    for attribute in ('class="org.x.Y"', 'delegateExpression="${bean}"'):
        game = play(service(f"camunda:{attribute}"), beans={"org.x.Y": delegate, "bean": delegate}, x=1)
        assert game.variables == {"x": 1, "y": 1}
    assert (seen[0].activity_id, seen[0].business_key, seen[0].event_name) == ("a", "key", None)
    assert seen[0].process_definition_id == "p:1:x"


def test_a_delegate_may_throw_an_error_of_the_model(play: Play) -> None:
    def delegate(_: DelegateExecution) -> None:
        raise BpmnError("E", "broken")

    game = play(
        service('camunda:class="D"'),
        '<boundaryEvent id="b" attachedToRef="a">'
        '<errorEventDefinition errorRef="e" camunda:errorMessageVariable="why"/></boundaryEvent><userTask id="c"/>',
        flow="start-a a-end b-c c-end",
        top=TOP,
        beans={"D": delegate},
    )
    assert game.waiting == ["c"]
    assert game.variables == {"why": "broken"}


def test_another_error_of_a_delegate_is_one_of_the_command(play: Play) -> None:
    def delegate(_: DelegateExecution) -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        play(service('camunda:class="D"'), beans={"D": delegate})


def test_a_script_of_a_registered_format_is_executed_by_what_is_registered(play: Play) -> None:
    def run(text: str, execution: DelegateExecution) -> object:
        return text.strip() + str(execution.variables.get("x"))

    task = '<scriptTask id="a" scriptFormat="JavaScript" camunda:resultVariable="y"><script> abc </script></scriptTask>'
    assert play(task, scripts={"javascript": run}, x=1).variables == {"x": 1, "y": "abc1"}


@pytest.mark.parametrize(
    ("mapping", "results", "value"),
    [
        ("singleEntry", [{"a": 1}], 1),
        ("singleEntry", [], None),
        ("singleResult", [{"a": 1, "b": 2}], {"a": 1, "b": 2}),
        ("collectEntries", [{"a": 1}, {"a": 2}], [1, 2]),
        ("resultList", [{"a": 1}], [{"a": 1}]),
    ],
)
def test_a_decision_is_made_and_its_result_mapped(
    play: Play, mapping: str, results: list[dict[str, object]], value: object
) -> None:
    attributes = f'camunda:decisionRef="${{d}}" camunda:mapDecisionResult="{mapping}" camunda:resultVariable="y"'
    game = play(
        service(
            f'{attributes} camunda:decisionRefBinding="version" camunda:decisionRefVersion="2"', tag="businessRuleTask"
        ),
        d="dish",
        results=results,
    )
    assert game.variables == {"d": "dish", "y": value}
    assert game.host.decided == [("dish", Binding("version", "2"))]


@pytest.mark.parametrize(
    ("mapping", "results", "says"),
    [
        ("singleEntry", [{"a": 1}, {"a": 2}], "at most one result of a decision, and there are 2"),
        ("singleEntry", [{"a": 1, "b": 2}], "one output of a decision, and there are a, b"),
        ("collectEntries", [{"a": 1, "b": 2}], "one output of a decision, and there are a, b"),
    ],
)
def test_a_decision_with_more_results_than_expected_is_an_error(
    play: Play, mapping: str, results: list[dict[str, object]], says: str
) -> None:
    attributes = f'camunda:decisionRef="d" camunda:mapDecisionResult="{mapping}" camunda:resultVariable="y"'
    with pytest.raises(ProcessEngineException, match=says):
        play(service(attributes, tag="businessRuleTask"), results=results)


def test_a_manual_task_and_a_task_without_a_type_are_passed(play: Play) -> None:
    assert play('<manualTask id="a"/><task id="b"/>', flow="start-a a-b b-end").passed == ["start", "a", "b", "end"]


CALL = (
    '<callActivity id="a" calledElement="${key}" camunda:calledElementBinding="version"'
    ' camunda:calledElementVersion="3">'
    '<extensionElements><camunda:in source="x" target="y"/><camunda:in sourceExpression="${x + 1}" target="z"/>'
    '<camunda:in businessKey="#{execution.processBusinessKey}-1"/>'
    '<camunda:out source="r" target="s"/><camunda:out sourceExpression="${r * 10}" target="t"/></extensionElements>'
    "</callActivity>"
)


def test_a_call_hands_over_what_the_model_says_and_takes_back_what_it_says(play: Play) -> None:
    game = play(CALL, key="other", x=1)
    call = game.wait("a")
    assert (call.key, call.binding, call.business_key) == ("other", Binding("version", "3"), "key-1")
    assert {name: value.value for name, value in call.variables.items()} == {"y": 1, "z": 2}
    game.come_back("a", r=5, other=6)
    assert game.ended
    assert game.variables == {"key": "other", "x": 1, "s": 5, "t": 50}


def test_a_call_may_hand_over_everything_and_take_everything_back(play: Play) -> None:
    everything = '<camunda:in variables="all"/><camunda:out variables="all"/>'
    game = play(
        f'<callActivity id="a" calledElement="o"><extensionElements>{everything}</extensionElements></callActivity>',
        x=1,
    )
    assert game.wait("a").variables.keys() == {"x"}
    game.come_back("a", x=2, y=3)
    assert game.variables == {"x": 2, "y": 3}


def test_an_error_in_a_called_process_comes_to_the_call(play: Play) -> None:
    game = play(
        '<callActivity id="a" calledElement="o"/><userTask id="c"/>'
        '<boundaryEvent id="b" attachedToRef="a"><errorEventDefinition errorRef="e"/></boundaryEvent>',
        flow="start-a a-end b-c c-end",
        top=TOP,
    )
    call = game.wait("a")
    assert game.sides[0].execution.catches(call.id, "error", "E") == (True, True)
    assert game.sides[0].execution.catches(call.id, "error", "F") == (False, False)
    game.throw("a", "E")
    assert game.waiting == ["c"]


MAPPED = (
    '<camunda:inputOutput><camunda:inputParameter name="y">${x + 1}</camunda:inputParameter>'
    '<camunda:inputParameter name="many"><camunda:list><camunda:value>${y}</camunda:value>'
    "<camunda:value>b</camunda:value></camunda:list></camunda:inputParameter>"
    '<camunda:inputParameter name="named"><camunda:map><camunda:entry key="k">${y * 2}</camunda:entry></camunda:map>'
    "</camunda:inputParameter>"
    '<camunda:outputParameter name="z">${y * 100}</camunda:outputParameter></camunda:inputOutput>'
)


def test_parameters_are_local_and_results_go_out(play: Play) -> None:
    game = play(service('camunda:type="external" camunda:topic="t"', MAPPED), x=1)
    assert game.sees("a") == {"x": 1, "y": 2, "many": [2, "b"], "named": {"k": 4}}
    assert game.variables == {"x": 1}
    game.complete("a", y=7)  # the innermost variable of that name is the local one
    assert game.variables == {"x": 1, "z": 700}


def test_a_parameter_may_be_a_script_of_a_registered_format(play: Play) -> None:
    script = '<camunda:script scriptFormat="javascript">abc</camunda:script>'
    extension = (
        f'<camunda:inputOutput><camunda:inputParameter name="y">{script}</camunda:inputParameter></camunda:inputOutput>'
    )
    game = play(user("", extension), scripts={"javascript": lambda text, _: text.upper()}, what="it")
    assert game.sees("a")["y"] == "ABC"


class Diary:
    """Remembers which listeners were called."""

    def __init__(self) -> None:
        self.entries: list[str] = []

    def __call__(self, execution: DelegateExecution) -> None:
        self.entries.append(f"{execution.event_name} {execution.activity_id}")


def listener(event: str, kind: str = "executionListener") -> str:
    return f'<camunda:{kind} event="{event}" class="D"/>'


def test_listeners_are_called_when_activities_start_and_end_and_flows_are_taken(play: Play) -> None:
    diary = Diary()
    flow = (
        '<sequenceFlow id="f" sourceRef="start" targetRef="a"><extensionElements>'
        f"{listener('take')}</extensionElements></sequenceFlow>"
    )
    game = play(
        user("", listener("start") + listener("end")),
        flow,
        flow="a-end",
        beans={"D": diary},
        what="it",
    )
    game.complete("a")
    assert diary.entries == ["take start", "start a"] * 2 + ["end a"] * 2  # of both runs of the play


def test_an_expression_may_listen(play: Play) -> None:
    extension = '<camunda:executionListener event="start" expression="${execution.setVariable(\'y\', x)}"/>'
    assert play(user("", extension), x=3, what="it").variables == {"x": 3, "what": "it", "y": 3}


def test_task_listeners_are_called(play: Play) -> None:
    seen: list[tuple[str | None, object]] = []

    def listen(task: DelegateTask) -> None:
        seen.append((task.event_name, task.task["assignee"]))
        if task.event_name == "create":
            task.set_assignee("jane")

    events = "".join(listener(event, "taskListener") for event in ("create", "assignment", "complete"))
    game = play(user("", events), beans={"D": listen}, what="it")
    assert game.task("a").assignee == "jane"
    game.complete("a")
    assert seen[:2] == [("create", None), ("assignment", "jane")]
    assert seen[-1] == ("complete", "joe")


def test_a_task_listener_is_told_of_deletion(play: Play) -> None:
    seen: list[str | None] = []
    game = play(
        user("", listener("delete", "taskListener")), beans={"D": lambda task: seen.append(task.event_name)}, what="it"
    )
    game.cancel()
    assert seen == ["delete", "delete"]


def test_a_task_that_is_gone_before_it_is_stored_tells_its_listeners(play: Play) -> None:
    seen: list[object] = []
    game = play(
        user('camunda:assignee="ann"', listener("delete", "taskListener")),
        '<endEvent id="t"><terminateEventDefinition/></endEvent><parallelGateway id="g"/>',
        flow="start-g g-a g-t a-end",
        beans={"D": lambda task: seen.append(task.task["assignee"])},
        what="it",
    )
    assert game.ended
    assert seen == ["ann", "ann"]


def test_async_before_waits_for_the_job_executor_before_anything_else(play: Play) -> None:
    cycle = "<camunda:failedJobRetryTimeCycle>R5/PT5M</camunda:failedJobRetryTimeCycle>"
    game = play(
        service(
            'camunda:expression="${x + 1}" camunda:resultVariable="x" camunda:asyncBefore="true"'
            ' camunda:jobPriority="9" camunda:exclusive="false"',
            cycle,
        ),
        x=1,
    )
    job = game.job("a")
    assert (job.kind, job.due, job.retry_cycle, job.priority, job.exclusive) == (
        "async-before",
        None,
        "R5/PT5M",
        9,
        False,
    )
    assert game.passed == ["start"]
    tree = game.sides[0].execution.activity_tree()
    assert [one.activity_id for one in tree.transitions] == ["a"]
    assert tree.children == ()
    game.fire("a")
    assert game.ended
    assert game.variables == {"x": 2}


def test_async_after_waits_when_the_activity_is_over(play: Play) -> None:
    game = play(user('camunda:asyncBefore="true" camunda:asyncAfter="true"'), what="it")
    game.fire("a")
    game.complete("a")
    assert game.job("a").kind == "async-after"
    assert game.passed == ["start", "a"]
    game.fire("a")
    assert game.ended


def test_the_way_on_is_chosen_before_an_async_continuation(play: Play) -> None:
    game = play(
        '<exclusiveGateway id="a" default="a-end" camunda:asyncAfter="true"/><userTask id="c"/>',
        flow="start-a a-c a-end c-end",
        conditions={"a-c": "${x}"},
        x=True,
    )
    game.put(x=False)
    game.fire("a")
    assert game.waiting == ["c"]


@pytest.mark.parametrize(
    ("nodes", "flow"),
    [
        ('<task id="a"/><task id="b"/>', "start-a a-b b-a"),
        ('<exclusiveGateway id="a"/>', "start-a a-a"),
        ('<parallelGateway id="a"/><exclusiveGateway id="b"/>', "start-b b-a a-b a-end"),
    ],
)
def test_a_process_that_never_rests_is_stopped_and_the_place_named(play: Play, nodes: str, flow: str) -> None:
    with pytest.raises(ProcessEngineException, match=r"does not come to rest within 10000 steps; it was at '[ab]'"):
        play(nodes, flow=flow)
