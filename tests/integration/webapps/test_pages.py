"""What holds for each page: its links, its policy, its structure, its files, and where it is mounted."""

import re
from html import unescape
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import Client

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.commands.identity import SaveUserCmd
from tests.integration.webapps.people import Person, form_token, make_user
from tests.integration.webapps.rest_client import TestClient
from webapps.main import create_wsgi_app
from webapps.sessions import SESSION_COOKIE, Sessions

PATHS = (
    "/",
    "/profile",
    "/tasklist/",
    "/tasklist/filter/new",
    "/tasklist/shortcuts",
    "/cockpit/",
    "/cockpit/batches",
    "/cockpit/decisions",
    "/cockpit/groups",
    "/cockpit/incidents",
    "/cockpit/instances",
    "/cockpit/telemetry",
    "/cockpit/users",
)


@pytest.mark.parametrize("path", PATHS)
def test_all_links_lead_somewhere(as_admin: Person, path: str) -> None:
    links = {unescape(link) for link in re.findall(r'(?:href|src)="([^"#][^"]*)"', as_admin.get(path))}
    assert len(links) >= 8
    assert all(link.startswith("/") for link in links)
    assert [link for link in links if as_admin.http.get(link).status_code != 200] == []


def test_the_apps_are_found_without_their_slash(as_admin: Person) -> None:
    for path in ("/tasklist", "/cockpit"):
        assert as_admin.http.get(path).headers["location"] == f"{path}/"


@pytest.mark.parametrize("path", [*PATHS, "/nothing"])
def test_the_policy_allows_files_of_ours_and_nothing_inline(as_admin: Person, path: str) -> None:
    response = as_admin.http.get(path)
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert not re.search(r"<script(?! src=)|<style|\sstyle=|\son[a-z]+=", response.text)
    assert response.headers["referrer-policy"] == "same-origin"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", [*PATHS, "/nothing", "/login"])
def test_pages_are_well_formed_and_made_for_screen_readers(as_admin: Person, path: str) -> None:
    if path == "/login":
        as_admin.http.cookies.clear()
    html = as_admin.http.get(path).text.partition("\n")[2]
    attributes = re.sub(r" (required|selected|checked|defer|hidden|autofocus|formnovalidate)(?=[ >])", r' \1=""', html)
    root = ET.fromstring(re.sub(r"<(meta|link|input|img)([^>]*)>", r"<\1\2/>", attributes))  # noqa: S314 - our own page
    assert root.get("lang") == "en"
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    for name in ("aria-labelledby", "aria-describedby", "for"):
        assert {each for element in root.iter() for each in (element.get(name) or "").split()} <= set(ids)
    headings = [int(element.tag[1]) for element in root.iter() if re.fullmatch(r"h\d", element.tag)]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(headings))


class TestNames:
    """A product's and a user's name are text, whatever is in them."""

    @pytest.fixture
    def settings(self, settings: dict[str, Any]) -> dict[str, Any]:
        return {**settings, "product_name": "<script>alert(1)</script>"}

    def test_names_with_markup_are_shown_as_text(self, as_admin: Person, engine: ProcessEngine) -> None:
        engine.executor.execute(_rename("ann", "<img src=x onerror=alert(1)>"))
        html = as_admin.get("/tasklist/")
        assert "<script>" not in html
        assert "<img src=x" not in html
        assert "&lt;script&gt;alert(1)" in html
        assert "&lt;img src=x" in html


def _rename(user_id: str, name: str) -> Any:
    return SaveUserCmd(user_id, {"first_name": name}, new=False)


def test_files_are_kept_for_long_under_an_address_with_their_version(as_admin: Person) -> None:
    (address,) = re.findall(r'href="(/static/tokens\.css\?v=\w{16})"', as_admin.get("/"))
    kept = as_admin.http.get(address)
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert as_admin.http.get("/static/tokens.css?v=0").headers["cache-control"] == "no-cache"
    assert as_admin.http.get("/static/../main.py").status_code == 404
    assert as_admin.http.get("/static/nothing.css").status_code == 404


def test_the_theme_is_remembered_and_anything_else_is_the_systems(as_user: Person) -> None:
    assert "data-theme" not in as_user.get("/")
    response = as_user.act("/theme", {"theme": "dark", "next": "/tasklist/"})
    assert response.headers["location"] == "/tasklist/"
    assert '<html lang="en" data-theme="dark">' in as_user.get("/")
    as_user.http.cookies.set("engine-theme", '"><script>', domain="testserver.local", path="/")
    as_user.http.cookies.delete("engine-theme", domain="testserver.local", path="/")
    response = as_user.act("/theme", {"theme": '"><script>', "next": "//elsewhere.example"})
    assert response.headers["location"] == "/"
    assert "data-theme" not in as_user.get("/")


def test_head_has_the_headers_of_get_and_no_body(as_user: Person) -> None:
    get, head = as_user.http.get("/tasklist/"), as_user.http.head("/tasklist/")
    assert head.content == b""
    assert head.headers["content-length"] == str(len(get.content))


def test_mounted_below_a_path_all_addresses_and_cookies_lie_there(app: Starlette, engine: ProcessEngine) -> None:
    make_user(engine, "bob")
    http = TestClient(Starlette(routes=[Mount("/my engine", app)]), follow_redirects=False)
    sent = http.get("/my%20engine/tasklist/?page=2")
    assert sent.headers["location"] == "/my%20engine/login?next=%2Ftasklist%2F%3Fpage%3D2"
    assert "Path=/my%20engine;" in sent.headers["set-cookie"]
    page = http.get("/my%20engine/login").text
    assert all(link.startswith("/my%20engine/") for link in re.findall(r'(?:href|src|action)="([^"#][^"]*)"', page))
    http.cookies.set(SESSION_COOKIE, Sessions(engine.identity_service).begin("bob"), domain="testserver.local")
    home = http.get("/my%20engine/").text
    out = http.post("/my%20engine/logout", data={"csrf_token": form_token(home)})
    assert out.headers["location"] == "/my%20engine/login?out=1"


def test_the_wsgi_application_has_the_same_pages(settings: dict[str, Any]) -> None:
    application: Any = create_wsgi_app(**settings)
    client = Client(
        DispatcherMiddleware(lambda _, start: (start("404 Not Found", []), [])[1], {"/engine": application})
    )
    page = client.get("/engine/", environ_overrides={"REMOTE_ADDR": "127.0.0.1"}, follow_redirects=True)
    assert page.request.path == "/engine/setup"
    assert page.status_code in {200, 403}
    assert 'action="/engine' in page.text or "create-admin" in page.text
