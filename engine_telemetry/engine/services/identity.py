"""Users, their passwords, and their groups."""

import hashlib
import logging
import re
import secrets
import threading
from collections.abc import Collection
from contextlib import AbstractContextManager
from math import ceil
from typing import Unpack

from engine_telemetry.engine import acting, passwords
from engine_telemetry.engine.commands.identity import (
    ADMINISTRATORS,
    CheckPassword,
    CreateMembershipCmd,
    DbGroupQueryImpl,
    DbUserQueryImpl,
    DeleteGroupCmd,
    DeleteMembershipCmd,
    DeleteUserCmd,
    SaveGroupCmd,
    SaveUserCmd,
)
from engine_telemetry.engine.commands.session import (
    CreateFirstAdministratorCmd,
    CreateSessionCmd,
    DeleteSessionCmd,
    DeleteUserInfoCmd,
    GetSessionCmd,
    GetSessionKeyCmd,
    GetUserInfoCmd,
    SetUserInfoCmd,
    UpdateSessionCmd,
)
from engine_telemetry.engine.criteria import GroupCriteria, GroupSearch, UserCriteria, UserSearch
from engine_telemetry.engine.entities import Group, User, UserSession
from engine_telemetry.engine.executor import Executor
from engine_telemetry.engine.failed_checks import FailedChecks
from engine_telemetry.exceptions import BadUserRequestException, TooManyFailedChecksException

SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 1024  # characters

logger = logging.getLogger("engine_telemetry.engine")

_LONGEST_ID = 255  # an embedding program's users need not be the engine's
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")


class IdentityService:
    """Users, their passwords, and their groups.

    No password is logged, shown in an error or kept; the database has its argon2 hash.
    """

    def __init__(self, executor: Executor) -> None:
        """Run commands on this executor."""
        self._executor = executor
        self.forget_process()

    def forget_process(self) -> None:
        """No check runs and none has failed: at the start, and in a forked child."""
        self._failed = FailedChecks()
        self._one_check = threading.Lock()  # each takes 19 MiB and a core; forty at once would stop all else

    def acting_as(self, user_id: str | None) -> AbstractContextManager[None]:
        """Have what this thread or task does with engines in a ``with`` block be done by a user; ``None`` for nobody.

        Instances that are started know who started them, the log of operations says who did what, and saved filters
        find the user's tasks. It gives no rights and takes none.

        Raises:
            BadUserRequestException: The id is empty, or has more than 255 characters.
        """
        if user_id is not None and not 0 < len(user_id) <= _LONGEST_ID:
            raise BadUserRequestException(f"{user_id[:50]!r} cannot act: an id has 1 to {_LONGEST_ID} characters")
        return acting.acting_as(user_id)

    def create_user(
        self,
        user_id: str,
        password: str,
        *,
        first_name: str | None = None,
        last_name: str | None = None,
        email: str | None = None,
        groups: Collection[str] = (),
    ) -> User:
        """Make a user.

        Args:
            user_id: The name to log in with: 1 to 64 letters, digits and ``._@+-``, beginning with a letter or digit.
            password: 8 to 1024 characters.
            first_name: Of the person.
            last_name: Of the person.
            email: Of the person.
            groups: The ids of groups that the user becomes a member of.

        Raises:
            BadUserRequestException: There is such a user already, or the id or the password cannot be used.
            NullValueException: There is no such group.
        """
        user = User(_checked_id(user_id), first_name, last_name, email)
        values = {"first_name": first_name, "last_name": last_name, "email": email, "password": _hashed(password)}
        self._executor.execute(SaveUserCmd(user_id, values, new=True, groups=groups))
        return user

    def save_user(self, user: User) -> None:
        """Change the names and the e-mail address of a user to these.

        Raises:
            NullValueException: There is no such user.
        """
        values = {"first_name": user.first_name, "last_name": user.last_name, "email": user.email}
        self._executor.execute(SaveUserCmd(user.id, values, new=False))

    def create_first_administrator(self, user_id: str, password: str) -> None:
        """Make the first administrator.

        Raises:
            BadUserRequestException: There is an administrator or such a user already, or the id or the password cannot
                be used.
        """
        command = CreateFirstAdministratorCmd(_checked_id(user_id), {"password": _hashed(password)})
        self._executor.execute(command)

    def has_administrator(self) -> bool:
        """Whether anybody belongs to the group ``camunda-admin``."""
        return self.count_users(member_of=ADMINISTRATORS) > 0

    def set_password(self, user_id: str, password: str) -> None:
        """Give a user another password, and end the sessions of that user.

        Other processes may take the old one for some seconds, for the REST API.

        Raises:
            BadUserRequestException: The password cannot be used.
            NullValueException: There is no such user.
        """
        self._executor.execute(SaveUserCmd(user_id, {"password": _hashed(password)}, new=False))

    def check_password(self, user_id: str, password: str) -> bool:
        """Whether it is the user's password; takes as long if there is no such user.

        Raises:
            TooManyFailedChecksException: Ten checks have failed within a minute in this process. This one is not made.
        """
        key = user_id if _ID.fullmatch(user_id) else ""
        with self._one_check:
            if pause := self._failed.pause(key):
                raise TooManyFailedChecksException(ceil(pause))
            fits = self._executor.execute(CheckPassword(key, password[: LONGEST_PASSWORD + 1]))
            if fits:
                self._failed.forget(key)
            else:
                self._note_failure(key)
            return fits

    def _note_failure(self, key: str) -> None:
        self._failed.add(key)
        if pause := self._failed.pause(key):
            logger.warning("Not checking passwords of user %r for %d s: too many were wrong", key, ceil(pause))

    def delete_user(self, user_id: str, *, keep_administrator: bool = False) -> None:
        """Delete a user, and end the sessions; one that is not there is no error.

        Raises:
            ConflictException: It is the last administrator, and there must be one.
        """
        self._executor.execute(DeleteUserCmd(user_id, keep_administrator))

    def create_session(self, user_id: str) -> str:
        """Begin a session: a log-in that lasts 12 hours, or until 2 hours pass without a request.

        Returns:
            The token of 256 random bits that stands for it. The database has only its digest.
        """
        token = secrets.token_urlsafe(32)
        self._executor.execute(CreateSessionCmd(_session_id(token), user_id))
        return token

    def session(self, token: str) -> UserSession | None:
        """The session of a token; ``None`` if it is over, or never was. That it was used is noted once in a minute."""
        found, is_to_note = self._executor.execute(GetSessionCmd(_session_id(token)))
        if is_to_note:
            self._executor.execute(UpdateSessionCmd(_session_id(token)))
        return found

    def delete_session(self, token: str) -> None:
        """End a session; one that is not there is no error."""
        self._executor.execute(DeleteSessionCmd(_session_id(token)))

    def session_key(self) -> bytes:
        """The key that cookies and forms are signed with: 32 bytes, the same for all that use the database."""
        return self._executor.execute(GetSessionKeyCmd())

    def user_info(self, user_id: str, name: str) -> str | None:
        """What a user set under this name; ``None`` if nothing."""
        return self._executor.execute(GetUserInfoCmd(user_id, name))

    def set_user_info(self, user_id: str, name: str, value: str) -> None:
        """Keep what a user set, in place of what was set before."""
        self._executor.execute(SetUserInfoCmd(user_id, name, value))

    def delete_user_info(self, user_id: str, name: str) -> None:
        """Forget what a user set; what is not there is no error."""
        self._executor.execute(DeleteUserInfoCmd(user_id, name))

    def users(self, **search: Unpack[UserSearch]) -> list[User]:
        """Find users."""
        return self._executor.execute(DbUserQueryImpl(search))

    def count_users(self, **criteria: Unpack[UserCriteria]) -> int:
        """Count users."""
        return self._executor.execute(DbUserQueryImpl(criteria).count)

    def create_group(self, group_id: str, *, name: str | None = None) -> Group:
        """Make a group. Its id is written as a user's is.

        Raises:
            BadUserRequestException: There is such a group already, or the id cannot be used.
        """
        group = Group(_checked_id(group_id), name)
        self._executor.execute(SaveGroupCmd(group, new=True))
        return group

    def save_group(self, group: Group) -> None:
        """Change the name of a group to this one.

        Raises:
            NullValueException: There is no such group.
        """
        self._executor.execute(SaveGroupCmd(group, new=False))

    def delete_group(self, group_id: str) -> None:
        """Delete a group; its members remain users. One that is not there is no error.

        Raises:
            ConflictException: It is the one of the administrators.
        """
        self._executor.execute(DeleteGroupCmd(group_id))

    def groups(self, **search: Unpack[GroupSearch]) -> list[Group]:
        """Find groups."""
        return self._executor.execute(DbGroupQueryImpl(search))

    def count_groups(self, **criteria: Unpack[GroupCriteria]) -> int:
        """Count groups."""
        return self._executor.execute(DbGroupQueryImpl(criteria).count)

    def add_to_group(self, user_id: str, group_id: str) -> None:
        """Make a user a member of a group; who is one already, remains one.

        Raises:
            NullValueException: There is no such user or group.
        """
        self._executor.execute(CreateMembershipCmd(user_id, group_id))

    def remove_from_group(self, user_id: str, group_id: str, *, keep_administrator: bool = False) -> None:
        """Take a user out of a group; who is no member, is none.

        Raises:
            ConflictException: It is the last administrator, and there must be one.
        """
        self._executor.execute(DeleteMembershipCmd(user_id, group_id, keep_administrator))

    def is_admin(self, user_id: str) -> bool:
        """Whether the user belongs to the group ``camunda-admin``."""
        known = _ID.fullmatch(user_id) is not None  # MariaDB takes "ann " for "ann"
        return known and self.count_groups(group_id=ADMINISTRATORS, member=user_id) > 0


def _checked_id(text: str) -> str:
    if not _ID.fullmatch(text):
        raise BadUserRequestException(
            f"The id {text!r} cannot be used. Accepted: 1 to 64 letters and digits, and after the first also . _ @ + -"
        )
    return text


def _session_id(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _hashed(password: str) -> str:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise BadUserRequestException(
            f"The password has {len(password)} characters. Accepted: {SHORTEST_PASSWORD} to {LONGEST_PASSWORD}."
        )
    return passwords.hash_of(password)
