"""What changes users and groups. Only an administrator may, and only one whom the API knows: it must ask who asks."""

from dataclasses import dataclass, field

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Group, User
from engine_telemetry.exceptions import AuthorizationException, InvalidRequestException
from webapps.rest.exchange import Request
from webapps.rest.resource import Handler, Operation
from webapps.rest.shapes import Body


@dataclass(frozen=True, kw_only=True)
class UserProfileBody(Body):
    """A user; the id is read only where the user is new."""

    id: str = ""
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None

    def of(self, user_id: str) -> User:
        """The user of this id."""
        return User(user_id, self.first_name, self.last_name, self.email)


@dataclass(frozen=True, kw_only=True)
class UserCredentialsDto(Body):
    """A new password, and the present one of who asks."""

    password: str = field(repr=False)
    authenticated_user_password: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class UserDto(Body):
    """A new user."""

    profile: UserProfileBody
    credentials: UserCredentialsDto


@dataclass(frozen=True, kw_only=True)
class GroupBody(Body):
    """A group; the id is read only where the group is new. There are no types of groups."""

    id: str = ""
    name: str | None = None


def create_user(engine: ProcessEngine, _: Request, body: UserDto) -> None:
    """Make a user."""
    person = body.profile.of(body.profile.id)
    engine.identity_service.create_user(
        person.id,
        body.credentials.password,
        first_name=person.first_name,
        last_name=person.last_name,
        email=person.email,
    )


def put_profile(engine: ProcessEngine, request: Request, body: UserProfileBody) -> None:
    """Change the names and the e-mail address of a user."""
    engine.identity_service.save_user(body.of(request.path["user_id"]))


def put_credentials(engine: ProcessEngine, request: Request, body: UserCredentialsDto) -> None:
    """Give a user another password; it ends the user's sessions. The present password of who asks is needed, too."""
    if not engine.identity_service.check_password(request.user_id or "", body.authenticated_user_password):
        raise InvalidRequestException("The given authenticated user password is not valid.")
    engine.identity_service.set_password(request.path["user_id"], body.password)


def delete_user(engine: ProcessEngine, request: Request) -> None:
    """Delete a user, but not the last administrator."""
    engine.identity_service.delete_user(request.path["user_id"], keep_administrator=True)


def create_group(engine: ProcessEngine, _: Request, body: GroupBody) -> None:
    """Make a group."""
    engine.identity_service.create_group(body.id, name=body.name)


def put_group(engine: ProcessEngine, request: Request, body: GroupBody) -> None:
    """Change the name of a group."""
    engine.identity_service.save_group(Group(request.path["group_id"], body.name))


def delete_group(engine: ProcessEngine, request: Request) -> None:
    """Delete a group; its members remain users."""
    engine.identity_service.delete_group(request.path["group_id"])


def add_member(engine: ProcessEngine, request: Request) -> None:
    """Make a user a member of a group."""
    engine.identity_service.add_to_group(request.path["user_id"], request.path["group_id"])


def remove_member(engine: ProcessEngine, request: Request) -> None:
    """Take a user out of a group, but not the last administrator out of that of the administrators."""
    engine.identity_service.remove_from_group(
        request.path["user_id"], request.path["group_id"], keep_administrator=True
    )


def for_administrators(handle: Handler) -> Operation:
    """An operation that only administrators may do, and nobody where the API does not ask who asks."""
    return Operation(handle, require=_require_known_administrator)


def _require_known_administrator(engine: ProcessEngine, request: Request) -> None:
    if engine.configuration.rest_authentication == "none":
        raise AuthorizationException(
            "Users and groups are changed by administrators, and this API asks nobody who they are."
            " Set restAuthentication=basic, or change them in Cockpit."
        )
    if request.user_id is None or not engine.identity_service.is_admin(request.user_id):
        raise AuthorizationException(
            f"The user {request.user_id!r} may not change users and groups: that is for members of the group"
            " 'camunda-admin'."
        )
