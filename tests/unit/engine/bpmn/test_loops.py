"""Activities that are executed many times."""

from collections.abc import Callable
from typing import Any

import pytest

from engine_telemetry.exceptions import ProcessEngineException

Play = Callable[..., Any]


def loop(inside: str = "", attributes: str = "", *, sequential: bool = False) -> str:
    return (
        f'<multiInstanceLoopCharacteristics isSequential="{str(sequential).lower()}" {attributes}>{inside}'
        "</multiInstanceLoopCharacteristics>"
    )


def times(number: str) -> str:
    return f"<loopCardinality>{number}</loopCardinality>"


def until(condition: str) -> str:
    return f'<completionCondition xsi:type="tFormalExpression">{condition}</completionCondition>'


ASYNC = 'camunda:asyncBefore="true"'
EACH = 'camunda:collection="things" camunda:elementVariable="thing"'


def test_instances_run_at_once_each_with_its_own_variables(play: Play) -> None:
    game = play(f'<userTask id="a">{loop(times("${n}"))}</userTask>', n=3)
    assert game.waiting == ["a", "a", "a"]
    seen = [game.sees("a", number) for number in range(3)]
    assert sorted(one["loopCounter"] for one in seen) == [0, 1, 2]
    assert {one["nrOfInstances"] for one in seen} == {one["nrOfActiveInstances"] for one in seen} == {3}
    game.complete("a")
    assert game.sees("a")["nrOfCompletedInstances"] == 1
    assert game.sees("a")["nrOfActiveInstances"] == 2
    game.complete("a")
    game.complete("a")
    assert game.ended
    assert game.variables == {"n": 3}
    assert game.passed == ["start", "a", "a", "a", "a#multiInstanceBody", "end"]


def test_instances_run_one_after_the_other(play: Play) -> None:
    game = play(
        f'<userTask id="a" name="${{thing}}">{loop("", EACH, sequential=True)}</userTask>', things=["x", "y", "z"]
    )
    for number, thing in enumerate("xyz"):
        assert game.task("a").name == thing
        seen = game.sees("a")
        assert (seen["loopCounter"], seen["nrOfCompletedInstances"], seen["nrOfActiveInstances"]) == (number, number, 1)
        game.complete("a")
    assert game.ended


def test_each_instance_has_its_element(play: Play) -> None:
    for collection in ("things", "${things}", "${name}"):
        attributes = f'camunda:collection="{collection}" camunda:elementVariable="thing"'
        game = play(
            f'<userTask id="a" name="${{thing}}">{loop("", attributes)}</userTask>', things=["x", "y"], name="things"
        )
        assert [game.task("a", number).name for number in (0, 1)] in (["x", "y"], ["y", "x"])


def test_enough_instances_end_the_loop(play: Play) -> None:
    game = play(
        f'<userTask id="a">{loop(times("5") + until("${nrOfCompletedInstances >= 2}"))}</userTask><userTask id="c"/>',
        flow="start-a a-c c-end",
    )
    game.complete("a")
    game.complete("a")
    assert game.waiting == ["c"]
    assert game.happened.count("canceled a") == 3


def test_enough_instances_end_a_loop_one_after_the_other(play: Play) -> None:
    game = play(
        f'<userTask id="a">{loop(times("5") + until("${stop}"), sequential=True)}</userTask>',
        stop=False,
    )
    game.complete("a")
    game.complete("a", stop=True)
    assert game.ended


@pytest.mark.parametrize("sequential", [True, False])
def test_a_loop_over_nothing_is_passed(play: Play, *, sequential: bool) -> None:
    assert play(f'<userTask id="a">{loop("", EACH, sequential=sequential)}</userTask>', things=[]).ended


def test_a_negative_number_of_instances_is_an_error(play: Play) -> None:
    with pytest.raises(ProcessEngineException, match="must be non-negative integer value, but was -1"):
        play(f'<userTask id="a">{loop(times("${n}"))}</userTask>', n=-1)


def test_too_many_instances_at_once_are_refused(play: Play) -> None:
    with pytest.raises(ProcessEngineException, match="has 10001 instances at once; at most 10000 can run"):
        play(f'<userTask id="a">{loop(times("10001"))}</userTask>')


def test_a_collection_that_is_no_list_is_an_error(play: Play) -> None:
    with pytest.raises(ProcessEngineException, match="The collection 'things' of 'a' is no list, but int"):
        play(f'<userTask id="a">{loop("", EACH)}</userTask>', things=3)


@pytest.mark.parametrize("sequential", [True, False])
def test_a_sub_process_may_be_looped(play: Play, *, sequential: bool) -> None:
    game = play(
        f'<subProcess id="a">{loop("", EACH, sequential=sequential)}<startEvent id="s"/>'
        '<userTask id="u" name="${thing}"/><sequenceFlow id="f" sourceRef="s" targetRef="u"/></subProcess>',
        things=["x", "y"],
    )
    assert game.waiting == (["u"] if sequential else ["u", "u"])
    game.complete("u")
    game.complete("u")
    assert game.ended


def test_what_one_instance_sets_is_not_seen_by_the_others_if_it_is_its_own(play: Play) -> None:
    game = play(f'<userTask id="a">{loop("", EACH)}</userTask>', things=["x", "y"])
    game.complete("a", thing="changed", other="all")
    assert game.sees("a")["thing"] in {"x", "y"}
    assert game.sees("a")["other"] == "all"


def test_a_call_activity_may_be_looped(play: Play) -> None:
    hand_over = '<extensionElements><camunda:in source="thing" target="item"/></extensionElements>'
    game = play(f'<callActivity id="a" calledElement="o">{hand_over}{loop("", EACH)}</callActivity>', things=["x", "y"])
    assert game.waiting == ["a", "a"]
    game.come_back("a")
    game.come_back("a")
    assert game.ended


def test_a_call_in_a_loop_may_be_deleted(play: Play) -> None:
    game = play(f'<callActivity id="a" calledElement="o">{loop(times("2"))}</callActivity>')
    game.step(lambda side: side.execution.call_deleted(side.find("a", 0).id))
    assert game.waiting == ["a"]
    game.come_back("a")
    assert game.ended


def test_a_boundary_event_belongs_to_the_loop_as_a_whole(play: Play) -> None:
    game = play(
        f'<userTask id="a">{loop(times("3"))}</userTask><userTask id="c"/>'
        '<boundaryEvent id="b" attachedToRef="a"><messageEventDefinition messageRef="m"/></boundaryEvent>',
        flow="start-a a-end b-c c-end",
        top='<message id="m" name="m"/>',
    )
    assert game.waiting == ["a", "a", "a", "b"]
    game.complete("a")
    assert game.waiting == ["a", "a", "b"]
    game.fire("b")
    assert game.waiting == ["c"]


def test_an_error_in_one_instance_ends_the_loop(play: Play) -> None:
    game = play(
        f'<serviceTask id="a" camunda:type="external" camunda:topic="t">{loop(times("3"))}</serviceTask>'
        '<userTask id="c"/>'
        '<boundaryEvent id="b" attachedToRef="a"><errorEventDefinition/></boundaryEvent>',
        flow="start-a a-end b-c c-end",
    )
    game.throw("a", "E")
    assert game.waiting == ["c"]


def test_each_instance_may_wait_for_the_job_executor(play: Play) -> None:
    game = play(f'<userTask id="a" camunda:asyncBefore="true">{loop(times("2"), ASYNC)}</userTask>')
    assert game.job("a").kind == "async-before"
    game.fire("a")
    assert game.waiting == ["a", "a"]
    game.fire("a")
    game.fire("a")
    game.complete("a")
    game.complete("a")
    assert game.ended


def test_the_tree_shows_the_loop_and_its_instances(play: Play) -> None:
    game = play(f'<userTask id="a">{loop(times("2"))}</userTask>')
    [body] = game.sides[0].execution.activity_tree().children
    assert (body.activity_id, body.activity_type) == ("a#multiInstanceBody", "multiInstanceBody")
    assert [one.activity_type for one in body.children] == ["userTask", "userTask"]


def test_a_thousand_instances_one_after_the_other_keep_the_state_small(play: Play) -> None:
    game = play(f'<serviceTask id="a" camunda:expression="${{1}}">{loop(times("1000"), sequential=True)}</serviceTask>')
    assert game.ended
    assert game.passed.count("a") == 1000
