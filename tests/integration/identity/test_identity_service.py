"""Users, groups and passwords in the database."""

import logging
import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Group, User
from engine_telemetry.exceptions import (
    BadUserRequestException,
    NullValueException,
    ProcessEngineException,
    TooManyFailedChecksException,
)


def counts(engine: ProcessEngine) -> dict[str, int]:
    commands: dict[str, Any] = engine.management_service.get_telemetry_data().to_dict()["product"]["internals"][
        "commands"
    ]
    return {name: entry["count"] for name, entry in commands.items()}


def test_a_password_is_right_or_wrong_and_a_user_that_is_not_there_has_none(
    engine: ProcessEngine, password: str
) -> None:
    check = engine.identity_service.check_password
    assert check("ann", password)
    assert not check("ann", "wrong password")
    assert not check("nobody", password)
    assert not check("ann ", password)
    assert not check("ANN", password)
    assert not check("", "")


def test_a_new_password_replaces_the_old_one(engine: ProcessEngine, password: str) -> None:
    engine.identity_service.set_password("bob", "another password")
    assert not engine.identity_service.check_password("bob", password)
    assert engine.identity_service.check_password("bob", "another password")
    assert engine.identity_service.users(user_id="bob") == [User("bob", None, "Builder", "bob@example.com")]


def test_users_are_found_by_what_is_known_of_them(engine: ProcessEngine) -> None:
    users = engine.identity_service.users
    assert users() == [User("ann", "Ann"), User("bob", None, "Builder", "bob@example.com")]
    assert [user.id for user in users(sort_by="userId", sort_order="desc")] == ["bob", "ann"]
    assert [user.id for user in users(member_of="camunda-admin")] == ["ann"]
    assert [user.id for user in users(email="bob@example.com", last_name="Builder")] == ["bob"]
    assert users(first_name="Bob") == []
    assert engine.identity_service.count_users() == 2


def test_groups_have_members(engine: ProcessEngine) -> None:
    identities = engine.identity_service
    staff = identities.create_group("staff", name="The staff")
    for _ in range(2):
        identities.add_to_group("bob", "staff")
    assert identities.groups(member="bob") == [staff] == [Group("staff", "The staff")]
    assert [group.id for group in identities.groups()] == ["camunda-admin", "staff"]
    assert identities.groups(name="The staff", group_id="staff") == [staff]
    assert identities.count_groups() == 2
    identities.remove_from_group("bob", "staff")
    assert identities.groups(member="bob") == []


def test_the_members_of_camunda_admin_are_administrators(engine: ProcessEngine) -> None:
    identities = engine.identity_service
    assert (identities.is_admin("ann"), identities.is_admin("bob"), identities.is_admin("nobody")) == (
        True,
        False,
        False,
    )
    identities.remove_from_group("ann", "camunda-admin")
    assert not identities.is_admin("ann")


def test_a_deleted_user_is_gone_with_the_memberships(engine: ProcessEngine, password: str) -> None:
    engine.identity_service.delete_user("ann")
    assert not engine.identity_service.check_password("ann", password)
    engine.identity_service.create_user("ann", password)
    assert not engine.identity_service.is_admin("ann")


def test_nothing_is_made_twice_and_nothing_of_it_remains(engine: ProcessEngine, password: str) -> None:
    identities = engine.identity_service
    with pytest.raises(BadUserRequestException, match="user 'ann' already"):
        identities.create_user("ann", password)
    with pytest.raises(BadUserRequestException, match="group 'camunda-admin' already"):
        identities.create_group("camunda-admin")
    with pytest.raises(NullValueException, match="'no-such'"):
        identities.create_user("cara", password, groups=["no-such"])
    assert identities.users(user_id="cara") == []


def test_what_is_not_there_is_named(engine: ProcessEngine, password: str) -> None:
    with pytest.raises(NullValueException, match="user found with id 'nobody'"):
        engine.identity_service.add_to_group("nobody", "camunda-admin")
    with pytest.raises(NullValueException, match="user found with id 'nobody'"):
        engine.identity_service.set_password("nobody", password)


@pytest.mark.parametrize("name", ["", "a:b", "a b", "-a", "ä", "a" * 65, "a\n", "a/b"])
def test_an_id_that_cannot_be_used_is_refused(engine: ProcessEngine, password: str, name: str) -> None:
    with pytest.raises(BadUserRequestException, match="cannot be used"):
        engine.identity_service.create_user(name, password)
    with pytest.raises(BadUserRequestException, match="cannot be used"):
        engine.identity_service.create_group(name)


@pytest.mark.parametrize("secret", ["", "seven77", "x" * 1025])
def test_a_password_that_cannot_be_used_is_refused_and_not_shown(engine: ProcessEngine, secret: str) -> None:
    for save in (engine.identity_service.create_user, engine.identity_service.set_password):
        with pytest.raises(BadUserRequestException) as caught:
            save("dora", secret)
        assert str(len(secret)) in str(caught.value)
        assert not secret or secret not in str(caught.value)


def test_no_password_appears_in_a_log_an_error_or_the_database(
    engine: ProcessEngine, caplog: pytest.LogCaptureFixture, settings: dict[str, Any]
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "unmistakable secret"  # noqa: S105 - of a user that lives for one test
    identities = engine.identity_service
    identities.create_user("cara", secret)
    identities.set_password("cara", secret)
    identities.check_password("cara", secret)
    errors: list[Callable[[], Any]] = [
        lambda: identities.create_user("cara", secret),
        lambda: identities.create_user("a b", secret),
        lambda: identities.create_user("dora", secret, groups=["no"]),
        lambda: identities.set_password("dora", secret),
    ]
    for error in errors:
        with pytest.raises(ProcessEngineException) as caught:
            error()
        assert secret not in f"{caught.value!r} {caught.value.__cause__!r}"
    assert "took" in caplog.text
    assert secret not in caplog.text
    path = settings["database_url"].removeprefix("sqlite:///")
    stored = Path(path).read_bytes() + Path(f"{path}-wal").read_bytes()
    assert b"$argon2id$" in stored
    assert secret.encode() not in stored


def test_after_ten_failures_a_user_is_not_checked_for_a_while_and_others_are(
    engine: ProcessEngine, password: str
) -> None:
    check = engine.identity_service.check_password
    for name in ("ann", "nobody"):
        for _ in range(10):
            assert not check(name, "wrong password")
        with pytest.raises(TooManyFailedChecksException) as caught:
            check(name, password)
        assert 0 < caught.value.retry_after <= 60
    assert check("bob", password)


def test_a_right_password_forgets_the_wrong_ones_before_it(engine: ProcessEngine, password: str) -> None:
    for _ in range(2):
        for _ in range(9):
            assert not engine.identity_service.check_password("ann", "wrong password")
        assert engine.identity_service.check_password("ann", password)


def test_a_pause_is_one_warning(engine: ProcessEngine, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(20):
        with suppress(TooManyFailedChecksException):
            engine.identity_service.check_password("ann", "wrong password")
    [record] = [record for record in caplog.records if record.levelname == "WARNING"]
    assert record.getMessage().startswith("Not checking passwords of user 'ann' for ")


def test_parallel_guesses_are_no_more_than_ten(engine: ProcessEngine) -> None:
    engine.management_service.toggle_telemetry(enabled=True)

    def guess() -> None:
        for _ in range(5):
            try:
                engine.identity_service.check_password("ann", "wrong password")
            except TooManyFailedChecksException:
                return

    threads = [threading.Thread(target=guess) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counts(engine)["CheckPassword"] == 10


def test_identity_operations_count_under_camundas_names(engine: ProcessEngine, password: str) -> None:
    engine.management_service.toggle_telemetry(enabled=True)
    identities = engine.identity_service
    identities.create_user("cara", password, groups=["camunda-admin"])
    identities.set_password("cara", password)
    identities.create_group("staff")
    identities.add_to_group("cara", "staff")
    identities.remove_from_group("cara", "staff")
    identities.check_password("cara", password)
    identities.check_password("cara", "wrong password")
    identities.users()
    identities.count_users()
    identities.groups()
    identities.is_admin("cara")
    identities.delete_user("cara")
    identities.delete_user("cara")
    assert counts(engine) == {
        "TelemetryConfigureCmd": 1,
        "SaveUserCmd": 2,
        "SaveGroupCmd": 1,
        "CreateMembershipCmd": 1,
        "DeleteMembershipCmd": 1,
        "CheckPassword": 2,
        "DbUserQueryImpl": 2,
        "DbGroupQueryImpl": 2,
        "DeleteUserCmd": 2,
    }


def test_a_child_that_is_forked_beside_a_check_can_check(engine: ProcessEngine, password: str) -> None:
    lock = engine.identity_service._one_check  # noqa: SLF001 - as another thread would hold it at the fork
    with lock:
        child = os.fork()
        if child == 0:
            signal.alarm(20)
            os._exit(0 if engine.identity_service.check_password("ann", password) else 1)
    assert os.waitpid(child, 0)[1] == 0
