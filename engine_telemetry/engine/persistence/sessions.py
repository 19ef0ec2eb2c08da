"""Rows of sessions, of what users set for themselves, and of what the engine keeps for itself."""

from datetime import datetime

from sqlalchemy import Connection, delete, exists, insert, select, update

from engine_telemetry.engine.entities import User, UserSession
from engine_telemetry.engine.persistence.tables import group, membership, property_, session, user, user_setting


def insert_session(connection: Connection, session_id: str, user_id: str, now: datetime, expires: datetime) -> None:
    """Write a session that begins now."""
    values = {"id": session_id, "user_id": user_id, "created": now, "last_seen": now, "expires": expires}
    connection.execute(insert(session).values(**values))


def find_session(connection: Connection, session_id: str, administrators: str) -> UserSession | None:
    """A session with its user, and whether that is a member of the administrators' group."""
    administrates = exists().where(membership.c.user_id == user.c.id, membership.c.group_id == administrators)
    statement = (
        select(session, user.c.first_name, user.c.last_name, user.c.email, administrates.label("administrator"))
        .join(user, user.c.id == session.c.user_id)
        .where(session.c.id == session_id)
    )
    row = connection.execute(statement).first()
    if row is None:
        return None
    person = User(row.user_id, row.first_name, row.last_name, row.email)
    return UserSession(person, bool(row.administrator), row.last_seen, row.expires)


def touch_session(connection: Connection, session_id: str, now: datetime) -> None:
    """Write when a session was used last."""
    connection.execute(update(session).where(session.c.id == session_id).values(last_seen=now))


def delete_session(connection: Connection, session_id: str) -> None:
    """Delete a session, if there is one."""
    connection.execute(delete(session).where(session.c.id == session_id))


def delete_sessions_of(connection: Connection, user_id: str) -> None:
    """Delete all sessions of a user."""
    connection.execute(delete(session).where(session.c.user_id == user_id))


def delete_expired_sessions(connection: Connection, now: datetime) -> None:
    """Delete the sessions whose time is over."""
    connection.execute(delete(session).where(session.c.expires <= now))


def lock_group(connection: Connection, group_id: str) -> None:
    """Let nobody else pass here for this group before the end of the transaction."""
    connection.execute(select(group.c.id).where(group.c.id == group_id).with_for_update())


def has_members(connection: Connection, group_id: str) -> bool:
    """Whether anybody belongs to a group."""
    return connection.execute(select(membership.c.user_id).where(membership.c.group_id == group_id)).first() is not None


def read_property(connection: Connection, name: str) -> str | None:
    """A value that the engine keeps; ``None`` if there is none."""
    return connection.execute(select(property_.c.value).where(property_.c.name == name)).scalar_one_or_none()


def insert_property(connection: Connection, name: str, value: str) -> None:
    """Write a value that the engine keeps from now on."""
    connection.execute(insert(property_).values(name=name, value=value))


def read_setting(connection: Connection, user_id: str, name: str) -> str | None:
    """What a user set; ``None`` if nothing."""
    statement = select(user_setting.c.value).where(user_setting.c.user_id == user_id, user_setting.c.name == name)
    return connection.execute(statement).scalar_one_or_none()


def save_setting(connection: Connection, user_id: str, name: str, value: str) -> None:
    """Write what a user set."""
    delete_setting(connection, user_id, name)
    connection.execute(insert(user_setting).values(user_id=user_id, name=name, value=value))


def delete_setting(connection: Connection, user_id: str, name: str) -> None:
    """Forget what a user set, if anything."""
    statement = delete(user_setting).where(user_setting.c.user_id == user_id, user_setting.c.name == name)
    connection.execute(statement)
