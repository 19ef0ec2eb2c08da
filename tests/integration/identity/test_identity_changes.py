"""Users and groups that are changed: by a program, and over REST."""

from typing import Any

import pytest
from starlette.applications import Starlette

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Group, User
from engine_telemetry.exceptions import ConflictException, NullValueException
from tests.integration.identity.conftest import Basic
from tests.integration.webapps.rest_client import RestClient, TestClient
from webapps.main import create_app


@pytest.fixture
def rest(app: Starlette, engine: ProcessEngine, basic: Basic) -> RestClient:  # noqa: ARG001 - it has the users
    """ann, an administrator."""
    return RestClient(TestClient(app, headers=basic("ann"), raise_server_exceptions=False))


def test_names_and_addresses_are_changed_and_emptied(engine: ProcessEngine, password: str) -> None:
    changed = User("bob", "Robert", None, "robert@example.com")
    engine.identity_service.save_user(changed)
    assert engine.identity_service.users(user_id="bob") == [changed]
    assert engine.identity_service.check_password("bob", password)
    with pytest.raises(NullValueException, match="No user found with id 'nobody'"):
        engine.identity_service.save_user(User("nobody"))


def test_groups_are_renamed_and_deleted_and_their_members_remain(engine: ProcessEngine) -> None:
    identities = engine.identity_service
    identities.create_group("staff", name="The staff")
    identities.add_to_group("bob", "staff")
    identities.save_group(Group("staff", "Everybody"))
    assert identities.groups(member="bob") == [Group("staff", "Everybody")]
    identities.delete_group("staff")
    assert (identities.groups(member="bob"), identities.count_users()) == ([], 2)
    identities.delete_group("staff")
    with pytest.raises(NullValueException, match="No group found with id 'staff'"):
        identities.save_group(Group("staff", None))
    with pytest.raises(ConflictException, match="'camunda-admin' cannot be deleted"):
        identities.delete_group("camunda-admin")


def test_users_and_groups_are_found_by_a_part_of_what_they_are_called(engine: ProcessEngine) -> None:
    identities = engine.identity_service
    identities.create_group("sales", name="50% North")
    for text, found in (("AN", ["ann"]), ("build", ["bob"]), ("EXAMPLE.", ["bob"]), ("%", []), ("n", ["ann"])):
        assert [user.id for user in identities.users(containing=text)] == found
    assert [group.id for group in identities.groups(containing="% n")] == ["sales"]
    assert identities.count_groups(containing="ADMIN") == 1
    assert [user.id for user in identities.users(user_ids=["bob", "nobody"])] == ["bob"]


@pytest.mark.parametrize("how", ["delete_user", "remove_from_group"])
def test_the_last_administrator_is_kept_where_that_is_asked_for(engine: ProcessEngine, how: str) -> None:
    identities = engine.identity_service
    arguments = ("ann",) if how == "delete_user" else ("ann", "camunda-admin")
    with pytest.raises(ConflictException, match="'ann' is the last administrator"):
        getattr(identities, how)(*arguments, keep_administrator=True)
    assert identities.is_admin("ann")
    identities.delete_user("bob", keep_administrator=True)
    identities.create_user("cara", "long enough", groups=["camunda-admin"])
    getattr(identities, how)(*arguments, keep_administrator=True)
    assert not identities.is_admin("ann")
    getattr(identities, "delete_user")("cara")  # noqa: B009 - a program may do as it likes
    assert not identities.has_administrator()


def test_an_administrator_makes_changes_and_deletes_users_over_rest(rest: RestClient, engine: ProcessEngine) -> None:
    profile = {"id": "cara", "firstName": "Cara", "lastName": "C", "email": "cara@example.com"}
    rest.post("/user/create", {"profile": profile, "credentials": {"password": "long enough"}})
    assert rest.get("/user/cara/profile") == profile
    rest.put("/user/cara/profile", {"firstName": "Carla", "lastName": "C"})
    assert rest.get("/user", idIn="cara,bob")[1] == {"id": "cara", "firstName": "Carla", "lastName": "C", "email": None}
    rest.delete("/user/cara")
    assert engine.identity_service.count_users(user_id="cara") == 0


def test_a_password_is_set_over_rest_by_who_has_one_and_ends_the_sessions(
    rest: RestClient, engine: ProcessEngine, password: str
) -> None:
    token = engine.identity_service.create_session("bob")
    body = {"password": "another one", "authenticatedUserPassword": "wrong password"}
    assert rest.error("PUT", "/user/bob/credentials", body)[0] == 400
    assert engine.identity_service.session(token) is not None
    rest.put("/user/bob/credentials", body | {"authenticatedUserPassword": password})
    assert engine.identity_service.check_password("bob", "another one")
    assert engine.identity_service.session(token) is None


def test_groups_and_members_are_changed_over_rest(rest: RestClient, engine: ProcessEngine) -> None:
    rest.post("/group/create", {"id": "staff", "name": "The staff", "type": "WORKFLOW"})
    rest.put("/group/staff", {"id": "staff", "name": "Everybody"})
    rest.send("PUT", "/group/staff/members/bob", None)
    assert engine.identity_service.groups(member="bob") == [Group("staff", "Everybody")]
    rest.delete("/group/staff/members/bob")
    assert engine.identity_service.groups(member="bob") == []
    rest.delete("/group/staff")
    assert rest.error("DELETE", "/group/camunda-admin")[0] == 409
    assert rest.error("DELETE", "/group/camunda-admin/members/ann")[0] == 409
    assert rest.error("DELETE", "/user/ann")[0] == 409
    assert rest.error("PUT", "/group/none/members/bob")[0] == 404
    assert rest.error("POST", "/group/create", {"id": "a b"})[0] == 400


CHANGES = (
    ("POST", "/user/create"),
    ("DELETE", "/user/bob"),
    ("PUT", "/user/bob/profile"),
    ("PUT", "/user/ann/credentials"),
    ("POST", "/group/create"),
    ("PUT", "/group/camunda-admin"),
    ("DELETE", "/group/camunda-admin"),
    ("PUT", "/group/camunda-admin/members/bob"),
    ("DELETE", "/group/camunda-admin/members/ann"),
)


def test_others_change_nothing_over_rest(app: Starlette, engine: ProcessEngine, basic: Basic) -> None:
    rest = RestClient(TestClient(app, headers=basic("bob"), raise_server_exceptions=False))
    for method, path in CHANGES:
        status, kind, message = rest.error(method, path, {"password": "long enough"})
        assert (status, kind) == (403, "AuthorizationException")
        assert "'bob' may not change users and groups" in message
    assert [user.id for user in engine.identity_service.users(member_of="camunda-admin")] == ["ann"]


@pytest.mark.usefixtures("engine")
def test_where_nobody_is_asked_who_they_are_nothing_is_changed_over_rest(settings: dict[str, Any]) -> None:
    open_app = create_app(**settings | {"rest_authentication": "none"})
    rest = RestClient(TestClient(open_app, base_url="http://localhost", raise_server_exceptions=False))
    for method, path in CHANGES:
        status, _, message = rest.error(method, path, {"password": "long enough"})
        assert (status, "Set restAuthentication=basic" in message) == (403, True)
    open_app.state.engine.close()
