"""Commands for users, groups and who belongs to which."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from engine_telemetry.engine import passwords
from engine_telemetry.engine.commands.operation_log import Change, log_operation
from engine_telemetry.engine.commands.query import Query
from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.entities import Group, User
from engine_telemetry.engine.persistence import identities, sessions
from engine_telemetry.exceptions import BadUserRequestException, ConflictException, NullValueException

ADMINISTRATORS = "camunda-admin"


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
        log_operation(context, "Create" if self.new else "Update", "User", Change("userId", new=self.user_id))
        for group_id in self.groups:
            CreateMembershipCmd(self.user_id, group_id)(context)


@dataclass(frozen=True)
class DeleteUserCmd:
    """Delete a user, the memberships and the sessions.

    Attributes:
        keep_administrator: Whether to refuse it for the last administrator.
    """

    user_id: str
    keep_administrator: bool = False

    def __call__(self, context: CommandContext) -> None:
        """Delete; one that is not there is no error."""
        if self.keep_administrator:
            _require_other_administrators(context, self.user_id)
        identities.delete_user(context.connection, self.user_id)
        log_operation(context, "Delete", "User", Change("userId", old=self.user_id))


@dataclass(frozen=True)
class SaveGroupCmd:
    """Make a group, or change its name."""

    group: Group
    new: bool

    def __call__(self, context: CommandContext) -> None:
        """Save it."""
        known = identities.has_group(context.connection, self.group.id)
        if self.new and known:
            raise BadUserRequestException(f"There is a group {self.group.id!r} already.")
        if not self.new and not known:
            raise _no_group(self.group.id)
        identities.save_group(context.connection, self.group, new=self.new)
        log_operation(context, "Create" if self.new else "Update", "Group", Change("groupId", new=self.group.id))


@dataclass(frozen=True)
class DeleteGroupCmd:
    """Delete a group and the memberships; its members remain users."""

    group_id: str

    def __call__(self, context: CommandContext) -> None:
        """Delete; one that is not there is no error."""
        if self.group_id == ADMINISTRATORS:
            raise ConflictException(f"The group {ADMINISTRATORS!r} cannot be deleted: its members are administrators.")
        identities.delete_group(context.connection, self.group_id)
        log_operation(context, "Delete", "Group", Change("groupId", old=self.group_id))


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
            raise _no_group(self.group_id)
        if not identities.is_member(context.connection, self.user_id, self.group_id):
            identities.add_member(context.connection, self.user_id, self.group_id)
            changes = (Change("userId", new=self.user_id), Change("groupId", new=self.group_id))
            log_operation(context, "Create", "GroupMembership", *changes)


@dataclass(frozen=True)
class DeleteMembershipCmd:
    """Take a user out of a group.

    Attributes:
        keep_administrator: Whether to refuse it for the last administrator.
    """

    user_id: str
    group_id: str
    keep_administrator: bool = False

    def __call__(self, context: CommandContext) -> None:
        """Take it out; who is no member, is none."""
        if self.keep_administrator and self.group_id == ADMINISTRATORS:
            _require_other_administrators(context, self.user_id)
        identities.remove_member(context.connection, self.user_id, self.group_id)
        changes = (Change("userId", old=self.user_id), Change("groupId", old=self.group_id))
        log_operation(context, "Delete", "GroupMembership", *changes)


def _require_other_administrators(context: CommandContext, user_id: str) -> None:
    sessions.lock_group(context.connection, ADMINISTRATORS)  # of two who take away each other, the second waits
    is_one = identities.is_member(context.connection, user_id, ADMINISTRATORS)
    if is_one and not identities.has_other_members(context.connection, ADMINISTRATORS, user_id):
        raise ConflictException(
            f"{user_id!r} is the last administrator, and without one nobody could administrate this engine."
            f" Make somebody else a member of {ADMINISTRATORS!r} first."
        )


def _no_group(group_id: str) -> NullValueException:
    return NullValueException(f"No group found with id '{group_id}'.: group is null")


def _no_user(user_id: str) -> NullValueException:
    return NullValueException(f"No user found with id '{user_id}'.: user is null")
