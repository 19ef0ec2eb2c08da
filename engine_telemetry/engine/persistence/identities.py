"""Rows of users, groups and memberships, and the two queries for them."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, delete, insert, or_, select, update

from engine_telemetry.engine.entities import Group, User
from engine_telemetry.engine.persistence.listing import Listing
from engine_telemetry.engine.persistence.tables import group, membership, user


def _to_user(row: Row[Any]) -> User:
    return User(row.id, row.first_name, row.last_name, row.email)


def _has_in(*columns: Column[str]) -> Callable[[str], ColumnElement[bool]]:
    return lambda text: or_(*(column.icontains(text, autoescape=True) for column in columns))


def _is_in(group_id: str) -> ColumnElement[bool]:
    return user.c.id.in_(select(membership.c.user_id).where(membership.c.group_id == group_id))


def _has(user_id: str) -> ColumnElement[bool]:
    return group.c.id.in_(select(membership.c.group_id).where(membership.c.user_id == user_id))


USERS = Listing(
    rows=select(user.c.id, user.c.first_name, user.c.last_name, user.c.email),
    key=user.c.id,
    criteria={
        "user_id": lambda value: user.c.id == value,
        "user_ids": user.c.id.in_,
        "first_name": lambda value: user.c.first_name == value,
        "last_name": lambda value: user.c.last_name == value,
        "email": lambda value: user.c.email == value,
        "containing": _has_in(user.c.id, user.c.first_name, user.c.last_name, user.c.email),
        "member_of": _is_in,
    },
    orders={
        "userId": user.c.id,
        "firstName": user.c.first_name,
        "lastName": user.c.last_name,
        "email": user.c.email,
    },
    entity=_to_user,
)

GROUPS = Listing(
    rows=select(group),
    key=group.c.id,
    criteria={
        "group_id": lambda value: group.c.id == value,
        "name": lambda value: group.c.name == value,
        "containing": _has_in(group.c.id, group.c.name),
        "member": _has,
    },
    orders={"id": group.c.id, "name": group.c.name},
    entity=lambda row: Group(row.id, row.name),
)


def password_hash(connection: Connection, user_id: str) -> str | None:
    """The hash of a user's password; ``None`` if there is no such user."""
    return connection.execute(select(user.c.password).where(user.c.id == user_id)).scalar_one_or_none()


def has_user(connection: Connection, user_id: str) -> bool:
    """Whether there is such a user."""
    return connection.execute(select(user.c.id).where(user.c.id == user_id)).first() is not None


def save_user(connection: Connection, user_id: str, values: Mapping[str, str | None], *, new: bool) -> None:
    """Write these columns of a user."""
    statement = insert(user).values(id=user_id) if new else update(user).where(user.c.id == user_id)
    connection.execute(statement.values(**values))


def delete_user(connection: Connection, user_id: str) -> None:
    """Delete a user; the database deletes the memberships, sessions and settings."""
    connection.execute(delete(user).where(user.c.id == user_id))


def has_group(connection: Connection, group_id: str) -> bool:
    """Whether there is such a group."""
    return connection.execute(select(group.c.id).where(group.c.id == group_id)).first() is not None


def save_group(connection: Connection, saved: Group, *, new: bool) -> None:
    """Write a group."""
    statement = insert(group).values(id=saved.id) if new else update(group).where(group.c.id == saved.id)
    connection.execute(statement.values(name=saved.name))


def delete_group(connection: Connection, group_id: str) -> None:
    """Delete a group; the database deletes the memberships."""
    connection.execute(delete(group).where(group.c.id == group_id))


def has_other_members(connection: Connection, group_id: str, user_id: str) -> bool:
    """Whether anybody but this user belongs to a group."""
    others = select(membership.c.user_id).where(membership.c.group_id == group_id, membership.c.user_id != user_id)
    return connection.execute(others.limit(1)).first() is not None


def is_member(connection: Connection, user_id: str, group_id: str) -> bool:
    """Whether a user belongs to a group."""
    statement = select(membership.c.user_id).where(membership.c.user_id == user_id, membership.c.group_id == group_id)
    return connection.execute(statement).first() is not None


def add_member(connection: Connection, user_id: str, group_id: str) -> None:
    """Write a membership."""
    connection.execute(insert(membership).values(user_id=user_id, group_id=group_id))


def remove_member(connection: Connection, user_id: str, group_id: str) -> None:
    """Delete a membership, if there is one."""
    statement = delete(membership).where(membership.c.user_id == user_id, membership.c.group_id == group_id)
    connection.execute(statement)
