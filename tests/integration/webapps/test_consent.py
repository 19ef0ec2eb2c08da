"""The question whether usage telemetry may be on: who is asked, when, with what, and what the answers do."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.people import Person, form_token, log_in, make_user
from tests.integration.webapps.rest_client import TestClient
from webapps.consent import PUT_OFF

DIALOG = '<dialog id="consent"'


def shown_report(html: str) -> str:
    """The text of the report on a page, as a reader copies it."""
    found = re.search(r'<pre class="report"[^>]*><code[^>]*>(.*?)</code></pre>', html, re.DOTALL)
    assert found is not None, html
    return unescape(re.sub(r"<[^>]+>", "", found.group(1)))


def answer(person: Person, given: str, target: str = "/tasklist/") -> str:
    response = person.act("/cockpit/consent", {"answer": given, "next": target})
    assert response.status_code == 303, response.text
    return str(response.headers["location"])


@pytest.mark.parametrize("path", ["/", "/tasklist/", "/cockpit/", "/tasklist/?page=1"])
def test_an_administrator_is_asked_wherever_they_are(as_admin: Person, path: str) -> None:
    html = as_admin.get(path)
    assert DIALOG in html
    leads_to = re.search(r'<noscript><meta http-equiv="refresh" content="0; url=([^"]+)"></noscript>', html)
    assert leads_to is not None
    question = as_admin.get(unescape(leads_to.group(1)))
    assert f'name="next" value="{path}"' in question


@pytest.mark.parametrize("path", ["/", "/tasklist/"])
def test_nobody_else_is_asked(as_user: Person, http: TestClient, path: str) -> None:
    assert DIALOG not in as_user.get(path)
    assert "consent" not in http.get("/login").text
    as_user.get("/cockpit/consent", 403)
    assert as_user.act("/cockpit/consent", {"answer": "yes"}).status_code == 403


def test_who_is_not_logged_in_can_answer_nothing(http: TestClient, engine: ProcessEngine) -> None:
    http.post("/cockpit/consent", data={"answer": "yes"})
    assert engine.management_service.is_telemetry_enabled() is None


def test_an_answer_without_the_token_is_refused(as_admin: Person, engine: ProcessEngine) -> None:
    assert as_admin.http.post("/cockpit/consent", data={"answer": "yes"}).status_code == 403
    assert engine.management_service.is_telemetry_enabled() is None


@pytest.mark.parametrize("given", [True, False])
def test_nobody_is_asked_once_somebody_has_decided(as_admin: Person, engine: ProcessEngine, given: bool) -> None:
    assert DIALOG in as_admin.get("/")
    engine.management_service.toggle_telemetry(enabled=given)
    assert DIALOG not in as_admin.get("/")
    assert as_admin.http.get("/cockpit/consent").headers["location"] == "/cockpit/telemetry"


@pytest.fixture
def do_not_track(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DO_NOT_TRACK", "1")


@pytest.mark.usefixtures("do_not_track")
def test_nobody_is_asked_where_the_environment_has_decided(as_admin: Person) -> None:
    assert DIALOG not in as_admin.get("/")


@pytest.mark.parametrize("path", ["/cockpit/telemetry", "/cockpit/consent"])
def test_a_page_on_which_it_can_be_decided_has_no_dialog(as_admin: Person, path: str) -> None:
    html = as_admin.get(path)
    assert DIALOG not in html
    assert "http-equiv" not in html


def test_a_page_with_errors_or_for_a_part_of_a_page_asks_nothing(as_admin: Person) -> None:
    assert DIALOG not in as_admin.get("/nothing", 404)
    assert DIALOG not in as_admin.http.get("/tasklist/", headers={"HX-Request": "true"}).text


def test_the_question_says_what_why_where_and_for_how_long(as_admin: Person) -> None:
    html = " ".join(as_admin.get("/cockpit/consent").split())
    for said in (
        "Nobody has decided yet.",
        "How often each command of the engine ran;",
        "Whoever builds a process engine decides better",
        "Nowhere: no endpoint is set, so nothing would be sent.",
        "at any time in Cockpit",
        "Say yes only if you are entitled to decide that for the organisation",
        "The makers of this product are not liable",
    ):
        assert said in html


def test_the_question_names_the_endpoint(settings: dict[str, object], new_admin: Callable[[], Person]) -> None:
    settings["telemetry_endpoint"] = "https://telemetry.example.com/reports?a=<b>"
    html = new_admin().get("/cockpit/consent")
    assert '<code class="address">https://telemetry.example.com/reports?a=&lt;b&gt;</code>, once in 24 hours' in html


@pytest.fixture
def new_admin(request: pytest.FixtureRequest) -> Callable[[], Person]:
    """Logs ann in, on an application that is made only then."""

    def make() -> Person:
        person: Person = request.getfixturevalue("as_admin")
        return person

    return make


@pytest.mark.parametrize("path", ["/", "/cockpit/consent"])
def test_the_question_shows_the_very_report_that_would_be_sent(
    as_admin: Person, engine: ProcessEngine, path: str
) -> None:
    report = engine.management_service.get_telemetry_data()
    assert shown_report(as_admin.get(path)) == report.to_json().decode()


def test_markup_in_what_is_reported_is_text(settings: dict[str, object], new_admin: Callable[[], Person]) -> None:
    settings["product_name"] = '<script>alert(1)</script> & "so on"'
    html = new_admin().get("/cockpit/consent")
    assert "<script>alert" not in html
    assert r'"<script>alert(1)</script> & \"so on\""' in shown_report(html)


@pytest.mark.parametrize(("given", "stored", "said"), [("yes", True, "is on"), ("no", False, "stays off")])
def test_a_yes_and_a_no_are_stored_with_who_gave_them(
    as_admin: Person, engine: ProcessEngine, given: str, stored: bool, said: str
) -> None:
    assert answer(as_admin, given) == "/tasklist/"
    (change,) = engine.management_service.get_telemetry_history().changes
    assert (change.who, change.cause, change.old, change.new) == ("ann", "the web apps", None, stored)
    assert f"Usage telemetry {said}." in as_admin.get("/tasklist/")


def test_yes_and_no_look_alike(as_admin: Person) -> None:
    buttons = re.findall(r'<button ([^>]*)name="answer" value="(?:yes|no)">', as_admin.get("/"))
    assert buttons == ['class="button" '] * 2


def test_not_now_decides_nothing_and_asks_again_in_a_week(as_admin: Person, engine: ProcessEngine) -> None:
    assert answer(as_admin, "later") == "/tasklist/"
    assert engine.management_service.is_telemetry_enabled() is None
    assert DIALOG not in as_admin.get("/")
    for days, is_asked in ((6.9, False), (7.1, True), (-400, True)):
        said = datetime.now(UTC) - timedelta(days=days)
        engine.identity_service.set_user_info("ann", PUT_OFF, said.isoformat())
        assert (DIALOG in as_admin.get("/")) is is_asked, days


def test_not_now_is_said_by_one_administrator_for_themselves_alone(as_admin: Person, engine: ProcessEngine) -> None:
    make_user(engine, "eve", "camunda-admin")
    eve = log_in(engine, TestClient(as_admin.http.app, follow_redirects=False), "eve")
    answer(as_admin, "later")
    assert DIALOG in eve.get("/")


def test_the_answer_of_who_was_slower_changes_nothing(as_admin: Person, engine: ProcessEngine) -> None:
    token = as_admin.token()
    engine.management_service.toggle_telemetry(enabled=False, user_id="eve")
    fields = {"csrf_token": token, "answer": "yes", "next": "/"}
    response = as_admin.http.post("/cockpit/consent", data=fields)
    assert response.headers["location"] == "/cockpit/telemetry"
    assert engine.management_service.is_telemetry_enabled() is False
    assert "Somebody else has decided meanwhile" in as_admin.get("/cockpit/telemetry")


@pytest.mark.parametrize("given", ["", "YES", "true"])
def test_what_is_no_answer_is_refused(as_admin: Person, engine: ProcessEngine, given: str) -> None:
    assert as_admin.act("/cockpit/consent", {"answer": given}).status_code == 400
    assert engine.management_service.is_telemetry_enabled() is None


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", ""])
def test_the_answer_leads_nowhere_else(as_admin: Person, target: str) -> None:
    assert answer(as_admin, "later", target) == "/"
    assert 'name="next" value="/"' in as_admin.http.get("/cockpit/consent", params={"next": target}).text


def test_looking_at_the_question_counts_nothing_and_sends_nothing(as_admin: Person, engine: ProcessEngine) -> None:
    as_admin.get("/")
    engine.management_service.toggle_telemetry(enabled=True)
    commands = engine.management_service.get_telemetry_data().to_dict()["product"]["internals"]["commands"]
    assert set(commands) == {"TelemetryConfigureCmd"}


def test_the_question_has_one_token(as_admin: Person) -> None:
    assert form_token(as_admin.get("/cockpit/consent")) == as_admin.token()


@pytest.mark.parametrize(
    ("period", "said"), [("86400", "24 hours"), ("3600", "1 hour"), ("5400", "90 minutes"), ("90", "90 seconds")]
)
def test_the_question_says_how_often_it_would_be_sent(
    settings: dict[str, object], new_admin: Callable[[], Person], period: str, said: str
) -> None:
    settings |= {"telemetry_endpoint": "https://telemetry.example.com/", "telemetry_reporting_period": period}
    assert f"once in {said}, and once when the engine closes" in " ".join(new_admin().get("/cockpit/consent").split())
