"""What people change about a task beside its form: who has it and who may, its dates, its priority, and comments."""

from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.commands.task import TaskChange
from engine_telemetry.engine.entities import Task
from webapps.tasklist.cards import full_name
from webapps.tasklist.known_names import known_group, known_user
from webapps.tasklist.task_view import Action, TaskView, tab_of
from webapps.tasklist.turns import while_had
from webapps.visitor import visitor_of

LONGEST_COMMENT = 4000  # characters, as in Camunda

_LARGEST = 2**31 - 1  # of a priority


class FactPages:
    """The small forms around the form of a task, each with an address of its own."""

    def __init__(self, engine: ProcessEngine, view: TaskView) -> None:
        """Change tasks of this engine; lead back to this view."""
        self._engine = engine
        self._view = view

    @property
    def routes(self) -> list[BaseRoute]:
        """Actions only."""
        actions: dict[str, Action] = {
            "assignee": self._hand_over,
            "due": partial(self._set_date, "due"),
            "follow-up": partial(self._set_date, "follow_up"),
            "priority": self._set_priority,
            "candidates": self._add_candidate,
            "candidates/remove": self._remove_candidate,
            "comments": self._comment,
        }
        return [
            Route(f"/task/{{id}}/{name}", self._view.of(action), methods=["POST"]) for name, action in actions.items()
        ]

    def _hand_over(self, request: Request, task: Task) -> Response:
        """Give the task to somebody for good, or have somebody do it and get it back."""
        visitor = visitor_of(request)
        user = known_user(self._engine, visitor.field("new-assignee"))
        if user is None:
            return self._refuse(request, task, "new-assignee", _unknown("user", visitor.field("new-assignee")))
        if visitor.field("do") == "delegate":
            if user.id == visitor.user_id:
                return self._refuse(request, task, "new-assignee", "You cannot delegate a task to yourself.")
            do, said = partial(self._delegate, visitor.user_id, user.id), f"Delegated to {full_name(user)}."
        else:
            said = "The task is yours now." if user.id == visitor.user_id else f"{full_name(user)} has the task now."
            do = partial(self._assign, user.id)
        while_had(self._engine, task.id, {visitor.field("assignee") or None}, do)
        return self._view.back(request, said)

    def _assign(self, user_id: str, task: Task) -> None:
        self._engine.task_service.set_assignee(task.id, user_id)

    def _delegate(self, delegating: str, user_id: str, task: Task) -> None:
        """A task that is nobody's comes back to who delegates it."""
        if not (task.owner or task.assignee):
            self._engine.task_service.save(task.id, owner=delegating)
        self._engine.task_service.delegate(task.id, user_id)

    def _set_date(self, name: str, request: Request, task: Task) -> Response:
        field, title = f"new-{name.replace('_', '-')}", {"due": "due", "follow_up": "follow-up"}[name]
        date = None
        if visitor_of(request).field("do") != "clear":
            date = _date(visitor_of(request).field(field))
            if date is None:
                error = "Enter a date and a time, for example 2026-12-24T18:00."
                return self._refuse(request, task, field, error)
        change: TaskChange = {"due": date} if name == "due" else {"follow_up": date}
        self._engine.task_service.save(task.id, **change)
        return self._view.back(request, f"The {title} date was {'set' if date else 'removed'}.")

    def _set_priority(self, request: Request, task: Task) -> Response:
        try:
            priority = int(visitor_of(request).field("new-priority"))
        except ValueError:
            return self._refuse(request, task, "new-priority", "Enter a whole number.")
        if abs(priority) > _LARGEST:
            return self._refuse(request, task, "new-priority", f"Enter a number up to {_LARGEST}.")
        self._engine.task_service.save(task.id, priority=priority)
        return self._view.back(request, f"The priority is {priority} now.")

    def _add_candidate(self, request: Request, task: Task) -> Response:
        kind, text = visitor_of(request).field("new-kind"), visitor_of(request).field("new-candidate")
        if kind == "user":
            user = known_user(self._engine, text)
            if user is None:
                return self._refuse(request, task, "new-candidate", _unknown("user", text))
            self._engine.task_service.add_user_link(task.id, user.id)
            return self._view.back(request, f"{full_name(user)} can claim the task now.")
        group = known_group(self._engine, text)
        if group is None:
            return self._refuse(request, task, "new-candidate", _unknown("group", text))
        self._engine.task_service.add_group_link(task.id, group.id)
        return self._view.back(request, f"The members of {group.id} can claim the task now.")

    def _remove_candidate(self, request: Request, task: Task) -> Response:
        user_id, group_id = visitor_of(request).field("user"), visitor_of(request).field("group")
        if user_id:
            self._engine.task_service.delete_user_link(task.id, user_id)
        else:
            self._engine.task_service.delete_group_link(task.id, group_id)
        return self._view.back(request, f"{user_id or group_id} is no candidate any more.")

    def _comment(self, request: Request, task: Task) -> Response:
        text = visitor_of(request).field("new-comment").replace("\r\n", "\n").strip()
        if not text:
            return self._refuse(request, task, "new-comment", "Write something.")
        if len(text) > LONGEST_COMMENT:
            error = f"A comment has at most {LONGEST_COMMENT} characters; this one has {len(text)}."
            return self._refuse(request, task, "new-comment", error)
        self._engine.task_service.add_comment(task.id, text, user_id=visitor_of(request).user_id)
        return self._view.back(request, "The comment was added.")

    def _refuse(self, request: Request, task: Task, field: str, error: str) -> Response:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return self._view.show(request, task, tab=tab_of(request), status=status, errors={field: error})


def _unknown(kind: str, text: str) -> str:
    return f"There is no {kind} “{text.strip()[:64]}”." if text.strip() else f"Say which {kind}."


def _date(text: str) -> datetime | None:
    """As a browser sends it, in UTC; ``None`` if it is none that each database can keep."""
    try:
        date = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    date = date.replace(tzinfo=UTC) if date.tzinfo is None else date
    return date if date.year >= datetime.fromtimestamp(0, UTC).year else None
