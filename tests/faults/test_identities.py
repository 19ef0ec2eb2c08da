"""Users and groups on each database: found by a part of their names, and never left without an administrator."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.commands.identity import DeleteMembershipCmd, DeleteUserCmd, SaveUserCmd
from engine_telemetry.engine.context import Command, CommandContext
from engine_telemetry.engine.entities import Group, User
from engine_telemetry.exceptions import ConflictException
from tests.faults.conftest import TestDatabase

ADMINISTRATORS = "camunda-admin"


@pytest.fixture
def engine(database: TestDatabase, tmp_path: Path) -> Iterator[ProcessEngine]:
    """With two administrators, ann and bob."""
    with ProcessEngine(
        database_url=database.url, telemetry_state_directory=tmp_path / "state", telemetry_reporter_activate=False
    ) as engine:
        for user_id in ("ann", "bob"):
            values = {"first_name": user_id.title(), "email": f"{user_id}@example.com", "password": "!"}
            engine.executor.execute(SaveUserCmd(user_id, values, new=True, groups=[ADMINISTRATORS]))
        yield engine


def test_they_are_found_by_a_part_in_any_case_and_changed(engine: ProcessEngine) -> None:
    identities = engine.identity_service
    identities.create_group("sales", name="50% North")
    identities.add_to_group("bob", "sales")
    assert [user.id for user in identities.users(containing="BOB@")] == ["bob"]
    assert [user.id for user in identities.users(member_of=ADMINISTRATORS, user_ids=["ann", "cara"])] == ["ann"]
    assert identities.count_users(containing="%") == 0
    assert [group.id for group in identities.groups(containing="% n")] == ["sales"]
    identities.save_user(User("bob", None, "Builder"))
    identities.save_group(Group("sales", "South"))
    assert (identities.users(user_id="bob"), identities.groups(name="South")) == (
        [User("bob", None, "Builder")],
        [Group("sales", "South")],
    )
    identities.delete_group("sales")
    assert [group.id for group in identities.groups(member="bob")] == [ADMINISTRATORS]


class _Slowly:
    """A command whose transaction stays open for a while."""

    def __init__(self, command: Command[None]) -> None:
        self._command = command
        self.is_done = threading.Event()

    def __call__(self, context: CommandContext) -> None:
        self._command(context)
        self.is_done.set()
        time.sleep(0.5)


@pytest.mark.parametrize(
    "first",
    [
        DeleteUserCmd("ann", keep_administrator=True),
        DeleteMembershipCmd("ann", ADMINISTRATORS, keep_administrator=True),
    ],
)
def test_of_two_administrators_who_take_away_each_other_one_remains(
    engine: ProcessEngine, first: Command[None]
) -> None:
    slowly = _Slowly(first)
    with ThreadPoolExecutor(1) as pool:
        taken = pool.submit(engine.executor.execute, slowly)
        assert slowly.is_done.wait(10)
        with pytest.raises(ConflictException, match="'bob' is the last administrator"):
            engine.identity_service.delete_user("bob", keep_administrator=True)
        taken.result()
    assert [user.id for user in engine.identity_service.users(member_of=ADMINISTRATORS)] == ["bob"]
