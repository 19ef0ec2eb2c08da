"""What the list shows of each task."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import IdentityLink, Task
from webapps.person_fields import full_name

_USUAL_PRIORITY = 50  # Camunda's, for tasks whose model says nothing


@dataclass(frozen=True)
class Card:
    """A task, as the list shows it.

    Attributes:
        process: The name of its process.
        business_key: Of its process instance; empty if it has none.
        assignee: By name; empty if nobody has it.
        candidates: Who may claim it, by name, if nobody has it.
        badges: What stands out: pairs of text and kind.
    """

    task: Task
    process: str
    business_key: str
    assignee: str
    candidates: list[str]
    badges: list[tuple[str, str]]

    @property
    def name(self) -> str:
        """Of the task."""
        return self.task.name or self.task.task_definition_key


def cards_of(engine: ProcessEngine, tasks: list[Task], now: datetime) -> list[Card]:
    """The cards of a part of a list: a few queries, however many there are."""
    if not tasks:
        return []
    processes, keys = _processes(engine, tasks), _business_keys(engine, tasks)
    links = engine.task_service.candidates([task.id for task in tasks if task.assignee is None])
    candidates = {task_id: [*_ids(found)] for task_id, found in links.items()}
    everybody = {task.assignee for task in tasks if task.assignee}.union(*candidates.values())
    names = names_of(engine, everybody)
    return [
        Card(
            task=task,
            process=processes.get(task.definition_id, ""),
            business_key=keys.get(task.instance_id) or "",
            assignee=names[task.assignee] if task.assignee else "",
            candidates=[names[each] for each in candidates.get(task.id, [])],
            badges=badges_of(task, now),
        )
        for task in tasks
    ]


def badges_of(task: Task, now: datetime) -> list[tuple[str, str]]:
    """What stands out about a task: pairs of text and kind. Days are those of UTC."""
    badges = []
    days = (now.astimezone(UTC).date() - task.due.astimezone(UTC).date()).days if task.due else -1
    if days > 0:
        badges.append((f"Overdue by {days} {'day' if days == 1 else 'days'}", "bad"))
    elif days == 0:
        badges.append(("Due today", "warn"))
    if task.priority != _USUAL_PRIORITY:
        high = task.priority > _USUAL_PRIORITY
        badges.append((f"{'High' if high else 'Low'} priority: {task.priority}", "info" if high else ""))
    if task.suspended:
        badges.append(("Suspended", ""))
    return badges


def names_of(engine: ProcessEngine, ids: Collection[str]) -> dict[str, str]:
    """How people are called, by their ids; groups, and people who are not known here, by their ids."""
    users = engine.identity_service.users(user_ids=ids) if ids else []
    return {each: each for each in ids} | {user.id: full_name(user) for user in users}


def _ids(links: Iterable[IdentityLink]) -> Iterable[str]:
    return (link.user_id or link.group_id or "" for link in links)


def _processes(engine: ProcessEngine, tasks: list[Task]) -> dict[str, str]:
    found = engine.repository_service.process_definitions(definition_ids={task.definition_id for task in tasks})
    return {definition.id: definition.name or definition.key for definition in found}


def _business_keys(engine: ProcessEngine, tasks: list[Task]) -> dict[str, str | None]:
    found = engine.runtime_service.process_instances(instance_ids={task.instance_id for task in tasks})
    return {instance.id: instance.business_key for instance in found}
