"""The resources of users and groups."""

from dataclasses import dataclass
from typing import Self

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Group, User
from engine_telemetry.exceptions import InvalidRequestException
from webapps.rest.exchange import Request
from webapps.rest.identity_changes import (
    add_member,
    create_group,
    create_user,
    delete_group,
    delete_user,
    for_administrators,
    put_credentials,
    put_group,
    put_profile,
    remove_member,
)
from webapps.rest.listed import listed
from webapps.rest.queries import Query
from webapps.rest.resource import Operation, Resource
from webapps.rest.values import required, text, texts

_USERS = Query(
    criteria={
        "id": ("user_id", text),
        "idIn": ("user_ids", texts),
        "firstName": ("first_name", text),
        "lastName": ("last_name", text),
        "email": ("email", text),
        "memberOfGroup": ("member_of", text),
    },
    unavailable="emailLike firstNameLike lastNameLike memberOfTenant potentialStarter",
    orders="userId firstName lastName email",
)
_GROUPS = Query(
    criteria={"id": ("group_id", text), "name": ("name", text), "member": ("member", text)},
    unavailable="idIn memberOfTenant nameLike type",
    orders="id name",
)


@dataclass(frozen=True, kw_only=True)
class UserProfileDto:
    """A user."""

    id: str
    first_name: str | None
    last_name: str | None
    email: str | None

    @classmethod
    def of(cls, user: User) -> Self:
        """The view of a user."""
        return cls(id=user.id, first_name=user.first_name, last_name=user.last_name, email=user.email)


@dataclass(frozen=True, kw_only=True)
class GroupDto:
    """A group."""

    id: str
    name: str | None
    type: str | None = None

    @classmethod
    def of(cls, group: Group) -> Self:
        """The view of a group."""
        return cls(id=group.id, name=group.name)


@dataclass(frozen=True, kw_only=True)
class GroupInfoDto:
    """The groups of a user, and who else belongs to them."""

    groups: tuple[GroupDto, ...]
    group_users: tuple[UserProfileDto, ...]


def get_profile(engine: ProcessEngine, request: Request) -> UserProfileDto:
    """One user."""
    found = engine.identity_service.users(user_id=request.path["user_id"])
    if not found:
        raise InvalidRequestException(f"User with id {request.path['user_id']} does not exist", status=404)
    return UserProfileDto.of(found[0])


def get_group(engine: ProcessEngine, request: Request) -> GroupDto:
    """One group."""
    found = engine.identity_service.groups(group_id=request.path["group_id"])
    if not found:
        raise InvalidRequestException(f"Group with id {request.path['group_id']} does not exist", status=404)
    return GroupDto.of(found[0])


def get_groups(engine: ProcessEngine, request: Request) -> GroupInfoDto:
    """The groups of a user."""
    user_id, service = required(request.query, "userId", text), engine.identity_service
    groups = service.groups(member=user_id)
    others = {user.id: user for group in groups for user in service.users(member_of=group.id) if user.id != user_id}
    return GroupInfoDto(
        groups=tuple(GroupDto.of(group) for group in groups),
        group_users=tuple(UserProfileDto.of(others[name]) for name in sorted(others)),
    )


RESOURCES = (
    *listed(
        "/user",
        _USERS,
        lambda engine: engine.identity_service.users,
        lambda engine: engine.identity_service.count_users,
        UserProfileDto,
        methods=("GET",),
    ),
    Resource("/user/create", {"POST": for_administrators(create_user)}),
    Resource("/user/{user_id}", {"DELETE": for_administrators(delete_user)}),
    Resource("/user/{user_id}/profile", {"GET": get_profile, "PUT": for_administrators(put_profile)}),
    Resource("/user/{user_id}/credentials", {"PUT": for_administrators(put_credentials)}),
    *listed(
        "/group",
        _GROUPS,
        lambda engine: engine.identity_service.groups,
        lambda engine: engine.identity_service.count_groups,
        GroupDto,
        methods=("GET",),
    ),
    Resource("/group/create", {"POST": for_administrators(create_group)}),
    Resource(
        "/group/{group_id}",
        {"GET": get_group, "PUT": for_administrators(put_group), "DELETE": for_administrators(delete_group)},
    ),
    Resource(
        "/group/{group_id}/members/{user_id}",
        {"PUT": for_administrators(add_member), "DELETE": for_administrators(remove_member)},
    ),
    Resource("/identity/groups", {"GET": Operation(get_groups, parameters={"userId": text})}),
)
