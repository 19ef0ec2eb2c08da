"""The state as text: what it holds, that it does not grow, and that any block-structured process runs as it should."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from SpiffWorkflow.bpmn import BpmnWorkflow

from engine_telemetry.engine.bpmn.execution import Execution
from engine_telemetry.engine.bpmn.script_engine import RefusingScriptEngine
from engine_telemetry.engine.scopes import Scopes
from engine_telemetry.exceptions import ProcessEngineException

Play = Callable[..., Any]


def test_a_loop_of_many_passes_keeps_its_state_small_and_flat(play: Play) -> None:
    game = play(
        '<userTask id="a"/><exclusiveGateway id="m"/><exclusiveGateway id="g" default="g-m"/>'
        '<subProcess id="x"><startEvent id="s"/><parallelGateway id="f"/><userTask id="u"/><userTask id="v"/>'
        '<sequenceFlow id="i1" sourceRef="s" targetRef="f"/><sequenceFlow id="i2" sourceRef="f" targetRef="u"/>'
        '<sequenceFlow id="i3" sourceRef="f" targetRef="v"/></subProcess>'
        '<boundaryEvent id="b" attachedToRef="x"><timerEventDefinition><timeDuration>PT1H</timeDuration>'
        "</timerEventDefinition></boundaryEvent>",
        flow="start-m m-x x-a b-a a-g g-m g-end",
        conditions={"g-end": "${done}"},
        done=False,
    )
    sizes = set()
    for number in range(60):
        if number % 3:
            game.complete("v")
            game.complete("u")
        else:
            game.fire("b")
        game.complete("a")
        sizes.add(len(game.state))
    assert len(sizes) == 1
    assert sizes.pop() < 1000
    game.fire("b")
    game.complete("a", done=True)
    assert game.ended


def test_the_state_holds_what_waits_and_not_what_may_come(play: Play) -> None:
    gateways = [f'<parallelGateway id="g{at}"/>' for at in range(40)]
    flow = " ".join(f"g{at}-g{at + 1} g{at}-t{at} t{at}-g{at + 1}" for at in range(39))
    tasks = "".join(f'<userTask id="t{at}"/>' for at in range(39))
    game = play(*gateways, tasks, flow=f"start-g0 {flow} g39-end")
    assert game.waiting == ["t0"]
    assert len(json.loads(game.state)) == 3


def test_a_long_process_overflows_no_stack_and_runs_to_its_end(play: Play) -> None:
    names = [f"t{at}" for at in range(1500)]
    arrows = " ".join(f"{a}-{b}" for a, b in zip(["start", *names], [*names, "end"], strict=True))
    assert play("".join(f'<task id="{name}"/>' for name in names), flow=arrows).ended


def test_what_does_not_wait_is_not_completed(play: Play) -> None:
    game = play('<userTask id="a"/>')
    execution = game.sides[1].execution
    wait_id = game.sides[1].find("a", 0).id
    assert not execution.trigger(wait_id)
    assert not execution.complete("no such id")
    assert not execution.returned(wait_id, {})
    assert execution.complete(wait_id)
    assert not execution.complete(wait_id)


def test_a_state_stored_in_another_form_is_refused(play: Play) -> None:
    game = play('<userTask id="a"/>')
    with pytest.raises(ProcessEngineException, match=r"An instance of 'p' was stored in the form '1\.3-1'"):
        Execution.restore(game.model, game.state, "1.3-1", game.host, Scopes("i"))


@pytest.mark.parametrize("call", ["validate", "evaluate", "execute", "call_service"])
def test_the_script_engine_refuses_everything(call: str) -> None:
    engine = RefusingScriptEngine()
    for refuse in (getattr(engine, call), getattr(engine.environment, call)):
        with pytest.raises(ProcessEngineException, match="not supported"):
            refuse("1 + 1", {})


def test_running_processes_have_the_script_engine_that_refuses(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    engines: list[object] = []
    remember = BpmnWorkflow.__init__

    def init(self: BpmnWorkflow, *args: object, **kwargs: object) -> None:
        engines.append(kwargs.get("script_engine"))
        remember(self, *args, **kwargs)

    monkeypatch.setattr(BpmnWorkflow, "__init__", init)
    play('<userTask id="a"/>')
    assert {type(engine) for engine in engines} == {RefusingScriptEngine}


class TokenGame:
    """The rules of BPMN for tasks, parallel and exclusive gateways on the plain flows: the oracle for the test below.

    An exclusive gateway takes the flow that ``choice`` says.
    """

    def __init__(self, arrows: list[tuple[str, str]]) -> None:
        self.arrows = arrows
        self.tokens: Counter[int] = Counter()
        self.waiting: Counter[str] = Counter()
        self.choice = 0
        self.leave("start")

    def leave(self, node: str) -> None:
        out = [at for at, (source, _) in enumerate(self.arrows) if source == node]
        if node.startswith("x") and len(out) > 1:
            out = [out[min(self.choice, len(out) - 1)]]
        for at in out:
            target = self.arrows[at][1]
            if target[0] == "t":
                self.waiting[target] += 1
            elif target[0] == "x":
                self.leave(target)
            elif target[0] == "g":
                self.tokens[at] += 1
        self.fire()

    def fire(self) -> None:
        for gateway in sorted({target for _, target in self.arrows if target[0] == "g"}):
            incoming = [at for at, (_, target) in enumerate(self.arrows) if target == gateway]
            if all(self.tokens[at] for at in incoming):
                self.tokens.subtract(incoming)
                self.leave(gateway)

    def complete(self, task: str) -> None:
        self.waiting[task] -= 1
        self.leave(task)


def blocks(names: Iterator[int], shape: Any, source: str, target: str) -> Iterator[tuple[str, str]]:
    """The flows of nested sequences, parallel blocks, choices and loops of tasks (``None``)."""
    if shape is None:
        task = f"t{next(names)}"
        yield from ((source, task), (task, target))
        return
    kind, inner = shape
    if kind == "sequence":
        stops = [source, *(f"x{next(names)}" for _ in inner[1:]), target]
        for one, a, b in zip(inner, stops, stops[1:], strict=False):
            yield from blocks(names, one, a, b)
        return
    letter = "g" if kind == "parallel" else "x"
    fork, join = f"{letter}{next(names)}", f"{letter}{next(names)}"
    yield from ((source, fork), (join, target)) if kind != "loop" else ((source, fork),)
    for one in inner[:1] if kind == "loop" else inner:
        yield from blocks(names, one, fork, join)
    if kind == "loop":
        yield from ((join, target), (join, fork))


SHAPES = st.recursive(
    st.none(),
    lambda inner: (
        st.tuples(st.just("sequence"), st.lists(inner, min_size=1, max_size=3))
        | st.tuples(st.just("parallel"), st.lists(inner, min_size=2, max_size=3))
        | st.tuples(st.just("choice"), st.lists(inner, min_size=2, max_size=3))
        | st.tuples(st.just("loop"), st.lists(inner, min_size=1, max_size=1))
    ),
    max_leaves=8,
)


def to_nodes(arrows: list[tuple[str, str]]) -> str:
    tags = {"t": "userTask", "g": "parallelGateway", "x": "exclusiveGateway"}
    names = {name for arrow in arrows for name in arrow} - {"start", "end"}
    return "".join(f'<{tags[name[0]]} id="{name}"{default(name, arrows)}/>' for name in sorted(names))


def default(name: str, arrows: list[tuple[str, str]]) -> str:
    out = [f"{a}-{b}" for a, b in arrows if a == name]
    return f' default="{out[-1]}"' if name[0] == "x" and len(out) > 1 else ""


def conditions(arrows: list[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name in {source for source, _ in arrows if source[0] == "x"}:
        out = [f"{a}-{b}" for a, b in arrows if a == name]
        found |= {flow: f"${{choice == {at}}}" for at, flow in enumerate(out[:-1])}
    return found


@given(shape=SHAPES, data=st.data())
@settings(max_examples=50, deadline=None)
def test_any_nesting_of_blocks_runs_as_bpmn_says(play: Play, shape: Any, data: st.DataObject) -> None:
    arrows = [("start", "tfirst"), *blocks(count(), shape, "tfirst", "end")]
    flow = " ".join(f"{a}-{b}" for a, b in arrows)
    game, oracle = play(to_nodes(arrows), flow=flow, conditions=conditions(arrows), choice=0), TokenGame(arrows)
    for _ in range(20):
        assert game.waiting == sorted(oracle.waiting.elements())
        if game.ended:
            break
        task = data.draw(st.sampled_from(sorted(oracle.waiting.elements())))
        oracle.choice = data.draw(st.integers(0, 2))
        game.complete(task, choice=oracle.choice)
        oracle.complete(task)
    assert game.ended == (not oracle.waiting.total())
