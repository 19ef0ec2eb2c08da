"""The first administrator, made by whoever sits at the machine that the server runs on.

The page is open while there is no administrator, and only to a browser on this machine: the connection comes from the
loopback address, no reverse proxy says that it passes something on, and the name in the address bar is one of this
machine (a name that somebody else's DNS turns into 127.0.0.1 is none).
"""

import logging
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from engine_telemetry.configuration.exposure import is_loopback
from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import BadUserRequestException
from webapps.login import LogIn
from webapps.origin import host_name
from webapps.pages import Pages
from webapps.visitor import visitor_of

logger = logging.getLogger("engine_telemetry.engine")

_OF_PROXIES = ("forwarded", "x-forwarded", "x-real-ip", "x-client-ip", "x-cluster-client-ip", "true-client-ip", "via")


class Setup:
    """The page for the first administrator.

    Args:
        engine: Its users.
        log_in: Logs the new administrator in.
        pages: How it looks.
    """

    def __init__(self, engine: ProcessEngine, log_in: LogIn, pages: Pages) -> None:
        """Take the collaborators."""
        self._identities = engine.identity_service
        self._log_in = log_in
        self._pages = pages

    @property
    def open_routes(self) -> list[Route]:
        """What nobody need be logged in for."""
        return [Route("/setup", self.ask), Route("/setup", self.create, methods=["POST"])]

    def ask(self, request: Request) -> Response:
        """Ask for a name and a password; from afar, say how it is done."""
        self._require_none()
        if not is_at_the_machine(request):
            return self._pages.render(request, "setup-elsewhere.html", status_code=HTTPStatus.FORBIDDEN)
        return self._page(request)

    def create(self, request: Request) -> Response:
        """Make the administrator, and log in."""
        self._require_none()
        if not is_at_the_machine(request):
            return self._pages.render(request, "setup-elsewhere.html", status_code=HTTPStatus.FORBIDDEN)
        visitor = visitor_of(request)
        user_id, password = visitor.field("user").strip(), visitor.field("password")
        if password != visitor.field("again"):
            return self._page(request, again="The two passwords differ.")
        try:
            self._identities.create_first_administrator(user_id, password)
        except BadUserRequestException as exc:
            about = "password" if str(exc).startswith("The password") else "user"
            return self._page(request, **{about: str(exc)})
        logger.info("User %r was made the first administrator", user_id)
        return self._log_in.begin(request, user_id, "/")

    def _require_none(self) -> None:
        if self._identities.has_administrator():
            raise HTTPException(HTTPStatus.NOT_FOUND)

    def _page(self, request: Request, **errors: str) -> Response:
        status = HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK
        user = visitor_of(request).field("user")
        return self._pages.render(request, "setup.html", status_code=status, user=user, errors=errors)


def is_at_the_machine(request: Request) -> bool:
    """Whether a browser on this machine asks, and nothing stands between it and the server."""
    forwarded = any(name.startswith(_OF_PROXIES) for name in request.headers)
    is_browser = request.scope["http_version"] != "1.0"  # old proxies speak it, and say nothing else
    hosts = request.headers.getlist("Host")
    near = request.client is not None and is_loopback(request.client.host)
    return near and is_browser and not forwarded and len(hosts) == 1 and is_loopback(host_name(hosts[0]))
