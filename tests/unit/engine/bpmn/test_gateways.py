"""Where paths split and meet."""

from collections.abc import Callable
from typing import Any

import pytest

from engine_telemetry.exceptions import ProcessEngineException

Play = Callable[..., Any]

USERS = "".join(f'<userTask id="{name}"/>' for name in "abc")
TO_EACH = "start-g g-a g-b g-c a-end b-end c-end"
BOTH_WAYS = {"g-a": "${x > 1}", "g-b": "${x > 5}"}


def test_an_exclusive_gateway_takes_the_first_flow_whose_condition_holds(play: Play) -> None:
    for x, way in ((9, "a"), (6, "a"), (0, "c")):
        game = play(f'{USERS}<exclusiveGateway id="g" default="g-c"/>', flow=TO_EACH, conditions=BOTH_WAYS, x=x)
        assert game.waiting == [way]


def test_the_order_of_flows_decides_not_the_order_of_nodes(play: Play) -> None:
    game = play(
        f'{USERS}<exclusiveGateway id="g" default="g-c"/>',
        flow="start-g g-b g-a g-c a-end b-end c-end",
        conditions=BOTH_WAYS,
        x=9,
    )
    assert game.waiting == ["b"]


@pytest.mark.parametrize("gateway", ["exclusiveGateway", "inclusiveGateway"])
def test_a_gateway_that_no_flow_leads_on_from_is_an_error(play: Play, gateway: str) -> None:
    conditions = {"g-a": "${x > 1}", "g-b": "${x > 5}", "g-c": "${x > 7}"}
    with pytest.raises(ProcessEngineException, match=r"ENGINE-02004 No outgoing sequence flow .*'g'"):
        play(f'{USERS}<{gateway} id="g"/>', flow=TO_EACH, conditions=conditions, x=0)


def test_a_condition_that_is_neither_true_nor_false_is_an_error(play: Play) -> None:
    with pytest.raises(ProcessEngineException, match="x"):
        play(
            f'{USERS}<exclusiveGateway id="g" default="g-c"/>',
            flow=TO_EACH,
            conditions={"g-a": "${x}", "g-b": "${y}"},
            x=1,
        )


def test_an_inclusive_gateway_takes_each_flow_whose_condition_holds(play: Play) -> None:
    for x, ways in ((9, ["a", "b"]), (2, ["a"]), (0, ["c"])):
        game = play(f'{USERS}<inclusiveGateway id="g" default="g-c"/>', flow=TO_EACH, conditions=BOTH_WAYS, x=x)
        assert game.waiting == ways


INCLUSIVE = f'{USERS}<userTask id="d"/><inclusiveGateway id="g" default="g-c"/><inclusiveGateway id="j"/>'
JOINED = "start-g g-a g-b g-c a-j b-j c-j j-d d-end"


def test_an_inclusive_join_waits_for_what_can_still_come(play: Play) -> None:
    for first, second in ("ab", "ba"):
        game = play(INCLUSIVE, flow=JOINED, conditions=BOTH_WAYS, x=9)
        game.complete(first)
        assert game.waiting == [second]
        game.complete(second)
        assert game.waiting == ["d"]
        game.complete("d")
        assert game.ended


def test_an_inclusive_join_waits_for_nobody_else(play: Play) -> None:
    game = play(INCLUSIVE, flow=JOINED, conditions=BOTH_WAYS, x=2)
    game.complete("a")
    assert game.waiting == ["d"]


def test_an_inclusive_join_goes_on_when_the_other_path_ends_elsewhere(play: Play) -> None:
    game = play(
        INCLUSIVE,
        '<exclusiveGateway id="x" default="x-j"/><endEvent id="away"/>',
        flow="start-g g-a g-b g-c a-j b-x x-j x-away c-j j-d d-end",
        conditions=BOTH_WAYS | {"x-away": "${leave}"},
        x=9,
        leave=True,
    )
    game.complete("a")
    assert game.waiting == ["b"]
    game.complete("b")
    assert game.waiting == ["d"]


def test_a_parallel_gateway_takes_all_flows_and_joins_all(play: Play) -> None:
    for first, second in ("ab", "ba"):
        game = play(
            f'{USERS}<parallelGateway id="g"/><parallelGateway id="j"/>',
            flow="start-g g-a g-b a-j b-j j-c c-end",
        )
        assert game.waiting == ["a", "b"]
        game.complete(first)
        assert game.waiting == [second]
        game.complete(second)
        assert game.waiting == ["c"]
        game.complete("c")
        assert game.passed.count("j") == 2  # as many activity instances as tokens have come, as in Camunda


def test_a_parallel_gateway_counts_tokens_not_flows(play: Play) -> None:
    game = play(
        f'{USERS}<parallelGateway id="g"/><parallelGateway id="j"/><exclusiveGateway id="m"/>',
        flow="start-g g-a g-b a-m b-m m-j c-j j-end",
    )
    game.complete("a")
    game.complete("b")
    assert game.ended


def test_several_flows_out_of_a_task_are_taken_at_once(play: Play) -> None:
    game = play(USERS, flow="start-a a-b a-c b-end c-end")
    game.complete("a")
    assert game.waiting == ["b", "c"]


def test_flows_out_of_a_task_may_have_conditions_and_a_default(play: Play) -> None:
    for x, ways in ((1, ["b"]), (0, ["c"])):
        game = play(
            '<userTask id="a" default="a-c"/><userTask id="b"/><userTask id="c"/>',
            flow="start-a a-b a-c b-end c-end",
            conditions={"a-b": "${x == 1}"},
            x=x,
        )
        game.complete("a")
        assert game.waiting == ways


def test_a_task_without_a_way_on_is_an_error_if_all_its_flows_have_conditions(play: Play) -> None:
    game = play(USERS, flow="start-a a-b b-end", conditions={"a-b": "${x}"}, x=False)
    with pytest.raises(ProcessEngineException, match="ENGINE-02004"):
        game.complete("a")


def test_a_task_without_outgoing_flows_ends_its_path(play: Play) -> None:
    game = play(USERS, flow="start-a")
    game.complete("a")
    assert game.ended


def test_several_flows_into_a_task_each_pass(play: Play) -> None:
    game = play(f'{USERS}<parallelGateway id="g"/>', flow="start-g g-a g-b a-c b-c c-end")
    game.complete("a")
    game.complete("b")
    assert game.waiting == ["c", "c"]


MESSAGES = '<message id="m" name="paid"/><signal id="s" name="stop"/>'
CATCHES = (
    '<eventBasedGateway id="g"/>'
    '<intermediateCatchEvent id="a"><messageEventDefinition messageRef="m"/></intermediateCatchEvent>'
    '<intermediateCatchEvent id="b"><timerEventDefinition><timeDuration>PT1H</timeDuration></timerEventDefinition>'
    "</intermediateCatchEvent>"
    '<receiveTask id="c" messageRef="m"/>'
)


@pytest.mark.parametrize("way", "abc")
def test_an_event_based_gateway_takes_the_way_of_the_first_event(play: Play, way: str) -> None:
    game = play(
        CATCHES, '<userTask id="after"/>', flow="start-g g-a g-b g-c a-after b-after c-after after-end", top=MESSAGES
    )
    assert game.waiting == ["a", "b", "c"]
    game.fire(way)
    assert game.waiting == ["after"]
    assert game.passed == ["start", "g", way]
