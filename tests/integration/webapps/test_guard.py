"""The door: who gets to which page, and which actions are taken for our own pages'."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router
from starlette.websockets import WebSocketDisconnect

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import NullValueException
from tests.integration.webapps.people import Person, form_token
from tests.integration.webapps.rest_client import TestClient
from webapps.guard import Guard
from webapps.main import create_app
from webapps.pages import Pages
from webapps.sessions import FLASH_COOKIE, SESSION_COOKIE, Sessions
from webapps.visitor import visitor_of

OPEN = {"/login", "/setup"}


def routers(routes: list[BaseRoute], prefix: str = "") -> Iterator[tuple[str, Router]]:
    """Each router of the pages, with where it is mounted; all stand behind the guard."""
    for mount in (each for each in routes if isinstance(each, Mount)):
        app: Any = mount.app
        while hasattr(app, "_app"):
            app = app._app  # noqa: SLF001 - the guards have it there
        if isinstance(app, Router):
            yield prefix + mount.path, app
            yield from routers(app.routes, prefix + mount.path)


def header_token(html: str) -> str:
    """What htmx sends from a page."""
    return str(re.findall(r'"X-CSRF-Token": "(\w+)"', html)[0])


@pytest.fixture
def pages(app: Starlette) -> list[tuple[str, set[str]]]:
    """The address and the methods of each page and action."""
    guarded = [each for each in app.routes if isinstance(each, Mount) and isinstance(each.app, Guard)]
    return [
        (prefix + re.sub(r"[{}]", "", route.path), set(route.methods or ()))
        for prefix, router in routers(list(guarded))
        for route in router.routes
        if isinstance(route, Route)
    ]


def test_no_page_and_no_action_is_reached_without_log_in(http: TestClient, pages: list[tuple[str, set[str]]]) -> None:
    assert len(pages) > 8
    token = header_token(http.get("/setup").text)
    for path, methods in [*pages, ("/nothing", {"GET"}), ("/cockpit/nothing", {"POST"}), ("/tasklist/x", {"DELETE"})]:
        for method in methods - {"HEAD"}:
            response = http.request(method, path, data={"csrf_token": token} if method == "POST" else None)
            if path not in OPEN:
                assert response.status_code == 303, f"{method} {path}"
                assert response.headers["location"].startswith("/login")
                assert response.content == b""


def test_no_page_and_no_action_of_cockpit_is_an_ordinary_users(
    as_user: Person, pages: list[tuple[str, set[str]]]
) -> None:
    token = as_user.token()
    ours = [(path, methods) for path, methods in pages if path.startswith("/cockpit/")]
    assert len(ours) > 1
    for path, methods in [*ours, ("/cockpit/nothing", {"GET", "POST"})]:
        for method in methods - {"HEAD"}:
            response = as_user.http.request(method, path, headers={"X-CSRF-Token": token})
            assert response.status_code == 403, f"{method} {path}"
            assert "This is not for you" in response.text


def test_the_log_in_page_is_told_where_one_was_going(http: TestClient) -> None:
    assert (
        http.get("/tasklist/x?page=2&q=a%20b").headers["location"]
        == "/login?next=%2Ftasklist%2Fx%3Fpage%3D2%26q%3Da%2520b"
    )
    assert http.get("/").headers["location"] == "/login"


def test_htmx_is_led_to_the_log_in_as_a_whole_page(http: TestClient) -> None:
    response = http.get("/tasklist/", headers={"HX-Request": "true"})
    assert response.status_code == 200
    assert response.headers["HX-Redirect"] == "/login?next=%2Ftasklist%2F"
    assert "location" not in response.headers


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
def test_a_form_of_another_site_is_refused_by_what_the_browser_says(as_user: Person, site: str) -> None:
    response = as_user.act("/logout", headers={"Sec-Fetch-Site": site})
    assert response.status_code == 403
    assert "another site" in response.text
    as_user.get("/")


@pytest.mark.parametrize(
    "origin", ["https://elsewhere.example", "null", "http://testserver:81", "http://testserver.evil"]
)
def test_a_form_of_another_origin_is_refused(as_user: Person, origin: str) -> None:
    assert as_user.act("/logout", headers={"Origin": origin}).status_code == 403
    as_user.get("/")


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://testserver"},
        {"Origin": "https://testserver"},  # the proxy before us speaks HTTPS
        {},
    ],
)
def test_our_own_form_is_taken(as_user: Person, headers: dict[str, str]) -> None:
    assert as_user.act("/logout", headers=headers).headers["location"] == "/login?out=1"


def test_a_form_without_its_token_is_refused(as_user: Person, as_admin: Person) -> None:
    for token in ("", "x", "é", as_admin.token()):
        response = as_user.http.post("/logout", data={"csrf_token": token})
        assert response.status_code == 403
        assert "load the page again" in response.text
        assert as_user.http.post("/logout", headers={"X-CSRF-Token": token.encode()}).status_code == 403
    as_user.get("/")


def test_the_token_may_come_in_a_header(as_user: Person) -> None:
    response = as_user.http.post("/logout", headers={"X-CSRF-Token": as_user.token()})
    assert response.headers["location"] == "/login?out=1"


@pytest.mark.usefixtures("as_user")
def test_the_log_in_form_needs_the_token_of_the_same_browser(app: Starlette, http: TestClient) -> None:
    stranger = TestClient(app, follow_redirects=False)
    token = form_token(stranger.get("/login").text)
    for given in (token, ""):
        response = http.post("/login", data={"user": "bob", "password": "x", "csrf_token": given})
        assert (response.status_code, response.headers["location"]) == (303, "/login")
        assert "the page was open for too long" in http.get("/login").text


def test_the_rest_api_does_not_know_the_session(settings: dict[str, Any], as_user: Person) -> None:
    strict = create_app(**settings | {"rest_authentication": "basic"})
    http = TestClient(strict)
    http.cookies.set(SESSION_COOKIE, as_user.http.cookies[SESSION_COOKIE], domain="testserver.local")
    assert http.get("/tasklist/").status_code == 200
    assert http.get("/engine-rest/task").status_code == 401
    strict.state.engine.close()


def test_a_form_may_not_be_larger_than_needed(http: TestClient, as_user: Person) -> None:
    large = {"file": ("model.bpmn", b"x" * 70_000)}
    assert http.post("/login", files=large).status_code == 413
    assert as_user.act("/theme", {"theme": "dark"}, files=large).status_code == 303
    assert as_user.act("/theme", files={"file": ("model.bpmn", b"x" * 10_500_000)}).status_code == 413


def test_a_form_that_is_none_is_a_bad_request(as_user: Person) -> None:
    response = as_user.http.post("/theme", content=b"--", headers={"Content-Type": "multipart/form-data"})
    assert response.status_code == 400


@pytest.mark.parametrize("path", ["/", "/tasklist/", "/login"])
def test_there_are_no_web_sockets(http: TestClient, path: str) -> None:
    with pytest.raises(WebSocketDisconnect), http.websocket_connect(path):
        pass


def add_page(app: Starlette, path: str, handler: Any, methods: list[str]) -> None:
    """A page that is added to Tasklist later."""
    tasklist = next(router for prefix, router in routers(app.routes) if prefix == "/tasklist")
    tasklist.routes.append(Route(path, handler, methods=methods))


def test_a_page_gets_who_asks_and_what_was_sent(app: Starlette, as_user: Person) -> None:
    def handler(request: Request) -> Response:
        visitor = visitor_of(request)
        file = visitor.form["file"]
        assert isinstance(file, UploadFile)
        seen = (visitor.user_id, visitor.administrator, visitor.field("a"), visitor.field("b"), visitor.field("file"))
        return PlainTextResponse(repr((*seen, file.filename, file.file.read())))

    add_page(app, "/sent", handler, ["POST"])
    response = as_user.act("/tasklist/sent", {"a": "1"}, files={"file": ("x.txt", b"abc")})
    assert response.text == "('bob', False, '1', '', '', 'x.txt', b'abc')"


def test_an_error_of_the_engine_is_a_page_and_another_one_goes_to_the_log(app: Starlette, as_user: Person) -> None:
    def missing(_: Request) -> Response:
        raise NullValueException("There is no task '<b>'.")

    def failing(_: Request) -> Response:
        raise ZeroDivisionError("secret")

    add_page(app, "/missing", missing, ["GET"])
    add_page(app, "/failing", failing, ["GET"])
    page = as_user.get("/tasklist/missing", status=404)
    assert "There is no task &#39;&lt;b&gt;&#39;." in page
    failed = as_user.get("/tasklist/failing", status=500)
    assert "Something went wrong" in failed
    assert "secret" not in failed


def test_a_message_is_shown_once_and_only_to_whom_it_was_for(
    app: Starlette, as_user: Person, as_admin: Person, engine: ProcessEngine
) -> None:
    pages = Pages(engine.configuration, Sessions(engine.identity_service))

    def act(request: Request) -> Response:
        return pages.redirect(request, "/tasklist/", said="<b> was done")

    add_page(app, "/act", act, ["POST"])
    as_user.act("/tasklist/act")
    as_admin.http.cookies.set(FLASH_COOKIE, as_user.http.cookies[FLASH_COOKIE], domain="testserver.local")
    assert "was done" not in as_admin.get("/tasklist/")
    assert '<p class="message status" role="status">&lt;b&gt; was done</p>' in as_user.get("/tasklist/")
    assert "was done" not in as_user.get("/tasklist/")
