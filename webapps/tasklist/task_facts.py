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
from webapps.person_fields import full_name
from webapps.tasklist.known_names import UnknownNameError, known_group, known_user
from webapps.tasklist.moments import END_OF_DAY, START_OF_DAY, entered_moment, moment_ahead, told
from webapps.tasklist.task_view import Action, TaskView, tab_of
from webapps.tasklist.turns import while_had
from webapps.visitor import Visitor, visitor_of

LONGEST_COMMENT = 4000  # characters, as in Camunda

_LARGEST = 2**31 - 1  # of a priority
_SAID = {
    "due": ("The task is due on", "The task has no due date any more."),
    "follow-up": ("Set aside until", "The task is not set aside any more."),
}


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
            "follow-up": partial(self._set_date, "follow-up"),
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
        try:
            user = known_user(self._engine, visitor.field("new-assignee"))
        except UnknownNameError as exc:
            return self._refuse(request, task, "new-assignee", str(exc))
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
        visitor = visitor_of(request)
        date = None
        if visitor.field("do") != "clear":
            date = _date(visitor, name)
            if date is None:
                return self._refuse(request, task, f"new-{name}", "Enter a date, for example 2026-12-24.")
        change: TaskChange = {"due": date} if name == "due" else {"follow_up": date}
        self._engine.task_service.save(task.id, **change)
        kept, gone = _SAID[name]
        return self._view.back(request, f"{kept} {told(date)}." if date else gone)

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
        text = visitor_of(request).field("new-candidate")
        add = self._add_user if visitor_of(request).field("new-kind") == "user" else self._add_group
        try:
            return self._view.back(request, f"{add(task, text)} can claim the task now.")
        except UnknownNameError as exc:
            return self._refuse(request, task, "new-candidate", str(exc))

    def _add_user(self, task: Task, text: str) -> str:
        user = known_user(self._engine, text)
        self._engine.task_service.add_user_link(task.id, user.id)
        return full_name(user)

    def _add_group(self, task: Task, text: str) -> str:
        group = known_group(self._engine, text)
        self._engine.task_service.add_group_link(task.id, group.id)
        return f"The members of {group.name or group.id}"

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


def _date(visitor: Visitor, name: str) -> datetime | None:
    """What was entered as a date and perhaps a time, or chosen by a word."""
    ahead = moment_ahead(visitor.field("ahead"), datetime.now(UTC))
    date, time = visitor.field(f"new-{name}"), visitor.field(f"new-{name}-time")
    otherwise = END_OF_DAY if name == "due" else START_OF_DAY
    return ahead or entered_moment(f"{date}T{time}" if time else date, otherwise)
