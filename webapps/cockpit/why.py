"""Why a process instance does not go on, in one sentence."""

from dataclasses import dataclass
from datetime import UTC, datetime

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import ExternalTask, IdentityLink, Task
from engine_telemetry.engine.history_entities import HistoricProcessInstance
from engine_telemetry.engine.runtime_entities import EventSubscription, Incident, Job
from webapps.cockpit.activity_tree import Node
from webapps.cockpit.standing import Standing

_LONGEST = 200  # characters of a message of others
_STATES = {
    "COMPLETED": "Completed",
    "EXTERNALLY_TERMINATED": "Cancelled",
    "INTERNALLY_TERMINATED": "Ended by its process",
}


@dataclass(frozen=True)
class Link:
    """A part of the sentence that leads on.

    Attributes:
        path: Below where the web apps are mounted.
    """

    text: str
    path: str


Piece = str | Link | datetime


@dataclass(frozen=True)
class Why:
    """The sentence.

    Attributes:
        kind: Of the message, as templates have it: alert, warn, info or status.
        pieces: Texts, links and moments, one after the other.
    """

    kind: str
    pieces: tuple[Piece, ...]


def why_of(engine: ProcessEngine, instance: HistoricProcessInstance, standing: Standing) -> Why:
    """Why an instance does not go on; of one that has ended, how it did."""
    if instance.end_time is not None:
        return _ended(instance, standing)
    if instance.state == "SUSPENDED":
        return Why("warn", _suspended(engine, instance))
    if standing.incidents:
        return Why("alert", _stuck(engine, instance, standing))
    failed = [job for job in standing.waits.jobs if job.error_message]
    if failed:
        return Why("warn", _tried_again(failed[0], instance, standing))
    return Why("info", _going_on(engine, instance, standing))


def _going_on(engine: ProcessEngine, instance: HistoricProcessInstance, standing: Standing) -> tuple[Piece, ...]:
    """What waits longest, and how much else there is."""
    leaves = standing.leaves
    if not leaves:
        return ("Nothing waits in it at this moment.",)
    number = len(leaves) - 1
    more = f" {number} more {'activity goes' if number == 1 else 'activities go'} on." if number else ""
    return (*_waits(engine, leaves[0], instance, standing), ".", more)


def _ended(instance: HistoricProcessInstance, standing: Standing) -> Why:
    end: tuple[Piece, ...] = (f" at {standing.name(instance.end_activity_id)}",) if instance.end_activity_id else ()
    reason = f": {_short(instance.delete_reason)}" if instance.delete_reason else ""
    kind = "status" if instance.state == "COMPLETED" else "warn"
    return Why(kind, (_STATES.get(instance.state, instance.state), *end, ", ", instance.end_time or "", reason))


def _suspended(engine: ProcessEngine, instance: HistoricProcessInstance) -> tuple[Piece, ...]:
    found = engine.history_service.operations(
        instance_id=instance.id,
        entity_type="ProcessInstance",
        property="suspensionState",
        sort_by="timestamp",
        sort_order="desc",
        max_results=1,
    )
    suspended = found and found[0].operation == "Suspend"  # else it was suspended with its process, or by a program
    by: tuple[Piece, ...] = (f" by {found[0].user_id} since ", found[0].time) if suspended else ()
    return ("Suspended", *by, ": nothing goes on in it until somebody activates it.")


def _stuck(engine: ProcessEngine, instance: HistoricProcessInstance, standing: Standing) -> tuple[Piece, ...]:
    first = min(standing.incidents, key=lambda incident: (incident.cause_incident_id != incident.id, incident.time))
    said = f": {_short(first.message)}" if first.message else "."
    place = Link(standing.name(first.activity_id), f"/cockpit/incident/{first.id}")
    number = len(standing.incidents) - 1
    others = Link(f"{number} more", _tab(instance, "incidents"))
    more: tuple[Piece, ...] = (" (and ", others, ")") if number else ()
    return ("Stuck: ", *_failed(engine, first, place), said, *more)


def _failed(engine: ProcessEngine, first: Incident, place: Link) -> tuple[Piece, ...]:
    if first.cause_incident_id != first.id:
        causes = engine.runtime_service.incidents(incident_id=first.root_cause_incident_id)
        if causes and causes[0].instance_id:
            return (
                place,
                " called ",
                Link("an instance", f"/cockpit/instance/{causes[0].instance_id}"),
                " that failed",
            )
    if first.kind in {"failedJob", "failedExternalTask"}:
        return (place, " failed, and is not tried again")
    return (place, f" has an incident ({first.kind})")


def _tried_again(job: Job, instance: HistoricProcessInstance, standing: Standing) -> tuple[Piece, ...]:
    when: tuple[Piece, ...] = ("from ", job.due) if job.due else ("soon",)
    place = Link(standing.name(job.failed_activity_id or job.activity_id), _tab(instance, "jobs"))
    return (place, " failed, and is tried again ", *when, f": {_short(job.error_message or '')}")


def _waits(
    engine: ProcessEngine, node: Node, instance: HistoricProcessInstance, standing: Standing
) -> tuple[Piece, ...]:
    waits = standing.waits
    for task in waits.tasks:
        if task.id == node.id:
            return _for_a_person(engine, task)
    for external in waits.external_tasks:
        if external.id == node.id:
            return _for_a_worker(external, node, instance)
    if node.called:
        return ("Waits for ", Link("the instance", f"/cockpit/instance/{node.called}"), f" that {node.name} called")
    events = [event for event in waits.events if event.id == node.id]
    jobs = [job for job in waits.jobs if job.id == node.id]
    if node.kind == "event based gateway":
        events = [event for event in waits.events if event.activity_id not in standing.boundaries]
        jobs = [job for job in waits.jobs if job.activity_id not in standing.boundaries]
    choices = [*(_for_an_event(event, instance) for event in events), *(_for_a_job(job, instance) for job in jobs)]
    if not choices:
        return (f"{node.name} goes on since ", node.since)
    first, *others = choices
    return ("Waits ", *first, *(piece for other in others for piece in (", or ", *other)), f", at {node.name}")


def _for_a_person(engine: ProcessEngine, task: Task) -> tuple[Piece, ...]:
    name = Link(task.name or task.task_definition_key, f"/tasklist/task/{task.id}")
    late: tuple[Piece, ...] = ("; it was due ", task.due) if task.due and task.due < datetime.now(UTC) else ()
    if task.assignee:
        return ("Waits for ", name, f", which is assigned to {task.assignee}, since ", task.created, *late)
    people = ", ".join(_name(link) for link in engine.task_service.identity_links(task.id) if link.type == "candidate")
    whom = f" of those who may ({people})" if people else ""
    return ("Waits for ", name, f", which nobody{whom} has claimed, since ", task.created, *late)


def _name(link: IdentityLink) -> str:
    return link.user_id or f"the group {link.group_id}"


def _for_a_worker(task: ExternalTask, node: Node, instance: HistoricProcessInstance) -> tuple[Piece, ...]:
    place, until = Link(node.name, _tab(instance, "external-tasks")), task.lock_expiration_time
    failed = f"; it failed before: {_short(task.error_message)}" if task.error_message else ""
    topic = f"a worker of the topic {task.topic_name}"
    if task.worker_id and until and until > datetime.now(UTC):
        return (f"Waits for the worker {task.worker_id}, which has ", place, " until ", until, failed)
    if task.worker_id and until:
        return (
            f"Waits for {topic}: {task.worker_id} had ",
            place,
            " until ",
            until,
            " and did not complete it",
            failed,
        )
    return (f"Waits for {topic}; nobody has fetched ", place, " since ", task.create_time, failed)


def _for_an_event(event: EventSubscription, instance: HistoricProcessInstance) -> tuple[Piece, ...]:
    if event.kind == "conditional":
        return ("until ", Link("its condition", _tab(instance, "events")), " holds")
    return ("for ", Link(f"the {event.kind} {event.event_name}", _tab(instance, "events")))


def _for_a_job(job: Job, instance: HistoricProcessInstance) -> tuple[Piece, ...]:
    if job.kind == "timer" and job.due:
        if job.due < datetime.now(UTC):
            return ("for ", Link("the job executor", _tab(instance, "jobs")), ", and is due since ", job.due)
        return (Link("until", _tab(instance, "jobs")), " ", job.due)
    return ("for ", Link("the job executor", _tab(instance, "jobs")), " since ", job.created)


def _tab(instance: HistoricProcessInstance, name: str) -> str:
    return f"/cockpit/instance/{instance.id}?show={name}#shown"


def _short(text: str) -> str:
    line = text.strip().partition("\n")[0]
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
