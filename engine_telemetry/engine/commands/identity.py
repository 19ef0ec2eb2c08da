"""Commands for users, groups and who belongs to which."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from engine_telemetry.engine import passwords
from engine_telemetry.engine.commands.query import Query
from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.entities import Group, User
from engine_telemetry.engine.persistence import identities, sessions
from engine_telemetry.exceptions import BadUserRequestException, NullValueException


class DbUserQueryImpl(Query[User]):
    """Find users."""

    listing = identities.USERS


class DbGroupQueryImpl(Query[Group]):
    """Find groups."""

    listing = identities.GROUPS


@dataclass(frozen=True)
class CheckPassword(ReadOnly):
    """Check a password."""

    user_id: str
    password: str = field(repr=False)

    def __call__(self, context: CommandContext) -> bool:
        """Whether it is the user's; as slow if there is no such user."""
        return passwords.fits(self.password, identities.password_hash(context.connection, self.user_id))


@dataclass(frozen=True)
class SaveUserCmd:
    """Make a user, or change one.

    Attributes:
        values: Columns of the user's row; the password as its hash.
        groups: What a new user becomes a member of.
    """

    user_id: str
    values: Mapping[str, str | None] = field(repr=False)
    new: bool
    groups: Collection[str] = ()

    def __call__(self, context: CommandContext) -> None:
        """Save it, with its memberships. Another password ends all sessions."""
        known = identities.has_user(context.connection, self.user_id)
        if self.new and known:
            raise BadUserRequestException(f"There is a user {self.user_id!r} already.")
        if not self.new and not known:
            raise _no_user(self.user_id)
        identities.save_user(context.connection, self.user_id, self.values, new=self.new)
        if not self.new and "password" in self.values:
            sessions.delete_sessions_of(context.connection, self.user_id)
        for group_id in self.groups:
            CreateMembershipCmd(self.user_id, group_id)(context)


@dataclass(frozen=True)
class DeleteUserCmd:
    """Delete a user, the memberships and the sessions."""

    user_id: str

    def __call__(self, context: CommandContext) -> None:
        """Delete; one that is not there is no error."""
        identities.delete_user(context.connection, self.user_id)


@dataclass(frozen=True)
class SaveGroupCmd:
    """Make a group."""

    group: Group

    def __call__(self, context: CommandContext) -> None:
        """Make it."""
        if identities.has_group(context.connection, self.group.id):
            raise BadUserRequestException(f"There is a group {self.group.id!r} already.")
        identities.insert_group(context.connection, self.group)


@dataclass(frozen=True)
class CreateMembershipCmd:
    """Make a user a member of a group."""

    user_id: str
    group_id: str

    def __call__(self, context: CommandContext) -> None:
        """Make it one; who is a member already, remains one."""
        if not identities.has_user(context.connection, self.user_id):
            raise _no_user(self.user_id)
        if not identities.has_group(context.connection, self.group_id):
            raise NullValueException(f"No group found with id '{self.group_id}'.: group is null")
        if not identities.is_member(context.connection, self.user_id, self.group_id):
            identities.add_member(context.connection, self.user_id, self.group_id)


@dataclass(frozen=True)
class DeleteMembershipCmd:
    """Take a user out of a group."""

    user_id: str
    group_id: str

    def __call__(self, context: CommandContext) -> None:
        """Take it out; who is no member, is none."""
        identities.remove_member(context.connection, self.user_id, self.group_id)


def _no_user(user_id: str) -> NullValueException:
    return NullValueException(f"No user found with id '{user_id}'.: user is null")
