"""What belongs to a user task: its variables, its form, who has to do with it, what was said about it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Comment, IdentityLink, TypedValue
from engine_telemetry.exceptions import InvalidRequestException
from webapps.rest.exchange import Request
from webapps.rest.forms import FormDto
from webapps.rest.links import AtomLink, link_to_self
from webapps.rest.resource import Operation, Resource
from webapps.rest.scope_variables import LocalVariables, ScopeVariables
from webapps.rest.shapes import Body
from webapps.rest.task import task_of
from webapps.rest.values import boolean, text, texts, value_of


@dataclass(frozen=True)
class IdentityLinkDto:
    """What a user or a group has to do with a task."""

    user_id: str | None
    group_id: str | None
    type: str

    @classmethod
    def of(cls, link: IdentityLink) -> Self:
        """The view of a link."""
        return cls(link.user_id, link.group_id, link.type)


@dataclass(frozen=True, kw_only=True)
class NewIdentityLinkDto(Body):
    """A link: of a user, or of a group."""

    user_id: str | None = None
    group_id: str | None = None
    type: str


@dataclass(frozen=True, kw_only=True)
class CommentDto:
    """What somebody said about a task."""

    links: tuple[AtomLink, ...] = ()
    id: str
    user_id: str | None
    task_id: str | None
    process_instance_id: str | None
    root_process_instance_id: str | None = None
    removal_time: datetime | None = None
    time: datetime
    message: str

    @classmethod
    def of(cls, comment: Comment, links: tuple[AtomLink, ...] = ()) -> Self:
        """The view of a comment."""
        return cls(
            links=links,
            id=comment.id,
            user_id=comment.user_id,
            task_id=comment.task_id,
            process_instance_id=comment.instance_id,
            time=comment.time,
            message=comment.message,
        )


@dataclass(frozen=True, kw_only=True)
class NewCommentDto(Body):
    """What to say."""

    message: str | None = None
    user_id: str | None = None


def get_form(engine: ProcessEngine, request: Request) -> FormDto:
    """Which form a task has."""
    return FormDto(engine.form_service.get_task_form(task_of(engine, request).id).key)


def get_form_variables(engine: ProcessEngine, request: Request) -> Mapping[str, TypedValue]:
    """The variables that the form of a task shows, and all others that the task sees."""
    names = value_of(request.query, "variableNames", texts)
    return engine.form_service.get_task_form_variables(request.path["task_id"], names)


def list_links(engine: ProcessEngine, request: Request) -> list[IdentityLinkDto]:
    """Who has to do with a task."""
    kind = value_of(request.query, "type", text)
    found = engine.task_service.identity_links(request.path["task_id"])
    return [IdentityLinkDto.of(link) for link in found if kind in {None, link.type}]


def add_link(engine: ProcessEngine, request: Request, body: NewIdentityLinkDto) -> None:
    """Link a user or a group to a task."""
    task_id, service = request.path["task_id"], engine.task_service
    _require_one(body)
    if body.user_id is not None:
        service.add_user_link(task_id, body.user_id, body.type)
    elif body.group_id is not None:
        service.add_group_link(task_id, body.group_id, body.type)


def delete_link(engine: ProcessEngine, request: Request, body: NewIdentityLinkDto) -> None:
    """Take a link away."""
    task_id, service = request.path["task_id"], engine.task_service
    _require_one(body)
    if body.user_id is not None:
        service.delete_user_link(task_id, body.user_id, body.type)
    elif body.group_id is not None:
        service.delete_group_link(task_id, body.group_id, body.type)


def list_comments(engine: ProcessEngine, request: Request) -> list[CommentDto]:
    """What was said about a task."""
    return [CommentDto.of(comment) for comment in engine.task_service.comments(request.path["task_id"])]


def get_comment(engine: ProcessEngine, request: Request) -> CommentDto:
    """One comment."""
    task_id, comment_id = request.path["task_id"], request.path["comment_id"]
    comment = engine.task_service.comment(task_id, comment_id)
    if comment is None:
        raise InvalidRequestException(f"Task comment with id {comment_id} does not exist for task id '{task_id}'.", 404)
    return CommentDto.of(comment)


def add_comment(engine: ProcessEngine, request: Request, body: NewCommentDto) -> CommentDto:
    """Say something about a task."""
    task_id = request.path["task_id"]
    if not body.message:
        raise InvalidRequestException("The value of 'message' is missing.")
    comment = engine.task_service.add_comment(task_id, body.message, user_id=request.user_id or body.user_id)
    return CommentDto.of(comment, link_to_self(request, f"/task/{task_id}/comment/{comment.id}"))


def _require_one(body: NewIdentityLinkDto) -> None:
    if (body.user_id is None) == (body.group_id is None):
        raise InvalidRequestException("Identity Link requires userId or groupId, but not both.")


RESOURCES = (
    Resource("/task/{task_id}/form", {"GET": get_form}),
    Resource(
        "/task/{task_id}/form-variables",
        {"GET": Operation(get_form_variables, parameters={"variableNames": texts, "deserializeValues": boolean})},
    ),
    Resource(
        "/task/{task_id}/identity-links",
        {"GET": Operation(list_links, parameters={"type": text}), "POST": add_link},
    ),
    Resource("/task/{task_id}/identity-links/delete", {"POST": delete_link}),
    Resource("/task/{task_id}/comment", {"GET": list_comments}),
    Resource("/task/{task_id}/comment/create", {"POST": add_comment}),
    Resource("/task/{task_id}/comment/{comment_id}", {"GET": get_comment}),
    *ScopeVariables("/task/{task_id}/variables", "task", lambda engine: engine.task_service).resources(),
    *ScopeVariables(
        "/task/{task_id}/localVariables", "task", lambda engine: LocalVariables(engine.task_service)
    ).resources(),
)
