"""A part of the list of process instances, those that run and those that have ended alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from starlette.requests import Request

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import ProcessDefinition, ProcessInstance
from engine_telemetry.engine.history_entities import HistoricProcessInstance
from webapps.lists import Order, Part, order_of, part_of

_ORDERS = ("startTime", "businessKey", "definitionKey")
_MOST_INCIDENTS = 1000
_STATES = {
    "ACTIVE": "running",
    "SUSPENDED": "suspended",
    "COMPLETED": "completed",
    "EXTERNALLY_TERMINATED": "cancelled",
    "INTERNALLY_TERMINATED": "cancelled",
}


@dataclass(frozen=True)
class ListedInstance:
    """An instance in the list.

    Attributes:
        process: The name of its process, or the key.
        version: Of the process; ``None`` if that has been deleted.
        state: ``running``, ``suspended``, ``completed`` or ``cancelled``.
        troubled: Whether it has open incidents.
    """

    id: str
    business_key: str | None
    process: str
    version: int | None
    started: datetime | None
    ended: datetime | None
    state: str
    troubled: bool = False


@dataclass(frozen=True)
class ListedInstances:
    """A part of the instances that were asked for.

    Attributes:
        runs: Whether all of them run.
    """

    instances: list[ListedInstance]
    part: Part
    order: Order
    runs: bool


def list_of_instances(engine: ProcessEngine, request: Request, criteria: Mapping[str, Any]) -> ListedInstances:
    """The part and the order of the running instances that a request asks for."""
    part = part_of(request, engine.runtime_service.count_process_instances(**criteria))
    order = order_of(request, _ORDERS, ("startTime", "desc"))
    return ListedInstances(find_running(engine, {**criteria, **_asked(part, order)}), part, order, runs=True)


def list_of_past(engine: ProcessEngine, request: Request, criteria: Mapping[str, Any]) -> ListedInstances:
    """The part and the order of the instances that a request asks for, from the history."""
    part = part_of(request, engine.history_service.count_process_instances(**criteria))
    newest = "endTime" if criteria.get("finished") else "startTime"
    order = order_of(request, (*_ORDERS, "endTime"), (newest, "desc"))
    found = engine.history_service.process_instances(**{**criteria, **_asked(part, order)})
    troubled = _troubled(engine, [one.id for one in found if one.end_time is None])
    return ListedInstances([_past(one, troubled=one.id in troubled) for one in found], part, order, runs=False)


def find_running(engine: ProcessEngine, asked: Mapping[str, Any]) -> list[ListedInstance]:
    """Running instances with what is told of each."""
    found = engine.runtime_service.process_instances(**asked)
    definitions = definitions_of(engine, {one.definition_id for one in found})
    troubled = _troubled(engine, [one.id for one in found])
    return [_running(one, definitions.get(one.definition_id), troubled=one.id in troubled) for one in found]


def definitions_of(engine: ProcessEngine, ids: set[str]) -> dict[str, ProcessDefinition]:
    """Process definitions by their ids."""
    found = engine.repository_service.process_definitions(definition_ids=ids) if ids else []
    return {definition.id: definition for definition in found}


def _asked(part: Part, order: Order) -> dict[str, Any]:
    direction: Literal["asc", "desc"] = order.direction
    return {"sort_by": order.by, "sort_order": direction, "first_result": part.first, "max_results": part.size}


def _troubled(engine: ProcessEngine, ids: list[str]) -> set[str | None]:
    found = engine.runtime_service.incidents(instance_ids=ids, max_results=_MOST_INCIDENTS) if ids else []
    return {incident.instance_id for incident in found}


def _running(one: ProcessInstance, definition: ProcessDefinition | None, *, troubled: bool) -> ListedInstance:
    return ListedInstance(
        one.id,
        one.business_key,
        (definition.name if definition else None) or one.definition_key,
        definition.version if definition else None,
        one.start_time,
        None,
        "suspended" if one.suspended else "running",
        troubled,
    )


def _past(one: HistoricProcessInstance, *, troubled: bool) -> ListedInstance:
    return ListedInstance(
        one.id,
        one.business_key,
        one.definition_name or one.definition_key,
        one.definition_version,
        one.start_time,
        one.end_time,
        _STATES.get(one.state, one.state),
        troubled,
    )
