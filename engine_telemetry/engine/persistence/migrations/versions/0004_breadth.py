"""Local variables, called instances, events, jobs, incidents, decisions, comments and history."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_OID, uuid4, uuid5

import sqlalchemy as sa
from alembic import op

from engine_telemetry.engine.persistence.types import UtcDateTime, id_text, long_text, short_text

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_BATCH = 1000
_SEARCHED = 255
_NUMBERS = {"Short", "Integer", "Long", "Double"}


def upgrade() -> None:
    """Create and fill them; what is there already is left from a start that was interrupted on MariaDB."""
    _widen_definitions()
    _widen_instances()
    _widen_tasks()
    _create_events()
    _create_history()
    _move_variables()
    _move_candidates()
    _begin_history()


def _widen_definitions() -> None:
    """Models are read again from their files, so that nothing of them lies beside these."""
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("engine_process_definition")}
    for column in {"spec", "serializer_version"} & there:
        op.drop_column("engine_process_definition", column)
    _add("process_definition", _yes_or_no("suspended"), sa.Column("history_time_to_live", sa.Integer))
    _add("process_definition", _yes_or_no("startable_in_tasklist", default=sa.true()))
    _create(
        "decision_definition",
        sa.Column("key", short_text(), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("name", short_text()),
        sa.Column("version_tag", short_text()),
        _reference("deployment_id", "deployment", nullable=False),
        sa.Column("resource_name", short_text(), nullable=False),
        sa.Column("history_time_to_live", sa.Integer),
        sa.UniqueConstraint("key", "version", name="uq_engine_decision_definition_version"),
        indexes=("deployment_id",),
    )


def _widen_instances() -> None:
    _add("process_instance", sa.Column("root_id", id_text(), nullable=False, server_default=""))
    _add("process_instance", sa.Column("super_instance_id", id_text()), sa.Column("super_wait_id", id_text()))
    _add("process_instance", _yes_or_no("suspended"))
    op.execute("UPDATE engine_process_instance SET root_id = id")
    _index("process_instance", "root_id")
    _index("process_instance", "super_instance_id")
    _index("process_instance", "definition_id", "start_time", name="started")
    op.drop_index("ix_engine_process_instance_definition_id", "engine_process_instance", if_exists=True)


def _widen_tasks() -> None:
    _add("task", sa.Column("owner", short_text()), sa.Column("delegation_state", short_text(32)))
    _add("task", sa.Column("due", UtcDateTime()), sa.Column("follow_up", UtcDateTime()))
    _add("task", sa.Column("description", long_text()), sa.Column("last_updated", UtcDateTime()))
    _add("task", _yes_or_no("suspended"))
    _add("external_task", sa.Column("definition_version_tag", short_text()), sa.Column("retries", sa.Integer))
    _add("external_task", sa.Column("error_message", long_text()), sa.Column("error_details", long_text()))
    _add("external_task", _yes_or_no("suspended"))
    _create(
        "identity_link",
        _reference("task_id", "task", nullable=False),
        sa.Column("type", short_text(), nullable=False),
        sa.Column("user_id", short_text()),
        sa.Column("group_id", short_text()),
        indexes=("task_id", "user_id", "group_id"),
    )
    _create(
        "comment",
        sa.Column("task_id", id_text()),
        sa.Column("instance_id", id_text()),
        sa.Column("user_id", short_text()),
        sa.Column("message", long_text(), nullable=False),
        sa.Column("time", UtcDateTime(), nullable=False),
        indexes=("task_id", "instance_id"),
    )


def _create_events() -> None:
    _create(
        "event_subscription",
        _reference("instance_id", "process_instance"),
        _reference("definition_id", "process_definition", nullable=False),
        sa.Column("activity_id", short_text(), nullable=False),
        sa.Column("kind", short_text(32), nullable=False),
        sa.Column("event_name", short_text()),
        sa.Column("created", UtcDateTime(), nullable=False),
        indexes=("instance_id", "definition_id"),
    )
    _index("event_subscription", "event_name", "kind", name="event")
    _create(
        "job",
        _reference("instance_id", "process_instance"),
        _reference("definition_id", "process_definition", nullable=False),
        sa.Column("definition_key", short_text(), nullable=False),
        sa.Column("activity_id", short_text(), nullable=False),
        sa.Column("kind", short_text(32), nullable=False),
        sa.Column("due", UtcDateTime()),
        sa.Column("retries", sa.Integer, nullable=False),
        sa.Column("retry_cycle", short_text()),
        sa.Column("priority", sa.BigInteger, nullable=False),
        sa.Column("exclusive", sa.Boolean, nullable=False),
        sa.Column("repeat", short_text()),
        sa.Column("lock_owner", short_text()),
        sa.Column("lock_until", UtcDateTime()),
        sa.Column("failed_activity_id", short_text()),
        sa.Column("error_message", long_text()),
        sa.Column("error_details", long_text()),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("suspended", sa.Boolean, nullable=False),
        indexes=("instance_id", "definition_id", "due"),
    )
    _create(
        "incident",
        sa.Column("kind", short_text(), nullable=False),
        sa.Column("time", UtcDateTime(), nullable=False),
        sa.Column("message", long_text()),
        _reference("instance_id", "process_instance"),
        _reference("definition_id", "process_definition"),
        sa.Column("activity_id", short_text()),
        sa.Column("failed_activity_id", short_text()),
        sa.Column("configuration", short_text()),
        sa.Column("cause_incident_id", id_text()),
        sa.Column("root_cause_incident_id", id_text()),
        sa.Column("annotation", long_text()),
        indexes=("instance_id", "configuration", "root_cause_incident_id"),
    )
    _index("incident", "definition_id", "activity_id", name="activity")


def _create_history() -> None:
    _create(
        "hi_process_instance",
        sa.Column("root_id", id_text(), nullable=False),
        sa.Column("super_instance_id", id_text()),
        *_definition(),
        sa.Column("business_key", short_text()),
        sa.Column("start_time", UtcDateTime(), nullable=False),
        sa.Column("end_time", UtcDateTime()),
        sa.Column("start_user_id", short_text()),
        sa.Column("start_activity_id", short_text()),
        sa.Column("end_activity_id", short_text()),
        sa.Column("delete_reason", long_text()),
        sa.Column("state", short_text(32), nullable=False),
        indexes=("super_instance_id", "business_key", "start_time", "end_time"),
    )
    _index("hi_process_instance", "definition_id", "start_time", name="definition")
    _index("hi_process_instance", "definition_key", "start_time", name="key")
    _create_activity_history()
    _create(
        "hi_task",
        _reference("instance_id", "hi_process_instance", nullable=False),
        *_definition(),
        sa.Column("task_definition_key", short_text(), nullable=False),
        sa.Column("name", short_text()),
        sa.Column("description", long_text()),
        sa.Column("owner", short_text()),
        sa.Column("assignee", short_text()),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("due", UtcDateTime()),
        sa.Column("follow_up", UtcDateTime()),
        sa.Column("start_time", UtcDateTime(), nullable=False),
        sa.Column("end_time", UtcDateTime()),
        sa.Column("delete_reason", long_text()),
        indexes=("instance_id", "assignee", "end_time"),
    )
    _create(
        "hi_variable",
        _reference("instance_id", "hi_process_instance", nullable=False),
        *_definition(),
        sa.Column("scope_id", id_text(), nullable=False),
        *_value(),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        indexes=("instance_id",),
    )
    _create_incident_history()


def _create_activity_history() -> None:
    _create(
        "hi_activity",
        _reference("instance_id", "hi_process_instance", nullable=False),
        *_definition(),
        sa.Column("parent_id", id_text()),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("activity_id", short_text(), nullable=False),
        sa.Column("activity_name", short_text()),
        sa.Column("activity_type", short_text(64), nullable=False),
        sa.Column("called_instance_id", id_text()),
        sa.Column("start_time", UtcDateTime(), nullable=False),
        sa.Column("end_time", UtcDateTime()),
        sa.Column("cancelled", sa.Boolean, nullable=False),
        sa.Column("complete_scope", sa.Boolean, nullable=False),
    )
    _index("hi_activity", "instance_id", "sequence", name="sequence")
    _index("hi_activity", "definition_id", "end_time", "activity_id", name="activity")


def _create_incident_history() -> None:
    _create(
        "hi_incident",
        _reference("instance_id", "hi_process_instance"),
        sa.Column("definition_id", id_text()),
        sa.Column("definition_key", short_text()),
        sa.Column("kind", short_text(), nullable=False),
        sa.Column("created", UtcDateTime(), nullable=False),
        sa.Column("end_time", UtcDateTime()),
        sa.Column("message", long_text()),
        sa.Column("error_details", long_text()),
        sa.Column("activity_id", short_text()),
        sa.Column("failed_activity_id", short_text()),
        sa.Column("configuration", short_text()),
        sa.Column("cause_incident_id", id_text()),
        sa.Column("root_cause_incident_id", id_text()),
        sa.Column("annotation", long_text()),
        sa.Column("state", short_text(32), nullable=False),
        indexes=("instance_id", "definition_id"),
    )


def _move_variables() -> None:
    _create(
        "variable_instance",
        _reference("instance_id", "process_instance", nullable=False),
        sa.Column("scope_id", id_text(), nullable=False),
        *_value(),
        sa.UniqueConstraint("scope_id", "name", name="uq_engine_variable_instance_name"),
        indexes=("instance_id",),
    )
    if not sa.inspect(op.get_bind()).has_table("engine_variable"):
        return
    target = _table("variable_instance")
    op.execute(sa.delete(target))
    for rows in _rows("SELECT instance_id, name, type, value, value_info FROM engine_variable"):
        op.bulk_insert(target, [_new_variable(dict(row)) for row in rows])
    op.drop_table("engine_variable")


def _new_variable(row: dict[str, str]) -> dict[str, object]:
    content, name = json.loads(row["value"]), f"{row['instance_id']}/{row['name']}"
    number = float(content) if row["type"] in _NUMBERS and content is not None else None
    text = content if isinstance(content, str) and len(content) <= _SEARCHED and row["type"] != "Bytes" else None
    if text is not None and row["type"] == "Date":
        text = datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="microseconds")
    if row["type"] == "Boolean" and content is not None:
        text = row["value"]
    scope = {"id": str(uuid5(NAMESPACE_OID, name)), "scope_id": row["instance_id"]}
    return {**row, **scope, "text_value": text, "number_value": number}


def _move_candidates() -> None:
    columns = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("engine_task")}
    for column, key in (("candidate_users", "user_id"), ("candidate_groups", "group_id")):
        if column not in columns:
            continue
        target = _table("identity_link")
        op.execute(sa.delete(target).where(target.c[key].is_not(None)))
        for rows in _rows(f"SELECT id, {column} AS names FROM engine_task WHERE {column} IS NOT NULL"):  # noqa: S608
            op.bulk_insert(target, [link for row in rows for link in _links(row, key)])
        op.drop_column("engine_task", column)


def _links(row: sa.RowMapping, key: str) -> list[dict[str, object]]:
    names = {name.strip() for name in row["names"].split(",")} - {""}
    empty: dict[str, object] = {"user_id": None, "group_id": None, "type": "candidate", "task_id": row["id"]}
    return [{**empty, "id": str(uuid4()), key: name} for name in sorted(names)]


def _begin_history() -> None:
    """Instances that run are in the history from now on, with where they wait; what they did before is not known."""
    instance, definition = _table("process_instance"), _table("process_definition")
    owner = {"instance_id": instance.c.id, "definition_id": definition.c.id, "definition_key": definition.c.key}
    started = {name: instance.c[name] for name in ("id", "root_id", "business_key", "start_time")}
    of_definition = {"definition_id": definition.c.id, "definition_key": definition.c.key}
    joined = instance.join(definition, instance.c.definition_id == definition.c.id)
    for name in ("hi_activity", "hi_task", "hi_variable", "hi_process_instance"):
        op.execute(sa.delete(_table(name)))
    _copy("hi_process_instance", joined, started | of_definition | {"state": sa.literal("ACTIVE")})
    task, external_task, variable = _table("task"), _table("external_task"), _table("variable_instance")
    of_task = joined.join(task, task.c.instance_id == instance.c.id)
    same = {name: task.c[name] for name in ("id", "task_definition_key", "name", "assignee", "priority")}
    _copy("hi_task", of_task, owner | same | {"start_time": task.c.created})
    waits = owner | {"parent_id": instance.c.id, "sequence": sa.literal(0)} | _not_ended()
    named = {"activity_name": task.c.name}
    _copy("hi_activity", of_task, waits | named | _activity(task, task.c.task_definition_key, "userTask"))
    of_worker = joined.join(external_task, external_task.c.instance_id == instance.c.id)
    _copy("hi_activity", of_worker, waits | _activity(external_task, external_task.c.activity_id, "serviceTask"))
    of_variable = joined.join(variable, variable.c.instance_id == instance.c.id)
    values = {column.name: column for column in variable.c if column.name != "instance_id"}
    _copy("hi_variable", of_variable, owner | values | {"created": instance.c.start_time, "deleted": sa.false()})


def _activity(table: sa.Table, activity_id: sa.ColumnElement[str], kind: str) -> dict[str, sa.ColumnElement[Any]]:
    of_row = {"id": table.c.id, "start_time": table.c.created}
    return {**of_row, "activity_id": activity_id, "activity_type": sa.literal(kind)}


def _not_ended() -> dict[str, sa.ColumnElement[Any]]:
    return {"cancelled": sa.false(), "complete_scope": sa.false()}


def _copy(name: str, source: sa.FromClause, values: dict[str, sa.ColumnElement[Any]]) -> None:
    rows = sa.select(*values.values()).select_from(source)
    op.execute(sa.insert(_table(name)).from_select(list(values), rows))


def _table(name: str) -> sa.Table:
    return sa.Table(f"engine_{name}", sa.MetaData(), autoload_with=op.get_bind(), resolve_fks=False)


def _rows(query: str) -> Iterator[Sequence[sa.RowMapping]]:
    return op.get_bind().execute(sa.text(query)).mappings().partitions(_BATCH)


def _definition() -> list[sa.Column[str]]:
    return [
        sa.Column("definition_id", id_text(), nullable=False),
        sa.Column("definition_key", short_text(), nullable=False),
    ]


def _value() -> list[sa.Column[Any]]:
    return [
        sa.Column("name", short_text(), nullable=False),
        sa.Column("type", short_text(32), nullable=False),
        sa.Column("value", long_text(), nullable=False),
        sa.Column("value_info", long_text(), nullable=False),
        sa.Column("text_value", short_text()),
        sa.Column("number_value", sa.Double),
    ]


def _yes_or_no(name: str, default: sa.ColumnElement[bool] | None = None) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false() if default is None else default)


def _reference(name: str, target: str, *, nullable: bool = True) -> sa.Column[str]:
    return sa.Column(name, id_text(), sa.ForeignKey(f"engine_{target}.id", ondelete="CASCADE"), nullable=nullable)


def _add(name: str, *columns: sa.Column[Any]) -> None:
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(f"engine_{name}")}
    for column in columns:
        if column.name not in there:
            op.add_column(f"engine_{name}", column)


def _create(name: str, *items: sa.schema.SchemaItem, indexes: Sequence[str] = ()) -> None:
    identity = sa.Column("id", id_text(), primary_key=True)
    op.create_table(f"engine_{name}", identity, *items, if_not_exists=True)
    for column in indexes:
        _index(name, column)


def _index(table: str, *columns: str, name: str | None = None) -> None:
    index = f"ix_engine_{table}_{name or columns[0]}"
    op.create_index(index, f"engine_{table}", list(columns), if_not_exists=True)
