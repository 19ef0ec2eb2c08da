"""The statistics resources: how much goes on in process definitions and in their activities."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.runtime_entities import ActivityStatistics, DefinitionStatistics
from engine_telemetry.exceptions import NotFoundException
from webapps.rest.exchange import Request
from webapps.rest.process_definition import ProcessDefinitionDto, definition_id_of, no_definition, resources
from webapps.rest.resource import Operation, Resource
from webapps.rest.values import boolean, text


@dataclass(frozen=True, kw_only=True)
class IncidentStatisticsDto:
    """How many incidents of a kind there are."""

    incident_type: str
    incident_count: int


@dataclass(frozen=True, kw_only=True)
class ActivityStatisticsDto:
    """What goes on in an activity."""

    id: str
    instances: int
    failed_jobs: int
    incidents: tuple[IncidentStatisticsDto, ...]

    @classmethod
    def of(cls, found: ActivityStatistics) -> Self:
        """The view of an activity's statistics."""
        return cls(
            id=found.activity_id,
            instances=found.instances,
            failed_jobs=found.failed_jobs,
            incidents=_incidents(found.incidents),
        )


@dataclass(frozen=True, kw_only=True)
class ProcessDefinitionStatisticsDto:
    """What goes on in a process definition."""

    id: str
    instances: int
    failed_jobs: int
    incidents: tuple[IncidentStatisticsDto, ...]
    definition: ProcessDefinitionDto

    @classmethod
    def of(cls, found: DefinitionStatistics) -> Self:
        """The view of a definition's statistics."""
        return cls(
            id=found.definition.id,
            instances=found.instances,
            failed_jobs=found.failed_jobs,
            incidents=_incidents(found.incidents),
            definition=ProcessDefinitionDto.of(found.definition),
        )


def list_definitions(engine: ProcessEngine, _: Request) -> list[ProcessDefinitionStatisticsDto]:
    """What goes on in each process definition."""
    return [ProcessDefinitionStatisticsDto.of(found) for found in engine.management_service.definition_statistics()]


def list_activities(engine: ProcessEngine, request: Request) -> list[ActivityStatisticsDto]:
    """What goes on in each activity of a process definition where something does."""
    definition_id = definition_id_of(engine, request)
    try:
        found = engine.management_service.activity_statistics(definition_id)
    except NotFoundException as exc:
        raise no_definition(definition_id) from exc
    return [ActivityStatisticsDto.of(activity) for activity in found]


def _incidents(counts: Mapping[str, int]) -> tuple[IncidentStatisticsDto, ...]:
    return tuple(
        IncidentStatisticsDto(incident_type=kind, incident_count=count) for kind, count in sorted(counts.items())
    )


# Failed jobs and incidents are always counted.
_PARAMETERS = {"failedJobs": boolean, "incidents": boolean, "rootIncidents": boolean, "incidentsForType": text}
RESOURCES = (
    Resource("/process-definition/statistics", {"GET": Operation(list_definitions, parameters=_PARAMETERS)}),
    *resources("/statistics", {"GET": Operation(list_activities, parameters=_PARAMETERS)}),
)
