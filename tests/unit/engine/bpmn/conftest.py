"""Small models, and an engine around them that is played by hand.

Each play runs twice: once as it is, once saved and restored after every step. Both must be the same all the time.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from engine_telemetry.engine.bpmn.execution import Execution
from engine_telemetry.engine.bpmn.host import Thrown
from engine_telemetry.engine.bpmn.process_model import SERIALIZER_VERSION, ProcessModel, parse_models
from engine_telemetry.engine.bpmn.waits import Binding, Job, Subscription, UserTask, Wait
from engine_telemetry.engine.delegates import Delegates
from engine_telemetry.engine.scopes import Scopes, plain
from engine_telemetry.engine.variables import typed_variables

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
HEAD = (
    '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="http://test"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
)


def flows(text: str, conditions: Mapping[str, str]) -> str:
    """Sequence flows like ``a-b``, which is their id as well."""
    return "".join(
        f'<sequenceFlow id="{flow}" sourceRef="{flow.partition("-")[0]}" targetRef="{flow.partition("-")[2]}">'
        + (
            f'<conditionExpression xsi:type="tFormalExpression">{conditions[flow]}</conditionExpression>'
            if flow in conditions
            else ""
        )
        + "</sequenceFlow>"
        for flow in text.split()
    )


def make(
    *nodes: str, flow: str = "", top: str = "", attributes: str = "", conditions: Mapping[str, str] | None = None
) -> bytes:
    """A process ``p`` with a start and an end event, these nodes and flows."""
    return (
        f'{HEAD}<process id="p" isExecutable="true" {attributes}><startEvent id="start"/>{"".join(nodes)}'
        f'<endEvent id="end"/>{flows(flow, conditions or {})}</process>{top}</definitions>'
    ).encode()


class FakeHost:
    """The engine around one instance."""

    def __init__(self, delegates: Delegates, catches: frozenset[str]) -> None:
        self.now = NOON
        self.delegates = delegates
        self.definition_id = "p:1:x"
        self.business_key = "key"
        self.signals: list[tuple[str, dict[str, object]]] = []
        self.thrown: list[Thrown] = []
        self.decided: list[tuple[str, Binding]] = []
        self.results: list[dict[str, object]] = []
        self.catches = catches

    def escaped(self, thrown: Thrown) -> bool:
        self.thrown.append(thrown)
        return thrown.code in self.catches

    def signal(self, name: str, variables: Mapping[str, object]) -> None:
        self.signals.append((name, dict(variables)))

    def task(self, task_id: str) -> Mapping[str, Any]:
        return {"id": task_id, "assignee": "joe"}

    def decide(self, key: str, binding: Binding, _: Mapping[str, object]) -> list[dict[str, object]]:
        self.decided.append((key, binding))
        return self.results


class Side:
    """One of the two runs of a play."""

    def __init__(self, model: ProcessModel, host: FakeHost, variables: Mapping[str, object], start: str | None) -> None:
        self.model, self.host = model, host
        self.scopes = Scopes(str(uuid4()))
        for name, value in typed_variables(variables).items():
            self.scopes.put_local(self.scopes.instance_id, name, value)
        self.waits: dict[str, Wait] = {}
        self.happened: list[str] = []
        self.execution = Execution.start(model, host, self.scopes, start)
        self.settle()

    def settle(self) -> None:
        for wait_id in self.execution.closed:
            del self.waits[wait_id]
        self.waits |= self.execution.opened
        self.happened += [f"{event.kind} {event.activity_id}" for event in self.execution.journal]
        self.execution.settled()
        self.scopes.settled()

    def restore(self) -> None:
        state = self.execution.state()
        stored = {
            scope_id: dict(self.scopes.of(scope_id)) for scope_id in {one[0] for one in json.loads(state or "[]")}
        }
        stored[self.scopes.instance_id] = dict(self.scopes.of(self.scopes.instance_id))
        self.scopes = Scopes(self.scopes.instance_id, lambda: stored)
        self.execution = Execution.restore(self.model, state, SERIALIZER_VERSION, self.host, self.scopes)

    def find(self, activity: str, number: int) -> Wait:
        found = [wait for wait in self.waits.values() if wait.activity_id == activity]
        assert found, f"nothing waits at {activity!r}, only at {self.waiting}"
        return found[number]

    @property
    def waiting(self) -> list[str]:
        return sorted(wait.activity_id for wait in self.waits.values())


class Play:
    """A process instance."""

    def __init__(
        self,
        content: bytes,
        variables: Mapping[str, object],
        *,
        delegates: Delegates,
        start: str | None = None,
        catches: frozenset[str] = frozenset(),
        results: list[dict[str, object]] | None = None,
    ) -> None:
        [self.model] = parse_models("p.bpmn", content, delegates)
        hosts = [FakeHost(delegates, catches) for _ in range(2)]
        for host in hosts:
            host.results = results or []
        self.sides = [Side(self.model, host, variables, start) for host in hosts]
        self.host = hosts[0]
        self._compare()

    def _compare(self) -> None:
        plain_side, restored = self.sides
        assert plain_side.waiting == restored.waiting
        assert plain_side.happened == restored.happened
        assert plain_side.execution.ended == restored.execution.ended
        assert plain_side.execution.stopped == restored.execution.stopped
        if not restored.execution.stopped:
            restored.restore()

    def step(self, act: Callable[[Side], object]) -> None:
        for side in self.sides:
            act(side)
            side.settle()
        self._compare()

    def put(self, **variables: object) -> None:
        """Set variables from outside."""

        def act(side: Side) -> None:
            for name, value in typed_variables(variables).items():
                side.scopes.put_local(side.scopes.instance_id, name, value)
            side.execution.variables_changed()

        self.step(act)

    def complete(self, activity: str, number: int = 0, **variables: object) -> None:
        """Complete a task."""
        self.step(lambda side: self._do(side, activity, number, variables, Execution.complete))

    def fire(self, activity: str, number: int = 0, **variables: object) -> None:
        """A job or a subscribed event occurs."""
        self.step(lambda side: self._do(side, activity, number, variables, Execution.trigger))

    @staticmethod
    def _do(
        side: Side,
        activity: str,
        number: int,
        variables: Mapping[str, object],
        act: Callable[[Execution, str], bool],
    ) -> None:
        wait = side.find(activity, number)
        for name, value in typed_variables(variables).items():
            side.scopes.put(side.execution.scope_of(wait.id), name, value)
        assert act(side.execution, wait.id)

    def throw(self, activity: str, code: str, message: str | None = None) -> None:
        """A task ends with an error."""
        self.step(lambda side: side.execution.throw_error(side.find(activity, 0).id, code, message))

    def escalate(self, activity: str, code: str) -> None:
        """A task is escalated."""
        self.step(lambda side: side.execution.throw_escalation(side.find(activity, 0).id, code))

    def come_back(self, activity: str, **variables: object) -> None:
        """A process that was called ends."""
        self.step(lambda side: side.execution.returned(side.find(activity, 0).id, typed_variables(variables)))

    def later(self, **delta: float) -> None:
        """Time passes."""
        for side in self.sides:
            side.host.now += timedelta(**delta)

    def cancel(self) -> None:
        self.step(lambda side: side.execution.cancel())

    @property
    def waiting(self) -> list[str]:
        """Where it waits."""
        return self.sides[0].waiting

    @property
    def ended(self) -> bool:
        return self.sides[0].execution.ended

    @property
    def happened(self) -> list[str]:
        """The journal: ``started a``, ``ended a``, ``canceled a``."""
        return self.sides[0].happened

    @property
    def passed(self) -> list[str]:
        """The activities that have ended, in order."""
        return [one.removeprefix("ended ") for one in self.happened if one.startswith("ended ")]

    @property
    def variables(self) -> dict[str, object]:
        """The instance's own."""
        both = [
            {name: plain(value) for name, value in side.scopes.of(side.scopes.instance_id).items()}
            for side in self.sides
        ]
        assert both[0] == both[1]
        return both[0]

    def sees(self, activity: str, number: int = 0) -> dict[str, object]:
        """The variables that a wait state sees."""
        side = self.sides[0]
        chain = side.execution.scope_of(side.find(activity, number).id)
        return {name: plain(value) for name, value in side.scopes.visible(chain).items()}

    def task(self, activity: str, number: int = 0) -> UserTask:
        wait = self.sides[0].find(activity, number)
        assert isinstance(wait, UserTask)
        return wait

    def job(self, activity: str) -> Job:
        wait = self.sides[0].find(activity, 0)
        assert isinstance(wait, Job)
        return wait

    def subscription(self, activity: str) -> Subscription:
        wait = self.sides[0].find(activity, 0)
        assert isinstance(wait, Subscription)
        return wait

    def wait(self, activity: str) -> Any:
        return self.sides[0].find(activity, 0)

    @property
    def state(self) -> str:
        return self.sides[0].execution.state()


@pytest.fixture(scope="session")
def play() -> Callable[..., Play]:
    """Starts a process: ``play(nodes..., flow=..., variables)``."""

    def start(
        *nodes: str,
        flow: str = "start-a a-end",
        top: str = "",
        attributes: str = "",
        conditions: Mapping[str, str] | None = None,
        beans: Mapping[str, object] | None = None,
        scripts: Mapping[str, Any] | None = None,
        start_at: str | None = None,
        catches: frozenset[str] = frozenset(),
        results: list[dict[str, object]] | None = None,
        **variables: object,
    ) -> Play:
        content = make(*nodes, flow=flow, top=top, attributes=attributes, conditions=conditions)
        delegates = Delegates(beans or {}, scripts or {})
        return Play(content, variables, delegates=delegates, start=start_at, catches=catches, results=results)

    return start


@pytest.fixture
def play_file() -> Callable[..., Play]:
    """Starts the process of a file: ``play_file(path, variables)``."""

    def start(path: Path, **variables: object) -> Play:
        return Play(path.read_bytes(), variables, delegates=Delegates())

    return start
