"""The page on which everybody changes what is known of them."""

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import User
from tests.integration.webapps.people import Person, log_in
from tests.integration.webapps.rest_client import TestClient

NEW = {"password": "another one", "again": "another one"}


@pytest.fixture
def password(as_user: Person, engine: ProcessEngine) -> str:
    """bob's; and bob is logged in."""
    engine.identity_service.set_password("bob", "long enough")
    log_in(engine, as_user.http, "bob")
    return "long enough"


def test_the_menu_leads_there_and_names_are_changed(as_user: Person, engine: ProcessEngine) -> None:
    assert '<a href="/profile">My profile</a>' in as_user.get("/")
    assert as_user.act("/profile", {"first_name": "Bob", "email": "bob@example.com"}).status_code == 303
    assert engine.identity_service.users(user_id="bob") == [User("bob", "Bob", None, "bob@example.com")]
    html = as_user.get("/profile")
    assert 'value="bob@example.com"' in html
    assert "<summary><span>Bob</span></summary>" in html
    response = as_user.act("/profile", {"email": "bob"})
    assert (response.status_code, "This is no e-mail address." in response.text) == (422, True)


def test_nobody_changes_others_or_their_rights_there(as_user: Person, engine: ProcessEngine) -> None:
    engine.identity_service.create_user("cara", "long enough")
    as_user.act("/profile", {"user": "cara", "id": "cara", "first_name": "X", "administrator": "true"})
    assert engine.identity_service.users(user_id="cara") == [User("cara")]
    assert not engine.identity_service.is_admin("bob")


def test_a_password_is_changed_with_the_present_one_and_other_sessions_end(
    as_user: Person, engine: ProcessEngine, password: str
) -> None:
    elsewhere = log_in(engine, TestClient(as_user.http.app, follow_redirects=False), "bob")
    response = as_user.act("/profile/password", NEW | {"present": password})
    assert response.headers["location"] == "/profile?password=changed"
    as_user.http.cookies.clear()
    as_user.http.cookies.set("engine-session", response.cookies["engine-session"], domain="testserver.local")
    assert "Your password was changed." in as_user.get("/profile?password=changed")
    assert elsewhere.http.get("/profile").headers["location"].startswith("/login")
    assert engine.identity_service.check_password("bob", "another one")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"present": "wrong password"}, "This is not your present password."),
        ({"again": "different"}, "The two passwords differ."),
        ({"password": "short", "again": "short"}, "The password has 5 characters."),
    ],
)
def test_what_is_wrong_with_a_new_password_is_said_and_nothing_changed(
    as_user: Person, engine: ProcessEngine, password: str, fields: dict[str, str], said: str
) -> None:
    response = as_user.act("/profile/password", NEW | {"present": password} | fields)
    assert (response.status_code, said in response.text) == (422, True)
    assert "another one" not in response.text
    as_user.get("/profile")
    assert engine.identity_service.check_password("bob", password)


def test_a_present_password_cannot_be_guessed_for_long(as_user: Person, engine: ProcessEngine, password: str) -> None:
    for _ in range(10):
        engine.identity_service._note_failure("bob")  # noqa: SLF001 - ten checks take a third of a second
    response = as_user.act("/profile/password", NEW | {"present": password})
    assert (response.status_code, "Too many passwords were wrong." in response.text) == (429, True)
