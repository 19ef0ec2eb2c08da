"""What happened to a task, as sentences: the log of what people did, and how the task began and ended."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from starlette.requests import Request

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.history_entities import HistoricTaskInstance, Operation
from webapps.lists import Part, part_of


@dataclass(frozen=True)
class Event:
    """A sentence.

    Attributes:
        user_id: Who did it; with nobody, ``did`` is a sentence of its own.
        did: What they did.
        whom: Whose name follows, if one does.
        moment: What time follows, if one does.
        quote: What they wrote.
    """

    time: datetime
    user_id: str | None
    did: str
    whom: str | None = None
    moment: datetime | None = None
    quote: str | None = None


@dataclass(frozen=True)
class Events:
    """A part of what happened, the latest first."""

    events: list[Event]
    part: Part

    @property
    def people(self) -> set[str]:
        """The ids of those whom the sentences name."""
        return {each for event in self.events for each in (event.user_id, event.whom) if each}


def events_of(engine: ProcessEngine, request: Request, task: HistoricTaskInstance) -> Events:
    """The part of a task's history that the request asks for by its parameter ``part``."""
    part = part_of(request, engine.history_service.count_operations(task_id=task.id), "part")
    found = engine.history_service.operations(
        task_id=task.id, sort_by="timestamp", sort_order="desc", first_result=part.first, max_results=part.size
    )
    events = [event for operation in found if (event := _event(operation))]
    if part.page == 1 and task.end_time and not any(operation.operation == "Complete" for operation in found):
        events.insert(0, Event(task.end_time, None, _ending(task)))
    if part.page * part.size >= part.total:
        events.append(Event(task.start_time, None, "The task began to wait"))
    return Events(events, part)


def _ending(task: HistoricTaskInstance) -> str:
    if task.delete_reason == "completed":
        return "The task was completed"
    return "The task ended: its process was cancelled, or took another way"


def _event(operation: Operation) -> Event | None:
    """The sentence about an entry of the log; entries of one operation that need no further one have none."""
    tell = _SENTENCES.get(operation.operation, _changed)
    return tell(operation)


def _told(operation: Operation, did: str, whom: str | None = None) -> Event:
    return Event(operation.time, operation.user_id, did, whom)


def _assigned(operation: Operation) -> Event | None:
    if operation.property != "assignee":
        return None
    if operation.new_value is None:
        return _told(operation, "took the assignee away from the task")
    if operation.new_value == operation.user_id:
        return _told(operation, "took the task over" if operation.old_value else "claimed the task")
    return _told(operation, "gave the task to", operation.new_value)


def _claimed(operation: Operation) -> Event:
    return _told(operation, "gave the task up" if operation.new_value is None else "claimed the task")


def _delegated(operation: Operation) -> Event | None:
    if operation.property != "assignee":
        return None
    return _told(operation, "delegated the task to", operation.new_value or "nobody")


def _resolved(operation: Operation) -> Event | None:
    if operation.property != "assignee":
        return None
    return _told(operation, "did what was delegated; the task went back to", operation.new_value or "nobody")


def _commented(operation: Operation) -> Event:
    return Event(operation.time, operation.user_id, "commented", quote=operation.new_value)


def _linked(operation: Operation) -> Event:
    return _told(operation, f"added the {operation.property}", operation.new_value)


def _unlinked(operation: Operation) -> Event:
    return _told(operation, f"removed the {operation.property}", operation.old_value)


def _changed(operation: Operation) -> Event:
    """Of an operation that has no sentence of its own: what its property became, or else its name."""
    subject, old, new = _PROPERTIES.get(operation.property or ""), operation.old_value, operation.new_value
    if subject is None:
        return _told(operation, f"did this: {operation.operation}")
    if new is None:
        return _told(operation, f"removed the {subject}")
    if operation.property in _DATES:
        return Event(operation.time, operation.user_id, f"set the {subject} to", moment=datetime.fromisoformat(new))
    return _told(operation, f"changed the {subject} from {old} to {new}" if old else f"set the {subject} to {new}")


_DATES = {"dueDate", "followUpDate"}
_PROPERTIES = {
    "dueDate": "due date",
    "followUpDate": "follow-up date",
    "priority": "priority",
    "name": "name",
    "description": "description",
    "owner": "owner",
    "assignee": "assignee",
}
_SENTENCES: dict[str, Callable[[Operation], Event | None]] = {
    "Claim": _claimed,
    "Assign": _assigned,
    "Delegate": _delegated,
    "Resolve": _resolved,
    "Complete": lambda operation: _told(operation, "completed the task"),
    "AddUserLink": _linked,
    "AddGroupLink": _linked,
    "DeleteUserLink": _unlinked,
    "DeleteGroupLink": _unlinked,
    "AddComment": _commented,
    "SetVariable": lambda operation: _told(operation, f"set the variable {operation.property}"),
    "RemoveVariable": lambda operation: _told(operation, f"removed the variable {operation.property}"),
}
