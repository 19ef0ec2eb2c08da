"""Finds who catches an error or an escalation: outwards from where it is thrown, the innermost one first."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from SpiffWorkflow.task import Task

from engine_telemetry.engine.bpmn.tree import ancestry, is_body, is_instance


@dataclass(frozen=True)
class Handler:
    """A boundary event, or the start event of an event sub process.

    Attributes:
        node: The event.
        host: The activity that the boundary event is attached to, or the scope that the event sub process stands in.
    """

    node: Any
    host: Task


def find_handler(token: Task, kind: str, code: str | None) -> Handler | None:
    """Who catches what is thrown from a token.

    An event with the very code goes before one without a code, which catches everything.

    Args:
        token: Where it is thrown.
        kind: ``error`` or ``escalation``.
        code: What is thrown.
    """
    for host, nodes in _candidates(token):
        fitting = [one for one in nodes if one.event.kind == kind and one.event.code in {None, "", code}]
        if fitting:
            return Handler(max(fitting, key=lambda one: bool(one.event.code)), host)
    return None


def _candidates(token: Task) -> Iterator[tuple[Task, list[Any]]]:
    inner = None
    for at in ancestry(token):
        if at is not token and not is_body(at):
            yield at, [start for start in at.task_spec.event_starts if start.sub_process is not inner]
        if not is_instance(at):
            yield at, at.task_spec.boundaries
        inner = at.task_spec
