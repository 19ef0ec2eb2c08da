"""The pages of groups: which there are, a new one, and who belongs to one."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.commands.identity import ADMINISTRATORS
from engine_telemetry.engine.entities import Group
from engine_telemetry.exceptions import BadUserRequestException, NullValueException
from webapps.cockpit.users import MOST_OFFERED, OWN_RIGHTS, require_another
from webapps.lists import order_of, part_of, searched
from webapps.pages import Pages
from webapps.person_fields import LONGEST, form_status, full_name, named
from webapps.visitor import visitor_of


class GroupPages:
    """The pages of groups, below Cockpit."""

    def __init__(self, engine: ProcessEngine, pages: Pages) -> None:
        """Show and change what this engine knows."""
        self._identities = engine.identity_service
        self._pages = pages

    @property
    def routes(self) -> list[BaseRoute]:
        """The list, a new group, one group with its members, and the question before it is deleted."""
        return [
            Route("/groups", self._list),
            Route("/groups/new", self._ask_for_new),
            Route("/groups/new", self._create, methods=["POST"]),
            Route("/group/{id}", self._show),
            Route("/group/{id}", self._rename, methods=["POST"]),
            Route("/group/{id}/delete", self._ask_to_delete),
            Route("/group/{id}/delete", self._delete, methods=["POST"]),
            Route("/group/{id}/add", self._add, methods=["POST"]),
            Route("/group/{id}/remove", self._remove, methods=["POST"]),
        ]

    def _list(self, request: Request) -> Response:
        text = searched(request, "q")
        part = part_of(request, self._identities.count_groups(containing=text or None))
        order = order_of(request, ("id", "name"), ("id", "asc"))
        found = self._identities.groups(
            containing=text or None,
            sort_by=order.by,
            sort_order=order.direction,
            first_result=part.first,
            max_results=part.size,
        )
        return self._pages.render(
            request,
            "cockpit/groups.html",
            found=found,
            part=part,
            order=order,
            text=text,
            administrators=ADMINISTRATORS,
        )

    def _ask_for_new(self, request: Request) -> Response:
        return self._pages.render(request, "cockpit/group-new.html", errors={}, group=Group("", None))

    def _create(self, request: Request) -> Response:
        visitor = visitor_of(request)
        group = Group(visitor.field("group").strip(), visitor.field("name").strip() or None)
        errors = _name_errors(group)
        try:
            if not errors:
                self._identities.create_group(group.id, name=group.name)
        except BadUserRequestException as exc:
            errors = {"group": str(exc)}
        if errors:
            return self._pages.render(
                request, "cockpit/group-new.html", status_code=form_status(errors), errors=errors, group=group
            )
        return self._back(request, group.id, "The group was created. Nobody belongs to it yet.")

    def _show(self, request: Request) -> Response:
        return self._page(request, self._group(request), {})

    def _rename(self, request: Request) -> Response:
        group = Group(self._group(request).id, visitor_of(request).field("name").strip() or None)
        errors = _name_errors(group)
        if errors:
            return self._page(request, group, errors)
        self._identities.save_group(group)
        return self._back(request, group.id, "Saved.")

    def _page(self, request: Request, group: Group, errors: Mapping[str, str]) -> Response:
        part = part_of(request, self._identities.count_users(member_of=group.id))
        members = self._identities.users(member_of=group.id, first_result=part.first, max_results=part.size)
        return self._pages.render(
            request,
            "cockpit/group.html",
            status_code=form_status(errors),
            errors=errors,
            group=group,
            members=members,
            part=part,
            others=self._others(group),
            are_all=self._identities.count_users() <= MOST_OFFERED,
            administrators=ADMINISTRATORS,
            user=visitor_of(request).field("user"),
        )

    def _others(self, group: Group) -> list[tuple[str, str]]:
        """Who can be added: ids, and how these are called."""
        known = {user.id for user in self._identities.users(member_of=group.id, max_results=MOST_OFFERED)}
        users = self._identities.users(max_results=MOST_OFFERED)
        return [(user.id, named(user.id, full_name(user))) for user in users if user.id not in known]

    def _add(self, request: Request) -> Response:
        group, user_id = self._group(request), visitor_of(request).field("user").strip()
        try:
            self._identities.add_to_group(user_id, group.id)
        except NullValueException:
            said = f"There is no user “{user_id}”." if user_id else "Say who."
            return self._page(request, group, {"user": said})
        return self._back(request, group.id, f"{user_id} belongs to {group.id} now.")

    def _remove(self, request: Request) -> Response:
        visitor, group = visitor_of(request), self._group(request)
        user_id = visitor.field("user")
        if group.id == ADMINISTRATORS:
            require_another(visitor, user_id, OWN_RIGHTS)
        self._identities.remove_from_group(user_id, group.id, keep_administrator=True)
        return self._back(request, group.id, f"{user_id} does not belong to {group.id} any more.")

    def _ask_to_delete(self, request: Request) -> Response:
        group = self._group(request)
        count = self._identities.count_users(member_of=group.id)
        return self._pages.render(
            request, "cockpit/group-delete.html", group=group, count=count, administrators=ADMINISTRATORS
        )

    def _delete(self, request: Request) -> Response:
        group = self._group(request)
        self._identities.delete_group(group.id)
        address = visitor_of(request).url("/cockpit/groups")
        return self._pages.redirect(request, address, said=f"The group {group.id} was deleted.")

    def _group(self, request: Request) -> Group:
        found = self._identities.groups(group_id=request.path_params["id"])
        if not found:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return found[0]

    def _back(self, request: Request, group_id: str, said: str) -> Response:
        address = visitor_of(request).url(f"/cockpit/group/{quote(group_id, safe='')}")
        return self._pages.redirect(request, address, said=said)


def _name_errors(group: Group) -> dict[str, str]:
    too_long = len(group.name or "") > LONGEST
    return {"name": f"At most {LONGEST} characters are kept."} if too_long else {}
