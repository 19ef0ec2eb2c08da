"""The users and groups that there are: looked up by what somebody typed, and offered while they type."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Group, User
from webapps.lists import searched
from webapps.pages import Pages
from webapps.person_fields import full_name

T = TypeVar("T", User, Group)

_OFFERED = 20  # while somebody types
_NAMED = 5  # in "Did you mean"
_LOOKED_AT = 1000


class UnknownNameError(ValueError):
    """What was typed means nobody, or several; the message is for people, and offers those that may be meant."""


@dataclass(frozen=True)
class _Named(Generic[T]):
    of: T
    name: str
    others: tuple[str | None, ...] = ()

    def __str__(self) -> str:
        return self.of.id if self.name == self.of.id else f"{self.of.id} ({self.name})"

    def is_called(self, text: str) -> bool:
        return text.casefold() in {each.casefold() for each in (self.of.id, self.name, *self.others) if each}

    def resembles(self, text: str) -> bool:
        return all(word in f"{self.of.id} {self.name}".casefold() for word in text.casefold().split())


def known_user(engine: ProcessEngine, text: str) -> User:
    """The user whom a text means: by id, by first or last name, or by both, in any case.

    Raises:
        UnknownNameError: That is nobody, or more than one.
    """
    text = _asked("user", text)
    find = engine.identity_service.users
    found = find(user_id=text) or find(containing=_longest_word(text), sort_by="userId", max_results=_LOOKED_AT)
    named = [_Named(user, full_name(user), (user.first_name, user.last_name)) for user in found]
    return _meant("user", text, named)


def known_group(engine: ProcessEngine, text: str) -> Group:
    """The group that a text means: by id or by name, in any case.

    Raises:
        UnknownNameError: That is none, or more than one.
    """
    text = _asked("group", text)
    find = engine.identity_service.groups
    found = find(group_id=text) or find(containing=_longest_word(text), sort_by="id", max_results=_LOOKED_AT)
    return _meant("group", text, [_Named(group, group.name or group.id) for group in found])


def _asked(kind: str, text: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise UnknownNameError(f"Say which {kind}.")
    return text


def _longest_word(text: str) -> str:
    """What the database can look for: no column has the first and the last name."""
    return max(text.split(), key=len)


def _meant(kind: str, text: str, found: Iterable[_Named[T]]) -> T:
    similar = [each for each in found if each.resembles(text) or each.is_called(text)]
    called = [each for each in similar if each.is_called(text)]
    if len(called) == 1:
        return called[0].of
    raise UnknownNameError(_question(called or similar) or f"There is no {kind} “{text[:64]}”.")


def _question(offered: list[_Named[T]]) -> str:
    names = [str(each) for each in offered[:_NAMED]] + ["another one"] * (len(offered) > _NAMED)
    if not names:
        return ""
    *first, last = names
    return f"Did you mean {', '.join(first)}{' or ' if first else ''}{last}?"


def name_routes(engine: ProcessEngine, pages: Pages) -> list[BaseRoute]:
    """What fields for users and groups offer, below Tasklist: options for a ``datalist``."""

    def users(request: Request) -> Response:
        found = engine.identity_service.users(
            containing=searched(request, "search") or None, sort_by="userId", max_results=_OFFERED
        )
        return pages.render(request, "tasklist/names.html", names=[(user.id, full_name(user)) for user in found])

    def groups(request: Request) -> Response:
        found = engine.identity_service.groups(
            containing=searched(request, "search") or None, sort_by="id", max_results=_OFFERED
        )
        return pages.render(
            request, "tasklist/names.html", names=[(group.id, group.name or group.id) for group in found]
        )

    return [Route("/names/users", users), Route("/names/groups", groups)]
