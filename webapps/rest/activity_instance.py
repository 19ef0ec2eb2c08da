"""The tree of what goes on in a process instance, as JSON."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from engine_telemetry.engine.bpmn.journal import ActivityInstance
from engine_telemetry.engine.entities import ProcessInstance
from engine_telemetry.engine.runtime_entities import Incident


@dataclass(frozen=True, kw_only=True)
class ActivityInstanceIncidentDto:
    """An incident in an activity."""

    id: str
    activity_id: str | None


@dataclass(frozen=True, kw_only=True)
class TransitionInstanceDto:
    """An activity that waits for the job executor to begin it or to leave it."""

    id: str
    parent_activity_instance_id: str | None
    activity_id: str
    activity_name: str | None
    activity_type: str
    process_instance_id: str
    process_definition_id: str
    execution_id: str
    target_activity_id: str
    incident_ids: tuple[str, ...]
    incidents: tuple[ActivityInstanceIncidentDto, ...]

    @classmethod
    def of(cls, found: ActivityInstance, instance: ProcessInstance, incidents: Iterable[Incident]) -> Self:
        """The view of an activity that waits so."""
        own = _of_activity(found, incidents)
        return cls(
            id=found.id,
            parent_activity_instance_id=found.parent_id,
            activity_id=found.activity_id,
            activity_name=found.activity_name,
            activity_type=found.activity_type,
            process_instance_id=instance.id,
            process_definition_id=instance.definition_id,
            execution_id=instance.id,
            target_activity_id=found.activity_id,
            incident_ids=tuple(incident.id for incident in own),
            incidents=own,
        )


@dataclass(frozen=True, kw_only=True)
class ActivityInstanceDto:
    """Something that goes on, with what goes on in it."""

    id: str
    parent_activity_instance_id: str | None
    activity_id: str
    activity_type: str
    activity_name: str | None
    name: str | None
    process_instance_id: str
    process_definition_id: str
    child_activity_instances: tuple["ActivityInstanceDto", ...]
    child_transition_instances: tuple[TransitionInstanceDto, ...]
    execution_ids: tuple[str, ...]
    incident_ids: tuple[str, ...]
    incidents: tuple[ActivityInstanceIncidentDto, ...]

    @classmethod
    def of(cls, found: ActivityInstance, instance: ProcessInstance, incidents: Iterable[Incident]) -> Self:
        """The view of an activity instance; the whole instance's is ``processDefinition``."""
        own = _of_activity(found, incidents)
        is_root = found.parent_id is None
        return cls(
            id=found.id,
            parent_activity_instance_id=found.parent_id,
            activity_id=instance.definition_id if is_root else found.activity_id,
            activity_type="processDefinition" if is_root else found.activity_type,
            activity_name=found.activity_name,
            name=found.activity_name,
            process_instance_id=instance.id,
            process_definition_id=instance.definition_id,
            child_activity_instances=tuple(cls.of(child, instance, incidents) for child in found.children),
            child_transition_instances=tuple(
                TransitionInstanceDto.of(child, instance, incidents) for child in found.transitions
            ),
            execution_ids=(instance.id,),
            incident_ids=tuple(incident.id for incident in own),
            incidents=own,
        )


def _of_activity(found: ActivityInstance, incidents: Iterable[Incident]) -> tuple[ActivityInstanceIncidentDto, ...]:
    return tuple(
        ActivityInstanceIncidentDto(id=incident.id, activity_id=incident.activity_id)
        for incident in incidents
        if found.id == incident.configuration
    )
