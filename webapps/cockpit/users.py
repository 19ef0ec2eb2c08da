"""The pages of users: who there is, a new one, and all about one."""

from collections.abc import Collection, Mapping
from http import HTTPStatus
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.commands.identity import ADMINISTRATORS
from engine_telemetry.engine.entities import Group, User
from engine_telemetry.exceptions import BadUserRequestException, ConflictException, NullValueException
from webapps.lists import order_of, part_of, searched
from webapps.pages import Pages
from webapps.person_fields import form_status, named, password_errors, person_errors, person_of
from webapps.visitor import Visitor, visitor_of

MOST_OFFERED = 100  # groups and users that there is a choice of; where there are more, their ids are typed
OWN_RIGHTS = "You cannot take away your own rights as an administrator. Another administrator can."

_OWN_PASSWORD = "Your own password is changed under “My profile”, where the present one is asked for."  # noqa: S105 - a text
_OWN_END = "You cannot delete yourself. Another administrator can."
_ORDERS = ("userId", "firstName", "lastName", "email")


class UserPages:
    """The pages of users, below Cockpit."""

    def __init__(self, engine: ProcessEngine, pages: Pages) -> None:
        """Show and change what this engine knows."""
        self._identities = engine.identity_service
        self._pages = pages

    @property
    def routes(self) -> list[BaseRoute]:
        """The list, a new user, one user, and the questions before what cannot be undone."""
        return [
            Route("/users", self._list),
            Route("/users/new", self._ask_for_new),
            Route("/users/new", self._create, methods=["POST"]),
            Route("/user/{id}", self._show),
            Route("/user/{id}", self._save, methods=["POST"]),
            Route("/user/{id}/password", self._ask_for_password),
            Route("/user/{id}/password", self._set_password, methods=["POST"]),
            Route("/user/{id}/delete", self._ask_to_delete),
            Route("/user/{id}/delete", self._delete, methods=["POST"]),
            Route("/user/{id}/join", self._join, methods=["POST"]),
            Route("/user/{id}/leave", self._leave, methods=["POST"]),
        ]

    def _list(self, request: Request) -> Response:
        text = searched(request, "q")
        part = part_of(request, self._identities.count_users(containing=text or None))
        order = order_of(request, _ORDERS, ("userId", "asc"))
        found = self._identities.users(
            containing=text or None,
            sort_by=order.by,
            sort_order=order.direction,
            first_result=part.first,
            max_results=part.size,
        )
        administrators = self._identities.users(member_of=ADMINISTRATORS, user_ids=[user.id for user in found])
        return self._pages.render(
            request,
            "cockpit/users.html",
            found=found,
            part=part,
            order=order,
            text=text,
            administrators={user.id for user in administrators},
        )

    # -- a new one --------------------------------------------------------------------------------------------------

    def _ask_for_new(self, request: Request) -> Response:
        return self._new_page(request, User(""), {})

    def _create(self, request: Request) -> Response:
        visitor = visitor_of(request)
        person = person_of(visitor, visitor.field("user").strip())
        administrator = [ADMINISTRATORS] if visitor.field("administrator") else []
        groups = [*administrator, *_chosen_groups(visitor)]
        errors = person_errors(person) | password_errors(visitor)
        if not errors:
            errors = self._created(person, visitor.field("password"), groups)
        if errors:
            return self._new_page(request, person, errors)
        return self._back(request, person.id, "The user was created and can log in now.")

    def _created(self, person: User, password: str, groups: list[str]) -> dict[str, str]:
        try:
            self._identities.create_user(
                person.id,
                password,
                first_name=person.first_name,
                last_name=person.last_name,
                email=person.email,
                groups=groups,
            )
        except NullValueException:
            return {"groups": "One of these groups is not there any more. Please choose again."}
        except BadUserRequestException as exc:
            return {"password" if str(exc).startswith("The password") else "user": str(exc)}
        return {}

    def _new_page(self, request: Request, person: User, errors: Mapping[str, str]) -> Response:
        visitor = visitor_of(request)
        return self._pages.render(
            request,
            "cockpit/user-new.html",
            status_code=form_status(errors),
            errors=errors,
            person=person,
            administrator=bool(visitor.field("administrator")),
            groups=[(group.id, named(group.id, group.name)) for group in self._other_groups({ADMINISTRATORS})],
            chosen=_chosen_groups(visitor),
            are_all=self._identities.count_groups() <= MOST_OFFERED,
        )

    def _other_groups(self, known: Collection[str]) -> list[Group]:
        groups = self._identities.groups(max_results=MOST_OFFERED)
        return [group for group in groups if group.id not in known]

    # -- one --------------------------------------------------------------------------------------------------------

    def _show(self, request: Request) -> Response:
        return self._page(request, self._user(request), {})

    def _save(self, request: Request) -> Response:
        person = person_of(visitor_of(request), self._user(request).id)
        errors = person_errors(person)
        if errors:
            return self._page(request, person, errors)
        self._identities.save_user(person)
        return self._back(request, person.id, "Saved.")

    def _page(self, request: Request, person: User, errors: Mapping[str, str]) -> Response:
        groups = self._identities.groups(member=person.id)
        others = self._other_groups({group.id for group in groups})
        return self._pages.render(
            request,
            "cockpit/user.html",
            status_code=form_status(errors),
            errors=errors,
            person=person,
            groups=groups,
            others=[(group.id, named(group.id, group.name)) for group in others],
            are_all=self._identities.count_groups() <= MOST_OFFERED,
            administrators=ADMINISTRATORS,
            group=visitor_of(request).field("group"),
        )

    def _join(self, request: Request) -> Response:
        person, group_id = self._user(request), visitor_of(request).field("group").strip()
        try:
            self._identities.add_to_group(person.id, group_id)
        except NullValueException:
            said = f"There is no group “{group_id}”." if group_id else "Say which group."
            return self._page(request, person, {"group": said})
        return self._back(request, person.id, f"{person.id} belongs to {group_id} now.")

    def _leave(self, request: Request) -> Response:
        person, group_id = self._user(request), visitor_of(request).field("group")
        if group_id == ADMINISTRATORS:
            require_another(visitor_of(request), person.id, OWN_RIGHTS)
        self._identities.remove_from_group(person.id, group_id, keep_administrator=True)
        return self._back(request, person.id, f"{person.id} does not belong to {group_id} any more.")

    def _ask_for_password(self, request: Request) -> Response:
        return self._password_page(request, self._other(request, _OWN_PASSWORD), {})

    def _set_password(self, request: Request) -> Response:
        visitor, person = visitor_of(request), self._other(request, _OWN_PASSWORD)
        errors = password_errors(visitor)
        try:
            if not errors:
                self._identities.set_password(person.id, visitor.field("password"))
        except NullValueException:
            raise
        except BadUserRequestException as exc:
            errors = {"password": str(exc)}
        if errors:
            return self._password_page(request, person, errors)
        return self._back(request, person.id, "The password was set. All sessions of this user have ended.")

    def _password_page(self, request: Request, person: User, errors: Mapping[str, str]) -> Response:
        return self._pages.render(
            request, "cockpit/user-password.html", status_code=form_status(errors), errors=errors, person=person
        )

    def _ask_to_delete(self, request: Request) -> Response:
        person = self._other(request, _OWN_END)
        groups = self._identities.groups(member=person.id)
        return self._pages.render(request, "cockpit/user-delete.html", person=person, groups=groups)

    def _delete(self, request: Request) -> Response:
        person = self._other(request, _OWN_END)
        self._identities.delete_user(person.id, keep_administrator=True)
        address = visitor_of(request).url("/cockpit/users")
        return self._pages.redirect(request, address, said=f"{person.id} was deleted.")

    def _other(self, request: Request, why: str) -> User:
        person = self._user(request)
        require_another(visitor_of(request), person.id, why)
        return person

    def _user(self, request: Request) -> User:
        found = self._identities.users(user_id=request.path_params["id"])
        if not found:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return found[0]

    def _back(self, request: Request, user_id: str, said: str) -> Response:
        address = visitor_of(request).url(f"/cockpit/user/{quote(user_id, safe='')}")
        return self._pages.redirect(request, address, said=said)


def _chosen_groups(visitor: Visitor) -> list[str]:
    return [str(group_id) for group_id in visitor.form.getlist("groups")]


def require_another(visitor: Visitor, user_id: str, why: str) -> None:
    """Let nobody do this to themselves.

    Raises:
        ConflictException: It is the one who asks.
    """
    if user_id == visitor.user_id:
        raise ConflictException(why)
