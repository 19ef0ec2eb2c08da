"""Logging in and out, and the choice between light and dark."""

import logging
from http import HTTPStatus

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import TooManyFailedChecksException
from webapps.pages import Pages, cookie_path, set_cookie
from webapps.sessions import SESSION_COOKIE, VISITOR_COOKIE, Sessions
from webapps.visitor import THEME_COOKIE, THEMES, local_path, visitor_of

logger = logging.getLogger("engine_telemetry.engine")

_WRONG = "The user or the password is wrong."
_A_YEAR = 365 * 24 * 60 * 60  # seconds


class LogIn:
    """The pages with which a session begins and ends.

    Args:
        engine: Its users.
        sessions: Where it begins.
        pages: How they look.
    """

    def __init__(self, engine: ProcessEngine, sessions: Sessions, pages: Pages) -> None:
        """Take the collaborators."""
        self._identities = engine.identity_service
        self._sessions = sessions
        self._pages = pages
        self._one_at_a_time = CapacityLimiter(1)  # passwords are checked so in a process; no thread of others waits

    @property
    def open_routes(self) -> list[Route]:
        """What nobody need be logged in for."""
        return [Route("/login", self.ask), Route("/login", self.log_in, methods=["POST"])]

    @property
    def routes(self) -> list[Route]:
        """What one is logged in for."""
        return [
            Route("/logout", self.log_out, methods=["POST"]),
            Route("/theme", self.choose_theme, methods=["POST"]),
        ]

    def ask(self, request: Request) -> Response:
        """Ask for user and password."""
        visitor = visitor_of(request)
        if visitor.user is not None:
            return self._pages.redirect(request, visitor.url(_target(request.query_params.get("next", ""))))
        if not self._identities.has_administrator() and not self._identities.count_users():
            return self._pages.redirect(request, visitor.url("/setup"))
        return self._page(request, request.query_params.get("next", ""))

    async def log_in(self, request: Request) -> Response:
        """Begin a session, if the password is the user's."""
        return await to_thread.run_sync(self._log_in, request, limiter=self._one_at_a_time)

    def _log_in(self, request: Request) -> Response:
        visitor = visitor_of(request)
        user_id = visitor.field("user").strip()
        try:
            if self._identities.check_password(user_id, visitor.field("password")):
                return self.begin(request, user_id, _target(visitor.field("next")))
        except TooManyFailedChecksException as exc:
            headers = {"Retry-After": str(exc.retry_after)}
            wait = f"Too many passwords of this user were wrong. Please try again in {exc.retry_after} seconds."
            return self._page(request, visitor.field("next"), wait, HTTPStatus.TOO_MANY_REQUESTS, headers)
        self._note_failure(request, user_id)
        return self._page(request, visitor.field("next"), _WRONG, HTTPStatus.UNPROCESSABLE_ENTITY)

    def begin(self, request: Request, user_id: str, path: str) -> Response:
        """Begin a session of a user, with a token that nobody had before, and lead on."""
        visitor = visitor_of(request)
        self._sessions.end(visitor.presence)
        response = self._pages.redirect(request, visitor.url(path))
        set_cookie(request, response, SESSION_COOKIE, self._sessions.begin(user_id))
        response.delete_cookie(VISITOR_COOKIE, path=cookie_path(request))
        logger.info("User %r logged in", user_id)
        return response

    def log_out(self, request: Request) -> Response:
        """End the session."""
        visitor = visitor_of(request)
        self._sessions.end(visitor.presence)
        response = self._pages.redirect(request, visitor.url("/login", out=1))
        response.delete_cookie(SESSION_COOKIE, path=cookie_path(request))
        logger.info("User %r logged out", visitor.user_id)
        return response

    def choose_theme(self, request: Request) -> Response:
        """Remember the theme for this browser; anything but a theme is the one of its system."""
        visitor = visitor_of(request)
        response = self._pages.redirect(request, visitor.url(_target(visitor.field("next"))))
        theme = visitor.field("theme")
        if theme in THEMES:
            set_cookie(request, response, THEME_COOKIE, theme, seconds=_A_YEAR)
        else:
            response.delete_cookie(THEME_COOKIE, path=cookie_path(request))
        return response

    def _page(
        self,
        request: Request,
        target: str,
        error: str = "",
        status: HTTPStatus = HTTPStatus.OK,
        headers: dict[str, str] | None = None,
    ) -> Response:
        return self._pages.render(
            request,
            "login.html",
            status_code=status,
            headers=headers,
            target=_target(target),
            error=error,
            user=visitor_of(request).field("user"),
            is_out="out" in request.query_params,
        )

    def _note_failure(self, request: Request, user_id: str) -> None:
        """Log it; what is no user's id may be a password in the wrong field."""
        known = bool(user_id) and self._identities.count_users(user_id=user_id) > 0
        who = repr(user_id) if known else "no user"
        logger.warning("Log-in failed: %s, from %s", who, request.client.host if request.client else "a local socket")


def _target(text: str) -> str:
    return local_path(text) or "/"
