"""Each function of the store on a real SQLite file, and the small changes to the protocol that must not happen."""

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import OperationalError

from engine_telemetry import store
from engine_telemetry.database import Database
from engine_telemetry.store.tables import change_table, report_table, source_table, state_table

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
LEASE = timedelta(seconds=20)


def build(counts: Mapping[str, int], server: str | None) -> bytes:
    return json.dumps({"counts": counts, "server": server}, sort_keys=True).encode()


@dataclass
class Node:
    """A counter file: totals that only grow."""

    totals: dict[str, int] = field(default_factory=dict)
    server: str | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def count(self, name: str, times: int = 1) -> None:
        self.totals[name] = self.totals.get(name, 0) + times

    @property
    def source(self) -> store.Source:
        return store.Source(self.id, lambda: dict(self.totals), self.server)


@dataclass
class Steps:
    """The steps of the protocol, each one transaction that takes the lock first."""

    database: Database
    now: datetime = START

    def toggle(self, *, on: bool, node: Node | None = None, who: str | None = None) -> None:
        with self.database.begin() as connection:
            state = store.lock(connection)
            change = store.Change(self.now, who, "the test", state.flag, on)
            store.change_flag(connection, state, change, period=DAY, source=None if node is None else node.source)

    def flush(self, node: Node) -> None:
        with self.database.begin() as connection:
            store.flush(connection, store.lock(connection), node.source, self.now)

    def seal(self, cause: store.Cause = "schedule", server: str | None = None) -> str | None:
        with self.database.begin() as connection:
            state = store.lock(connection)
            return store.seal(connection, state, cause, build, self.now, period=DAY, server=server)[1]

    def claim(self, node: Node, *, at_once: bool = False) -> store.Claim | None:
        with self.database.begin() as connection:
            state = store.lock(connection)
            return store.claim(connection, state, node.id, self.now, lease=LEASE, at_once=at_once)

    def answer(
        self, report_id: str, state: store.ReportState, *, again: timedelta = MINUTE, wait: timedelta = timedelta(0)
    ) -> None:
        fate = store.Fate(state, f"answer {state}", self.now + again, self.now + wait)
        with self.database.begin() as connection:
            store.answer(connection, store.lock(connection), report_id, fate, self.now, DAY)

    def report(self, cause: store.Cause = "close") -> str:
        """Seal a report and have it accepted."""
        report_id = self.seal(cause)
        assert report_id is not None
        self.answer(report_id, "accepted")
        return report_id

    @property
    def state(self) -> store.State:
        with self.database.read() as connection:
            return store.read(connection)

    @property
    def history(self) -> list[store.ReportRecord]:
        with self.database.read() as connection:
            return store.history(connection)

    @property
    def waiting(self) -> store.ReportRecord | None:
        with self.database.read() as connection:
            return store.waiting(connection)

    @property
    def sources(self) -> set[str]:
        with self.database.read() as connection:
            return set(connection.execute(select(source_table.c.id)).scalars())


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path}/engine.db")
    with made.change_schema() as connection:
        store.create_tables(connection)
    yield made
    made.dispose()


@pytest.fixture
def steps(database: Database) -> Steps:
    return Steps(database)


@pytest.fixture
def on(steps: Steps) -> Steps:
    """Switched on by somebody who counts nothing."""
    steps.toggle(on=True)
    return steps


@pytest.fixture
def node(on: Steps) -> Node:
    """A node that the database remembers with nothing counted."""
    made = Node()
    on.flush(made)
    return made


def counts_of(body: bytes) -> dict[str, int]:
    counts: dict[str, int] = json.loads(body)["counts"]
    return counts


# -- tables -----------------------------------------------------------------------------------------------------------


def test_a_new_database_has_an_installation_id_and_nobody_has_decided(steps: Steps) -> None:
    assert uuid.UUID(steps.state.installation).version == 4
    assert steps.state == store.State(steps.state.installation, None, 0, {}, None, None)


def test_making_the_tables_again_changes_nothing(steps: Steps, database: Database) -> None:
    before = steps.state
    with database.change_schema() as connection:
        store.create_tables(connection)
    assert steps.state == before


def test_the_schema_number_is_none_without_tables(tmp_path: Path, database: Database) -> None:
    with database.read() as connection:
        assert store.schema_number(connection) == store.SCHEMA
    empty = Database(f"sqlite:///{tmp_path}/empty.db")
    with empty.read() as connection:
        assert store.schema_number(connection) is None
    empty.dispose()


def test_a_step_waits_for_the_one_that_has_the_lock(database: Database, tmp_path: Path) -> None:
    hurried = Database(f"sqlite:///{tmp_path}/engine.db", lock_timeout=timedelta(milliseconds=10), pooled=False)
    with database.begin() as connection:
        store.lock(connection)
        with pytest.raises(OperationalError, match="locked"), hurried.begin() as other:
            store.lock(other)


def test_times_are_kept_to_the_millisecond(steps: Steps) -> None:
    steps.now = datetime(2026, 3, 29, 1, 59, 59, 123456, tzinfo=UTC)
    steps.toggle(on=True)
    assert steps.state.window_start == datetime(2026, 3, 29, 1, 59, 59, 123000, tzinfo=UTC)


# -- consent ----------------------------------------------------------------------------------------------------------


def test_switching_on_begins_a_window_and_sets_when_the_first_report_is_due(steps: Steps) -> None:
    steps.toggle(on=True, who="demo")
    state = steps.state
    assert (state.flag, state.change_no) == (True, 1)
    assert (state.window_start, state.next_due) == (START, START + DAY)
    with steps.database.read() as connection:
        assert store.changes(connection) == [store.Change(START, "demo", "the test", None, True)]


def test_switching_off_ends_the_window_and_the_schedule(on: Steps) -> None:
    on.toggle(on=False)
    state = on.state
    assert (state.flag, state.change_no, state.window_start, state.next_due) == (False, 2, None, None)


def test_setting_the_value_it_has_changes_nothing(on: Steps, node: Node) -> None:
    node.count("a")
    on.flush(node)
    before = on.state
    on.now += DAY
    on.toggle(on=True, node=node)
    assert on.state == before
    with on.database.read() as connection:
        assert len(store.changes(connection)) == 1


def test_a_yes_where_it_is_on_already_lets_the_node_count_from_that_moment(on: Steps) -> None:
    node = Node({"a": 7})
    on.toggle(on=True, node=node)
    node.count("a")
    on.flush(node)
    assert on.state.pending == {"a": 1}


def test_a_no_where_nobody_had_decided_is_a_decision(steps: Steps) -> None:
    steps.toggle(on=False)
    assert (steps.state.flag, steps.state.change_no) == (False, 1)


def test_the_changes_are_listed_newest_first(steps: Steps) -> None:
    for on in (True, False, True):
        steps.toggle(on=on)
    with steps.database.read() as connection:
        assert [(change.old, change.new) for change in store.changes(connection, 2)] == [(False, True), (True, False)]
        assert connection.execute(select(func.count()).select_from(change_table)).scalar_one() == 3


def test_a_change_that_is_rolled_back_did_not_happen(steps: Steps, node: Node) -> None:
    node.count("a")
    steps.flush(node)
    before = steps.state
    with suppress(ZeroDivisionError), steps.database.begin() as connection:
        change = store.Change(steps.now, None, "the test", True, False)
        store.change_flag(connection, store.lock(connection), change, period=DAY, source=None)
        1 / 0  # noqa: B018 - a command that fails after it switched off
    assert (steps.state, steps.sources) == (before, {node.id})


# -- flush ------------------------------------------------------------------------------------------------------------


def test_a_flush_moves_what_was_counted_since_the_last_one(on: Steps, node: Node) -> None:
    node.count("a", 3)
    on.flush(node)
    node.count("a", 2)
    node.count("b")
    on.flush(node)
    assert on.state.pending == {"a": 5, "b": 1}


def test_a_flush_can_be_repeated(on: Steps, node: Node) -> None:
    node.count("a")
    for _ in range(3):
        on.flush(node)
    assert on.state.pending == {"a": 1}


def test_a_flush_that_is_rolled_back_can_be_repeated(on: Steps, node: Node) -> None:
    node.count("a")
    with suppress(ZeroDivisionError), on.database.begin() as connection:
        store.flush(connection, store.lock(connection), node.source, on.now)
        1 / 0  # noqa: B018 - a process that is killed before the commit
    on.flush(node)
    assert on.state.pending == {"a": 1}


def test_nodes_add_up(on: Steps, node: Node) -> None:
    other = Node()
    on.flush(other)
    node.count("a", 2)
    other.count("a", 3)
    on.flush(node)
    on.flush(other)
    assert on.state.pending == {"a": 5}


@pytest.mark.parametrize("flag", [None, False])
def test_a_flush_writes_nothing_while_off(steps: Steps, flag: bool | None) -> None:
    if flag is not None:
        steps.toggle(on=flag)
    node = Node({"a": 7})
    steps.flush(node)
    assert (steps.state.pending, steps.sources) == ({}, set())


def test_the_node_that_switches_on_counts_from_that_moment(steps: Steps) -> None:
    node = Node({"a": 7})
    steps.toggle(on=True, node=node)
    node.count("a")
    steps.flush(node)
    assert steps.state.pending == {"a": 1}


def test_totals_that_became_smaller_are_remembered_and_add_nothing(on: Steps, node: Node) -> None:
    node.count("a", 9)
    on.flush(node)
    node.totals = {"a": 4}  # as after a power loss
    on.flush(node)
    node.count("a")
    on.flush(node)
    assert on.state.pending == {"a": 10}


def test_an_idle_flush_writes_nothing_until_the_next_day(on: Steps, node: Node) -> None:
    def writes() -> int:
        with on.database.begin() as connection:
            before = connection.exec_driver_sql("select total_changes()").scalar_one()
            store.flush(connection, store.lock(connection), node.source, on.now)
            return int(connection.exec_driver_sql("select total_changes()").scalar_one() - before)

    on.now += DAY
    assert writes() == 0
    on.now += MINUTE
    assert writes() == 1


def test_a_preview_says_what_the_next_report_would_and_takes_nothing(on: Steps, node: Node) -> None:
    node.count("a", 2)
    on.flush(node)
    node.count("a")
    node.count("b")
    with on.database.read() as connection:
        preview = store.preview(connection, store.read(connection), node.source)
    assert preview == {"a": 3, "b": 1}
    assert on.state.pending == {"a": 2}
    on.flush(node)
    on.seal("close")
    assert on.waiting is not None
    assert counts_of(on.waiting.body) == preview


def test_a_preview_of_what_will_be_rebased_is_empty(on: Steps) -> None:
    with on.database.read() as connection:
        assert store.preview(connection, store.read(connection), Node({"a": 1}).source) == {}


def test_a_preview_without_counters_shows_what_is_pending(on: Steps, node: Node) -> None:
    node.count("a")
    on.flush(node)
    with on.database.read() as connection:
        assert store.preview(connection, store.read(connection), None) == {"a": 1}


def test_a_preview_while_off_is_empty(on: Steps, node: Node) -> None:
    node.count("a")
    on.toggle(on=False)
    with on.database.read() as connection:
        assert store.preview(connection, store.read(connection), node.source) == {}


# -- the small changes that lose, double, or send without consent -----------------------------------------------------


def test_what_a_node_counted_before_it_heard_of_a_change_is_dropped_at_its_next_flush(on: Steps, node: Node) -> None:
    node.count("a", 3)
    on.flush(node)
    on.toggle(on=False)
    node.count("a", 2)  # the news has not reached it
    on.toggle(on=True)
    on.flush(node)
    assert on.state.pending == {}
    node.count("a")
    on.flush(node)
    assert on.state.pending == {"a": 1}


def test_a_waiting_report_is_withdrawn_by_a_no_and_its_bytes_are_erased(on: Steps, node: Node) -> None:
    node.count("a")
    on.flush(node)
    report_id = on.seal("close")
    on.toggle(on=False)
    on.toggle(on=True)
    assert on.waiting is None
    assert on.claim(node, at_once=True) is None
    [record] = on.history
    assert (record.id, record.state, record.body) == (report_id, "withdrawn", b"")


def test_what_is_pending_is_dropped_by_a_no_and_not_sent_after_a_later_yes(on: Steps, node: Node) -> None:
    node.count("a")
    on.flush(node)
    on.toggle(on=False)
    assert on.state.pending == {}
    on.toggle(on=True)
    on.seal("close")
    assert on.waiting is not None
    assert counts_of(on.waiting.body) == {}


def test_a_claim_looks_at_the_flag_itself(on: Steps, node: Node) -> None:
    on.seal("close")
    with on.database.begin() as connection:
        off = replace(store.lock(connection), flag=False)
        assert store.claim(connection, off, node.id, on.now, lease=LEASE) is None
    assert on.waiting is not None
    assert on.waiting.attempts == 0


def test_counts_that_come_after_the_seal_go_into_the_next_report(on: Steps, node: Node) -> None:
    node.count("a", 3)
    on.flush(node)
    first = on.seal("close")
    node.count("a", 2)
    on.flush(node)
    assert on.seal("close") is None
    claim = on.claim(node)
    assert claim is not None
    assert (claim.id, counts_of(claim.body)) == (first, {"a": 3})
    on.answer(claim.id, "accepted")
    on.seal("close")
    assert on.waiting is not None
    assert counts_of(on.waiting.body) == {"a": 2}


def test_a_source_that_the_database_does_not_know_is_remembered_and_adds_nothing(on: Steps, node: Node) -> None:
    node.count("a", 5)
    on.flush(node)
    with on.database.begin() as connection:
        connection.execute(delete(source_table))
    on.flush(node)
    assert on.state.pending == {"a": 5}
    node.count("a")
    on.flush(node)
    assert on.state.pending == {"a": 6}


def test_an_answer_is_for_the_report_that_was_sent_and_for_no_other(on: Steps, node: Node) -> None:
    first = on.seal("close")
    assert on.claim(node) is not None
    on.toggle(on=False)
    on.toggle(on=True)
    second = on.seal("close")
    assert first is not None
    on.answer(first, "accepted")
    assert {record.id: (record.state, record.answer) for record in on.history} == {
        first: ("withdrawn", "answer accepted"),
        second: ("waiting", None),
    }


def test_totals_are_read_under_the_lock(steps: Steps, tmp_path: Path) -> None:
    hurried = Database(f"sqlite:///{tmp_path}/engine.db", lock_timeout=timedelta(0), pooled=False)
    free: list[bool] = []

    def totals() -> dict[str, int]:
        try:
            with hurried.begin():
                free.append(True)
        except OperationalError:
            free.append(False)
        return {}

    source = store.Source("a source", totals, None)
    with steps.database.begin() as connection:
        change = store.Change(START, None, "the test", None, True)
        store.change_flag(connection, store.lock(connection), change, period=DAY, source=source)
    with steps.database.begin() as connection:
        store.flush(connection, store.lock(connection), source, START)
    with steps.database.begin() as connection:
        connection.execute(delete(source_table))
        store.flush(connection, store.lock(connection), source, START)
    assert free == [False, False, False]


# -- seal -------------------------------------------------------------------------------------------------------------


def test_the_first_report_is_sealed_one_period_after_the_yes(on: Steps) -> None:
    on.now = START + DAY - timedelta(milliseconds=1)
    assert on.seal() is None
    on.now = START + DAY
    assert on.seal() is not None
    assert on.state.next_due == START + 2 * DAY
    assert on.state.window_start == START + DAY


def test_a_seal_empties_what_is_pending(on: Steps, node: Node) -> None:
    node.count("a")
    on.flush(node)
    on.seal("close")
    assert on.state.pending == {}


def test_missed_periods_are_not_caught_up(on: Steps) -> None:
    on.now = START + 10 * DAY + timedelta(hours=3)
    on.report("schedule")
    assert on.seal() is None
    assert on.state.next_due == START + 11 * DAY + timedelta(hours=3)


def test_a_closing_report_does_not_move_the_schedule(on: Steps) -> None:
    on.now += MINUTE
    assert on.seal("close") is not None
    assert on.state.next_due == START + DAY


def test_a_report_is_sealed_also_when_nothing_was_counted(on: Steps) -> None:
    on.now += DAY
    on.report("schedule")
    on.now += MINUTE
    on.report("close")
    assert [(record.cause, counts_of(record.body)) for record in on.history] == [("close", {}), ("schedule", {})]


def test_nothing_is_sealed_while_a_report_is_waiting(on: Steps, node: Node) -> None:
    on.seal("close")
    node.count("a")
    on.flush(node)
    on.now += DAY
    assert on.seal() is None
    assert on.seal("close") is None
    assert on.state.pending == {"a": 1}
    assert on.state.next_due == START + DAY


@pytest.mark.parametrize("cause", ["schedule", "close"])
@pytest.mark.parametrize("flag", [None, False])
def test_nothing_is_sealed_while_off(steps: Steps, flag: bool | None, cause: store.Cause) -> None:
    if flag is not None:
        steps.toggle(on=flag)
    steps.now += 2 * DAY
    assert steps.seal(cause) is None
    assert steps.history == []


def test_a_due_time_that_is_too_late_is_pulled_back_to_one_period(on: Steps) -> None:
    on.now = START - timedelta(days=400)  # the clock was wrong when somebody said yes
    assert on.seal() is None
    assert on.state.next_due == on.now + DAY
    on.now += DAY
    assert on.seal() is not None


def test_a_clock_that_jumps_back_delays_a_report_by_at_most_a_period(on: Steps) -> None:
    on.now += DAY - MINUTE
    on.seal()
    on.now -= timedelta(hours=1)
    on.seal()
    assert on.state.next_due == START + DAY
    on.now += DAY
    assert on.seal() is not None


def test_a_clock_that_jumps_forward_makes_one_report_and_no_second(on: Steps) -> None:
    on.now += 30 * DAY
    on.report("schedule")
    on.now -= 30 * DAY
    assert on.seal() is None
    assert on.state.next_due == START + DAY
    on.now += DAY
    assert on.seal() is not None


def test_an_acceptance_when_the_next_is_due_already_moves_that_by_a_period(on: Steps, node: Node) -> None:
    on.now += DAY
    report_id = on.seal()
    on.now += 7 * DAY  # a week without an answer
    assert on.claim(node) is not None
    assert report_id is not None
    on.answer(report_id, "accepted")
    assert on.state.next_due == on.now + DAY
    assert on.seal() is None


def test_an_acceptance_before_the_next_is_due_does_not_move_it(on: Steps) -> None:
    on.now += DAY
    on.report("schedule")
    assert on.state.next_due == START + 2 * DAY


def test_the_server_of_the_sealing_node_is_named_else_the_one_that_was_flushed_last(on: Steps) -> None:
    def named(server: str | None) -> str | None:
        on.seal("close", server)
        assert on.waiting is not None
        on.answer(on.waiting.id, "accepted")
        name: str | None = json.loads(on.history[0].body)["server"]
        on.now += MINUTE
        return name

    assert named(None) is None
    for server in ("gunicorn", "uvicorn", None):
        on.flush(Node(server=server))
        on.now += MINUTE
    assert named(None) == "uvicorn"
    assert named("waitress") == "waitress"


def test_a_server_that_was_seen_before_the_window_of_a_report_is_not_named_in_it(on: Steps) -> None:
    on.flush(Node(server="gunicorn"))
    on.now += MINUTE
    on.report()
    on.now += MINUTE
    with on.database.read() as connection:
        assert store.named_server(connection, store.read(connection), None) is None
    on.report()
    assert [json.loads(report.body)["server"] for report in on.history] == [None, "gunicorn"]


def test_a_server_that_is_recognised_later_is_remembered_with_its_source(on: Steps, node: Node) -> None:
    node.server = "gunicorn"
    on.flush(node)
    on.seal("close")
    assert on.waiting is not None
    assert json.loads(on.waiting.body)["server"] == "gunicorn"


def test_a_body_that_cannot_be_built_leaves_all_as_it_was(on: Steps, node: Node) -> None:
    node.count("a")
    on.flush(node)

    def broken(_: Mapping[str, int], __: str | None) -> bytes:
        raise ZeroDivisionError

    before = on.state
    with pytest.raises(ZeroDivisionError), on.database.begin() as connection:
        store.seal(connection, store.lock(connection), "close", broken, on.now, period=DAY, server=None)
    assert (on.state, on.history) == (before, [])


# -- claim and answer -------------------------------------------------------------------------------------------------


def test_a_claim_has_the_sealed_bytes_and_counts_the_attempt(on: Steps, node: Node) -> None:
    node.count("a")
    on.flush(node)
    report_id = on.seal("close")
    claim = on.claim(node)
    assert claim == store.Claim(str(report_id), build({"a": 1}, None), 1)
    assert on.waiting is not None
    assert on.waiting.attempts == 1


def test_there_is_nothing_to_claim_when_nothing_is_waiting(on: Steps, node: Node) -> None:
    assert on.claim(node) is None
    on.report()
    assert on.claim(node) is None


def test_a_report_that_is_being_sent_is_left_to_its_sender_until_the_lease_ends(on: Steps, node: Node) -> None:
    other = Node()
    on.seal("close")
    first = on.claim(node)
    assert first is not None
    on.now += LEASE - timedelta(milliseconds=1)
    assert on.claim(other, at_once=True) is None
    on.now += timedelta(milliseconds=1)
    second = on.claim(other)
    assert second is not None
    assert (second.id, second.body, second.attempt) == (first.id, first.body, 2)


def test_a_node_may_claim_again_what_its_dead_sender_had_claimed(on: Steps, node: Node) -> None:
    on.seal("close")
    first, second = on.claim(node), on.claim(node)
    assert first is not None
    assert second == replace(first, attempt=2)


def test_an_answer_ends_the_lease(on: Steps, node: Node) -> None:
    report_id = str(on.seal("close"))
    on.claim(node)
    on.answer(report_id, "waiting", again=timedelta(0))
    assert on.claim(Node()) is not None


def test_a_report_that_was_not_accepted_waits_for_its_next_attempt_unless_it_is_to_be_sent_at_once(
    on: Steps, node: Node
) -> None:
    report_id = str(on.seal("close"))
    on.claim(node)
    on.answer(report_id, "waiting", again=MINUTE)
    assert on.claim(node) is None
    assert on.claim(node, at_once=True) is not None
    on.answer(report_id, "waiting", again=MINUTE)
    on.now += MINUTE
    assert on.claim(node) is not None


def test_the_endpoints_retry_after_holds_in_any_case(on: Steps, node: Node) -> None:
    report_id = str(on.seal("close"))
    on.claim(node)
    on.answer(report_id, "waiting", again=MINUTE, wait=MINUTE)
    assert on.claim(node, at_once=True) is None
    on.now += MINUTE
    assert on.claim(node, at_once=True) is not None


@pytest.mark.parametrize("fate", ["accepted", "refused"])
def test_an_ended_report_keeps_its_bytes_and_answer_and_is_not_sent_again(
    on: Steps, node: Node, fate: store.ReportState
) -> None:
    report_id = str(on.seal("close"))
    on.claim(node)
    on.now += MINUTE
    on.answer(report_id, fate)
    [record] = on.history
    assert (record.state, record.answer, record.answered_at) == (fate, f"answer {fate}", on.now)
    assert record.body == build({}, None)
    assert on.claim(node, at_once=True) is None


def test_a_refused_reports_counts_are_not_sent_again(on: Steps, node: Node) -> None:
    node.count("a")
    on.flush(node)
    report_id = str(on.seal("close"))
    on.answer(report_id, "refused")
    on.flush(node)
    assert on.state.pending == {}


def test_an_answer_that_comes_late_does_not_change_the_one_that_ended_the_report(on: Steps, node: Node) -> None:
    report_id = str(on.seal("close"))
    on.claim(node)
    on.claim(node)  # by the next process of the node: the first attempt hangs
    on.answer(report_id, "accepted")
    on.now += MINUTE
    on.answer(report_id, "waiting")
    [record] = on.history
    assert (record.state, record.answer, record.answered_at) == ("accepted", "answer accepted", START)


def test_a_pause_that_a_wrong_clock_set_is_over_when_the_clock_is_mended(on: Steps, node: Node) -> None:
    report_id = str(on.seal("close"))
    on.now += 3650 * DAY
    on.claim(node)
    on.answer(report_id, "waiting")
    on.now -= 3650 * DAY
    assert on.claim(node) is not None


def test_a_lease_that_a_wrong_clock_set_is_over_when_the_clock_is_mended(on: Steps, node: Node) -> None:
    on.seal("close")
    on.now += 3650 * DAY
    on.claim(node)
    on.now -= 3650 * DAY
    assert on.claim(Node()) is not None


# -- what is cleared away ---------------------------------------------------------------------------------------------


def test_thirty_ended_reports_are_kept(on: Steps) -> None:
    for _ in range(35):
        on.now += MINUTE
        last = on.report()
    on.now += MINUTE
    waiting = on.seal("close")
    with on.database.read() as connection:
        ids = list(connection.execute(select(report_table.c.id).order_by(report_table.c.created_at.desc())).scalars())
    assert len(ids) == 31
    assert ids[:2] == [waiting, last]
    assert [record.id for record in on.history] == ids


def test_a_waiting_report_is_never_cleared_away(on: Steps) -> None:
    on.now += 40 * MINUTE
    kept = on.report()
    with on.database.begin() as connection:
        connection.execute(update(report_table).values(state="waiting", created_at=0))
    assert on.waiting is not None
    assert on.waiting.id == kept
    on.now += DAY
    assert on.seal() is None
    assert on.waiting is not None


def test_a_source_that_was_silent_for_ninety_days_is_forgotten_and_rebased_when_it_returns(
    on: Steps, node: Node
) -> None:
    node.count("a", 5)
    on.flush(node)
    on.now += 90 * DAY
    on.report()
    assert on.sources == {node.id}
    on.now += timedelta(milliseconds=1)
    on.report()
    assert on.sources == set()
    node.count("a", 2)
    on.flush(node)
    node.count("a")
    on.flush(node)
    assert on.state.pending == {"a": 1}


def test_an_idle_source_that_is_alive_is_not_forgotten(on: Steps, node: Node) -> None:
    for _ in range(100):
        on.now += DAY
        on.flush(node)
    on.report()
    assert on.sources == {node.id}


def test_the_rows_are_the_same_after_a_thousand_days(on: Steps, node: Node) -> None:
    for _ in range(100):
        on.now += 10 * DAY
        node.count("a")
        on.flush(node)
        on.report("schedule")
    with on.database.read() as connection:
        rows = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (state_table, source_table, report_table, change_table)
        ]
    assert rows == [1, 1, 31, 1]


def test_looking_needs_no_lock(on: Steps, tmp_path: Path) -> None:
    report_id = on.seal("close")
    hurried = Database(f"sqlite:///{tmp_path}/engine.db", lock_timeout=timedelta(0), pooled=False)
    looking = Steps(hurried)
    with on.database.begin() as connection:
        state = store.lock(connection)
        assert looking.state == state
        assert [record.id for record in looking.history] == [report_id]
        assert looking.waiting == looking.history[0]
