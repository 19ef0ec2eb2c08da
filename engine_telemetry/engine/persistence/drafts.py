"""Rows of drafts: what users have entered in the forms of tasks, and not sent yet."""

import json
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from engine_telemetry.engine.persistence.tasklist_tables import draft
from engine_telemetry.engine.tasklist_entities import Draft


def find_draft(connection: Connection, task_id: str, user_id: str) -> Draft | None:
    """A user's draft of a task."""
    row = connection.execute(select(draft).where(_is(task_id, user_id))).one_or_none()
    return None if row is None else Draft(json.loads(row.fields), row.saved)


def save_draft(connection: Connection, task_id: str, user_id: str, fields: str, now: datetime) -> None:
    """Keep a user's draft, as JSON, in place of the one before."""
    delete_draft(connection, task_id, user_id)
    connection.execute(insert(draft).values(task_id=task_id, user_id=user_id, fields=fields, saved=now))


def delete_draft(connection: Connection, task_id: str, user_id: str) -> None:
    """Delete a user's draft, if there is one."""
    connection.execute(delete(draft).where(_is(task_id, user_id)))


def _is(task_id: str, user_id: str) -> ColumnElement[bool]:
    return (draft.c.task_id == task_id) & (draft.c.user_id == user_id)
