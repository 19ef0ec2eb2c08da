"""Rows of external tasks that wait: searching, fetching and changing them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Connection, Row, Select, and_, bindparam, case, or_, select, update

from engine_telemetry.engine.entities import ExternalTask, Topic
from engine_telemetry.engine.persistence.instances import Member
from engine_telemetry.engine.persistence.listing import Listing
from engine_telemetry.engine.persistence.prepared import Prepared
from engine_telemetry.engine.persistence.tables import external_task
from engine_telemetry.engine.persistence.variable_conditions import all_fit


def to_external_task(row: Row[Any]) -> ExternalTask:
    """An external task."""
    return ExternalTask(
        id=row.id,
        topic_name=row.topic_name,
        activity_id=row.activity_id,
        instance_id=row.instance_id,
        definition_id=row.definition_id,
        definition_key=row.definition_key,
        business_key=row.business_key,
        priority=row.priority,
        create_time=row.created,
        worker_id=row.worker_id,
        lock_expiration_time=row.lock_expiration,
        definition_version_tag=row.definition_version_tag,
        retries=row.retries,
        error_message=row.error_message,
        suspended=row.suspended,
    )


def instance_of_external_task(task_id: str) -> Member:
    """What finds the instance in which an external task waits."""
    return Member(external_task, task_id)


def lock_external_task(connection: Connection, task_id: str) -> ExternalTask | None:
    """An external task that waits, locked until the end of the transaction."""
    row = _LOCK.fetch_one(connection, {"task_id": task_id})
    return None if row is None else to_external_task(row)


def lock_free_tasks(
    connection: Connection,
    topics: Sequence[Topic],
    now: datetime,
    limit: int,
    *,
    use_priority: bool,
    newest_first: bool = False,
) -> list[tuple[ExternalTask, Topic]]:
    """Up to ``limit`` tasks that no worker holds and no other transaction is about to give to one.

    Returns:
        Each with the first of the topics that it fits to.
    """
    values = {"now": now, "limit": limit}
    if all(_asks_by_name(topic) for topic in topics):
        names = tuple(topic.name for topic in topics)
        rows = _free_by_name(names, use_priority, newest_first).fetch(connection, values)
    else:
        free = _free([_fits(topic) for topic in topics], use_priority, newest_first)
        rows = connection.execute(free, values).all()
    return [(to_external_task(row), topics[row.topic_number]) for row in rows]


def _asks_by_name(topic: Topic) -> bool:
    return replace(topic, variables=None, local_variables=False) == Topic(topic.name, topic.lock_duration)


@lru_cache(maxsize=256)
def _free_by_name(names: tuple[str, ...], use_priority: bool, newest_first: bool) -> Prepared:  # noqa: FBT001  a key
    """Kept: most workers ask so, and again and again."""
    return Prepared(_free([external_task.c.topic_name == name for name in names], use_priority, newest_first))


def _free(fits: Sequence[ColumnElement[bool]], use_priority: bool, newest_first: bool) -> Select[Any]:  # noqa: FBT001  as above
    topic_number = case(*((fit, number) for number, fit in enumerate(fits)))
    priority = [external_task.c.priority.desc()] if use_priority else []
    created = external_task.c.created.desc() if newest_first else external_task.c.created.asc()
    return (
        _all()
        .add_columns(topic_number.label("topic_number"))
        .where(_is_free(bindparam("now")), or_(*fits))
        .order_by(*priority, created, external_task.c.id)
        .limit(bindparam("limit"))
        .with_for_update(skip_locked=True)
    )


def find_available(connection: Connection, topics: Iterable[Topic], now: datetime) -> set[Topic]:
    """Of these topics, those for which there is a task that no worker holds."""
    some = select(external_task.c.id).where(_is_free(now)).limit(1)
    return {topic for topic in topics if connection.execute(some.where(_fits(topic))).first() is not None}


def change_external_tasks(connection: Connection, ids: Collection[str], values: Mapping[str, object]) -> int:
    """Give columns of these tasks other values; how many there are."""
    if len(ids) == 1:
        [task_id] = ids
        return _CHANGE_ONE.change(connection, {"task_id": task_id, **values})
    return connection.execute(_CHANGE, {"ids": list(ids), **values}).rowcount


def find_error_details(connection: Connection, ids: Collection[str]) -> dict[str, str | None]:
    """The details of the last failure of these tasks, by id; those of them that wait."""
    statement = select(external_task.c.id, external_task.c.error_details).where(external_task.c.id.in_(list(ids)))
    return {row.id: row.error_details for row in connection.execute(statement)}


def find_topic_names(
    connection: Connection, now: datetime, *, locked: bool | None, with_retries: bool | None
) -> list[str]:
    """The topics for which tasks wait, by name."""
    statement = select(external_task.c.topic_name).distinct().order_by(external_task.c.topic_name)
    if locked is not None:
        statement = statement.where(_is_locked(locked, now))
    if with_retries is not None:
        statement = statement.where(_has_retries(with_retries))
    return list(connection.execute(statement).scalars())


def _all() -> Select[Any]:
    return select(*(column for column in external_task.c if column.name != "error_details"))


def _is_free(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    unlocked = external_task.c.lock_expiration.is_(None) | (external_task.c.lock_expiration <= now)
    return and_(unlocked, external_task.c.suspended.is_(False), _has_retries(True))  # noqa: FBT003  a criterion's value


def _has_retries(has: bool) -> ColumnElement[bool]:  # noqa: FBT001  a criterion's value
    if has:
        return external_task.c.retries.is_(None) | (external_task.c.retries > 0)
    return external_task.c.retries == 0


def _is_locked(locked: bool, now: datetime | None = None) -> ColumnElement[bool]:  # noqa: FBT001  a criterion's value
    moment = now or datetime.now(UTC)
    held = external_task.c.lock_expiration.is_not(None) & (external_task.c.lock_expiration > moment)
    return held if locked else ~held


def _fits(topic: Topic) -> ColumnElement[bool]:
    columns = external_task.c
    wanted: list[ColumnElement[bool]] = [columns.topic_name == topic.name]
    for column, value in (
        (columns.business_key, topic.business_key),
        (columns.definition_id, topic.definition_id),
        (columns.definition_key, topic.definition_key),
        (columns.definition_version_tag, topic.version_tag),
    ):
        if value is not None:
            wanted.append(column == value)
    for column, values in (
        (columns.definition_id, topic.definition_ids),
        (columns.definition_key, topic.definition_keys),
    ):
        if values is not None:
            wanted.append(column.in_(values))
    if topic.process_variables:
        wanted.append(all_fit(topic.process_variables, columns.instance_id))
    return and_(*wanted)


_LOCK = Prepared(_all().where(external_task.c.id == bindparam("task_id")).with_for_update())
_CHANGE_ONE = Prepared(update(external_task).where(external_task.c.id == bindparam("task_id")))
_CHANGE = update(external_task).where(external_task.c.id.in_(bindparam("ids", expanding=True)))

EXTERNAL_TASKS = Listing(
    rows=_all(),
    key=external_task.c.id,
    criteria={
        "external_task_id": external_task.c.id.__eq__,
        "external_task_ids": external_task.c.id.in_,
        "topic_name": external_task.c.topic_name.__eq__,
        "worker_id": external_task.c.worker_id.__eq__,
        "locked": _is_locked,
        "lock_expires_before": external_task.c.lock_expiration.__lt__,
        "lock_expires_after": external_task.c.lock_expiration.__gt__,
        "with_retries_left": _has_retries,
        "instance_id": external_task.c.instance_id.__eq__,
        "instance_ids": external_task.c.instance_id.in_,
        "activity_id": external_task.c.activity_id.__eq__,
        "activity_ids": external_task.c.activity_id.in_,
        "definition_key": external_task.c.definition_key.__eq__,
        "definition_keys": external_task.c.definition_key.in_,
        "definition_id": external_task.c.definition_id.__eq__,
        "min_priority": external_task.c.priority.__ge__,
        "max_priority": external_task.c.priority.__le__,
        "suspended": external_task.c.suspended.__eq__,
    },
    orders={
        "id": external_task.c.id,
        "lockExpirationTime": external_task.c.lock_expiration,
        "processInstanceId": external_task.c.instance_id,
        "processDefinitionId": external_task.c.definition_id,
        "processDefinitionKey": external_task.c.definition_key,
        "taskPriority": external_task.c.priority,
        "createTime": external_task.c.created,
    },
    entity=to_external_task,
)
