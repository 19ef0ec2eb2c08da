"""A process that can be executed: made from a checked document, kept as JSON, cached in memory."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.serializer.config import DEFAULT_CONFIG
from SpiffWorkflow.bpmn.serializer.default.task_spec import (
    BpmnTaskSpecConverter,
    EventConverter,
    ParallelGatewayConverter,
)
from SpiffWorkflow.bpmn.serializer.helpers import DefaultRegistry
from SpiffWorkflow.bpmn.serializer.workflow import VERSION, BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.specs import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.event_definitions import NoneEventDefinition
from SpiffWorkflow.specs.base import TaskSpec

from engine_telemetry.engine.bpmn.allowed import CAMUNDA, executable_processes, find_forbidden
from engine_telemetry.engine.bpmn.document import BPMN, read_document
from engine_telemetry.engine.bpmn.structure import find_broken_wiring, flow_nodes
from engine_telemetry.engine.bpmn.task_specs import ExternalTask, PersonTask, PlainEnd, PlainStart, TokenGateway
from engine_telemetry.exceptions import ParseException, Problem, ProcessEngineException

# SpiffWorkflow's form of specs and states, and ours of what we store around it.
SERIALIZER_VERSION = f"{VERSION}-1"

MAX_PROBLEMS = 100

# Before the id of each node, as the spec's name: SpiffWorkflow has nodes of its own, called "Start" and "End".
_NODE = "node:"


@dataclass(frozen=True)
class ProcessModel:
    """A process that can be executed.

    Attributes:
        key: The id of the process.
        spec: SpiffWorkflow's form of it. Shared by all its instances and threads, so it must not be changed.
    """

    key: str
    name: str | None
    version_tag: str | None
    spec: BpmnProcessSpec

    def spec_json(self) -> str:
        """The spec as text, to be read by ``from_json`` of the same ``SERIALIZER_VERSION``."""
        return json.dumps(_registry().convert(self.spec), separators=(",", ":"))

    @classmethod
    def from_json(cls, key: str, spec_json: str, serializer_version: str) -> "ProcessModel":
        """The model of a stored definition, without name and tag, which nothing needs to execute it.

        Raises:
            ProcessEngineException: It was stored in another version's form.
        """
        require_version(f"The process definition {key!r}", serializer_version)
        return cls(key, None, None, _registry().restore(json.loads(spec_json)))


def parse_models(resource: str, content: bytes) -> list[ProcessModel]:
    """The executable processes of a BPMN file.

    Raises:
        ParseException: There is none, or the file has something that this engine does not execute.
    """
    root = read_document(resource, content)
    processes = executable_processes(root)
    problems = find_forbidden(root)
    if not problems:
        problems = [problem for process in processes for problem in find_broken_wiring(process)]
    if not processes:
        problems.append(Problem("The file has no executable process; set isExecutable to 'true'"))
    if problems:
        in_order = sorted(problems, key=lambda problem: problem.line)
        raise ParseException(resource, tuple(in_order[:MAX_PROBLEMS]))
    return [_to_model(process) for process in processes]


def activity_id(spec_name: str) -> str:
    """The id in the model of a node, by the name of its spec."""
    return spec_name.removeprefix(_NODE)


def require_version(what: str, version: str) -> None:
    """Refuse what was stored in a form that this release cannot read."""
    if version != SERIALIZER_VERSION:
        raise ProcessEngineException(
            f"{what} was stored in the form {version!r}, and this release reads {SERIALIZER_VERSION!r}: go on with the"
            " release that stored it, or deploy the model again and start new instances"
        )


def _to_model(process: etree._Element) -> ProcessModel:
    """Build the spec. SpiffWorkflow's own parser recurses along the flow: a long process overflows its stack."""
    key = process.get("id", "")
    spec = BpmnProcessSpec(name=key)
    nodes = {node.get("id"): _to_spec(spec, node) for node in flow_nodes(process)}
    for flow in process.iterchildren(f"{BPMN}sequenceFlow"):
        nodes[flow.get("sourceRef")].connect(nodes[flow.get("targetRef")])
    return ProcessModel(key, process.get("name"), process.get(f"{CAMUNDA}versionTag"), spec)


def _to_spec(spec: BpmnProcessSpec, node: etree._Element) -> TaskSpec:
    kind = _KINDS[str(node.tag)]
    event = {"event_definition": NoneEventDefinition()} if kind in {PlainStart, PlainEnd} else {}
    task_spec = kind(spec, _NODE + node.get("id", ""), bpmn_name=node.get("name"), **event)
    task_spec.extensions = {
        str(name).removeprefix(CAMUNDA): str(value)
        for name, value in node.attrib.items()
        if str(name).startswith(CAMUNDA)
    }
    if kind is PlainStart:
        spec.start.connect(task_spec)
    elif kind is PlainEnd:
        task_spec.connect(spec.end)
    return task_spec


_KINDS: Mapping[str, Any] = {
    f"{BPMN}startEvent": PlainStart,
    f"{BPMN}endEvent": PlainEnd,
    f"{BPMN}userTask": PersonTask,
    f"{BPMN}serviceTask": ExternalTask,
    f"{BPMN}parallelGateway": TokenGateway,
}


@cache
def _registry() -> DefaultRegistry:
    own = {
        PlainStart: EventConverter,
        PlainEnd: EventConverter,
        PersonTask: BpmnTaskSpecConverter,
        ExternalTask: BpmnTaskSpecConverter,
        TokenGateway: ParallelGatewayConverter,
    }
    return BpmnWorkflowSerializer.configure(DEFAULT_CONFIG | own)
