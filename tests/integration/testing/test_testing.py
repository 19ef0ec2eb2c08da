"""The collector as an HTTP client meets it, the fake clock, and the receiver as a process."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from time import monotonic
from urllib.parse import urlsplit

import pytest

from engine_telemetry.testing import Answer, Collector, FakeClock, main


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as opened:
        yield opened


def post(url: str, body: bytes = b"{}", key: str | None = None, timeout: float = 10) -> HTTPResponse:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=timeout)
    try:
        connection.request("POST", "/", body, {} if key is None else {"Idempotency-Key": key})
        response = connection.getresponse()
        response.read()
    finally:
        connection.close()
    return response


def test_a_report_is_accepted_and_kept(collector: Collector) -> None:
    before = datetime.now(UTC)
    response = post(collector.url, b'{"a": 1}', '"one"')
    assert (response.status, response.headers["Content-Length"]) == (202, "0")
    [report] = collector.wait_for(1)
    assert (report.key, report.body, report.json()) == ("one", b'{"a": 1}', {"a": 1})
    assert report.headers["idempotency-key"] == '"one"'
    assert report.headers["content-length"] == "8"
    assert before <= report.received_at <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("header", "key"), [('"one"', "one"), ("one", "one"), (r'"a\"b\\c"', 'a"b\\c'), ('"half', '"half')]
)
def test_a_key_is_read_with_and_without_quotes(collector: Collector, header: str, key: str) -> None:
    post(collector.url, key=header)
    assert [report.key for report in collector.reports] == [key]


def test_a_repeated_key_is_one_report_of_two_requests(collector: Collector) -> None:
    for key in ('"one"', "one", '"two"'):
        post(collector.url, key=key)
    assert [request.key for request in collector.requests] == ["one", "one", "two"]
    assert [report.key for report in collector.reports] == ["one", "two"]


def test_requests_without_a_key_are_reports_each(collector: Collector) -> None:
    post(collector.url)
    post(collector.url)
    assert len(collector.reports) == 2


def test_the_answer_can_be_changed_at_any_time(collector: Collector) -> None:
    collector.answer = Answer(503, {"Retry-After": "7"})
    response = post(collector.url)
    assert (response.status, response.headers["Retry-After"]) == (503, "7")
    collector.answer = Answer()
    assert post(collector.url).status == 202


def test_a_hanging_request_is_received_and_answered_after_its_release(collector: Collector) -> None:
    collector.answer = Answer(hang=True)
    statuses: list[int] = []
    client = threading.Thread(target=lambda: statuses.append(post(collector.url, key="one").status))
    client.start()
    collector.wait_for(1)
    assert not statuses
    collector.release()
    client.join(10)
    assert statuses == [202]
    with pytest.raises(TimeoutError):
        post(collector.url, key="two", timeout=0.2)


def test_a_closed_connection_is_no_answer_but_the_report_arrived(collector: Collector) -> None:
    collector.answer = Answer(close=True)
    with pytest.raises(RemoteDisconnected):
        post(collector.url, key="one")
    assert [report.key for report in collector.wait_for(1)] == ["one"]


def test_a_body_that_breaks_off_is_no_report(collector: Collector) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(collector.url).port or 0), timeout=10) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{")
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert collector.requests == []


def test_a_body_of_unknown_length_is_refused(collector: Collector) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(collector.url).port or 0), timeout=10) as connection:
        connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 411 ")
    assert collector.requests == []


def test_waiting_ends_when_the_report_comes(collector: Collector) -> None:
    client = threading.Timer(0.1, post, (collector.url,))
    client.start()
    started = monotonic()
    collector.wait_for(1, timeout=50)
    assert monotonic() - started < 25
    client.join(10)


def test_closing_lets_hanging_requests_go(collector: Collector) -> None:
    collector.answer = Answer(hang=True)
    client = threading.Thread(target=post, args=(collector.url,))
    client.start()
    collector.wait_for(1)
    collector.close()
    client.join(5)
    assert not client.is_alive()


def test_waiting_in_vain_says_what_was_there(collector: Collector) -> None:
    post(collector.url, key="one")
    post(collector.url, key="one")
    assert len(collector.wait_for_requests(2)) == 2
    with pytest.raises(TimeoutError, match=re.escape("Waited 0.1 s for 2, received 1; the keys were ['one', 'one'].")):
        collector.wait_for(2, timeout=0.1)


def test_what_was_received_stays_after_closing_and_the_port_can_be_used_again() -> None:
    with Collector(answer=Answer(close=True)) as first, pytest.raises(RemoteDisconnected):
        post(first.url, key="one")
    port = urlsplit(first.url).port or 0
    with pytest.raises(ConnectionRefusedError):
        post(first.url)
    with Collector(port=port) as second:
        post(second.url, key="two")
    assert [report.key for report in first.reports + second.reports] == ["one", "two"]


def test_many_clients_at_once_lose_nothing(collector: Collector) -> None:
    keys = [f"key {number}" for number in range(40)]
    clients = [threading.Thread(target=post, args=(collector.url, b"{}", key)) for key in keys]
    for client in clients:
        client.start()
    assert {report.key for report in collector.wait_for(40)} == set(keys)
    for client in clients:
        client.join(10)


def test_a_fake_clock_goes_on_when_told() -> None:
    clock = FakeClock()
    start = clock.now()
    clock.advance(timedelta(days=1))
    assert clock.now() - start == timedelta(days=1)
    assert clock.now().tzinfo is UTC


def test_the_module_brings_in_neither_the_http_client_nor_the_database() -> None:
    program = (
        "import sys, engine_telemetry; before = set(sys.modules); import engine_telemetry.testing\n"
        "print({name for name in set(sys.modules) - before if name.startswith(('sqlalchemy', 'engine_telemetry'))})\n"
        "print('httpx' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "{'engine_telemetry.testing'}\nFalse\n"


@pytest.fixture
def receiver() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "engine_telemetry.testing", "--port", "0", "--status", "200"]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, env=environment) as process:
        yield process
        process.kill()


def test_the_receiver_prints_each_report_and_stops_cleanly(receiver: subprocess.Popen[str]) -> None:
    assert receiver.stdout is not None
    assert receiver.stderr is not None
    first = receiver.stdout.readline()
    url = first.split()[2]
    assert first == f"Listening on {url} (Ctrl-C stops)\n"
    assert post(url, '{"vendor": "Bücher"}'.encode(), '"one"').status == 200
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ Idempotency-Key one\n", receiver.stdout.readline())
    assert [receiver.stdout.readline() for _ in range(3)] == ["{\n", '  "vendor": "Bücher"\n', "}\n"]
    post(url, b"no \xff json")
    assert receiver.stdout.readline().endswith(" Idempotency-Key missing\n")
    assert receiver.stdout.readline() == "no \\xff json\n"
    receiver.send_signal(signal.SIGINT)
    assert receiver.wait(10) == 0
    assert receiver.stderr.read() == ""


def test_the_receiver_says_when_its_port_is_taken(collector: Collector, capsys: pytest.CaptureFixture[str]) -> None:
    port = urlsplit(collector.url).port
    assert main(["--port", str(port)]) == 1
    assert f"Cannot listen on port {port} ([Errno" in capsys.readouterr().err


def test_the_receivers_help_says_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    assert "ENGINE_TELEMETRY_ENDPOINT" in capsys.readouterr().out
