"""Commands for comments about user tasks and process instances."""

from dataclasses import dataclass
from uuid import uuid4

from engine_telemetry.engine.commands.operation_log import Change, log_task_operation
from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.entities import Comment
from engine_telemetry.engine.persistence import tasks
from engine_telemetry.exceptions import IncompleteException, NullValueException


@dataclass(frozen=True)
class AddCommentCmd:
    """Say something about a task that waits."""

    task_id: str
    message: str | None
    user_id: str | None

    def __call__(self, context: CommandContext) -> Comment:
        """Keep it; it outlives the task."""
        if not self.message:
            raise IncompleteException("Message is null")
        task = tasks.find_task(context.connection, self.task_id)
        if task is None:
            raise NullValueException(f"No task exists with taskId: {self.task_id}: task is null")
        user_id = self.user_id or context.acting_user
        comment = Comment(str(uuid4()), self.message, context.clock(), user_id, task.id, task.instance_id)
        tasks.add_comment(context.connection, comment)
        log_task_operation(context, "AddComment", task, Change("message", new=self.message))
        return comment


@dataclass(frozen=True)
class GetTaskCommentsCmd(ReadOnly):
    """Read what was said about a task; it may be over."""

    task_id: str

    def __call__(self, context: CommandContext) -> list[Comment]:
        """The latest first."""
        return tasks.find_comments(context.connection, task_id=self.task_id)


@dataclass(frozen=True)
class GetTaskCommentCmd(ReadOnly):
    """Read one comment about a task."""

    task_id: str
    comment_id: str

    def __call__(self, context: CommandContext) -> Comment | None:
        """The comment, if there is one."""
        found = tasks.find_comments(context.connection, task_id=self.task_id, id=self.comment_id)
        return found[0] if found else None


@dataclass(frozen=True)
class GetProcessInstanceCommentsCmd(ReadOnly):
    """Read what was said about a process instance and its tasks; it may be over."""

    instance_id: str

    def __call__(self, context: CommandContext) -> list[Comment]:
        """The latest first."""
        return tasks.find_comments(context.connection, instance_id=self.instance_id)
