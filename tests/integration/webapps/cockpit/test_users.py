"""The pages of users and groups."""

import re

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Group, User
from tests.integration.webapps.cockpit.samples import MARKUP, rows_of, text_of
from tests.integration.webapps.people import Person, log_in, make_user
from tests.integration.webapps.rest_client import TestClient
from webapps.cockpit.users import MOST_OFFERED

PASSWORDS = {"password": "long enough", "again": "long enough"}


@pytest.fixture
def bob(engine: ProcessEngine, as_admin: Person) -> str:  # noqa: ARG001 - ann is made first
    make_user(engine, "bob")
    engine.identity_service.save_user(User("bob", "Bob", "Builder", "bob@example.com"))
    return "bob"


def said_at(html: str, field: str) -> str:
    """What is said to be wrong with a field."""
    found = re.search(rf'id="{field}-error">([^<]+)', html)
    return found.group(1) if found else ""


@pytest.mark.usefixtures("bob")
def test_users_are_listed_searched_and_sorted(as_admin: Person) -> None:
    assert rows_of(as_admin.get("/cockpit/users")) == [
        "ann administrator you",
        "bob Bob Builder bob@example.com",
    ]
    assert rows_of(as_admin.get("/cockpit/users?sort=userId&order=desc"))[0].startswith("bob")
    assert len(rows_of(as_admin.get("/cockpit/users?q=BUILD"))) == 1
    assert "No user has “x y” in a name" in text_of(as_admin.get("/cockpit/users?q=x y"))


def test_long_lists_come_in_parts(as_admin: Person, engine: ProcessEngine) -> None:
    for number in range(30):
        make_user(engine, f"user{number:02}", "camunda-admin")
        engine.identity_service.create_group(f"group{number:02}")
    assert "1 to 25 of 31" in text_of(as_admin.get("/cockpit/users"))
    assert len(rows_of(as_admin.get("/cockpit/users?page=2"))) == 6
    assert len(rows_of(as_admin.get("/cockpit/groups?page=2"))) == 6
    assert as_admin.get("/cockpit/group/camunda-admin?page=2").count(">Take out<") == 6


def test_a_user_is_made_and_can_log_in(as_admin: Person, engine: ProcessEngine) -> None:
    engine.identity_service.create_group("staff", name="Staff")
    assert re.search(
        r'name="groups" type="checkbox" value="staff">\s*<label[^>]*>Staff<', as_admin.get("/cockpit/users/new")
    )
    fields = {"user": " cara ", "first_name": "Cara", "email": "cara@example.com", "administrator": "true"}
    fields["groups"] = "staff"
    response = as_admin.act("/cockpit/users/new", fields | PASSWORDS)
    assert response.headers["location"] == "/cockpit/user/cara"
    assert "The user was created and can log in now." in text_of(as_admin.get("/cockpit/user/cara"))
    assert engine.identity_service.users(user_id="cara") == [User("cara", "Cara", None, "cara@example.com")]
    assert [group.id for group in engine.identity_service.groups(member="cara")] == ["camunda-admin", "staff"]
    assert "<h1>Cara</h1>" in as_admin.get("/cockpit/user/cara")
    assert engine.identity_service.check_password("cara", "long enough")


@pytest.mark.parametrize(
    ("fields", "at", "said"),
    [
        ({"groups": "gone"}, "groups", "One of these groups is not there any more."),
        ({"user": "ann"}, "user", "There is a user &#39;ann&#39; already."),
        ({"user": "a b"}, "user", "The id &#39;a b&#39; cannot be used."),
        ({"user": ""}, "user", "cannot be used"),
        ({"password": "short", "again": "short"}, "password", "The password has 5 characters."),
        ({"again": "different"}, "again", "The two passwords differ."),
        ({"email": "cara"}, "email", "This is no e-mail address."),
        ({"first_name": "x" * 256}, "first_name", "At most 255 characters are kept."),
    ],
)
def test_what_is_wrong_with_a_new_user_is_said_at_the_field_and_the_rest_kept(
    as_admin: Person, engine: ProcessEngine, fields: dict[str, str], at: str, said: str
) -> None:
    response = as_admin.act("/cockpit/users/new", {"user": "cara", "last_name": MARKUP} | PASSWORDS | fields)
    assert response.status_code == 422
    assert said in said_at(response.text, at)
    assert 'value="&lt;b onclick=alert(1)&gt;&amp;&#34;&#39;"' in response.text
    assert "long enough" not in response.text
    assert engine.identity_service.count_users() == 1


def test_names_are_changed(as_admin: Person, engine: ProcessEngine, bob: str) -> None:
    response = as_admin.act("/cockpit/user/bob", {"first_name": "Robert", "last_name": "", "email": ""})
    assert response.status_code == 303
    assert engine.identity_service.users(user_id=bob) == [User("bob", "Robert")]
    response = as_admin.act("/cockpit/user/bob", {"email": "@"})
    assert (response.status_code, said_at(response.text, "email")[:9]) == (422, "This is n")


def test_memberships_are_changed_from_both_sides(as_admin: Person, engine: ProcessEngine, bob: str) -> None:
    engine.identity_service.create_group("staff", name="The staff")

    def groups() -> list[str]:
        return [group.id for group in engine.identity_service.groups(member=bob)]

    assert '<option value="staff">The staff (staff)</option>' in as_admin.get("/cockpit/user/bob")
    as_admin.act("/cockpit/user/bob/join", {"group": "staff"})
    assert groups() == ["staff"]
    assert '<option value="staff">' not in as_admin.get("/cockpit/user/bob")
    assert "Bob Builder bob Take out" in text_of(as_admin.get("/cockpit/group/staff"))
    as_admin.act("/cockpit/group/staff/remove", {"user": "bob"})
    assert groups() == []
    as_admin.act("/cockpit/group/staff/add", {"user": "bob"})
    assert groups() == ["staff"]
    as_admin.act("/cockpit/user/bob/leave", {"group": "staff"})
    assert groups() == []
    response = as_admin.act("/cockpit/user/bob/join", {"group": "nothing"})
    assert (response.status_code, said_at(response.text, "group")) == (422, "There is no group “nothing”.")
    response = as_admin.act("/cockpit/group/staff/add", {"user": ""})
    assert (response.status_code, said_at(response.text, "user")) == (422, "Say who.")


def test_where_there_are_more_than_a_choice_has_room_for_the_id_is_typed(
    as_admin: Person, engine: ProcessEngine, bob: str
) -> None:
    assert '<select id="group"' not in as_admin.get("/cockpit/user/ann")
    assert "There are no other groups." in as_admin.get("/cockpit/user/ann")
    assert '<select id="group"' in as_admin.get(f"/cockpit/user/{bob}")
    for number in range(MOST_OFFERED):
        engine.identity_service.create_group(f"group{number:03}")
    assert '<input id="group"' in as_admin.get(f"/cockpit/user/{bob}")
    assert "There are more groups" in as_admin.get("/cockpit/users/new")


def test_a_reset_of_a_password_ends_the_sessions(as_admin: Person, engine: ProcessEngine, bob: str) -> None:
    theirs = log_in(engine, TestClient(as_admin.http.app, follow_redirects=False), bob)
    theirs.get("/")
    response = as_admin.act("/cockpit/user/bob/password", {"password": "short", "again": "short"})
    assert (response.status_code, said_at(response.text, "password")[:12]) == (422, "The password")
    theirs.get("/")
    assert as_admin.act("/cockpit/user/bob/password", PASSWORDS).status_code == 303
    assert "All sessions of this user have ended." in text_of(as_admin.get("/cockpit/user/bob"))
    assert theirs.http.get("/").headers["location"] == "/login"
    assert engine.identity_service.check_password(bob, "long enough")


def test_a_user_is_deleted_after_a_question(as_admin: Person, engine: ProcessEngine, bob: str) -> None:
    assert "Bob Builder (bob) is logged out at once" in text_of(as_admin.get("/cockpit/user/bob/delete"))
    assert engine.identity_service.count_users(user_id=bob) == 1
    assert as_admin.act("/cockpit/user/bob/delete").headers["location"] == "/cockpit/users"
    assert "bob was deleted." in text_of(as_admin.get("/cockpit/users"))
    assert engine.identity_service.count_users(user_id=bob) == 0


def test_nobody_deletes_or_demotes_themselves(as_admin: Person, engine: ProcessEngine, bob: str) -> None:
    engine.identity_service.add_to_group(bob, "camunda-admin")
    attempts = {
        "/cockpit/user/ann/delete": {},
        "/cockpit/user/ann/password": PASSWORDS,
        "/cockpit/user/ann/leave": {"group": "camunda-admin"},
        "/cockpit/group/camunda-admin/remove": {"user": "ann"},
    }
    for path, fields in attempts.items():
        response = as_admin.act(path, fields)
        assert (response.status_code, "own" in response.text or "yourself" in response.text) == (409, True)
    assert engine.identity_service.is_admin("ann")
    html = as_admin.get("/cockpit/user/ann")
    assert "/delete" not in html
    assert "another administrator can change that" in html


def test_the_last_administrator_cannot_be_deleted_by_one_who_is_none_any_more(
    as_admin: Person, engine: ProcessEngine, bob: str
) -> None:
    engine.identity_service.add_to_group(bob, "camunda-admin")
    assert as_admin.act("/cockpit/user/bob/leave", {"group": "camunda-admin"}).status_code == 303
    assert [user.id for user in engine.identity_service.users(member_of="camunda-admin")] == ["ann"]
    engine.identity_service.add_to_group(bob, "camunda-admin")
    engine.identity_service.remove_from_group("ann", "camunda-admin")
    assert as_admin.act("/cockpit/user/bob/delete").status_code == 403
    assert engine.identity_service.is_admin(bob)


def test_a_group_is_made_renamed_and_deleted(as_admin: Person, engine: ProcessEngine, bob: str) -> None:
    response = as_admin.act("/cockpit/groups/new", {"group": "staff", "name": MARKUP})
    assert response.headers["location"] == "/cockpit/group/staff"
    assert "<b onclick" not in as_admin.get("/cockpit/groups")
    as_admin.act("/cockpit/group/staff", {"name": "The staff"})
    assert engine.identity_service.groups(group_id="staff") == [Group("staff", "The staff")]
    engine.identity_service.add_to_group(bob, "staff")
    assert "The staff has 1 member . They remain users" in text_of(as_admin.get("/cockpit/group/staff/delete")).replace(
        "member.", "member ."
    )
    assert as_admin.act("/cockpit/group/staff/delete").status_code == 303
    assert engine.identity_service.count_groups() == 1
    assert engine.identity_service.count_users() == 2


def test_what_cannot_be_done_with_a_group_is_said(as_admin: Person, engine: ProcessEngine) -> None:
    for fields, at in (
        ({"group": "camunda-admin"}, "group"),
        ({"group": "a b"}, "group"),
        ({"name": "x" * 256}, "name"),
    ):
        response = as_admin.act("/cockpit/groups/new", {"group": "staff"} | fields)
        assert (response.status_code, bool(said_at(response.text, at))) == (422, True)
    response = as_admin.act("/cockpit/group/camunda-admin", {"name": "x" * 256})
    assert (response.status_code, said_at(response.text, "name")) == (422, "At most 255 characters are kept.")
    assert as_admin.act("/cockpit/group/camunda-admin/delete").status_code == 409
    assert engine.identity_service.groups() == [Group("camunda-admin", "Administrators")]
