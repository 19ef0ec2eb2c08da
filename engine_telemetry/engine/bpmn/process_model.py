"""A process that can be executed: made from a checked document, kept in memory."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice

from lxml import etree
from SpiffWorkflow.bpmn.specs import BpmnProcessSpec

from engine_telemetry.engine.bpmn.allowed import executable_processes, find_forbidden
from engine_telemetry.engine.bpmn.builder import build, flow_nodes
from engine_telemetry.engine.bpmn.document import BPMN, CAMUNDA, MAX_PROBLEMS, read_document, read_xml
from engine_telemetry.engine.bpmn.elements import read_event
from engine_telemetry.engine.bpmn.event_definitions import MessageEvent, TimerEvent
from engine_telemetry.engine.bpmn.nodes import NODE, Node
from engine_telemetry.engine.bpmn.structure import find_broken_wiring
from engine_telemetry.engine.bpmn.sub_processes import Process
from engine_telemetry.engine.bpmn.timers import parse_cycle
from engine_telemetry.engine.delegates import Delegates
from engine_telemetry.engine.expressions import evaluate
from engine_telemetry.exceptions import ModelExecutionException, ParseException, Problem, ProcessEngineException

# The form of what ``Execution.state`` writes.
SERIALIZER_VERSION = "2"

MAX_PROCESSES = 100
_NO_DELEGATES = Delegates()


@dataclass(frozen=True)
class StartEvent:
    """How a process can be started.

    Attributes:
        kind: ``none``, ``message``, ``signal`` or ``timer``.
        event_name: Of the message or signal.
        initiator: The variable for who starts it.
    """

    activity_id: str
    kind: str
    event_name: str | None = None
    timer: TimerEvent | None = None
    initiator: str | None = None

    def first_due(self, now: datetime) -> tuple[datetime, str | None]:
        """When a timer start is due first, and its cycle if there will be a next time.

        Raises:
            ModelExecutionException: What the model says is no time.
        """
        if self.timer is None:
            raise ProcessEngineException(f"{self.activity_id!r} is no timer start event")
        return self.timer.first(evaluate(self.timer.text, {}, now=now), now)


def next_due(cycle: str, start: datetime, now: datetime) -> datetime | None:
    """When a cycle that began then is due next; ``None`` if it is over."""
    return parse_cycle(cycle).due(start, now)


@dataclass(frozen=True)
class ProcessModel:
    """A process that can be executed. Shared by all its instances and threads: nothing of it is changed.

    Attributes:
        key: The id of the process.
        history_time_to_live: What the model says of it, as in ``P180D`` or ``45``.
        startable: Whether people may start it in Tasklist: without an event, and the model does not forbid it.
        start_events: All of them; a plain one first.
        makes_jobs: Whether it has timers or asynchronous continuations.
    """

    key: str
    name: str | None
    version_tag: str | None
    history_time_to_live: str | None
    startable: bool
    start_events: tuple[StartEvent, ...]
    makes_jobs: bool
    spec: BpmnProcessSpec
    root: Process

    def node(self, activity_id: str) -> Node:
        """An element.

        Raises:
            ProcessEngineException: There is none of this id.
        """
        found = self.spec.task_specs.get(NODE + activity_id)
        if not isinstance(found, Node):
            raise ProcessEngineException(f"The process {self.key!r} has no element {activity_id!r}")
        return found

    def start_event(self, activity_id: str | None = None) -> StartEvent:
        """A start event; without an id, the plain one.

        Raises:
            ModelExecutionException: There is none.
        """
        for one in self.start_events:
            if activity_id in {None if one.kind == "none" else one.activity_id, one.activity_id}:
                return one
        raise ModelExecutionException(
            f"The process {self.key!r} has no start event {activity_id!r}"
            if activity_id
            else f"The process {self.key!r} has no default start activity (e.g. none start event): an event starts it"
        )

    @property
    def activities(self) -> Mapping[str, tuple[str | None, str, str | None, str | None]]:
        """Name and Camunda's type of each element that tokens come to, the process and the decision it calls, by id."""
        nodes = (one for one in self.spec.task_specs.values() if isinstance(one, Node) and one is not self.root)
        called = ("calledElement", "decisionRef")
        return {
            one.bpmn_id: (one.bpmn_name, one.activity_type, *(one.settings.get(name) for name in called))
            for one in nodes
        }


def parse_models(resource: str, content: bytes, delegates: Delegates = _NO_DELEGATES) -> list[ProcessModel]:
    """The executable processes of a BPMN file.

    Raises:
        ParseException: There is none, or the file has something that this engine does not execute.
    """
    root = read_document(resource, content)
    processes = executable_processes(root)
    problems = list(islice(find_forbidden(root, delegates), MAX_PROBLEMS))
    if not problems:
        wiring = chain.from_iterable(find_broken_wiring(process) for process in processes)
        problems = list(islice(wiring, MAX_PROBLEMS))
    if len(processes) > MAX_PROCESSES:
        problems.append(Problem(f"The file has {len(processes)} processes; at most {MAX_PROCESSES} can be deployed"))
    if not processes:
        problems.append(Problem("The file has no executable process; set isExecutable to 'true'"))
    if problems:
        in_order = sorted(problems, key=lambda problem: problem.line)
        raise ParseException(resource, tuple(in_order))
    return [_to_model(process) for process in processes]


def read_model(resource: str, content: bytes, key: str) -> ProcessModel:
    """A process of a file that was checked when it was deployed.

    Raises:
        ParseException: It is not in the file.
    """
    for process in executable_processes(read_xml(resource, content)):
        if process.get("id") == key:
            return _to_model(process)
    raise ParseException(resource, (Problem(f"There is no executable process {key!r} in the file"),))


def require_version(what: str, version: str) -> None:
    """Refuse what was stored in a form that this release cannot read."""
    if version != SERIALIZER_VERSION:
        raise ProcessEngineException(
            f"{what} was stored in the form {version!r}, and this release reads {SERIALIZER_VERSION!r}: go on with the"
            " release that stored it, or start new instances"
        )


def _to_model(process: etree._Element) -> ProcessModel:
    spec, root = build(process)
    starts = sorted(
        (_start_event(one) for one in flow_nodes(process) if one.tag == f"{BPMN}startEvent"),
        key=lambda start: start.kind != "none",
    )
    return ProcessModel(
        key=process.get("id", ""),
        name=process.get("name"),
        version_tag=process.get(f"{CAMUNDA}versionTag"),
        history_time_to_live=process.get(f"{CAMUNDA}historyTimeToLive"),
        startable=starts[:1] != []
        and starts[0].kind == "none"
        and process.get(f"{CAMUNDA}isStartableInTasklist") != "false",
        start_events=tuple(starts),
        makes_jobs=_makes_jobs(process),
        spec=spec,
        root=root,
    )


_ASYNC = frozenset({"async", "asyncBefore", "asyncAfter"})


def _makes_jobs(process: etree._Element) -> bool:
    if next(process.iter(f"{BPMN}timerEventDefinition"), None) is not None:
        return True
    attributes = (pair for element in process.iter() for pair in element.attrib.items())
    return any(str(name).rpartition("}")[2] in _ASYNC and value == "true" for name, value in attributes)


def _start_event(one: etree._Element) -> StartEvent:
    event = read_event(one)
    name = event.name if isinstance(event, MessageEvent) else None
    return StartEvent(
        one.get("id", ""),
        "none" if event is None else event.kind,
        name,
        event if isinstance(event, TimerEvent) else None,
        one.get(f"{CAMUNDA}initiator"),
    )
