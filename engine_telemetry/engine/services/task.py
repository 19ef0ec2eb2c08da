"""User tasks."""

from collections.abc import Collection, Iterable, Mapping
from typing import Unpack

from engine_telemetry.engine.commands.comment import (
    AddCommentCmd,
    GetProcessInstanceCommentsCmd,
    GetTaskCommentCmd,
    GetTaskCommentsCmd,
)
from engine_telemetry.engine.commands.draft import DeleteDraftCmd, GetDraftCmd, SaveDraftCmd
from engine_telemetry.engine.commands.identity_link import (
    AddGroupIdentityLinkCmd,
    AddUserIdentityLinkCmd,
    DeleteGroupIdentityLinkCmd,
    DeleteUserIdentityLinkCmd,
    GetCandidatesForTasksCmd,
    GetIdentityLinksForTaskCmd,
)
from engine_telemetry.engine.commands.task import (
    AssignTaskCmd,
    ClaimTaskCmd,
    CompleteTaskCmd,
    DelegateTaskCmd,
    HandleTaskBpmnErrorCmd,
    HandleTaskEscalationCmd,
    ResolveTaskCmd,
    SaveTaskCmd,
    TaskChange,
    TaskQueryImpl,
)
from engine_telemetry.engine.commands.variables import (
    GetTaskVariableCmdTyped,
    GetTaskVariablesCmd,
    PatchTaskVariablesCmd,
    RemoveTaskVariablesCmd,
    SetTaskVariablesCmd,
)
from engine_telemetry.engine.criteria import TaskCriteria, TaskSearch
from engine_telemetry.engine.entities import Comment, IdentityLink, Task, TypedValue
from engine_telemetry.engine.executor import Executor
from engine_telemetry.engine.tasklist_entities import Draft


class TaskService:
    """User tasks. Each method with a ``task_id`` raises ``NullValueException`` if no such task waits."""

    def __init__(self, executor: Executor) -> None:
        """Run commands on this executor."""
        self._executor = executor

    def tasks(self, **search: Unpack[TaskSearch]) -> list[Task]:
        """Find user tasks."""
        return self._executor.execute(TaskQueryImpl(search))

    def count_tasks(self, **criteria: Unpack[TaskCriteria]) -> int:
        """Count user tasks."""
        return self._executor.execute(TaskQueryImpl(criteria).count)

    def complete(self, task_id: str, *, variables: Mapping[str, object] | None = None) -> None:
        """Complete a task, set variables of its process instance, and go on to where it waits next.

        Raises:
            BadUserRequestException: A variable's value cannot be stored.
            ConflictException: The task is delegated; it must be resolved first.
        """
        self._executor.execute(CompleteTaskCmd(task_id, variables or {}))

    def complete_with_variables_in_return(
        self, task_id: str, *, variables: Mapping[str, object] | None = None
    ) -> dict[str, TypedValue]:
        """Complete a task, and return all variables that it saw then, the new ones included.

        Raises:
            BadUserRequestException: As ``complete``.
            ConflictException: As ``complete``.
        """
        return self._executor.execute(CompleteTaskCmd(task_id, variables or {}, with_variables=True))

    def throw_error(
        self, task_id: str, code: str, *, message: str | None = None, variables: Mapping[str, object] | None = None
    ) -> None:
        """Throw a BPMN error in a task, set variables, and go on where it is caught.

        Raises:
            NullValueException: There is no code, or no such task.
        """
        self._executor.execute(HandleTaskBpmnErrorCmd(task_id, code, message, variables or {}))

    def throw_escalation(self, task_id: str, code: str, *, variables: Mapping[str, object] | None = None) -> None:
        """The same with an escalation."""
        self._executor.execute(HandleTaskEscalationCmd(task_id, code, variables or {}))

    def claim(self, task_id: str, user_id: str | None) -> None:
        """Make a user the assignee of a task that has none; ``None`` takes the assignee away.

        Raises:
            TaskAlreadyClaimedException: Somebody else is the assignee.
        """
        self._executor.execute(ClaimTaskCmd(task_id, user_id))

    def unclaim(self, task_id: str) -> None:
        """Take the assignee away."""
        self.set_assignee(task_id, None)

    def set_assignee(self, task_id: str, user_id: str | None) -> None:
        """Make a user the assignee of a task, whoever was before; ``None`` takes the assignee away."""
        self._executor.execute(AssignTaskCmd(task_id, user_id))

    def delegate(self, task_id: str, user_id: str | None) -> None:
        """Have a user work on a task for its owner; who had it becomes the owner, if it has none."""
        self._executor.execute(DelegateTaskCmd(task_id, user_id))

    def resolve(self, task_id: str, *, variables: Mapping[str, object] | None = None) -> None:
        """Give a delegated task back to its owner, and set variables of its process instance.

        Raises:
            BadUserRequestException: A variable's value cannot be stored.
        """
        self._executor.execute(ResolveTaskCmd(task_id, variables or {}))

    def save(self, task_id: str, **change: Unpack[TaskChange]) -> None:
        """Change what a task is like, for example its due date; what is not given stays as it is.

        Raises:
            BadUserRequestException: A value cannot be one.
        """
        self._executor.execute(SaveTaskCmd(task_id, change))

    def identity_links(self, task_id: str) -> list[IdentityLink]:
        """Who has to do with a task: its assignee, its owner, its candidates and others."""
        return self._executor.execute(GetIdentityLinksForTaskCmd(task_id))

    def candidates(self, task_ids: Collection[str]) -> dict[str, list[IdentityLink]]:
        """Who may claim each of these tasks, by the task's id; nobody for one that does not wait."""
        return self._executor.execute(GetCandidatesForTasksCmd(tuple(task_ids)))

    def add_user_link(self, task_id: str, user_id: str, link_type: str = "candidate") -> None:
        """Link a user to a task; as ``assignee`` or ``owner`` in the place of another.

        Raises:
            BadUserRequestException: A name is empty or too long.
        """
        self._executor.execute(AddUserIdentityLinkCmd(task_id, user_id, link_type))

    def add_group_link(self, task_id: str, group_id: str, link_type: str = "candidate") -> None:
        """Link a group to a task.

        Raises:
            BadUserRequestException: As above, or a group cannot be that.
        """
        self._executor.execute(AddGroupIdentityLinkCmd(task_id, group_id, link_type))

    def delete_user_link(self, task_id: str, user_id: str, link_type: str = "candidate") -> None:
        """Take a link of a user away, if it is there."""
        self._executor.execute(DeleteUserIdentityLinkCmd(task_id, user_id, link_type))

    def delete_group_link(self, task_id: str, group_id: str, link_type: str = "candidate") -> None:
        """Take a link of a group away, if it is there."""
        self._executor.execute(DeleteGroupIdentityLinkCmd(task_id, group_id, link_type))

    def add_comment(self, task_id: str, message: str, *, user_id: str | None = None) -> Comment:
        """Say something about a task. It outlives the task.

        Raises:
            NullValueException: There is no such task, or nothing is said.
        """
        return self._executor.execute(AddCommentCmd(task_id, message, user_id))

    def comments(self, task_id: str) -> list[Comment]:
        """What was said about a task, the latest first; none of a task that never was."""
        return self._executor.execute(GetTaskCommentsCmd(task_id))

    def comment(self, task_id: str, comment_id: str) -> Comment | None:
        """One comment about a task."""
        return self._executor.execute(GetTaskCommentCmd(task_id, comment_id))

    def instance_comments(self, instance_id: str) -> list[Comment]:
        """What was said about a process instance and its tasks, the latest first."""
        return self._executor.execute(GetProcessInstanceCommentsCmd(instance_id))

    def save_draft(self, task_id: str, user_id: str, fields: Mapping[str, str]) -> None:
        """Keep what a user has entered in the form of a task, in place of what was kept before, until the task is over.

        Raises:
            BadUserRequestException: It takes more than 64 kB as JSON.
        """
        self._executor.execute(SaveDraftCmd(task_id, user_id, fields))

    def draft(self, task_id: str, user_id: str) -> Draft | None:
        """What was kept; ``None`` if nothing was, or the task is over."""
        return self._executor.execute(GetDraftCmd(task_id, user_id))

    def delete_draft(self, task_id: str, user_id: str) -> None:
        """Forget what was kept; nothing is no error."""
        self._executor.execute(DeleteDraftCmd(task_id, user_id))

    def variables(self, task_id: str, *, local: bool = False) -> dict[str, TypedValue]:
        """All variables a task can see; with ``local`` its own only, which end with it."""
        return self._executor.execute(GetTaskVariablesCmd(task_id, local))

    def variable(self, task_id: str, name: str, *, local: bool = False) -> TypedValue | None:
        """One of the variables above; ``None`` if there is none of this name."""
        return self._executor.execute(GetTaskVariableCmdTyped(task_id, name, local))

    def set_variables(self, task_id: str, modifications: Mapping[str, object], *, local: bool = False) -> None:
        """Set variables of the process instance of a task, or with ``local`` of the task; others stay as they are.

        Raises:
            BadUserRequestException: A value cannot be stored.
        """
        self._executor.execute(SetTaskVariablesCmd(task_id, modifications, local))

    def update_variables(
        self,
        task_id: str,
        *,
        modifications: Mapping[str, object] | None = None,
        deletions: Iterable[str] = (),
        local: bool = False,
    ) -> None:
        """Set some variables and remove others, at once.

        Raises:
            BadUserRequestException: A value cannot be stored.
        """
        self._executor.execute(PatchTaskVariablesCmd(task_id, modifications or {}, tuple(deletions), local))

    def remove_variable(self, task_id: str, name: str, *, local: bool = False) -> None:
        """Remove a variable, if it is there."""
        self._executor.execute(RemoveTaskVariablesCmd(task_id, (name,), local))
