"""Rows of user tasks that wait: searching and changing them, and what belongs to them."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from engine_telemetry.engine.entities import Comment, IdentityLink, Task
from engine_telemetry.engine.ids import new_id
from engine_telemetry.engine.persistence import history
from engine_telemetry.engine.persistence.instances import Member
from engine_telemetry.engine.persistence.listing import Listing
from engine_telemetry.engine.persistence.prepared import Prepared
from engine_telemetry.engine.persistence.tables import (
    comment,
    identity_link,
    membership,
    process_definition,
    process_instance,
    task,
)
from engine_telemetry.engine.persistence.variable_conditions import all_fit

_COLUMNS = ("owner", "delegation_state", "due", "follow_up", "description", "last_updated", "suspended")
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LAST = datetime.max.replace(tzinfo=UTC) - _MILLISECOND


def to_task(row: Row[Any]) -> Task:
    """A user task."""
    return Task(
        id=row.id,
        name=row.name,
        task_definition_key=row.task_definition_key,
        instance_id=row.instance_id,
        definition_id=row.definition_id,
        created=row.created,
        assignee=row.assignee,
        form_key=row.form_key,
        priority=row.priority,
        **{name: getattr(row, name) for name in _COLUMNS},
    )


def find_task(connection: Connection, task_id: str) -> Task | None:
    """A user task that waits."""
    row = connection.execute(TASKS.rows.where(task.c.id == task_id)).one_or_none()
    return None if row is None else to_task(row)


def lock_task(connection: Connection, task_id: str) -> Task | None:
    """A user task that waits, locked until the end of the transaction."""
    row = _LOCK.fetch_one(connection, {"task_id": task_id})
    return None if row is None else to_task(row)


def change_task(connection: Connection, task_id: str, now: datetime, **values: object) -> bool:
    """Give columns of a task other values, in the history too; false if no such task waits."""
    statement = update(task).where(task.c.id == task_id).values(last_updated=now, **values)
    if not connection.execute(statement).rowcount:
        return False
    history.task_changed(connection, task_id, **values)
    return True


def instance_of_task(task_id: str) -> Member:
    """What finds the instance in which a user task waits."""
    return Member(task, task_id)


def find_instance_of_task(connection: Connection, task_id: str) -> str | None:
    """The id of the instance in which a user task waits; ``None`` if no such task does."""
    return connection.execute(select(task.c.instance_id).where(task.c.id == task_id)).scalar_one_or_none()


def find_links(connection: Connection, task_id: str) -> list[IdentityLink]:
    """The identity links of a task that are rows: all but its assignee and its owner."""
    order = (identity_link.c.type, identity_link.c.user_id, identity_link.c.group_id)
    rows = connection.execute(select(identity_link).where(identity_link.c.task_id == task_id).order_by(*order))
    return [IdentityLink(row.type, row.user_id, row.group_id) for row in rows]


def find_candidates(connection: Connection, task_ids: Collection[str]) -> dict[str, list[IdentityLink]]:
    """Who may claim each of these tasks, by the task's id."""
    candidates = identity_link.c.type == "candidate"
    order = (identity_link.c.user_id, identity_link.c.group_id)
    statement = select(identity_link).where(identity_link.c.task_id.in_(task_ids), candidates).order_by(*order)
    found: dict[str, list[IdentityLink]] = {task_id: [] for task_id in task_ids}
    for row in connection.execute(statement):
        found[row.task_id].append(IdentityLink(row.type, row.user_id, row.group_id))
    return found


def add_link(connection: Connection, task_id: str, link: IdentityLink) -> bool:
    """Add a link; false if it is there already."""
    if connection.execute(select(identity_link.c.id).where(_is(task_id, link))).first() is not None:
        return False
    connection.execute(insert(identity_link).values(id=new_id(), task_id=task_id, **vars(link)))
    return True


def delete_link(connection: Connection, task_id: str, link: IdentityLink) -> bool:
    """Delete a link; false if it is not there."""
    return connection.execute(delete(identity_link).where(_is(task_id, link))).rowcount > 0


def _is(task_id: str, link: IdentityLink) -> ColumnElement[bool]:
    same = identity_link.c.user_id.is_not_distinct_from(link.user_id)
    same &= identity_link.c.group_id.is_not_distinct_from(link.group_id)
    return same & (identity_link.c.task_id == task_id) & (identity_link.c.type == link.type)


def add_comment(connection: Connection, new: Comment) -> None:
    """Keep a comment."""
    connection.execute(insert(comment).values(**vars(new)))


def find_comments(connection: Connection, **where: str) -> list[Comment]:
    """The comments with these values in these columns, the latest first."""
    statement = select(comment).filter_by(**where).order_by(comment.c.time.desc(), comment.c.id)
    return [
        Comment(row.id, row.message, row.time, row.user_id, row.task_id, row.instance_id)
        for row in connection.execute(statement)
    ]


def _has_link(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists().where(identity_link.c.task_id == task.c.id, *conditions)


def _has_candidate(column: ColumnElement[Any], has: bool) -> ColumnElement[bool]:  # noqa: FBT001  a criterion's value
    found = _has_link(identity_link.c.type == "candidate", column.is_not(None))
    return found if has else ~found


def _is_for(candidates: tuple[str | None, Collection[str] | None]) -> ColumnElement[bool]:
    """Whether one of these may claim the task; without groups, it is the user's own groups too."""
    user_id, groups = candidates
    is_for: list[ColumnElement[bool]] = []
    if groups is not None:
        is_for.append(identity_link.c.group_id.in_(groups))
    if user_id is not None:
        is_for.append(identity_link.c.user_id == user_id)
    if groups is None:
        own = select(membership.c.group_id).where(membership.c.user_id == user_id)
        is_for.append(identity_link.c.group_id.in_(own))
    return _has_link(identity_link.c.type == "candidate", or_(*is_for))


def _is_for_groups_of(user_id: str) -> ColumnElement[bool]:
    groups = select(membership.c.group_id).where(membership.c.user_id == user_id)
    return _has_link(identity_link.c.type == "candidate", identity_link.c.group_id.in_(groups))


def _involves(user_id: str) -> ColumnElement[bool]:
    return or_(task.c.assignee == user_id, task.c.owner == user_id, _has_link(identity_link.c.user_id == user_id))


def _is_follow_up_due(before: datetime) -> ColumnElement[bool]:
    return task.c.follow_up.is_(None) | (task.c.follow_up < before)


def _meets(criteria: Mapping[str, Any]) -> ColumnElement[bool]:
    """Whether a task meets further criteria, which may have the names of others."""
    return and_(True, *(TASKS.criteria[name](value) for name, value in criteria.items()))  # noqa: FBT003  SQL's TRUE


def _meets_one_of_each(queries: Iterable[Collection[Mapping[str, Any]]]) -> ColumnElement[bool]:
    """Whether a task meets, for each query, one of the criteria that it has."""
    met = (or_(*(_meets(criteria) for criteria in query)) for query in queries if query)
    return and_(True, *met)  # noqa: FBT003  SQL's TRUE


def _is_text(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    return func.lower(column) == text.lower()


def _is_like(column: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
    return func.lower(column).like(pattern.lower())


def _is_at(column: ColumnElement[Any], moment: datetime) -> ColumnElement[bool]:
    return (column >= moment) & (column < min(moment, _LAST) + _MILLISECOND)  # clients know no microseconds


def _given(column: ColumnElement[Any], given: bool) -> ColumnElement[bool]:  # noqa: FBT001  a criterion's value
    return column.is_not(None) if given else column.is_(None)


def _never_last(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """Sorts what has no date behind what has one, on each database."""
    return func.coalesce(column, literal(_NEVER, column.type))


# As in Camunda, names and descriptions are compared without regard to case; here, what is like a pattern is so too.
TASKS = Listing(
    rows=select(task, process_instance.c.definition_id)
    .join_from(task, process_instance)
    .join(process_definition, process_instance.c.definition_id == process_definition.c.id),
    key=task.c.id,
    criteria={
        "task_id": task.c.id.__eq__,
        "task_ids": task.c.id.in_,
        "instance_id": task.c.instance_id.__eq__,
        "instance_ids": task.c.instance_id.in_,
        "business_key": process_instance.c.business_key.__eq__,
        "business_keys": process_instance.c.business_key.in_,
        "business_key_like": partial(_is_like, process_instance.c.business_key),
        "definition_key": process_definition.c.key.__eq__,
        "definition_keys": process_definition.c.key.in_,
        "definition_id": process_definition.c.id.__eq__,
        "definition_name": process_definition.c.name.__eq__,
        "definition_name_like": partial(_is_like, process_definition.c.name),
        "deployment_id": process_definition.c.deployment_id.__eq__,
        "task_definition_key": task.c.task_definition_key.__eq__,
        "task_definition_keys": task.c.task_definition_key.in_,
        "task_definition_key_like": partial(_is_like, task.c.task_definition_key),
        "task_definition_keys_not": task.c.task_definition_key.not_in,
        "assignee": task.c.assignee.__eq__,
        "assignees": task.c.assignee.in_,
        "assignees_not": task.c.assignee.not_in,
        "assignee_like": partial(_is_like, task.c.assignee),
        "assigned": partial(_given, task.c.assignee),
        "owner": task.c.owner.__eq__,
        "candidates": _is_for,
        "candidate_groups_of": _is_for_groups_of,
        "with_candidate_users": partial(_has_candidate, identity_link.c.user_id),
        "with_candidate_groups": partial(_has_candidate, identity_link.c.group_id),
        "involved_user": _involves,
        "name": partial(_is_text, task.c.name),
        "name_not": lambda name: ~_is_text(task.c.name, name),
        "name_like": partial(_is_like, task.c.name),
        "name_not_like": lambda pattern: ~_is_like(task.c.name, pattern),
        "description": partial(_is_text, task.c.description),
        "description_like": partial(_is_like, task.c.description),
        "delegation_state": task.c.delegation_state.__eq__,
        "priority": task.c.priority.__eq__,
        "min_priority": task.c.priority.__ge__,
        "max_priority": task.c.priority.__le__,
        "due": partial(_is_at, task.c.due),
        "due_before": task.c.due.__lt__,
        "due_after": task.c.due.__gt__,
        "with_due": partial(_given, task.c.due),
        "follow_up": partial(_is_at, task.c.follow_up),
        "follow_up_before": task.c.follow_up.__lt__,
        "follow_up_after": task.c.follow_up.__gt__,
        "follow_up_before_or_none": _is_follow_up_due,
        "with_follow_up": partial(_given, task.c.follow_up),
        "created": partial(_is_at, task.c.created),
        "created_before": task.c.created.__lt__,
        "created_after": task.c.created.__gt__,
        "updated_after": func.coalesce(task.c.last_updated, task.c.created).__gt__,
        "suspended": task.c.suspended.__eq__,
        "process_variables": lambda conditions: all_fit(conditions, task.c.instance_id),
        "task_variables": lambda conditions: all_fit(conditions, task.c.id),
        "also": _meets,
        "any_of": _meets_one_of_each,
    },
    orders={
        "id": task.c.id,
        "name": task.c.name,
        "nameCaseInsensitive": func.lower(task.c.name),
        "created": task.c.created,
        "lastUpdated": func.coalesce(task.c.last_updated, task.c.created),
        "assignee": task.c.assignee,
        "priority": task.c.priority,
        "instanceId": task.c.instance_id,
        "executionId": task.c.instance_id,
        "dueDate": _never_last(task.c.due),
        "followUpDate": _never_last(task.c.follow_up),
        "description": task.c.description,
    },
    entity=to_task,
)

_ALONE = replace(TASKS, rows=select(task))
_OTHERS = ("also", "any_of", "business_", "definition_", "deployment_")
_OF_OTHERS = {name for name in TASKS.criteria if name.startswith(_OTHERS)}


def to_count(asked: Collection[str]) -> Listing[Task]:
    """What counts by these criteria: as ``TASKS``, but without tables that none of them needs, in half the time."""
    return TASKS if _OF_OTHERS.intersection(asked) else _ALONE


# The instance stands in a subquery, which is not locked: MariaDB knows no ``FOR UPDATE OF``.
_LOCK = Prepared(
    select(
        task,
        select(process_instance.c.definition_id)
        .where(process_instance.c.id == task.c.instance_id)
        .scalar_subquery()
        .label("definition_id"),
    )
    .where(task.c.id == bindparam("task_id"))
    .with_for_update()
)
