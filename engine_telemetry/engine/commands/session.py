"""Commands for log-ins: sessions, what users set for themselves, and the first administrator."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from engine_telemetry.engine.commands.identity import ADMINISTRATORS, SaveUserCmd
from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.entities import UserSession
from engine_telemetry.engine.persistence import sessions
from engine_telemetry.exceptions import BadUserRequestException

LONGEST, IDLE = timedelta(hours=12), timedelta(hours=2)
SEEN_ONCE_IN = timedelta(minutes=1)

_KEY = "session.key"


@dataclass(frozen=True)
class CreateSessionCmd:
    """Begin a session of a user, and remove those that are over.

    Attributes:
        session_id: The digest of the token that the browser gets.
    """

    session_id: str = field(repr=False)
    user_id: str

    def __call__(self, context: CommandContext) -> None:
        """Begin it."""
        now = context.clock()
        sessions.delete_expired_sessions(context.connection, now)
        sessions.insert_session(context.connection, self.session_id, self.user_id, now, now + LONGEST)


@dataclass(frozen=True)
class GetSessionCmd(ReadOnly):
    """Find a session."""

    session_id: str = field(repr=False)

    def __call__(self, context: CommandContext) -> tuple[UserSession | None, bool]:
        """The session if it is not over, and whether it is to be noted that it was used."""
        found = sessions.find_session(context.connection, self.session_id, ADMINISTRATORS)
        now = context.clock()
        if found is None or found.expires <= now or found.last_seen + IDLE <= now:
            return None, False
        return found, found.last_seen + SEEN_ONCE_IN <= now


@dataclass(frozen=True)
class UpdateSessionCmd:
    """Note that a session was used."""

    session_id: str = field(repr=False)

    def __call__(self, context: CommandContext) -> None:
        """Note it."""
        sessions.touch_session(context.connection, self.session_id, context.clock())


@dataclass(frozen=True)
class DeleteSessionCmd:
    """End a session."""

    session_id: str = field(repr=False)

    def __call__(self, context: CommandContext) -> None:
        """End it; one that is not there is no error."""
        sessions.delete_session(context.connection, self.session_id)


@dataclass(frozen=True)
class GetSessionKeyCmd:
    """Find the key that cookies and forms are signed with; the first to ask makes it, for all processes and nodes."""

    def __call__(self, context: CommandContext) -> bytes:
        """The key: 32 bytes."""
        value = sessions.read_property(context.connection, _KEY)
        if value is None:
            value = secrets.token_hex(32)
            sessions.insert_property(context.connection, _KEY, value)  # who comes second is run again, and reads it
        return bytes.fromhex(value)


@dataclass(frozen=True)
class CreateFirstAdministratorCmd:
    """Make the first administrator.

    Attributes:
        values: As for ``SaveUserCmd``.
    """

    user_id: str
    values: Mapping[str, str | None] = field(repr=False)

    def __call__(self, context: CommandContext) -> None:
        """Make it, if there is no administrator yet. Of two at once, the second waits, and is refused."""
        sessions.lock_group(context.connection, ADMINISTRATORS)
        if sessions.has_members(context.connection, ADMINISTRATORS):
            raise BadUserRequestException("There is an administrator already.")
        SaveUserCmd(self.user_id, self.values, new=True, groups=[ADMINISTRATORS])(context)


@dataclass(frozen=True)
class GetUserInfoCmd(ReadOnly):
    """Read what a user set."""

    user_id: str
    name: str

    def __call__(self, context: CommandContext) -> str | None:
        """The value; ``None`` if nothing was set."""
        return sessions.read_setting(context.connection, self.user_id, self.name)


@dataclass(frozen=True)
class SetUserInfoCmd:
    """Keep what a user set."""

    user_id: str
    name: str
    value: str = field(repr=False)

    def __call__(self, context: CommandContext) -> None:
        """Keep it, in place of what was set before."""
        sessions.save_setting(context.connection, self.user_id, self.name, self.value)


@dataclass(frozen=True)
class DeleteUserInfoCmd:
    """Forget what a user set."""

    user_id: str
    name: str

    def __call__(self, context: CommandContext) -> None:
        """Forget it; what is not there is no error."""
        sessions.delete_setting(context.connection, self.user_id, self.name)
