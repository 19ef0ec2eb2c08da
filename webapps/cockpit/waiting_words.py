"""What a part of a process instance waits for, in words: a person, a worker, the engine, an event or an instance."""

from dataclasses import dataclass
from datetime import UTC, datetime

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import ExternalTask, Task
from engine_telemetry.engine.history_entities import HistoricProcessInstance
from engine_telemetry.engine.runtime_entities import EventSubscription, Job
from webapps.cockpit.activity_tree import Node
from webapps.cockpit.standing import Standing
from webapps.cockpit.waits import Waits, waits_of

_LONGEST = 200  # characters of a message of others


@dataclass(frozen=True)
class Link:
    """A part of a sentence that leads on.

    Attributes:
        path: Below where the web apps are mounted.
    """

    text: str
    path: str


Piece = str | Link | datetime
Pieces = tuple[Piece, ...]


@dataclass(frozen=True)
class Waiting:
    """A part that waits.

    Attributes:
        lead: What goes before its name in a sentence: for, or at.
        clause: For whom or what, and since when.
    """

    lead: str
    name: Piece
    clause: Pieces

    @property
    def pieces(self) -> Pieces:
        """As one of several."""
        return (self.name, ": ", *self.clause)


def waiting(engine: ProcessEngine, node: Node, instance_id: str, standing: Standing) -> Waiting:
    """What an activity waits for that goes on in this instance."""
    waits = standing.waits
    for task in waits.tasks:
        if task.id == node.id:
            name = Link(task.name or task.task_definition_key, f"/tasklist/task/{task.id}")
            return Waiting("for", name, _for_a_person(engine, task))
    for external in waits.external_tasks:
        if external.id == node.id:
            return Waiting("for", Link(node.name, tab_of(instance_id, "external-tasks")), _for_a_worker(external))
    if node.called:
        return Waiting("for", node.name, _for_the_called(engine, node.called))
    events = [event for event in waits.events if event.id == node.id]
    jobs = [job for job in waits.jobs if job.id == node.id]
    if node.kind == "event based gateway":
        events = [event for event in waits.events if event.activity_id not in standing.boundaries]
        jobs = [job for job in waits.jobs if job.activity_id not in standing.boundaries]
    choices = _choices(Waits(jobs=jobs, events=events), instance_id)
    if not choices:
        return Waiting("for", node.name, ("it has not ended yet (since ", node.since, ")"))
    first, *others = choices
    return Waiting("at", node.name, (*first, *(piece for other in others for piece in (", or ", *other))))


def said_by(kind: str, message: str | None) -> str:
    """A failure as who reported it put it; the kind is that of the incident."""
    if not message:
        return ""
    who = {"failedExternalTask": "The worker's message", "failedJob": "The error"}.get(kind, "The message")
    return f" {who}: “{short(message)}”"


def short(text: str) -> str:
    """The first line of what others wrote, if it is not too long."""
    line = text.strip().partition("\n")[0]
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"


def tab_of(instance_id: str, name: str) -> str:
    """The path of a tab of an instance."""
    return f"/cockpit/instance/{instance_id}?show={name}#shown"


def named(instance: HistoricProcessInstance | None) -> str:
    """An instance by the name of its process."""
    return (instance.definition_name or instance.definition_key) if instance else "an instance"


def found_instance(engine: ProcessEngine, instance_id: str) -> HistoricProcessInstance | None:
    """An instance, if it is still known."""
    return next(iter(engine.history_service.process_instances(instance_id=instance_id)), None)


def _for_a_person(engine: ProcessEngine, task: Task) -> Pieces:
    late: Pieces = ("; it was due ", task.due) if task.due and task.due < datetime.now(UTC) else ()
    who = _assigned(engine, task.assignee) if task.assignee else _candidates(engine, task)
    return (f"{who} (since ", task.created, ")", *late)


def _assigned(engine: ProcessEngine, assignee: str) -> str:
    there = engine.identity_service.count_users(user_id=assignee)
    return f"{assignee} is to do it" if there else f"{assignee} is to do it, but there is no user {assignee}"


def _candidates(engine: ProcessEngine, task: Task) -> str:
    """Who may take it; one more question where there is one group, or users only: whether they exist."""
    links = [link for link in engine.task_service.identity_links(task.id) if link.type == "candidate"]
    users = [link.user_id for link in links if link.user_id]
    groups = [link.group_id for link in links if link.group_id]
    people = engine.identity_service
    if groups and not users:
        if len(groups) == 1 and not people.count_users(member_of=groups[0]):
            return f"it is for {groups[0]}, but nobody is in the group {groups[0]}"
        return f"nobody in {' or '.join(groups)} has taken it yet"
    if users and not groups:
        if not people.count_users(user_ids=users):
            return f"it is for {' or '.join(users)}, but there is no such user"
        return f"{users[0]} has not taken it yet" if len(users) == 1 else f"none of {', '.join(users)} has taken it yet"
    whom = f" of those who may ({', '.join(users)}, and who is in {' or '.join(groups)})" if links else ""
    return f"nobody{whom} has taken it yet"


def _for_a_worker(task: ExternalTask) -> Pieces:
    until, topic = task.lock_expiration_time, task.topic_name
    failed = f"; it failed before.{said_by('failedExternalTask', task.error_message)}" if task.error_message else ""
    if task.worker_id and until and until > datetime.now(UTC):
        return (f"the worker {task.worker_id} has it until ", until, failed)
    if failed:
        return (f"a worker of topic {topic} has to take it again", failed)
    if task.worker_id and until:
        late = f"the worker {task.worker_id} took it, but did not finish it by "
        return (late, until, f"; any worker of topic {topic} can take it now")
    return (f"no worker of topic {topic} has taken it yet (since ", task.create_time, ")")


def _for_the_called(engine: ProcessEngine, called: str) -> Pieces:
    """What the called instance waits for; the first thing of several."""
    its = Link(named(found_instance(engine, called)), f"/cockpit/instance/{called}")
    choices = _choices(waits_of(engine, called), called)
    if not choices:
        return ("its ", its, " has not ended yet")
    more = f", and {len(choices) - 1} more" if len(choices) > 1 else ""
    return ("its ", its, " waits ", *choices[0], more)


def _choices(waits: Waits, instance_id: str) -> list[Pieces]:
    """Each in a few words; workers first, because what failed before mostly is theirs."""
    return [
        *(_worker(task) for task in waits.external_tasks),
        *(_person(task) for task in waits.tasks),
        *(_event(event, instance_id) for event in waits.events),
        *(_job(job, instance_id) for job in waits.jobs),
    ]


def _worker(task: ExternalTask) -> Pieces:
    held = task.worker_id and task.lock_expiration_time and task.lock_expiration_time > datetime.now(UTC)
    return (f"for the worker {task.worker_id}" if held else f"for a worker of topic {task.topic_name}",)


def _person(task: Task) -> Pieces:
    name = Link(task.name or task.task_definition_key, f"/tasklist/task/{task.id}")
    return (f"for {task.assignee or 'somebody'} to do ", name)


def _event(event: EventSubscription, instance_id: str) -> Pieces:
    if event.kind == "conditional":
        return ("until ", Link("its condition", tab_of(instance_id, "events")), " holds")
    return ("for ", Link(f"the {event.kind} {event.event_name}", tab_of(instance_id, "events")))


def _job(job: Job, instance_id: str) -> Pieces:
    if job.kind == "timer" and job.due:
        if job.due < datetime.now(UTC):
            return ("for ", Link("the engine", tab_of(instance_id, "jobs")), ", and is due since ", job.due)
        return (Link("until", tab_of(instance_id, "jobs")), " ", job.due)
    return ("for ", Link("the engine", tab_of(instance_id, "jobs")), " to go on with it (since ", job.created, ")")
