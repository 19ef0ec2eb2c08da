"""The status: what holds, what decided it, and what is wrong, as values and as JSON."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from engine_telemetry import store
from engine_telemetry.database import Database
from engine_telemetry.status import ProcessStatus, Status, describe, rfc3339

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ENDPOINT = "https://collector.example/reports"


@dataclass
class Installation:
    """One database, and a process that looks at it."""

    database: Database

    def toggle(self, *, on: bool, who: str | None = None, cause: str = "the API", at: datetime = NOON) -> None:
        with self.database.begin() as connection:
            state = store.lock(connection)
            change = store.Change(at, who, cause, state.flag, on)
            store.change_flag(connection, state, change, period=DAY, source=None)

    def seal(self, at: datetime) -> str:
        with self.database.begin() as connection:
            state = store.lock(connection)
            _, report_id = store.seal(connection, state, "close", lambda *_: b"{}", at, period=DAY, server=None)
        assert report_id is not None
        return report_id

    def answer(self, report_id: str, state: store.ReportState, at: datetime) -> None:
        fate = store.Fate(state, "HTTP 500" if state == "waiting" else "HTTP 202", at + DAY, at)
        with self.database.begin() as connection:
            store.answer(connection, store.lock(connection), report_id, fate, at, DAY)

    def status(
        self,
        *problems: str,
        do_not_track: bool = False,
        counting: bool = True,
        endpoint: str | None = ENDPOINT,
        reporter: str = "leading",
    ) -> Status:
        process = ProcessStatus(do_not_track, counting, endpoint, reporter)
        with self.database.read() as connection:
            return describe(connection, process, problems)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    database = Database(f"sqlite:///{tmp_path}/engine.db")
    with database.change_schema() as connection:
        store.create_tables(connection)
    yield Installation(database)
    database.dispose()


def decision(status: Status) -> tuple[bool, bool | None, str, str]:
    return status.enabled, status.configured, status.decided_by, status.reason


def test_nobody_has_decided(installation: Installation) -> None:
    reason = "Telemetry is off: nobody has decided yet."
    assert decision(installation.status()) == (False, None, "nobody", reason)


def test_somebody_switched_it_on(installation: Installation) -> None:
    installation.toggle(on=True, who="demo")
    reason = "Telemetry is on: switched on by demo with the API, 2026-11-24 12:00 UTC."
    status = installation.status()
    assert decision(status) == (True, True, "the API", reason)
    assert (status.counting_since, status.next_report_due) == (NOON, NOON + DAY)


def test_a_setting_switched_it_on(installation: Installation) -> None:
    installation.toggle(on=True, cause="initializeTelemetry (engine.xml, line 7)")
    status = installation.status()
    assert status.decided_by == "initializeTelemetry (engine.xml, line 7)"
    assert status.reason == (
        "Telemetry is on: switched on with initializeTelemetry (engine.xml, line 7), 2026-11-24 12:00 UTC."
    )


def test_a_yes_in_a_process_that_cannot_count_is_not_said_to_be_on(installation: Installation) -> None:
    installation.toggle(on=True, who="demo")
    reason = "Telemetry is not working here: switched on by demo with the API, 2026-11-24 12:00 UTC."
    assert decision(installation.status(counting=False)) == (False, True, "the API", reason)


def test_the_last_change_is_what_decides(installation: Installation) -> None:
    installation.toggle(on=True, who="demo")
    installation.toggle(on=False, who="mary", at=NOON + DAY)
    reason = "Telemetry is off: switched off by mary with the API, 2026-11-25 12:00 UTC."
    status = installation.status()
    assert decision(status) == (False, False, "the API", reason)
    assert (status.counting_since, status.next_report_due) == (None, None)


def test_do_not_track_wins_over_a_stored_yes(installation: Installation) -> None:
    installation.toggle(on=True)
    reason = "Telemetry is off: DO_NOT_TRACK is set in the environment and wins over the stored yes."
    assert decision(installation.status(do_not_track=True)) == (False, True, "DO_NOT_TRACK", reason)


@pytest.mark.parametrize("stored", [None, False])
def test_do_not_track_with_no_yes_to_win_over(installation: Installation, stored: bool | None) -> None:
    if stored is not None:
        installation.toggle(on=stored)
    reason = "Telemetry is off: DO_NOT_TRACK is set in the environment."
    assert decision(installation.status(do_not_track=True)) == (False, stored, "DO_NOT_TRACK", reason)


def test_a_process_that_cannot_count_is_not_enabled(installation: Installation) -> None:
    installation.toggle(on=True)
    status = installation.status("Not counting: the disk is full", counting=False)
    assert (status.enabled, status.configured) == (False, True)
    assert status.problems == ("Not counting: the disk is full",)


def test_on_without_an_endpoint_is_a_problem_and_off_without_one_is_none(installation: Installation) -> None:
    assert installation.status(endpoint=None).problems == ()
    installation.toggle(on=True)
    assert installation.status("Another one", endpoint=None).problems == (
        "Nothing is sent: no telemetryEndpoint is set",
        "Another one",
    )
    assert installation.status(endpoint=None, do_not_track=True).problems == ()


def test_an_endpoint_that_is_gone_is_a_problem_with_the_way_out_until_another_one_is_set(
    installation: Installation,
) -> None:
    installation.toggle(on=True)
    fate = store.Fate("refused", "HTTP 410", NOON, NOON, ENDPOINT)
    with installation.database.begin() as connection:
        store.answer(connection, store.lock(connection), "any", fate, NOON, DAY)
    [problem] = installation.status().problems
    assert problem.startswith(f"Nothing is sent: '{ENDPOINT}' has answered 410, it is gone for good. Set another")
    assert installation.status(endpoint=f"{ENDPOINT}/new").problems == ()
    installation.toggle(on=False, at=NOON + DAY)
    installation.toggle(on=True, at=NOON + DAY)
    assert installation.status().problems == ()


def test_the_waiting_report_and_the_last_one_that_ended_are_shown(installation: Installation) -> None:
    installation.toggle(on=True)
    assert (installation.status().waiting, installation.status().last) == (None, None)
    first = installation.seal(NOON)
    installation.answer(first, "accepted", NOON)
    second = installation.seal(NOON + DAY)
    installation.answer(second, "waiting", NOON + DAY)
    status = installation.status()
    assert status.waiting is not None
    assert status.last is not None
    assert (status.waiting.id, status.last.id) == (second, first)


def test_a_waiting_report_is_shown_when_the_clock_was_set_back_before_it(installation: Installation) -> None:
    installation.toggle(on=True)
    for hour in (1, 2):
        installation.answer(installation.seal(NOON + timedelta(hours=hour)), "accepted", NOON)
    waiting = installation.seal(NOON)
    status = installation.status()
    assert status.waiting is not None
    assert status.waiting.id == waiting


def test_the_status_as_json_has_these_members(installation: Installation) -> None:
    installation.toggle(on=True)
    first = installation.seal(NOON)
    installation.answer(first, "accepted", NOON + timedelta(milliseconds=5))
    waiting = installation.seal(NOON + DAY)
    installation.answer(waiting, "waiting", NOON + DAY)
    document = installation.status("A problem", reporter="standing by").to_dict()
    assert json.loads(json.dumps(document)) == {
        "enabled": True,
        "configured": True,
        "decidedBy": "the API",
        "reason": "Telemetry is on: switched on with the API, 2026-11-24 12:00 UTC.",
        "installation": installation.status().installation,
        "endpoint": ENDPOINT,
        "countingSince": "2026-11-25T12:00:00.000Z",
        "nextReportDue": "2026-11-25T12:00:00.000Z",
        "waiting": {
            "id": waiting,
            "cause": "close",
            "createdAt": "2026-11-25T12:00:00.000Z",
            "state": "waiting",
            "bytes": 2,
            "attempts": 0,
            "nextAttempt": "2026-11-26T12:00:00.000Z",
            "answer": "HTTP 500",
            "answeredAt": "2026-11-25T12:00:00.000Z",
        },
        "last": {
            "id": first,
            "cause": "close",
            "createdAt": "2026-11-24T12:00:00.000Z",
            "state": "accepted",
            "bytes": 2,
            "attempts": 0,
            "nextAttempt": None,
            "answer": "HTTP 202",
            "answeredAt": "2026-11-24T12:00:00.005Z",
        },
        "reporter": "standing by",
        "problems": [
            "Reports do not arrive at the endpoint; they are kept and tried again: HTTP 500",
            "A problem",
        ],
    }


def test_while_nobody_has_decided_times_and_reports_are_null(installation: Installation) -> None:
    document = installation.status(endpoint=None).to_dict()
    names = ("configured", "endpoint", "countingSince", "nextReportDue", "waiting", "last")
    assert {document[name] for name in names} == {None}


def test_times_are_in_utc_to_the_millisecond() -> None:
    assert rfc3339(None) is None
    assert rfc3339(datetime(2026, 11, 24, 3, 57, 55, 474999, tzinfo=UTC)) == "2026-11-24T03:57:55.474Z"
    assert rfc3339(datetime(2026, 11, 24, 3, tzinfo=timezone(timedelta(hours=2)))) == "2026-11-24T01:00:00.000Z"
