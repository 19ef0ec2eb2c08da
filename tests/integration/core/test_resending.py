"""A waiting report that is tried again because somebody asks for it: what the page does not show."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from engine_telemetry import exporter, store
from engine_telemetry.database import Database
from engine_telemetry.exporter import NOT_ARRIVING, Exporter
from engine_telemetry.resending import claim_again
from engine_telemetry.testing import Answer, Collector
from tests.acceptance.servers import wait_until
from tests.integration.core.test_reporter import DAY, Bench, locked


@dataclass(frozen=True)
class Unresolved(Exporter):
    """A way to an endpoint whose name takes its time to be resolved, which has no limit."""

    resolved: threading.Event = field(default_factory=threading.Event)

    def send(self, _body: bytes, _report_id: str, _timeout: timedelta) -> exporter.Answer:
        self.resolved.wait(30)
        return exporter.Answer(202)


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A node with a report that its endpoint has not taken."""
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    database = Database(f"sqlite:///{tmp_path}/engine.db", lock_timeout=timedelta(milliseconds=20), pooled=False)
    with database.change_schema() as connection:
        store.create_tables(connection)
    with Collector(answer=Answer(503)) as collector:
        bench = Bench(database, collector)
        bench.toggle(on=True)
        bench.count()
        bench.after(DAY)
        yield bench
    database.dispose()


def test_it_waits_no_longer_for_an_answer_than_an_attempt_may_take_and_notes_it_when_it_comes(bench: Bench) -> None:
    cycle, resolved = bench.new_cycle(telemetry_request_timeout="1"), threading.Event()
    cycle.exporter = Unresolved(bench.collector.url, resolved=resolved)
    with bench.database.begin() as connection:
        attempt = claim_again(connection, cycle, None)
    assert attempt.send() is None
    assert bench.history[0].state == "waiting"
    resolved.set()
    wait_until(lambda: bench.history[0].state == "accepted")


def test_the_reporter_waits_until_the_attempt_of_somebody_else_is_over(bench: Bench) -> None:
    with bench.database.begin() as connection:
        attempt = claim_again(connection, bench.new_cycle(), "ann")
    bench.after(timedelta(seconds=10), "close")
    assert len(bench.collector.requests) == 1
    bench.collector.answer = Answer(202)
    assert attempt.send() is not None
    assert [request.key for request in bench.collector.requests] == [bench.history[0].id] * 2


def test_a_process_that_ends_in_the_middle_leaves_it_to_the_reporter(bench: Bench) -> None:
    with bench.database.begin() as connection:
        claim_again(connection, bench.new_cycle(), "ann")
    bench.collector.answer = Answer(202)
    bench.after(timedelta(seconds=21), "close")
    assert bench.history[0].state == "accepted"
    assert len(bench.collector.requests) == 2


def test_a_no_after_the_click_revives_nothing(bench: Bench) -> None:
    with bench.database.begin() as connection:
        attempt = claim_again(connection, bench.new_cycle(), "ann")
    bench.toggle(on=False)
    bench.collector.answer = Answer(202)
    attempt.send()
    assert (bench.history[0].state, bench.history[0].body) == ("withdrawn", b"")


def test_trouble_of_the_reporter_ends_when_somebody_else_has_delivered_the_report(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    trouble = bench.cycle.endpoint_trouble
    assert trouble.reason == f"{NOT_ARRIVING}: HTTP 503"
    bench.collector.answer = Answer(202)
    with caplog.at_level(logging.INFO):
        with bench.database.begin() as connection:
            attempt = claim_again(connection, bench.new_cycle(), "ann")
        fate = attempt.send()
        assert fate is not None
        assert fate.state == "accepted"
        bench.after(timedelta(minutes=1))
    assert bench.cycle.endpoint_trouble.reason is None
    report_id = bench.history[0].id
    assert f"Report {report_id} was sent again, as ann asked for: HTTP 202" in caplog.text


def test_an_answer_that_cannot_be_noted_is_logged_and_the_report_waits_on(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    with bench.database.begin() as connection:
        attempt = claim_again(connection, bench.new_cycle(), "ann")
    with locked(bench):
        assert attempt.send() is None
    assert "and its answer could not be noted" in caplog.text
    assert bench.history[0].state == "waiting"
