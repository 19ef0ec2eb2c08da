"""How a process moves from wait state to wait state, and what its state as text is like."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from SpiffWorkflow.bpmn import BpmnWorkflow

from engine_telemetry.engine.bpmn.execution import Execution
from engine_telemetry.engine.bpmn.process_model import SERIALIZER_VERSION, ProcessModel, parse_models
from engine_telemetry.engine.bpmn.script_engine import RefusingScriptEngine
from engine_telemetry.exceptions import ProcessEngineException

Model = Callable[..., bytes]

FORK = '<parallelGateway id="fork"/>'
JOIN = '<parallelGateway id="join"/>'
LOOP = "start-x x-fork fork-a fork-b a-join b-join join-x"


def users(names: str) -> str:
    return "".join(f'<userTask id="{name}"/>' for name in names)


def stored(model: ProcessModel) -> ProcessModel:
    return ProcessModel.from_json(model.key, model.spec_json(), SERIALIZER_VERSION)


def restored(model: ProcessModel, execution: Execution) -> Execution:
    return Execution.restore(model, execution.state(), SERIALIZER_VERSION)


def waiting(execution: Execution) -> list[str]:
    return sorted(state.activity_id for state in execution.wait_states().values())


def complete(execution: Execution, activity: str) -> None:
    found = next(state for state in execution.wait_states().values() if state.activity_id == activity)
    assert execution.complete(found.id)


def test_parallel_branches_are_joined_whoever_is_first(model: Model) -> None:
    content = model(users("ab"), FORK, JOIN, flows="start-fork fork-a fork-b a-join b-join join-end")
    for first, second in ("ab", "ba"):
        execution = Execution.start(parse_models("a.bpmn", content)[0])
        complete(execution, first)
        assert waiting(execution) == [second]
        complete(execution, second)
        assert execution.ended


def test_a_wait_state_knows_its_node(model: Model) -> None:
    content = model(
        '<userTask id="a" name="Do it" camunda:assignee="joe"/>',
        '<serviceTask id="b" camunda:type="external" camunda:topic="t"/>',
        FORK,
        flows="start-fork fork-a fork-b a-end b-end",
    )
    execution = Execution.start(stored(parse_models("a.bpmn", content)[0]))
    user, external = sorted(execution.wait_states().values(), key=lambda state: state.activity_id)
    assert (user.name, user.external, user.settings) == ("Do it", False, {"assignee": "joe"})
    assert (external.name, external.external, external.settings) == (None, True, {"type": "external", "topic": "t"})


def test_a_process_without_a_wait_state_ends_at_once(model: Model) -> None:
    assert Execution.start(parse_models("a.bpmn", model(flows="start-end"))[0]).ended


def test_a_process_ends_with_its_last_path(model: Model) -> None:
    content = model(users("ab"), FORK, '<endEvent id="other"/>', flows="start-fork fork-a fork-b a-end b-other")
    execution = Execution.start(parse_models("a.bpmn", content)[0])
    complete(execution, "a")
    assert not execution.ended
    complete(execution, "b")
    assert execution.ended


def test_what_does_not_wait_is_not_completed(model: Model) -> None:
    execution = Execution.start(parse_models("a.bpmn", model(users("ab"), flows="start-a a-b b-end"))[0])
    [wait_state_id] = execution.wait_states()
    assert execution.complete(wait_state_id)
    assert not execution.complete(wait_state_id)
    assert waiting(execution) == ["b"]


def test_a_join_waits_for_all_branches_on_every_pass_of_a_loop(model: Model) -> None:
    parsed = parse_models("a.bpmn", model(users("xab"), FORK, JOIN, flows=LOOP).replace(b'<endEvent id="end"/>', b""))[
        0
    ]
    execution = Execution.start(parsed)
    for first, second in ("ab", "ba") * 3:
        execution = restored(parsed, execution)
        complete(execution, "x")
        complete(execution, first)
        assert waiting(execution) == [second]
        execution = restored(parsed, execution)
        complete(execution, second)
        assert waiting(execution) == ["x"]


def test_the_state_does_not_grow_with_the_age_of_an_instance(model: Model) -> None:
    parsed = parse_models("a.bpmn", model(users("xab"), FORK, JOIN, flows=LOOP))[0]
    execution = Execution.start(parsed)
    sizes = []
    for _ in range(400):
        for activity in "xab":
            execution = restored(parsed, execution)
            complete(execution, activity)
        sizes.append(len(execution.state()))
    assert len(set(sizes)) == 1
    assert sizes[0] < 1000


def test_the_state_holds_what_waits_and_not_what_may_come(model: Model) -> None:
    gateways = [f'<parallelGateway id="g{at}"/>' for at in range(40)]
    flows = " ".join(f"g{at}-g{at + 1} g{at}-t{at} t{at}-g{at + 1}" for at in range(39))
    tasks = "".join(f'<userTask id="t{at}"/>' for at in range(39))
    content = model(*gateways, tasks, flows=f"start-g0 {flows} g39-end")
    execution = Execution.start(parse_models("a.bpmn", content)[0])
    assert waiting(execution) == ["t0"]
    assert len(json.loads(execution.state())["tasks"]) < 8


def test_a_long_process_runs_to_its_end(model: Model) -> None:
    names = ["start", *(f"t{at}" for at in range(1200)), "end"]
    flows = " ".join(f"{a}-{b}" for a, b in pairwise(names))
    tasks = "".join(f'<userTask id="{name}"/>' for name in names[1:-1])
    execution = Execution.start(parse_models("a.bpmn", model(tasks, flows=flows))[0])
    for name in names[1:-1]:
        complete(execution, name)
    assert execution.ended


def test_a_state_stored_in_another_form_is_refused(model: Model) -> None:
    parsed = parse_models("a.bpmn", model(users("a"), flows="start-a a-end"))[0]
    with pytest.raises(ProcessEngineException, match="An instance of 'p' was stored in the form '9'"):
        Execution.restore(parsed, Execution.start(parsed).state(), "9")


@pytest.mark.parametrize("call", ["validate", "evaluate", "execute", "call_service"])
def test_the_script_engine_refuses_everything(call: str) -> None:
    engine = RefusingScriptEngine()
    for refuse in (getattr(engine, call), getattr(engine.environment, call)):
        with pytest.raises(ProcessEngineException, match="not supported"):
            refuse("1 + 1", {})


def test_running_processes_have_the_script_engine_that_refuses(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    engines: list[object] = []
    remember = BpmnWorkflow.__init__

    def init(self: BpmnWorkflow, *args: object, **kwargs: object) -> None:
        engines.append(kwargs.get("script_engine"))
        remember(self, *args, **kwargs)

    monkeypatch.setattr(BpmnWorkflow, "__init__", init)
    parsed = parse_models("a.bpmn", model(users("a"), flows="start-a a-end"))[0]
    restored(parsed, Execution.start(parsed))
    assert [type(engine) for engine in engines] == [RefusingScriptEngine] * 2


class TokenGame:
    """The rules of BPMN for tasks and parallel gateways, on the plain flows: the oracle for the test below."""

    def __init__(self, flows: list[tuple[str, str]]) -> None:
        self.flows = flows
        self.tokens: Counter[int] = Counter()
        self.waiting: Counter[str] = Counter()
        self.leave("start")

    def leave(self, node: str) -> None:
        for at, (source, target) in enumerate(self.flows):
            if source != node:
                continue
            if target.startswith("t"):
                self.waiting[target] += 1
            elif target.startswith("g"):
                self.tokens[at] += 1
        self.fire()

    def fire(self) -> None:
        for gateway in sorted({target for _, target in self.flows if target.startswith("g")}):
            incoming = [at for at, (_, target) in enumerate(self.flows) if target == gateway]
            if all(self.tokens[at] for at in incoming):
                self.tokens.subtract(incoming)
                self.leave(gateway)

    def complete(self, task: str) -> None:
        self.waiting[task] -= 1
        self.leave(task)


def blocks(names: Iterator[int], shape: object, source: str, target: str) -> Iterator[tuple[str, str]]:
    """The flows of nested sequences (lists) and parallel blocks (tuples) of tasks (``None``)."""
    if shape is None:
        task = f"t{next(names)}"
        yield from ((source, task), (task, target))
    elif isinstance(shape, list):
        stops = [source, *(f"g{next(names)}" for _ in shape[1:]), target]
        for one, a, b in zip(shape, stops, stops[1:], strict=False):
            yield from blocks(names, one, a, b)
    elif isinstance(shape, tuple):
        fork, join = f"g{next(names)}", f"g{next(names)}"
        yield from ((source, fork), (join, target))
        for one in shape:
            yield from blocks(names, one, fork, join)


SHAPES = st.recursive(
    st.none(),
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.lists(inner, min_size=2, max_size=3).map(tuple),
    max_leaves=8,
)


@given(shape=SHAPES, loop=st.booleans(), data=st.data())
@settings(max_examples=60, deadline=None)
def test_any_nesting_of_parallel_blocks_runs_as_bpmn_says(shape: object, *, loop: bool, data: st.DataObject) -> None:
    names = count()
    flows = [("start", "t_first"), *blocks(names, shape, "t_first", "g_last")]
    flows.append(("g_last", "t_first" if loop else "end"))
    parsed = stored(parse_models("a.bpmn", to_model(flows))[0])
    execution, game = Execution.start(parsed), TokenGame(flows)
    for _ in range(25):
        assert waiting(execution) == sorted(game.waiting.elements())
        if not game.waiting.total():
            break
        task = data.draw(st.sampled_from(sorted(game.waiting.elements())))
        complete(execution, task)
        game.complete(task)
        if data.draw(st.booleans()):
            execution = restored(parsed, execution)
    assert execution.ended == (not game.waiting.total())


def to_model(flows: list[tuple[str, str]]) -> bytes:
    tags = {"s": "startEvent", "e": "endEvent", "t": "userTask", "g": "parallelGateway"}
    nodes = "".join(f'<{tags[name[0]]} id="{name}"/>' for name in sorted({name for flow in flows for name in flow}))
    arrows = "".join(f'<sequenceFlow id="f{at}" sourceRef="{a}" targetRef="{b}"/>' for at, (a, b) in enumerate(flows))
    return (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t">'
        f'<process id="p" isExecutable="true">{nodes}{arrows}</process></definitions>'
    ).encode()
