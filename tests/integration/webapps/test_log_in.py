"""Sessions, from the log-in to the log-out, and what ends them before."""

import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from httpx import Response
from starlette.applications import Starlette

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.people import Person, form_token, log_in
from tests.integration.webapps.rest_client import TestClient
from webapps.sessions import SESSION_COOKIE, VISITOR_COOKIE, Sessions

PASSWORD = "correct horse"  # noqa: S105 - of a user that lives for one test


@pytest.fixture
def cara(engine: ProcessEngine) -> str:
    engine.identity_service.create_user("cara", PASSWORD)
    return "cara"


def send_password(http: TestClient, password: str, **fields: str) -> Response:
    data = {"csrf_token": form_token(http.get("/login").text), "user": "cara", "password": password, **fields}
    response: Response = http.post("/login", data=data)
    return response


def session_cookie(response: Response) -> str:
    return next(value for value in response.headers.get_list("set-cookie") if value.startswith(SESSION_COOKIE))


def test_the_right_password_begins_a_session(http: TestClient, cara: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "engine_telemetry.engine")
    response = send_password(http, PASSWORD)
    assert (response.status_code, response.headers["location"]) == (303, "/")
    cookie = session_cookie(response)
    assert re.fullmatch(rf"{SESSION_COOKIE}=[\w-]{{43}}\.[\w-]{{43}}; HttpOnly; Path=/; SameSite=lax", cookie)
    assert "My tasks" in http.get("/tasklist/").text
    assert f"User {cara!r} logged in" in caplog.text
    assert cookie[len(SESSION_COOKIE) + 1 :][:43] not in caplog.text


def test_over_https_the_cookies_are_for_https_alone(app: Starlette, cara: str) -> None:
    http = TestClient(app, base_url="https://testserver", follow_redirects=False)
    assert "Secure" in http.get("/login").headers["set-cookie"]
    assert cara
    assert "Secure" in session_cookie(send_password(http, PASSWORD))


def test_a_wrong_password_begins_none_and_is_not_logged(
    http: TestClient, cara: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    response = send_password(http, "wrong password")
    assert response.status_code == 422
    assert "The user or the password is wrong." in response.text
    assert "wrong password" not in response.text.replace("The user or the password is wrong.", "")
    assert SESSION_COOKIE not in http.cookies
    (warning,) = (each for each in caplog.records if each.levelno == logging.WARNING)
    assert warning.getMessage() == f"Log-in failed: {cara!r}, from testclient"
    send_password(http, "x", user=PASSWORD)
    assert PASSWORD not in caplog.text
    assert "Log-in failed: no user, from testclient" in caplog.text


def test_after_ten_wrong_passwords_the_page_says_when_to_come_back(
    http: TestClient, cara: str, engine: ProcessEngine
) -> None:
    for _ in range(10):
        engine.identity_service._note_failure(cara)  # noqa: SLF001 - ten checks take a third of a second
    response = send_password(http, PASSWORD)
    assert response.status_code == 429
    assert 0 < int(response.headers["retry-after"]) <= 60


def test_the_session_of_a_log_in_is_new(http: TestClient, cara: str, engine: ProcessEngine) -> None:
    planted = Sessions(engine.identity_service).begin(cara)
    http.cookies.set(SESSION_COOKIE, planted, domain="testserver.local")
    token = form_token(http.get("/").text)
    http.post("/logout", data={"csrf_token": token})
    http.cookies.set(SESSION_COOKIE, planted, domain="testserver.local")
    cookie = session_cookie(send_password(http, PASSWORD))
    assert planted not in cookie
    assert engine.identity_service.session(planted.partition(".")[0]) is None


@pytest.mark.parametrize(
    ("wanted", "target"),
    [
        ("/tasklist/?page=2", "/tasklist/?page=2"),
        ("//elsewhere.example/", "/"),
        ("https://elsewhere.example/", "/"),
        ("/\\elsewhere.example/", "/"),
    ],
)
def test_the_log_in_leads_on_to_where_one_was_going_and_to_no_other_site(
    http: TestClient, cara: str, wanted: str, target: str
) -> None:
    assert cara
    page = http.get("/login", params={"next": wanted})
    assert f'name="next" value="{target}"' in page.text
    response = send_password(http, PASSWORD, next=wanted)
    assert response.headers["location"] == target
    assert http.get("/login", params={"next": wanted}).headers["location"] == target


def test_log_out_ends_the_session_in_the_database(as_user: Person, engine: ProcessEngine) -> None:
    cookie = as_user.http.cookies[SESSION_COOKIE]
    response = as_user.act("/logout")
    assert response.headers["location"] == "/login?out=1"
    assert engine.identity_service.session(cookie.partition(".")[0]) is None
    as_user.http.cookies.set(SESSION_COOKIE, cookie, domain="testserver.local")
    assert as_user.http.get("/tasklist/").status_code == 303
    as_user.get("/login?out=1")


def test_another_password_ends_all_sessions_of_the_user(as_user: Person, engine: ProcessEngine) -> None:
    engine.identity_service.set_password("bob", "another password")
    assert as_user.http.get("/").status_code == 303


def test_a_deleted_user_has_no_session(as_user: Person, engine: ProcessEngine) -> None:
    engine.identity_service.delete_user("bob")
    assert as_user.http.get("/").status_code == 303


def test_who_leaves_the_group_is_no_administrator_any_more(as_admin: Person, engine: ProcessEngine) -> None:
    as_admin.get("/cockpit/")
    engine.identity_service.remove_from_group("ann", "camunda-admin")
    as_admin.get("/cockpit/", status=403)


@pytest.fixture
def database(settings: dict[str, Any]) -> Iterator[sqlite3.Connection]:
    file = settings["database_url"].removeprefix("sqlite:///")
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        yield connection


def test_a_session_ends_after_two_hours_without_a_request_and_after_twelve_in_any_case(
    as_user: Person, database: sqlite3.Connection
) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    for column, ago in (("last_seen", timedelta(hours=1, minutes=59)), ("expires", timedelta(minutes=-1))):
        database.execute(f"update engine_session set {column} = ?", [str(now - ago)])  # noqa: S608 - our own words
        as_user.get("/")
    for column, ago in (("last_seen", timedelta(hours=2)), ("expires", timedelta())):
        database.execute("update engine_session set last_seen = ?", [str(now)])
        database.execute(f"update engine_session set {column} = ?", [str(now - ago)])  # noqa: S608 - our own words
        assert as_user.http.get("/").status_code == 303


def test_use_is_noted_once_in_a_minute(as_user: Person, database: sqlite3.Connection) -> None:
    def last_seen() -> str:
        return str(database.execute("select last_seen from engine_session").fetchone()[0])

    began = last_seen()
    as_user.get("/")
    assert last_seen() == began
    earlier = datetime.fromisoformat(began) - timedelta(seconds=61)
    database.execute("update engine_session set last_seen = ?", [str(earlier)])
    as_user.get("/")
    assert last_seen() > str(earlier + timedelta(seconds=1))


def test_a_log_in_removes_sessions_that_are_over(
    engine: ProcessEngine, as_user: Person, database: sqlite3.Connection
) -> None:
    database.execute("update engine_session set expires = '2026-01-01 00:00:00.000000'")
    log_in(engine, as_user.http, "bob")
    assert database.execute("select count(*) from engine_session").fetchone() == (1,)


def test_the_database_knows_the_digest_of_a_token_only(as_user: Person, database: sqlite3.Connection) -> None:
    token = as_user.http.cookies[SESSION_COOKIE].partition(".")[0]
    (stored,) = database.execute("select id from engine_session").fetchone()
    assert stored == sha256(token.encode()).hexdigest()
    assert token not in "\n".join(database.iterdump())


@pytest.mark.parametrize("change", ["x", "a.b", "\x00", "é"])
def test_a_cookie_that_was_tampered_with_is_no_session(as_user: Person, change: str) -> None:
    cookie = as_user.http.cookies[SESSION_COOKIE]
    for tampered in (change, change + cookie, cookie[:-9] + change):
        headers = {"cookie": f"{SESSION_COOKIE}={tampered}; {VISITOR_COOKIE}={cookie}".encode()}
        as_user.http.cookies.clear()
        assert as_user.http.get("/", headers=headers).status_code == 303


@pytest.mark.usefixtures("http")
def test_all_workers_share_the_key_and_the_first_makes_it(engine: ProcessEngine) -> None:
    one, other = Sessions(engine.identity_service), Sessions(engine.identity_service)
    cookie = one.cookie(VISITOR_COOKIE, "token")
    assert other.find({VISITOR_COOKIE: cookie}).token == "token"  # noqa: S105 - no secret
    assert len(engine.identity_service.session_key()) == 32


@pytest.mark.usefixtures("as_user")
def test_what_a_user_sets_is_kept(engine: ProcessEngine) -> None:
    identities = engine.identity_service
    assert identities.user_info("bob", "ask-again") is None
    for value in ("tomorrow", "in a week"):
        identities.set_user_info("bob", "ask-again", value)
        assert identities.user_info("bob", "ask-again") == value
    identities.delete_user_info("bob", "ask-again")
    assert identities.user_info("bob", "ask-again") is None
