"""The pages about telemetry in Cockpit: what holds and why, the next report, the last ones, and what can be done."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from engine_telemetry import store
from engine_telemetry.builder import ReportBuilder, server_from_text
from engine_telemetry.database import Database
from engine_telemetry.engine import ProcessEngine
from engine_telemetry.store.state import save
from engine_telemetry.testing import Answer, Collector
from tests.acceptance.servers import wait_until
from tests.integration.webapps.people import Person
from tests.integration.webapps.rest_client import TestClient
from tests.integration.webapps.test_consent import shown_report
from webapps.cockpit.telemetry import telemetry_routes
from webapps.pages import Pages
from webapps.sessions import Sessions

ADDRESS = "/cockpit/telemetry"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def on_request() -> list[Callable[[], None]]:
    """What is done while the endpoint thinks about an answer."""
    return []


@pytest.fixture
def collector(on_request: list[Callable[[], None]]) -> Iterator[Collector]:
    with Collector(on_request=lambda _: [do() for do in on_request].clear()) as opened:
        yield opened


@pytest.fixture
def settings(tmp_path: Path, collector: Collector) -> dict[str, Any]:
    return {
        "database_url": f"sqlite:///{tmp_path / 'engine.db'}",
        "telemetry_state_directory": tmp_path / "state",
        "telemetry_endpoint": collector.url,
        "telemetry_flush_interval": "3600",
    }


class Desk:
    """The telemetry of one engine that is open, and its database, in which a report can be made that waits."""

    def __init__(self, engine: ProcessEngine) -> None:
        self.engine = engine
        self.database = Database(engine.configuration.database_url)
        wait_until(lambda: engine.management_service.get_telemetry_status().reporter == "leading")
        engine.management_service.toggle_telemetry(enabled=True)

    def seal(self, answer: str = "HTTP 503", *, not_before: timedelta = timedelta(0)) -> store.ReportRecord:
        """A report that was tried once, and is tried again by itself in an hour."""
        now = datetime.now(UTC)
        with self.database.begin() as connection:
            state = store.lock(connection)

            def build(counts: Any, server: str | None) -> bytes:
                builder = ReportBuilder(self.engine.configuration)
                return builder.build(connection, state, counts, server_from_text(server)).to_json()

            state, report_id = store.seal(connection, state, "close", build, now, period=DAY, server=None)
            assert report_id is not None
            fate = store.Fate("waiting", answer, now + timedelta(hours=1), now + not_before)
            store.answer(connection, state, report_id, fate, now, DAY)
        return self.reports[0]

    def end(self, state: store.ReportState, answer: str) -> store.ReportRecord:
        """A report that came to this end."""
        report, now = self.seal(), datetime.now(UTC)
        with self.database.begin() as connection:
            fate = store.Fate(state, answer, now, now)
            store.answer(connection, store.lock(connection), report.id, fate, now, DAY)
        return report

    def add_counts(self, **counts: int) -> None:
        """Let these have been counted."""
        with self.database.begin() as connection:
            state = store.lock(connection)
            save(connection, replace(state, pending=counts))

    @property
    def reports(self) -> list[store.ReportRecord]:
        return list(self.engine.management_service.get_telemetry_history().reports)

    @property
    def waiting(self) -> store.ReportRecord | None:
        return self.engine.management_service.get_telemetry_status().waiting

    def execute(self, statement: str, **values: object) -> None:
        with self.database.begin() as connection:
            connection.execute(text(statement), values)


@pytest.fixture
def desk(http: TestClient, engine: ProcessEngine) -> Iterator[Desk]:
    assert http.get("/login").status_code in {200, 303}
    desk = Desk(engine)
    yield desk
    desk.database.dispose()


def page(person: Person) -> str:
    return person.get(ADDRESS)


def words(html: str) -> str:
    """What is read on a page."""
    body = html.partition("<main")[2].partition(">")[2].replace("<wbr/>", "")
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def send_again(person: Person) -> str:
    """Try it; what is said on the page that comes then."""
    response = person.act(f"{ADDRESS}/send-again")
    assert (response.status_code, response.headers["location"]) == (303, ADDRESS)
    found = re.search(r'<p class="message (?:status|alert)" role="(?:status|alert)">(.*?)</p>', page(person))
    assert found is not None
    return unescape(found.group(1))


# -- what holds -----------------------------------------------------------------------------------------------------


def test_it_says_that_nobody_has_decided_and_offers_both_answers_alike(as_admin: Person) -> None:
    html = page(as_admin)
    assert "<h1>Usage telemetry is off</h1>" in html
    assert "Until somebody says yes, nothing is counted and nothing is sent." in html
    assert "Say yes only if you are entitled to decide that" in html
    assert re.findall(r'<button (.*?) id="switch-(?:on|off)"', html) == ['class="button"'] * 2
    assert "Nobody has decided yet." in html


def test_it_says_since_when_is_counted_and_when_a_report_is_due_once_it_is_on(as_admin: Person, desk: Desk) -> None:
    html = page(as_admin)
    status = desk.engine.management_service.get_telemetry_status().to_dict()
    assert "<h1>Usage telemetry is on</h1>" in html
    for time in (status["countingSince"], status["nextReportDue"]):
        assert f'<time datetime="{time[:19]}Z">' in html
    assert f"Reports go to {desk.engine.configuration.telemetry_endpoint}" in words(html)
    assert status["problems"] == []
    assert "What needs attention" not in html


def test_a_problem_is_shown_with_the_way_out(settings: dict[str, Any], request: pytest.FixtureRequest) -> None:
    settings["telemetry_endpoint"] = None
    person, _ = request.getfixturevalue("as_admin"), request.getfixturevalue("desk")
    html = words(page(person))
    assert "What needs attention Nothing is sent: no telemetryEndpoint is set. Whoever runs the server sets" in html
    assert "Next report due none is planned" in html


@pytest.fixture
def do_not_track(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DO_NOT_TRACK", "1")


@pytest.mark.usefixtures("do_not_track")
def test_do_not_track_is_named_and_cannot_be_undone_there(as_admin: Person, engine: ProcessEngine) -> None:
    engine.management_service.toggle_telemetry(enabled=True)
    html = words(page(as_admin))
    assert "Usage telemetry is off" in html
    assert "That cannot be undone here: the variable DO_NOT_TRACK is set in the environment of this server" in html
    assert "What is stored here (on) can still be changed" in html
    assert "Decided by DO_NOT_TRACK" in html


def test_tables_of_another_version_are_said_kindly_and_nothing_can_be_switched(as_admin: Person, desk: Desk) -> None:
    desk.execute("update telemetry_state set schema_no = 99")
    html = page(as_admin)
    assert "<p>Its tables are of version 99" in html
    assert "switch-on" not in html
    assert "The next report" not in html


# -- the switch -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("to", "stored"), [("on", True), ("off", False)])
def test_it_is_switched_there_and_who_did_it_is_recorded(
    as_admin: Person, engine: ProcessEngine, to: str, stored: bool
) -> None:
    assert as_admin.act(f"{ADDRESS}/switch", {"to": to}).headers["location"] == ADDRESS
    (change,) = engine.management_service.get_telemetry_history().changes
    assert (change.who, change.cause, change.old, change.new) == ("ann", "the web apps", None, stored)
    html = words(page(as_admin))
    assert f"Usage telemetry is switched {to}." in html
    assert re.search(rf"Switched {to} by ann with the web apps, \d+ \w+ 20\d\d, \d\d:\d\d UTC ?\.", html)


@pytest.mark.parametrize("to", ["", "true", "ON"])
def test_what_is_no_value_of_the_switch_is_refused(as_admin: Person, engine: ProcessEngine, to: str) -> None:
    assert as_admin.act(f"{ADDRESS}/switch", {"to": to}).status_code == 400
    assert engine.management_service.is_telemetry_enabled() is None


def test_every_change_is_listed_with_who_by_which_means_from_what_to_what(as_admin: Person, desk: Desk) -> None:
    desk.engine.management_service.toggle_telemetry(enabled=False, user_id="<b>eve</b>", cause="the command line")
    as_admin.http.post("/engine-rest/telemetry/configuration", json={"enableTelemetry": True})
    as_admin.act(f"{ADDRESS}/switch", {"to": "off"})
    html = page(as_admin).partition('id="changes"')[2]
    rows = [words(f"<main>{row}") for row in re.findall(r"<tr>(.*?)</tr>", html, re.DOTALL)][1:]
    without_times = [re.sub(r"^\d+ \w+ \d+, \d\d:\d\d UTC ", "", row) for row in rows]
    assert without_times == [
        "ann on off the web apps",
        "nobody named off on the REST API",
        "<b>eve</b> on off the command line",
        "nobody named undecided on the API",
    ]
    assert "<b>eve" not in html


def test_more_than_thirty_changes_are_shown_when_asked_for(as_admin: Person, desk: Desk) -> None:
    for number in range(31):
        desk.engine.management_service.toggle_telemetry(enabled=number % 2 == 1)
    changes = page(as_admin).partition('id="changes"')[2]
    assert changes.count("<tr>") == 1 + 30
    assert f'href="{ADDRESS}?changes=all#changes"' in changes
    all_changes = as_admin.get(f"{ADDRESS}?changes=all").partition('id="changes"')[2]
    assert all_changes.count("<tr>") == 1 + 32
    assert "Show all changes" not in all_changes


# -- reports --------------------------------------------------------------------------------------------------------


def test_the_next_report_is_shown_and_downloaded_to_the_byte(as_admin: Person, engine: ProcessEngine) -> None:
    body = engine.management_service.get_telemetry_data().to_json()
    html = page(as_admin)
    assert shown_report(html) == body.decode()
    assert f"{len(body)} bytes" in html
    assert as_admin.http.get(f"{ADDRESS}/next.json").content == body


def test_the_report_is_refreshed_without_a_click(as_admin: Person) -> None:
    html = page(as_admin)
    parts = re.search(r'hx-trigger="every 5s" hx-swap="none"\s+hx-select-oob="([^"]+)"', html)
    assert parts is not None
    assert [part for part in parts.group(1).split(",") if f'id="{part[1:]}"' not in html] == []


def test_a_report_of_the_history_is_shown_and_downloaded_to_the_byte(as_admin: Person, desk: Desk) -> None:
    report = desk.end("accepted", "HTTP 202")
    row = words(page(as_admin)).partition("What was in it")[2]
    assert f"not noted when the engine was shut down accepted HTTP 202 0 {len(report.body)} bytes View Download" in row
    assert shown_report(as_admin.get(f"{ADDRESS}/report/{report.id}")) == report.body.decode()
    response = as_admin.http.get(f"{ADDRESS}/report/{report.id}/bytes.json")
    assert response.content == report.body
    assert response.headers["content-disposition"].startswith("attachment;")
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_what_an_endpoint_answered_and_a_report_says_is_text(as_admin: Person, desk: Desk) -> None:
    report = desk.end("accepted", "<script>alert(1)</script>")
    desk.execute("update telemetry_report set body = :body", body=b'{"a":"<img src=x>","b":{"c":1}}')
    for path in (ADDRESS, f"{ADDRESS}/report/{report.id}"):
        html = as_admin.get(path)
        assert "<script>alert" not in html
        assert "<img src=x" not in html
        assert "&lt;script&gt;alert(1)" in html
    assert shown_report(as_admin.get(f"{ADDRESS}/report/{report.id}")) == '{"a":"<img src=x>","b":{"c":1}}'


def test_a_withdrawn_report_is_listed_without_its_bytes(as_admin: Person, desk: Desk) -> None:
    report = desk.seal()
    as_admin.act(f"{ADDRESS}/switch", {"to": "off"})
    html = page(as_admin)
    assert "none: it was withdrawn" in html
    assert f'href="{ADDRESS}/report/{report.id}"' not in html
    assert "Its bytes were erased when telemetry was switched off." in as_admin.get(f"{ADDRESS}/report/{report.id}")


def test_a_report_that_is_not_there_is_a_404(as_admin: Person, desk: Desk) -> None:
    for path in ("report/no", "report/no/bytes.json"):
        as_admin.get(f"{ADDRESS}/{path}", 404)
    assert desk.reports == []


# -- trying again ---------------------------------------------------------------------------------------------------


def test_a_waiting_report_is_shown_with_its_last_answer_and_when_it_is_tried_again(
    as_admin: Person, desk: Desk
) -> None:
    desk.seal("HTTP 503")
    html = words(page(as_admin))
    assert "A report waits" in html
    assert "Last answer HTTP 503" in html
    assert "Reports do not arrive at the endpoint; they are kept and tried again: HTTP 503." in html
    assert "Try again now" in html


def test_trying_again_sends_the_very_bytes_under_the_same_id_and_says_what_the_endpoint_answered(
    as_admin: Person, desk: Desk, collector: Collector
) -> None:
    report = desk.seal()
    assert send_again(as_admin) == "The endpoint has accepted the report: HTTP 202."
    (request,) = collector.requests
    assert (request.key, request.body) == (report.id, report.body)
    assert re.search(rf"The last report was sent [^(]* to {collector.url} \(", words(page(as_admin)))
    assert f"{collector.url} when the engine was shut down accepted" in words(page(as_admin))
    assert f"Sent to {collector.url}" in words(as_admin.get(f"{ADDRESS}/report/{report.id}"))
    assert f"HTTP 202,{collector.url},1," in as_admin.get(f"{ADDRESS}/reports.csv")
    assert [(each.id, each.state, each.attempts) for each in desk.reports] == [(report.id, "accepted", 1)]
    html = page(as_admin)
    assert "A report waits" not in html
    assert "What needs attention" not in html


@pytest.mark.parametrize(
    ("status", "state", "said"),
    [
        (503, "waiting", "The report was not delivered: HTTP 503. It is kept, and tried again by itself."),
        (422, "refused", "The endpoint has refused the report for good: HTTP 422. Its counts are not sent again."),
    ],
)
def test_an_answer_that_is_no_yes_is_noted_as_any_other(
    as_admin: Person, desk: Desk, collector: Collector, status: int, state: str, said: str
) -> None:
    collector.answer = Answer(status)
    desk.seal()
    assert send_again(as_admin) == said
    assert [(each.state, each.attempts, each.answer) for each in desk.reports] == [(state, 1, f"HTTP {status}")]


def test_nothing_is_sent_when_nothing_waits(as_admin: Person, desk: Desk, collector: Collector) -> None:
    assert send_again(as_admin).startswith("No report is waiting.")
    assert (desk.reports, collector.requests) == ([], [])


def test_nothing_is_sent_while_another_attempt_is_under_way(as_admin: Person, desk: Desk, collector: Collector) -> None:
    report, soon = desk.seal(), datetime.now(UTC) + timedelta(seconds=20)
    own = "select id from telemetry_source"  # this node's reporter has it
    desk.execute(
        f"update telemetry_report set claimed_by = ({own}), claimed_until = :until",  # noqa: S608 - a constant
        until=round(soon.timestamp() * 1000),
    )
    assert "It is being sent right now." in page(as_admin)
    assert send_again(as_admin).startswith("The report is being sent right now.")
    assert collector.requests == []
    assert desk.waiting is not None
    assert (desk.waiting.id, desk.waiting.attempts) == (report.id, 0)


def test_a_second_click_while_the_first_is_under_way_sends_nothing(
    as_admin: Person, desk: Desk, collector: Collector, on_request: list[Callable[[], None]]
) -> None:
    desk.seal()
    said: list[str] = []
    on_request.append(lambda: said.append(send_again(as_admin)))
    fate = desk.engine.management_service.send_waiting_telemetry_report(user_id="ann")
    assert fate is not None
    assert fate.state == "accepted"
    assert said[0].startswith("The report is being sent right now.")
    assert len(collector.requests) == 1


def test_the_pause_that_the_endpoint_asked_for_holds_for_people_too(
    as_admin: Person, desk: Desk, collector: Collector
) -> None:
    desk.seal("HTTP 429", not_before=timedelta(hours=2))
    assert send_again(as_admin).startswith("The endpoint has asked to be left alone before 20")
    assert collector.requests == []


def test_an_endpoint_that_is_gone_gets_nothing(as_admin: Person, desk: Desk, collector: Collector) -> None:
    desk.seal()
    desk.execute("update telemetry_state set gone_endpoint = :endpoint", endpoint=collector.url)
    assert "has answered 410, it is gone for good" in send_again(as_admin)
    assert collector.requests == []


def test_a_server_that_does_not_report_sends_nothing(
    settings: dict[str, Any], request: pytest.FixtureRequest, collector: Collector
) -> None:
    settings["telemetry_reporter_activate"] = False
    person: Person = request.getfixturevalue("as_admin")
    assert send_again(person) == "Nothing is sent from here: telemetry does not report in this process."
    assert collector.requests == []


@pytest.mark.usefixtures("do_not_track")
def test_do_not_track_holds_for_people_too(as_admin: Person, collector: Collector) -> None:
    assert send_again(as_admin).startswith("Nothing is sent: DO_NOT_TRACK is set")
    assert collector.requests == []


# -- the history ----------------------------------------------------------------------------------------------------


def test_the_history_is_deleted_after_a_question_all_but_the_waiting_report(as_admin: Person, desk: Desk) -> None:
    for _ in range(2):
        desk.end("accepted", "HTTP 202")
    waiting = desk.seal()
    assert f'href="{ADDRESS}/delete-history"' in page(as_admin)
    question = words(as_admin.get(f"{ADDRESS}/delete-history"))
    assert "All 2 reports that came to their end are deleted" in question
    assert "The report that waits stays" in question
    assert len(desk.reports) == 3
    assert as_admin.act(f"{ADDRESS}/delete-history").headers["location"] == ADDRESS
    assert [report.id for report in desk.reports] == [waiting.id]
    html = page(as_admin)
    assert "2 reports were deleted." in html
    assert "Delete the history" not in html
    assert len(desk.engine.management_service.get_telemetry_history().changes) == 1


def test_where_nothing_can_be_deleted_nothing_is_asked(as_admin: Person, desk: Desk) -> None:
    desk.seal()
    assert "There is nothing to delete: the report that waits stays." in as_admin.get(f"{ADDRESS}/delete-history")


# -- who may --------------------------------------------------------------------------------------------------------


def test_nothing_of_it_is_for_ordinary_users(as_user: Person, engine: ProcessEngine) -> None:
    routes = telemetry_routes(engine, Pages(engine.configuration, Sessions(engine.identity_service)))
    assert len(routes) >= 8
    for route in routes:
        path = "/cockpit" + route.path.replace("{id}", "1")
        answers = [as_user.act(path) if method == "POST" else as_user.http.get(path) for method in route.methods or ()]
        assert {answer.status_code for answer in answers} == {403}, path
    assert engine.management_service.is_telemetry_enabled() is None


@pytest.mark.parametrize("action", ["switch", "send-again", "delete-history"])
def test_an_action_without_the_token_is_refused(
    as_admin: Person, desk: Desk, collector: Collector, action: str
) -> None:
    desk.end("accepted", "HTTP 202")
    desk.seal()
    assert as_admin.http.post(f"{ADDRESS}/{action}", data={"to": "off"}).status_code == 403
    assert desk.engine.management_service.is_telemetry_enabled() is True
    assert (len(desk.reports), collector.requests) == (2, [])


def test_the_rest_api_has_the_history_too(as_admin: Person, desk: Desk) -> None:
    report = desk.end("accepted", "HTTP 202")
    document = json.loads(as_admin.get("/engine-rest/telemetry/history"))
    assert document == desk.engine.management_service.get_telemetry_history().to_dict()
    assert document["reports"][0]["body"] == report.body.decode()


def test_what_was_sent_last_is_said_first_with_a_link_to_its_bytes(as_admin: Person, desk: Desk) -> None:
    assert "No report is kept here: none was made so far, or the history was deleted." in page(as_admin)
    report = desk.end("accepted", "HTTP 202")
    desk.seal()
    html = page(as_admin)
    assert f"(when the engine was shut down, {len(report.body)} bytes); the endpoint answered HTTP 202." in words(html)
    assert f'<a id="last-sent" href="{ADDRESS}/report/{report.id}">See exactly what was sent</a>' in html
    assert re.search(
        r"not yet made \d+ \w+ 20\d\d, \d\d:\d\d UTC nowhere when the engine was shut down waiting", words(html)
    )


def test_when_nothing_was_sent_for_certain_is_there_for_the_sentence_about_today_and_yesterday(
    as_admin: Person, desk: Desk
) -> None:
    assert 'data-quiet="[[null, ' in page(as_admin)
    assert page(as_admin).count("data-sent") == 0
    desk.end("accepted", "HTTP 202")
    assert page(as_admin).count("data-sent") == 1
    assert ', null]]"' in page(as_admin)


def test_counts_by_command_are_charts_and_the_same_is_a_table(as_admin: Person, desk: Desk) -> None:
    assert 'id="counts"' not in page(as_admin)
    desk.end("accepted", "HTTP 202")
    html = page(as_admin)
    assert ("<svg" in html, 'aria-label="Table of counts"' in html, "The same as a table" in html) == (
        False,
        True,
        False,
    )
    desk.add_counts(TaskQueryImpl=7, DeployCmd=2)
    desk.end("refused", "HTTP 422")
    html = page(as_admin)
    assert re.findall(r'<svg [^>]*aria-label="([^:]+): ', html)[:3] == ["Time covered", "TaskQueryImpl", "DeployCmd"]
    table = html.partition('aria-label="Table of counts"')[2].partition("</table>")[0]
    assert re.findall(r'<td class="number">(\d+)</td>', table) == ["7", "2", "0", "9", "0", "0", "1", "1"]
    chosen = as_admin.get(f"{ADDRESS}?command=DeployCmd")
    assert re.findall(r'<svg [^>]*aria-label="([^:]+): ', chosen) == ["Time covered", "DeployCmd"]
    assert 'value="DeployCmd" checked' in chosen
    refreshed = as_admin.http.get(ADDRESS, headers={"HX-Request": "true"}).text
    assert ("<svg" in refreshed, 'id="reports"' in refreshed) == (False, True)


@pytest.mark.parametrize(("name", "kind"), [("reports.json", "application/json"), ("reports.csv", "text/csv")])
def test_all_reports_are_saved_as_one_file(as_admin: Person, desk: Desk, name: str, kind: str) -> None:
    report = desk.end("accepted", "HTTP 202")
    response = as_admin.http.get(f"{ADDRESS}/{name}")
    assert response.headers["content-type"].startswith(kind)
    assert response.headers["content-disposition"] == f"attachment; filename*=UTF-8''telemetry-{name}"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert report.id in response.text
    assert f'href="{ADDRESS}/{name}"' in page(as_admin)
