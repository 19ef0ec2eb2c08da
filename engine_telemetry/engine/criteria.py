"""The keywords of the services' queries. ``None`` is the same as not given."""

from collections.abc import Collection
from datetime import datetime
from typing import Literal, TypedDict


class Paging(TypedDict, total=False):
    """Order and part of a result.

    ``sort_by`` takes the names of Camunda's REST API; without it the order is that of the ids.
    ``max_results`` of ``None`` means all.
    """

    sort_by: str | None
    sort_order: Literal["asc", "desc"] | None
    first_result: int
    max_results: int | None


class DeploymentCriteria(TypedDict, total=False):
    """Which deployments. ``sort_by``: id, name, deploymentTime."""

    deployment_id: str | None
    name: str | None
    name_like: str | None
    source: str | None
    before: datetime | None
    after: datetime | None


class DeploymentSearch(DeploymentCriteria, Paging, total=False):
    """Which deployments, in which order."""


class ProcessDefinitionCriteria(TypedDict, total=False):
    """Which process definitions. ``sort_by``: id, key, name, version, versionTag, deploymentId."""

    definition_id: str | None
    key: str | None
    keys: Collection[str] | None
    name: str | None
    name_like: str | None
    version: int | None
    version_tag: str | None
    latest_version: bool | None
    deployment_id: str | None


class ProcessDefinitionSearch(ProcessDefinitionCriteria, Paging, total=False):
    """Which process definitions, in which order."""


class ProcessInstanceCriteria(TypedDict, total=False):
    """Which process instances. ``sort_by``: instanceId, businessKey, definitionId, definitionKey."""

    instance_id: str | None
    instance_ids: Collection[str] | None
    business_key: str | None
    business_key_like: str | None
    definition_key: str | None
    definition_id: str | None


class ProcessInstanceSearch(ProcessInstanceCriteria, Paging, total=False):
    """Which process instances, in which order."""


class TaskCriteria(TypedDict, total=False):
    """Which user tasks. ``sort_by``: id, name, created, assignee, priority, instanceId."""

    task_id: str | None
    instance_id: str | None
    business_key: str | None
    definition_key: str | None
    definition_id: str | None
    task_definition_key: str | None
    assignee: str | None
    unassigned: bool | None
    name: str | None


class TaskSearch(TaskCriteria, Paging, total=False):
    """Which user tasks, in which order."""


class ExternalTaskCriteria(TypedDict, total=False):
    """Which external tasks.

    ``sort_by``: id, lockExpirationTime, processInstanceId, processDefinitionId, processDefinitionKey, taskPriority,
    createTime.
    """

    external_task_id: str | None
    topic_name: str | None
    worker_id: str | None
    locked: bool | None
    instance_id: str | None
    activity_id: str | None
    definition_key: str | None
    definition_id: str | None


class ExternalTaskSearch(ExternalTaskCriteria, Paging, total=False):
    """Which external tasks, in which order."""


class UserCriteria(TypedDict, total=False):
    """Which users. ``sort_by``: userId, firstName, lastName, email."""

    user_id: str | None
    first_name: str | None
    last_name: str | None
    email: str | None
    member_of: str | None


class UserSearch(UserCriteria, Paging, total=False):
    """Which users, in which order."""


class GroupCriteria(TypedDict, total=False):
    """Which groups. ``sort_by``: id, name."""

    group_id: str | None
    name: str | None
    member: str | None


class GroupSearch(GroupCriteria, Paging, total=False):
    """Which groups, in which order."""
