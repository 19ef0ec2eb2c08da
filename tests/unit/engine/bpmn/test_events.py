"""What is waited for and what interrupts: messages, signals, timers, conditions, terminate, escalations."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine_telemetry.exceptions import ProcessEngineException

Play = Callable[..., Any]

TOP = '<message id="m" name="paid"/><signal id="s" name="stop ${who}"/><escalation id="e" escalationCode="E"/>'
TASK = '<userTask id="a"/>'
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)

EVENTS = {
    "message": '<messageEventDefinition messageRef="m"/>',
    "signal": '<signalEventDefinition signalRef="s"/>',
    "timer": "<timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>",
    "conditional": '<conditionalEventDefinition><condition xsi:type="tFormalExpression">${x > 1}</condition>'
    "</conditionalEventDefinition>",
}


def boundary(event: str, *, interrupting: bool = True) -> str:
    return (
        f'<boundaryEvent id="b" attachedToRef="a" cancelActivity="{str(interrupting).lower()}">{event}</boundaryEvent>'
    )


def catch(event: str) -> str:
    return f'<intermediateCatchEvent id="a">{event}</intermediateCatchEvent>'


@pytest.mark.parametrize("kind", EVENTS)
def test_an_intermediate_catch_event_waits(play: Play, kind: str) -> None:
    game = play(catch(EVENTS[kind]), top=TOP, x=0, who="joe")
    assert game.waiting == ["a"]
    game.fire("a")
    assert game.ended
    assert game.passed == ["start", "a", "end"]


def test_a_message_has_a_name_and_a_signal_may_have_an_expression(play: Play) -> None:
    assert play(catch(EVENTS["message"]), top=TOP).subscription("a").event_name == "paid"
    signal = play(catch(EVENTS["signal"]), top=TOP, who="joe").subscription("a")
    assert (signal.kind, signal.event_name) == ("signal", "stop joe")


def test_a_receive_task_waits_for_its_message(play: Play) -> None:
    game = play('<receiveTask id="a" messageRef="m"/>', top=TOP)
    assert game.subscription("a").event_name == "paid"
    game.fire("a")
    assert game.ended


@pytest.mark.parametrize("kind", EVENTS)
def test_an_interrupting_boundary_event_cancels_its_activity(play: Play, kind: str) -> None:
    game = play(
        TASK, boundary(EVENTS[kind]), '<userTask id="c"/>', flow="start-a a-end b-c c-end", top=TOP, x=0, who=""
    )
    assert game.waiting == ["a", "b"]
    game.fire("b")
    assert game.waiting == ["c"]
    assert "canceled a" in game.happened


@pytest.mark.parametrize("kind", EVENTS)
def test_a_boundary_event_goes_with_its_activity(play: Play, kind: str) -> None:
    game = play(
        TASK, boundary(EVENTS[kind]), '<userTask id="c"/>', flow="start-a a-c b-end c-end", top=TOP, x=0, who=""
    )
    game.complete("a")
    assert game.waiting == ["c"]


@pytest.mark.parametrize("kind", ["message", "signal", "conditional"])
def test_a_boundary_event_that_does_not_interrupt_may_occur_again(play: Play, kind: str) -> None:
    game = play(
        TASK,
        boundary(EVENTS[kind], interrupting=False),
        '<userTask id="c"/>',
        flow="start-a a-end b-c c-end",
        top=TOP,
        x=0,
        who="",
    )
    game.fire("b")
    game.fire("b")
    assert game.waiting == ["a", "b", "c", "c"]
    game.complete("a")
    assert game.waiting == ["c", "c"]
    game.complete("c")
    game.complete("c")
    assert game.ended


def test_a_timer_that_does_not_interrupt_fires_once(play: Play) -> None:
    game = play(TASK, boundary(EVENTS["timer"], interrupting=False), flow="start-a a-end b-end")
    game.fire("b")
    assert game.waiting == ["a"]


CYCLE = "<timerEventDefinition><timeCycle>R3/PT10M</timeCycle></timerEventDefinition>"


def test_a_cycle_fires_as_often_as_it_says(play: Play) -> None:
    game = play(TASK, boundary(CYCLE, interrupting=False), flow="start-a a-end b-end")
    for number in (1, 2, 3):
        assert game.job("b").due == NOON + timedelta(minutes=10 * number)
        game.later(minutes=10)
        game.fire("b")
    assert game.waiting == ["a"]


def test_a_cycle_does_not_make_up_for_what_it_missed(play: Play) -> None:
    game = play(TASK, boundary(CYCLE, interrupting=False), flow="start-a a-end b-end")
    game.later(minutes=25)
    game.fire("b")
    assert game.job("b").due == NOON + timedelta(minutes=30)
    game.fire("b")
    assert game.waiting == ["a"]


@pytest.mark.parametrize(
    ("timer", "due"),
    [
        ("<timeDate>2031-02-03T04:05:06Z</timeDate>", datetime(2031, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("<timeDate>2031-02-03T04:05:06+02:00</timeDate>", datetime(2031, 2, 3, 2, 5, 6, tzinfo=UTC)),
        ("<timeDuration>P1M</timeDuration>", datetime(2030, 2, 1, 12, tzinfo=UTC)),
        ("<timeDuration>P1DT1.5S</timeDuration>", NOON + timedelta(days=1, seconds=1.5)),
        ("<timeDuration>${pause}</timeDuration>", NOON + timedelta(minutes=5)),
        ("<timeDate>${when}</timeDate>", datetime(2032, 1, 1, tzinfo=UTC)),
        ("<timeCycle>0 0/5 * * * ?</timeCycle>", NOON + timedelta(minutes=5)),
        ("<timeCycle>R/PT30S</timeCycle>", NOON + timedelta(seconds=30)),
    ],
)
def test_a_timer_is_due_when_the_model_says(play: Play, timer: str, due: datetime) -> None:
    game = play(
        catch(f"<timerEventDefinition>{timer}</timerEventDefinition>"),
        pause="PT5M",
        when=datetime(2032, 1, 1, tzinfo=UTC),
    )
    assert game.job("a").due == due


def test_a_timer_whose_expression_is_no_time_is_an_error(play: Play) -> None:
    with pytest.raises(ProcessEngineException, match="'soon' is no ISO 8601 duration"):
        play(catch("<timerEventDefinition><timeDuration>${x}</timeDuration></timerEventDefinition>"), x="soon")


def test_a_condition_that_holds_at_once_does_not_wait(play: Play) -> None:
    assert play(catch(EVENTS["conditional"]), x=2).ended
    game = play(TASK, boundary(EVENTS["conditional"]), '<userTask id="c"/>', flow="start-a a-end b-c c-end", x=2)
    assert game.waiting == ["c"]
    assert game.happened[:4] == ["started start", "ended start", "started a", "canceled a"]


def test_a_condition_is_looked_at_when_variables_change(play: Play) -> None:
    game = play(catch(EVENTS["conditional"]), x=0)
    game.put(x=1)
    assert game.waiting == ["a"]
    game.put(x=2)
    assert game.ended


def test_a_condition_is_looked_at_when_the_process_itself_changes_variables(play: Play) -> None:
    game = play(
        f"{catch(EVENTS['conditional'])}<parallelGateway id='g'/><userTask id='c'/>"
        '<serviceTask id="d" camunda:expression="${5}" camunda:resultVariable="x"/>',
        flow="start-g g-a g-c c-d a-end",
        x=0,
    )
    game.complete("c")
    assert game.ended


def test_a_condition_that_a_task_meets_by_its_completion_goes_before_what_follows(play: Play) -> None:
    game = play(
        '<userTask id="a"/><userTask id="c"/><userTask id="d"/>',
        boundary(EVENTS["conditional"]),
        flow="start-a a-c b-d c-end d-end",
        x=0,
    )
    game.complete("a", x=2)
    assert game.waiting == ["d"]


def test_a_condition_that_held_when_its_event_began_to_wait_does_not_occur_twice(play: Play) -> None:
    game = play(
        '<serviceTask id="z" camunda:expression="${5}" camunda:resultVariable="x"/>',
        '<userTask id="a"/><userTask id="d"/>',
        boundary(EVENTS["conditional"], interrupting=False),
        flow="start-z z-a a-end b-d d-end",
    )
    assert game.waiting == ["a", "b", "d"]


def test_a_condition_does_not_hold_while_its_variable_is_missing(play: Play) -> None:
    game = play(catch(EVENTS["conditional"]))
    assert game.waiting == ["a"]
    game.put(x=2)
    assert game.ended


def test_a_condition_may_be_about_one_variable_and_one_change(play: Play) -> None:
    event = EVENTS["conditional"].replace(
        "<conditionalEventDefinition>",
        '<conditionalEventDefinition camunda:variableName="y" camunda:variableEvents="update">',
    )
    game = play(catch(event), x=0)
    game.put(x=2)
    game.put(y=1)
    assert game.waiting == ["a"]
    game.put(y=2)
    assert game.ended


def test_terminate_ends_everything_in_the_process(play: Play) -> None:
    game = play(
        TASK,
        '<userTask id="c"/><parallelGateway id="g"/><endEvent id="t"><terminateEventDefinition/></endEvent>',
        flow="start-g g-a g-c a-end c-t",
    )
    game.complete("c")
    assert game.ended
    assert game.happened[-3:] == ["started t", "ended t", "canceled a"]


def test_a_signal_is_sent_with_its_variables(play: Play) -> None:
    event = (
        '<signalEventDefinition signalRef="s"><extensionElements><camunda:in source="x" target="y"/>'
        "</extensionElements></signalEventDefinition>"
    )
    game = play(f'<intermediateThrowEvent id="a">{event}</intermediateThrowEvent>', top=TOP, x=7, who="joe")
    assert game.ended
    [(name, variables)] = game.host.signals
    assert name == "stop joe"
    assert variables["y"].value == 7


@pytest.mark.parametrize("tag", ["endEvent", "intermediateThrowEvent"])
def test_a_message_is_sent_by_a_worker(play: Play, tag: str) -> None:
    event = '<messageEventDefinition messageRef="m" camunda:type="external" camunda:topic="mail"/>'
    game = play(f'<{tag} id="a">{event}</{tag}>', flow="start-a", top=TOP)
    assert game.wait("a").topic == "mail"
    game.complete("a")
    assert game.ended


def test_a_message_that_nobody_sends_is_nothing(play: Play) -> None:
    event = '<messageEventDefinition messageRef="m"/>'
    assert play(f'<intermediateThrowEvent id="a">{event}</intermediateThrowEvent>', top=TOP).ended


SUB = (
    '<subProcess id="a"><startEvent id="s1"/><intermediateThrowEvent id="t">'
    '<escalationEventDefinition escalationRef="e"/></intermediateThrowEvent><userTask id="u"/>'
    '<sequenceFlow id="f1" sourceRef="s1" targetRef="t"/><sequenceFlow id="f2" sourceRef="t" targetRef="u"/>'
    "</subProcess>"
)
CAUGHT = '<escalationEventDefinition escalationRef="e" camunda:escalationCodeVariable="code"/>'


def test_an_escalation_is_caught_by_the_sub_process_around_it(play: Play) -> None:
    for interrupting, waiting in ((True, ["c"]), (False, ["c", "u"])):
        game = play(
            SUB,
            boundary(CAUGHT, interrupting=interrupting),
            '<userTask id="c"/>',
            flow="start-a a-end b-c c-end",
            top=TOP,
        )
        assert game.waiting == waiting
        assert game.variables == {"code": "E"}


def test_an_escalation_that_nobody_catches_changes_nothing(play: Play) -> None:
    game = play(SUB, top=TOP)
    assert game.waiting == ["u"]
    assert [one.code for one in game.host.thrown] == ["E"]


def test_an_escalation_that_the_caller_catches_may_end_the_instance(play: Play) -> None:
    game = play(SUB, top=TOP, catches=frozenset({"E"}))
    assert game.sides[0].execution.stopped


def test_a_user_task_may_be_escalated(play: Play) -> None:
    game = play(
        TASK, boundary(CAUGHT, interrupting=False), '<userTask id="c"/>', flow="start-a a-end b-c c-end", top=TOP
    )
    game.escalate("a", "E")
    game.escalate("a", "other")
    assert game.waiting == ["a", "c"]


def test_a_process_may_be_started_by_another_event(play: Play) -> None:
    start = '<startEvent id="m1"><messageEventDefinition messageRef="m"/></startEvent><userTask id="c"/>'
    game = play(TASK, start, flow="start-a m1-c a-end c-end", top=TOP, start_at="m1")
    assert game.waiting == ["c"]
    assert [(one.activity_id, one.kind, one.event_name) for one in game.model.start_events] == [
        ("start", "none", None),
        ("m1", "message", "paid"),
    ]


def test_a_timer_start_says_when(play: Play) -> None:
    start = f'<startEvent id="t1">{CYCLE}</startEvent>'
    game = play(TASK, start, flow="start-a t1-a a-end")
    assert game.model.start_event("t1").first_due(NOON) == (NOON + timedelta(minutes=10), "R3/PT10M")
