"""Sub processes, event sub processes, and where errors go."""

from collections.abc import Callable
from typing import Any

import pytest

Play = Callable[..., Any]

TOP = '<message id="m" name="paid"/><error id="e" errorCode="E"/><error id="f" errorCode="F"/><error id="any"/>'


def sub(name: str, *nodes: str, flow: str = "", attributes: str = "") -> str:
    arrows = "".join(
        f'<sequenceFlow id="{one}" sourceRef="{one.split("-")[0]}" targetRef="{one.split("-")[1]}"/>'
        for one in flow.split()
    )
    return f'<subProcess id="{name}" {attributes}>{"".join(nodes)}{arrows}</subProcess>'


def inner(name: str = "a", task: str = "u") -> str:
    return sub(
        name,
        f'<startEvent id="{name}s"/><userTask id="{task}"/><endEvent id="{name}e"/>',
        flow=f"{name}s-{task} {task}-{name}e",
    )


def on(name: str, event: str, *, interrupting: bool = True, task: str = "h") -> str:
    """An event sub process with one task."""
    start = f'<startEvent id="{name}s" isInterrupting="{str(interrupting).lower()}">{event}</startEvent>'
    return sub(name, start, f'<userTask id="{task}"/>', flow=f"{name}s-{task}", attributes='triggeredByEvent="true"')


MESSAGE = '<messageEventDefinition messageRef="m"/>'


def error(reference: str = "e") -> str:
    return f'<errorEventDefinition errorRef="{reference}"/>'


def throw(name: str, reference: str = "e") -> str:
    return f'<endEvent id="{name}">{error(reference)}</endEvent>'


def boundary(name: str, host: str, event: str) -> str:
    return f'<boundaryEvent id="{name}" attachedToRef="{host}">{event}</boundaryEvent>'


def test_a_sub_process_ends_when_nothing_goes_on_in_it(play: Play) -> None:
    game = play(
        sub(
            "a",
            '<startEvent id="s"/><userTask id="u"/><userTask id="v"/>',
            flow="s-u s-v",
        ),
        '<userTask id="c"/>',
        flow="start-a a-c c-end",
    )
    assert game.waiting == ["u", "v"]
    game.complete("u")
    assert game.waiting == ["v"]
    game.complete("v")
    assert game.waiting == ["c"]
    assert game.passed == ["start", "s", "u", "v", "a"]


def test_terminate_ends_the_sub_process_only(play: Play) -> None:
    game = play(
        sub(
            "a",
            '<startEvent id="s"/><userTask id="u"/><userTask id="v"/>',
            '<endEvent id="t"><terminateEventDefinition/></endEvent>',
            flow="s-u s-v u-t",
        ),
        '<userTask id="c"/>',
        flow="start-a a-c c-end",
    )
    game.complete("u")
    assert game.waiting == ["c"]


def test_a_boundary_event_of_a_sub_process_cancels_all_in_it(play: Play) -> None:
    game = play(inner(), boundary("b", "a", MESSAGE), '<userTask id="c"/>', flow="start-a a-end b-c c-end", top=TOP)
    game.fire("b")
    assert game.waiting == ["c"]
    assert game.happened[-5:] == ["canceled u", "canceled a", "started b", "ended b", "started c"]


def test_nested_sub_processes_end_one_after_the_other(play: Play) -> None:
    nodes, depth = '<startEvent id="s0"/><userTask id="u"/><sequenceFlow id="f0" sourceRef="s0" targetRef="u"/>', 60
    for level in range(1, depth):
        nodes = (
            f'<startEvent id="s{level}"/><subProcess id="p{level}">{nodes}</subProcess>'
            f'<sequenceFlow id="f{level}" sourceRef="s{level}" targetRef="p{level}"/>'
        )
    game = play(f'<subProcess id="a">{nodes}</subProcess>')
    game.complete("u")
    assert game.ended


def test_an_event_sub_process_interrupts_what_it_stands_in(play: Play) -> None:
    game = play('<userTask id="a"/>', on("x", MESSAGE), top=TOP)
    assert game.waiting == ["a", "xs"]
    game.fire("xs")
    assert game.waiting == ["h"]
    assert "canceled a" in game.happened
    game.complete("h")
    assert game.ended


def test_an_event_sub_process_that_does_not_interrupt_goes_on_beside_and_may_start_again(play: Play) -> None:
    game = play('<userTask id="a"/>', on("x", MESSAGE, interrupting=False), top=TOP)
    game.fire("xs")
    game.fire("xs")
    assert game.waiting == ["a", "h", "h", "xs"]
    game.complete("a")
    assert game.waiting == ["h", "h", "xs"]
    game.complete("h")
    game.complete("h")
    assert game.ended


def test_after_an_event_sub_process_the_sub_process_around_it_is_done(play: Play) -> None:
    inside = sub("a", '<startEvent id="s"/><userTask id="u"/>', on("x", MESSAGE), flow="s-u")
    game = play(inside, '<userTask id="c"/>', flow="start-a a-c c-end", top=TOP)
    game.fire("xs")
    game.complete("h")
    assert game.waiting == ["c"]


def test_a_conditional_event_sub_process_may_start_at_once(play: Play) -> None:
    condition = (
        '<conditionalEventDefinition><condition xsi:type="tFormalExpression">${x}</condition>'
        "</conditionalEventDefinition>"
    )
    assert play('<userTask id="a"/>', on("x1", condition), x=True).waiting == ["h"]
    assert play('<userTask id="a"/>', on("x1", condition, interrupting=False), x=True).waiting == ["a", "h", "x1s"]
    game = play('<userTask id="a"/>', on("x1", condition), x=False)
    game.put(x=True)
    assert game.waiting == ["h"]


TASK = '<serviceTask id="a" camunda:type="external" camunda:topic="t"/><userTask id="c"/><userTask id="d"/>'


def test_an_error_of_a_task_goes_to_its_boundary(play: Play) -> None:
    event = '<errorEventDefinition errorRef="e" camunda:errorCodeVariable="code" camunda:errorMessageVariable="why"/>'
    game = play(TASK, boundary("b", "a", event), flow="start-a a-end b-c c-end", top=TOP)
    game.throw("a", "E", "broken")
    assert game.waiting == ["c"]
    assert game.variables == {"code": "E", "why": "broken"}
    assert "canceled a" in game.happened


@pytest.mark.parametrize(("thrown", "waiting"), [("E", ["c"]), ("F", ["d"]), ("G", ["d"])])
def test_the_very_code_goes_before_an_event_that_catches_all(play: Play, thrown: str, waiting: list[str]) -> None:
    events = boundary("b2", "a", "<errorEventDefinition/>") + boundary("b", "a", error())
    game = play(TASK, events, flow="start-a a-end b-c b2-d c-end d-end", top=TOP)
    game.throw("a", thrown)
    assert game.waiting == waiting


def test_an_error_that_nobody_catches_ends_its_path(play: Play) -> None:
    game = play(
        TASK,
        '<parallelGateway id="g"/>',
        boundary("b", "a", error()),
        flow="start-g g-a g-c a-d b-end c-end d-end",
        top=TOP,
    )
    game.throw("a", "F")
    assert game.waiting == ["c"]
    assert [one.code for one in game.host.thrown] == ["F"]
    game.complete("c")
    assert game.ended


def test_an_error_is_not_caught_by_a_boundary_of_another_branch(play: Play) -> None:
    game = play(
        sub("a", '<startEvent id="s"/>', throw("t"), flow="s-t"),
        boundary("b", "a", error()),
        '<userTask id="c"/><userTask id="d"/><parallelGateway id="g"/>',
        boundary("b2", "c", error()),
        flow="start-g g-a g-c b-d b2-end a-end c-end d-end",
        top=TOP,
    )
    assert game.waiting == ["c", "d"]


def test_an_error_goes_outwards_to_the_first_who_catches_it(play: Play) -> None:
    deep = sub("y", '<startEvent id="ys"/><userTask id="u"/>', throw("t"), flow="ys-u u-t")
    for extra, waiting in (
        ("", ["d"]),  # the boundary of the outer sub process
        (boundary("b3", "y", error("f")), ["d"]),  # the wrong code
        (
            boundary("b3", "y", error()) + '<userTask id="v"/><sequenceFlow id="g1" sourceRef="b3" targetRef="v"/>',
            ["v"],
        ),
        (on("x", error()), ["h"]),  # the event sub process inside goes before the boundary outside
    ):
        outer = sub("a", '<startEvent id="s"/>', deep, extra, flow="s-y")
        game = play(outer, boundary("b", "a", error()), '<userTask id="d"/>', flow="start-a a-end b-d d-end", top=TOP)
        game.complete("u")
        assert game.waiting == waiting


def test_an_event_sub_process_does_not_catch_its_own_error(play: Play) -> None:
    handler = sub(
        "x",
        f'<startEvent id="xs">{error()}</startEvent>',
        throw("again"),
        flow="xs-again",
        attributes='triggeredByEvent="true"',
    )
    game = play('<userTask id="a"/>', throw("t"), handler, flow="start-a a-t", top=TOP)
    game.complete("a")
    assert game.ended
    assert game.passed.count("again") == 1


def test_an_error_of_the_whole_process_goes_to_its_event_sub_process(play: Play) -> None:
    game = play(TASK, on("x", error()), flow="start-a a-end", top=TOP)
    game.throw("a", "E")
    assert game.waiting == ["h"]


def test_an_error_that_the_caller_catches_stops_the_instance(play: Play) -> None:
    game = play(TASK, top=TOP, catches=frozenset({"E"}))
    game.throw("a", "E")
    assert game.sides[0].execution.stopped
    game.cancel()


def test_the_activity_tree_shows_what_goes_on_and_in_what(play: Play) -> None:
    game = play(inner(), boundary("b", "a", MESSAGE), flow="start-a a-end b-end", top=TOP)
    tree = game.sides[0].execution.activity_tree()
    assert (tree.activity_id, tree.activity_type, tree.parent_id) == ("p", "processDefinition", None)
    [a] = tree.children
    [u] = a.children
    assert (a.activity_id, a.activity_type, a.parent_id) == ("a", "subProcess", tree.id)
    assert (u.activity_id, u.activity_type, u.children) == ("u", "userTask", ())


def test_canceling_ends_everything(play: Play) -> None:
    game = play(inner(), boundary("b", "a", MESSAGE), flow="start-a a-end b-end", top=TOP)
    game.cancel()
    assert game.ended
    assert game.waiting == []
    assert game.happened[-2:] == ["canceled u", "canceled a"]
