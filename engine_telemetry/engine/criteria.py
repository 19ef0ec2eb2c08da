"""The keywords of the services' queries. ``None`` is the same as not given."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Literal, TypedDict

from engine_telemetry.engine.entities import VariableCondition


class Paging(TypedDict, total=False):
    """Order and part of a result.

    ``sort_by`` takes the names of Camunda's REST API; without it the order is that of the ids. ``sorting`` takes
    several of them, each with its order, in place of the other two.
    ``max_results`` of ``None`` means all.
    """

    sort_by: str | None
    sort_order: Literal["asc", "desc"] | None
    sorting: Sequence[tuple[str, Literal["asc", "desc"]]]
    first_result: int
    max_results: int | None


class DeploymentCriteria(TypedDict, total=False):
    """Which deployments. ``sort_by``: id, name, deploymentTime."""

    deployment_id: str | None
    name: str | None
    name_like: str | None
    name_containing: str | None
    source: str | None
    before: datetime | None
    after: datetime | None


class DeploymentSearch(DeploymentCriteria, Paging, total=False):
    """Which deployments, in which order."""


class ProcessDefinitionCriteria(TypedDict, total=False):
    """Which process definitions. ``sort_by``: id, key, name, version, versionTag, deploymentId.

    ``containing`` is a text in the name or in the key, in any case.
    """

    definition_id: str | None
    definition_ids: Collection[str] | None
    key: str | None
    keys: Collection[str] | None
    name: str | None
    name_like: str | None
    containing: str | None
    version: int | None
    version_tag: str | None
    latest_version: bool | None
    deployment_id: str | None
    suspended: bool | None
    startable_in_tasklist: bool | None


class ProcessDefinitionSearch(ProcessDefinitionCriteria, Paging, total=False):
    """Which process definitions, in which order."""


class TaskCriteria(TypedDict, total=False):
    """Which user tasks. ``…_like`` takes SQL's wildcards. It has no regard to case; names and descriptions have none.

    Candidates are those who may claim: a user for whom the task is, or who belongs to a group for which it is. As in
    Camunda, who asks by candidates finds tasks that nobody has claimed, unless ``include_assigned_tasks`` is set.
    ``candidate_groups_of`` is a user: the groups are those that the user belongs to. ``any_of`` has further criteria,
    of which a task must meet one; if it has them several times, one of each.

    ``sort_by``: id, name, nameCaseInsensitive, created, lastUpdated, assignee, priority, instanceId, executionId,
    dueDate, followUpDate, description.
    """

    task_id: str | None
    task_ids: Collection[str] | None
    instance_id: str | None
    instance_ids: Collection[str] | None
    business_key: str | None
    business_keys: Collection[str] | None
    business_key_like: str | None
    definition_key: str | None
    definition_keys: Collection[str] | None
    definition_id: str | None
    definition_name: str | None
    definition_name_like: str | None
    deployment_id: str | None
    task_definition_key: str | None
    task_definition_keys: Collection[str] | None
    task_definition_key_like: str | None
    task_definition_keys_not: Collection[str] | None
    assignee: str | None
    assignees: Collection[str] | None
    assignees_not: Collection[str] | None
    assignee_like: str | None
    assigned: bool | None
    unassigned: bool | None
    owner: str | None
    candidate_user: str | None
    candidate_group: str | None
    candidate_groups: Collection[str] | None
    candidate_groups_of: str | None
    with_candidate_users: bool | None
    with_candidate_groups: bool | None
    include_assigned_tasks: bool | None
    involved_user: str | None
    name: str | None
    name_not: str | None
    name_like: str | None
    name_not_like: str | None
    description: str | None
    description_like: str | None
    delegation_state: str | None
    priority: int | None
    min_priority: int | None
    max_priority: int | None
    due: datetime | None
    due_before: datetime | None
    due_after: datetime | None
    with_due: bool | None
    follow_up: datetime | None
    follow_up_before: datetime | None
    follow_up_after: datetime | None
    follow_up_before_or_none: datetime | None
    with_follow_up: bool | None
    created: datetime | None
    created_before: datetime | None
    created_after: datetime | None
    updated_after: datetime | None
    suspended: bool | None
    process_variables: Sequence[VariableCondition] | None
    task_variables: Sequence[VariableCondition] | None
    any_of: Sequence["TaskCriteria"] | None


class TaskSearch(TaskCriteria, Paging, total=False):
    """Which user tasks, in which order."""


class ExternalTaskCriteria(TypedDict, total=False):
    """Which external tasks.

    ``sort_by``: id, lockExpirationTime, processInstanceId, processDefinitionId, processDefinitionKey, taskPriority,
    createTime.
    """

    external_task_id: str | None
    external_task_ids: Collection[str] | None
    topic_name: str | None
    worker_id: str | None
    locked: bool | None
    lock_expires_before: datetime | None
    lock_expires_after: datetime | None
    with_retries_left: bool | None
    instance_id: str | None
    instance_ids: Collection[str] | None
    activity_id: str | None
    activity_ids: Collection[str] | None
    definition_key: str | None
    definition_keys: Collection[str] | None
    definition_id: str | None
    min_priority: int | None
    max_priority: int | None
    suspended: bool | None


class ExternalTaskSearch(ExternalTaskCriteria, Paging, total=False):
    """Which external tasks, in which order."""


class UserCriteria(TypedDict, total=False):
    """Which users. ``sort_by``: userId, firstName, lastName, email.

    ``containing`` is a text in the id, the names or the e-mail address, in any case.
    """

    user_id: str | None
    user_ids: Collection[str] | None
    first_name: str | None
    last_name: str | None
    email: str | None
    containing: str | None
    member_of: str | None


class UserSearch(UserCriteria, Paging, total=False):
    """Which users, in which order."""


class GroupCriteria(TypedDict, total=False):
    """Which groups. ``sort_by``: id, name. ``containing`` is a text in the id or the name, in any case."""

    group_id: str | None
    name: str | None
    containing: str | None
    member: str | None


class GroupSearch(GroupCriteria, Paging, total=False):
    """Which groups, in which order."""


class FilterCriteria(TypedDict, total=False):
    """Which saved filters. ``sort_by``: filterId, resourceType, name, owner.

    ``visible_to`` is a user: found are that user's filters, and those without an owner.
    """

    filter_id: str | None
    resource_type: str | None
    name: str | None
    name_like: str | None
    owner: str | None
    visible_to: str | None


class FilterSearch(FilterCriteria, Paging, total=False):
    """Which saved filters, in which order."""
