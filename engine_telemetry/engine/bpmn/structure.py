"""Checks that a process is wired as this engine can execute it."""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from lxml import etree

from engine_telemetry.engine.bpmn.allowed import FLOW_NODES
from engine_telemetry.engine.bpmn.document import BPMN, element_id, line_of
from engine_telemetry.exceptions import Problem


class _Flow:
    """The nodes of a process and what leads where."""

    def __init__(self, process: etree._Element) -> None:
        self.process = process
        self.nodes = {node.get("id", ""): node for node in flow_nodes(process)}
        self.flows = list(process.iterchildren(f"{BPMN}sequenceFlow"))
        self.targets: dict[str, list[str]] = {name: [] for name in self.nodes}
        for flow in self.flows:
            if {flow.get("sourceRef"), flow.get("targetRef")} <= self.nodes.keys():
                self.targets[flow.get("sourceRef", "")].append(flow.get("targetRef", ""))


def flow_nodes(process: etree._Element) -> list[etree._Element]:
    """Events, tasks and gateways, in the order of the file."""
    return list(process.iterchildren(*(BPMN + name for name in sorted(FLOW_NODES))))


def find_broken_wiring(process: etree._Element) -> list[Problem]:
    """What is wrong with the flow of a process whose elements are all allowed."""
    flow = _Flow(process)
    return [
        *_id_problems(process),
        *_start_problems(flow),
        *_flow_problems(flow),
        *_outgoing_problems(flow),
        *_endless_problems(flow),
    ]


def _problem(element: etree._Element, message: str) -> Problem:
    return Problem(message, element_id(element), line_of(element))


def _id_problems(process: etree._Element) -> Iterator[Problem]:
    for element in (process, *flow_nodes(process)):
        if not element.get("id"):
            yield _problem(element, f"Element {etree.QName(element).localname!r} has no id")


def _start_problems(flow: _Flow) -> Iterator[Problem]:
    starts = [node for node in flow.nodes.values() if node.tag == f"{BPMN}startEvent"]
    if not starts:
        yield _problem(flow.process, "The process has no start event")
    for start in starts[1:]:
        yield _problem(start, "Multiple none start events are not supported")


def _flow_problems(flow: _Flow) -> Iterator[Problem]:
    for one in flow.flows:
        for end in ("sourceRef", "targetRef"):
            node = flow.nodes.get(one.get(end, ""))
            if node is None:
                yield _problem(one, f"{end} {one.get(end)!r} is no event, task or gateway of this process")
            elif (end, node.tag) in {("sourceRef", f"{BPMN}endEvent"), ("targetRef", f"{BPMN}startEvent")}:
                yield _problem(one, f"A sequence flow cannot have {one.get(end)!r} as its {end}")


def _outgoing_problems(flow: _Flow) -> Iterator[Problem]:
    for name, node in flow.nodes.items():
        count = len(flow.targets[name])
        if node.tag == f"{BPMN}endEvent":
            continue
        if count == 0:
            yield _problem(node, "No sequence flow leads on from here; add one, to an end event if the path ends here")
        elif count > 1 and node.tag != f"{BPMN}parallelGateway":
            yield _problem(node, f"{count} sequence flows lead on from here; use a parallel gateway to fork")


def _endless_problems(flow: _Flow) -> Iterator[Problem]:
    """Gateways that lead to themselves without a task between them would never come to rest."""
    gateways = {name for name, node in flow.nodes.items() if node.tag == f"{BPMN}parallelGateway"}
    try:
        TopologicalSorter({name: gateways.intersection(flow.targets[name]) for name in gateways}).prepare()
    except CycleError as exc:
        name = next(name for name in flow.nodes if name in exc.args[1])
        yield _problem(flow.nodes[name], "The flow leads back to this gateway without a task on its way")
