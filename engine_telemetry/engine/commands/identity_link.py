"""Commands for the identity links of user tasks: who may claim a task, who has it, whose it is."""

from dataclasses import dataclass

from engine_telemetry.engine.commands.operation_log import Change, affected_by, log_operation
from engine_telemetry.engine.commands.task import MAX_TEXT_LENGTH, change, locked, no_task
from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.entities import IdentityLink, Task
from engine_telemetry.engine.persistence import tasks
from engine_telemetry.exceptions import BadUserRequestException

_COLUMNS = ("assignee", "owner")  # the types of links that are columns of a task


@dataclass(frozen=True)
class GetIdentityLinksForTaskCmd(ReadOnly):
    """Read the identity links of a task."""

    task_id: str

    def __call__(self, context: CommandContext) -> list[IdentityLink]:
        """All of them, with its assignee and its owner."""
        found = tasks.find_task(context.connection, self.task_id)
        if found is None:
            raise no_task(self.task_id)
        own = [IdentityLink(kind, user_id=getattr(found, kind)) for kind in _COLUMNS if getattr(found, kind)]
        return own + tasks.find_links(context.connection, self.task_id)


@dataclass(frozen=True)
class GetCandidatesForTasksCmd(ReadOnly):
    """Read who may claim each of several tasks."""

    task_ids: tuple[str, ...]

    def __call__(self, context: CommandContext) -> dict[str, list[IdentityLink]]:
        """By the tasks' ids; nobody for a task that is not there."""
        return tasks.find_candidates(context.connection, self.task_ids)


@dataclass(frozen=True)
class AddUserIdentityLinkCmd:
    """Link a user to a task."""

    task_id: str
    user_id: str
    type: str

    def __call__(self, context: CommandContext) -> None:
        """Link it; as ``assignee`` or ``owner`` in the place of another."""
        task = locked(context, self.task_id)
        _check(self.type, self.user_id)
        if self.type in _COLUMNS:
            change(context, self.task_id, **{self.type: self.user_id})
            _log(context, "AddUserLink", task, Change(self.type, getattr(task, self.type), self.user_id))
        elif tasks.add_link(context.connection, self.task_id, IdentityLink(self.type, user_id=self.user_id)):
            _log(context, "AddUserLink", task, Change(self.type, new=self.user_id))


@dataclass(frozen=True)
class AddGroupIdentityLinkCmd:
    """Link a group to a task."""

    task_id: str
    group_id: str
    type: str

    def __call__(self, context: CommandContext) -> None:
        """Link it."""
        task = locked(context, self.task_id)
        _check(self.type, self.group_id)
        _refuse_column(self.type)
        if tasks.add_link(context.connection, self.task_id, IdentityLink(self.type, group_id=self.group_id)):
            _log(context, "AddGroupLink", task, Change(self.type, new=self.group_id))


@dataclass(frozen=True)
class DeleteUserIdentityLinkCmd:
    """Take a link of a user away."""

    task_id: str
    user_id: str
    type: str

    def __call__(self, context: CommandContext) -> None:
        """Take it away; what is not there is no error."""
        task = locked(context, self.task_id)
        if self._deleted(context, task):
            _log(context, "DeleteUserLink", task, Change(self.type, old=self.user_id))

    def _deleted(self, context: CommandContext, task: Task) -> bool:
        if self.type not in _COLUMNS:
            return tasks.delete_link(context.connection, self.task_id, IdentityLink(self.type, user_id=self.user_id))
        if getattr(task, self.type) != self.user_id:
            return False
        change(context, self.task_id, **{self.type: None})
        return True


@dataclass(frozen=True)
class DeleteGroupIdentityLinkCmd:
    """Take a link of a group away."""

    task_id: str
    group_id: str
    type: str

    def __call__(self, context: CommandContext) -> None:
        """Take it away; what is not there is no error."""
        task = locked(context, self.task_id)
        _refuse_column(self.type)
        if tasks.delete_link(context.connection, self.task_id, IdentityLink(self.type, group_id=self.group_id)):
            _log(context, "DeleteGroupLink", task, Change(self.type, old=self.group_id))


def _log(context: CommandContext, operation: str, task: Task, done: Change) -> None:
    log_operation(context, operation, "IdentityLink", done, **affected_by(task))


def _check(*texts: str) -> None:
    for text in texts:
        if not text or len(text) > MAX_TEXT_LENGTH:
            raise BadUserRequestException(f"An identity link has {text[:50]!r}; 1 to {MAX_TEXT_LENGTH} characters fit")


def _refuse_column(kind: str) -> None:
    if kind in _COLUMNS:
        raise BadUserRequestException(f"Incompatible usage: cannot use type '{kind}' together with a groupId")
