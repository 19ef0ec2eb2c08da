"""The page on which everybody changes what is known of them: names, e-mail address, password."""

import logging
from collections.abc import Mapping
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import User
from engine_telemetry.exceptions import BadUserRequestException, NullValueException, TooManyFailedChecksException
from webapps.login import LogIn
from webapps.pages import Pages
from webapps.person_fields import password_errors, person_errors, person_of
from webapps.visitor import visitor_of

logger = logging.getLogger("engine_telemetry.engine")

_ADDRESS = "/profile"


class Profile:
    """The page of who is logged in.

    Args:
        engine: Its users.
        log_in: Begins the session with the new password.
        pages: How it looks.
    """

    def __init__(self, engine: ProcessEngine, log_in: LogIn, pages: Pages) -> None:
        """Take the collaborators."""
        self._identities = engine.identity_service
        self._log_in = log_in
        self._pages = pages

    @property
    def routes(self) -> list[BaseRoute]:
        """The page, and what is changed on it."""
        return [
            Route(_ADDRESS, self._show),
            Route(_ADDRESS, self._save, methods=["POST"]),
            Route(f"{_ADDRESS}/password", self._show),
            Route(f"{_ADDRESS}/password", self._set_password, methods=["POST"]),
        ]

    def _show(self, request: Request) -> Response:
        return self._page(request, visitor_of(request).user, {})

    def _save(self, request: Request) -> Response:
        visitor = visitor_of(request)
        person = person_of(visitor, visitor.user_id)
        errors = person_errors(person)
        if errors:
            return self._page(request, person, errors)
        self._identities.save_user(person)
        return self._pages.redirect(request, visitor.url(_ADDRESS), said="Saved.")

    def _set_password(self, request: Request) -> Response:
        """Set it, and begin a new session: all that there were, have ended."""
        visitor = visitor_of(request)
        errors = password_errors(visitor)
        try:
            if not errors and not self._identities.check_password(visitor.user_id, visitor.field("present")):
                logger.warning("A change of the password of user %r failed: the present one was wrong", visitor.user_id)
                errors = {"present": "This is not your present password."}
            if not errors:
                self._identities.set_password(visitor.user_id, visitor.field("password"))
        except TooManyFailedChecksException as exc:
            wait = f"Too many passwords were wrong. Please try again in {exc.retry_after} seconds."
            return self._page(request, visitor.user, {"present": wait}, HTTPStatus.TOO_MANY_REQUESTS)
        except NullValueException:
            raise
        except BadUserRequestException as exc:
            errors = {"password": str(exc)}
        if errors:
            return self._page(request, visitor.user, errors)
        logger.info("User %r changed the password", visitor.user_id)
        return self._log_in.begin(request, visitor.user_id, f"{_ADDRESS}?password=changed")

    def _page(
        self,
        request: Request,
        person: User | None,
        errors: Mapping[str, str],
        status: HTTPStatus = HTTPStatus.UNPROCESSABLE_ENTITY,
    ) -> Response:
        return self._pages.render(
            request,
            "profile.html",
            status_code=status if errors else HTTPStatus.OK,
            person=person,
            errors=errors,
            groups=self._identities.groups(member=visitor_of(request).user_id),
            changed="password" in request.query_params,
        )
