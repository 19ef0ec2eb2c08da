"""Why a process instance does not go on, in one sentence."""

from dataclasses import dataclass

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.history_entities import HistoricProcessInstance
from engine_telemetry.engine.runtime_entities import Incident, Job
from webapps.cockpit.activity_tree import Node
from webapps.cockpit.standing import Standing
from webapps.cockpit.waiting_words import Link, Pieces, found_instance, named, said_by, short, tab_of, waiting

_MOST = 3  # things that are named
_STATES = {
    "COMPLETED": "Completed",
    "EXTERNALLY_TERMINATED": "Cancelled",
    "INTERNALLY_TERMINATED": "Ended by its process",
}


@dataclass(frozen=True)
class Why:
    """The sentence.

    Attributes:
        kind: Of the message, as templates have it: alert, warn, info or status.
        pieces: Texts, links and moments, one after the other.
        items: What follows as a list, each as pieces.
    """

    kind: str
    pieces: Pieces
    items: tuple[Pieces, ...] = ()


def why_of(engine: ProcessEngine, instance: HistoricProcessInstance, standing: Standing) -> Why:
    """Why an instance does not go on; of one that has ended, how it did."""
    if instance.end_time is not None:
        return _ended(instance, standing)
    if instance.state == "SUSPENDED":
        stuck = (_stuck(engine, instance, standing),) if standing.incidents else ()
        return Why("warn", _suspended(engine, instance), stuck)
    if standing.incidents:
        return Why("alert", _stuck(engine, instance, standing))
    failed = [job for job in standing.waits.jobs if job.error_message]
    if failed:
        return Why("warn", _tried_again(failed[0], instance, standing))
    return _going_on(engine, instance, standing)


def _going_on(engine: ProcessEngine, instance: HistoricProcessInstance, standing: Standing) -> Why:
    """What waits: the first few, and how many others there are."""
    leaves = _ordered(engine, instance, standing.leaves)
    if not leaves:
        return Why("info", ("Nothing waits in it at this moment.",))
    shown = [waiting(engine, node, instance.id, standing) for node in leaves[:_MOST]]
    if len(leaves) == 1:
        return Why("info", (f"Waits {shown[0].lead} ", *shown[0].pieces, "."))
    others = len(leaves) - len(shown)
    more: tuple[Pieces, ...] = ((f"and {others} more",),) if others else ()
    return Why("info", (f"Waits for {len(leaves)} things:",), (*(one.pieces for one in shown), *more))


def _ordered(engine: ProcessEngine, instance: HistoricProcessInstance, leaves: list[Node]) -> list[Node]:
    """What was stuck before comes first: it is what people want to see after a retry."""
    if len(leaves) <= 1:
        return leaves
    resolved = engine.history_service.incidents(
        instance_id=instance.id, state="resolved", sort_by="createTime", sort_order="desc", max_results=_MOST
    )
    stuck = {incident.activity_id for incident in resolved}
    return sorted(leaves, key=lambda node: node.activity_id not in stuck)


def _ended(instance: HistoricProcessInstance, standing: Standing) -> Why:
    end: Pieces = (f" at {standing.name(instance.end_activity_id)}",) if instance.end_activity_id else ()
    reason = f": {short(instance.delete_reason)}" if instance.delete_reason else ""
    kind = "status" if instance.state == "COMPLETED" else "warn"
    return Why(kind, (_STATES.get(instance.state, instance.state), *end, ", ", instance.end_time or "", reason))


def _suspended(engine: ProcessEngine, instance: HistoricProcessInstance) -> Pieces:
    found = engine.history_service.operations(
        instance_id=instance.id,
        entity_type="ProcessInstance",
        property="suspensionState",
        sort_by="timestamp",
        sort_order="desc",
        max_results=1,
    )
    suspended = found and found[0].operation == "Suspend"  # else it was suspended with its process, or by a program
    by: Pieces = (f" by {found[0].user_id} since ", found[0].time) if suspended else ()
    return ("Suspended", *by, ": nothing goes on in it until somebody activates it.")


def _stuck(engine: ProcessEngine, instance: HistoricProcessInstance, standing: Standing) -> Pieces:
    first = min(standing.incidents, key=lambda incident: (incident.cause_incident_id != incident.id, incident.time))
    place = Link(standing.name(first.activity_id), f"/cockpit/incident/{first.id}")
    number = len(standing.incidents) - 1
    others = Link(f"{number} more", tab_of(instance.id, "incidents"))
    more: Pieces = (" (and ", others, ")") if number else ()
    return ("Stuck: ", *_failed(engine, first, place), said_by(first.kind, first.message), *more)


def _failed(engine: ProcessEngine, first: Incident, place: Link) -> Pieces:
    if first.cause_incident_id != first.id:
        causes = engine.runtime_service.incidents(incident_id=first.root_cause_incident_id)
        if causes and causes[0].instance_id:
            called = causes[0].instance_id
            name = Link(named(found_instance(engine, called)), f"/cockpit/instance/{called}")
            return (place, " called ", name, ", which failed and is not tried again by itself.")
    if first.kind in {"failedJob", "failedExternalTask"}:
        return (place, " failed and is not tried again by itself.")
    return (place, f" needs help ({first.kind}).")


def _tried_again(job: Job, instance: HistoricProcessInstance, standing: Standing) -> Pieces:
    when: Pieces = ("from ", job.due) if job.due else ("soon",)
    place = Link(standing.name(job.failed_activity_id or job.activity_id), tab_of(instance.id, "jobs"))
    return (place, " failed and is tried again ", *when, ".", said_by("failedJob", job.error_message))
