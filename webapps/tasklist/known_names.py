"""The users and groups that there are: looked up by what somebody typed, and offered while they type."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Group, User
from webapps.lists import searched
from webapps.pages import Pages
from webapps.tasklist.cards import full_name

_OFFERED = 20


def known_user(engine: ProcessEngine, text: str) -> User | None:
    """The user with this id."""
    found = engine.identity_service.users(user_id=text.strip()) if text.strip() else []
    return found[0] if found else None


def known_group(engine: ProcessEngine, text: str) -> Group | None:
    """The group with this id."""
    found = engine.identity_service.groups(group_id=text.strip()) if text.strip() else []
    return found[0] if found else None


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
