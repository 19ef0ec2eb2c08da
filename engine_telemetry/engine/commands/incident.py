"""Commands for incidents."""

from dataclasses import dataclass

from engine_telemetry.engine.commands.operation_log import Affected, Change, log_operation
from engine_telemetry.engine.commands.query import Query
from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.persistence import incidents
from engine_telemetry.engine.runtime_entities import Incident
from engine_telemetry.exceptions import BadUserRequestException, NotFoundException


class IncidentQueryImpl(Query[Incident]):
    """Find incidents."""

    listing = incidents.INCIDENTS


@dataclass(frozen=True)
class ResolveIncidentCmd:
    """End an incident that a program made."""

    incident_id: str

    def __call__(self, context: CommandContext) -> None:
        """End it; one of a job or an external task ends when that goes on."""
        found = incidents.find_incident(context.connection, self.incident_id)
        if found is None:
            raise NotFoundException(f"Cannot find an incident with id '{self.incident_id}': incident is null")
        if found.kind in {incidents.FAILED_JOB, incidents.FAILED_EXTERNAL_TASK}:
            raise BadUserRequestException(
                f"Cannot resolve an incident of type {found.kind}; set the retries of what failed instead"
            )
        incidents.resolve_incident(context.connection, self.incident_id, context.clock())
        affected: Affected = {"instance_id": found.instance_id, "definition_id": found.definition_id}
        log_operation(context, "Resolve", "ProcessInstance", Change("incidentId", new=found.id), **affected)


@dataclass(frozen=True)
class GetIncidentDetailsCmd(ReadOnly):
    """Read how what is behind an incident failed."""

    incident_id: str

    def __call__(self, context: CommandContext) -> str | None:
        """The details of its last failure; ``None`` if there are none. The incident may be over."""
        found, details = incidents.read_details(context.connection, self.incident_id)
        if not found:
            raise NotFoundException(f"Cannot find an incident with id '{self.incident_id}': incident is null")
        return details


@dataclass(frozen=True)
class SetAnnotationForIncidentCmd:
    """Write something beside an incident."""

    incident_id: str
    annotation: str | None

    def __call__(self, context: CommandContext) -> None:
        """Replace what is there; without a text, remove it."""
        if not incidents.annotate(context.connection, self.incident_id, self.annotation):
            raise NotFoundException(f"Cannot find an incident with id '{self.incident_id}': incident is null")
