"""People who are logged in, without the time that a password takes."""

import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from httpx import Response

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.commands.identity import SaveUserCmd
from tests.integration.webapps.rest_client import TestClient
from webapps.sessions import SESSION_COOKIE, Sessions

_NO_PASSWORD = "!"  # noqa: S105 - the hash of none


class Person:
    """Somebody in front of a browser."""

    def __init__(self, http: TestClient) -> None:
        self.http = http

    def get(self, path: str, status: int = 200) -> str:
        """The page."""
        response = self.http.get(path)
        assert response.status_code == status, response.text
        return str(response.text)

    def token(self, page: str = "/") -> str:
        """What the forms of a page have in them."""
        return form_token(self.http.get(page).text)

    def act(self, path: str, fields: Mapping[str, Any] | None = None, **arguments: Any) -> Response:
        """Send a form, with the token."""
        response: Response = self.http.post(path, data={"csrf_token": self.token(), **(fields or {})}, **arguments)
        return response


def form_token(html: str) -> str:
    """The token in the first form of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', html)
    assert found is not None, html
    return unescape(found.group(1))


def make_user(engine: ProcessEngine, user_id: str, *groups: str) -> None:
    """A user whom no password fits."""
    engine.executor.execute(SaveUserCmd(user_id, {"password": _NO_PASSWORD}, new=True, groups=groups))


def log_in(engine: ProcessEngine, http: TestClient, user_id: str) -> Person:
    """Let this client be a user."""
    http.cookies.set(SESSION_COOKIE, Sessions(engine.identity_service).begin(user_id), domain="testserver.local")
    return Person(http)
