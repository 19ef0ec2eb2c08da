"""The wire: one attempt against servers that behave and servers that do not, over real sockets and real TLS."""

import gzip
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from engine_telemetry import testing
from engine_telemetry.exporter import Answer, Exporter
from engine_telemetry.testing import Collector

BODY = b'{"installation":"x"}'
REPORT_ID = "1a7d3c1e-8b1a-4d8e-9d5e-0a4f5f5b7c10"
LONG = timedelta(seconds=30)
SHORT = timedelta(milliseconds=300)
BOUND = 8.0  # seconds; far more than SHORT and far less than LONG

Talk = Callable[[socket.socket], None]


@dataclass
class Server:
    """A server on the loopback address that says what a test tells it to, byte by byte."""

    talk: Talk
    context: ssl.SSLContext | None = None
    received: bytearray = field(default_factory=bytearray)

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):  # the listener is closed at the end of the test, the client goes away before
            while True:
                connection, _ = self._listener.accept()
                with suppress(OSError), ExitStack() as stack:
                    stack.enter_context(connection)
                    if self.context is not None:
                        connection = stack.enter_context(self.context.wrap_socket(connection, server_side=True))
                    self.talk(connection)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def read_request(self, connection: socket.socket) -> None:
        while not self.received.endswith(BODY):
            more = connection.recv(65536)
            if not more:
                return
            self.received += more


@contextmanager
def server(talk: Callable[[Server, socket.socket], None], context: ssl.SSLContext | None = None) -> Iterator[Server]:
    made = Server(lambda connection: talk(made, connection), context)
    yield made
    made.close()


def says(*chunks: bytes, pause: float = 0) -> Callable[[Server, socket.socket], None]:
    """Read the request, say these chunks, and hang up."""

    def talk(one: Server, connection: socket.socket) -> None:
        one.read_request(connection)
        for chunk in chunks:
            connection.sendall(chunk)
            time.sleep(pause)

    return talk


def send(url: str, timeout: timedelta = LONG, **options: Path | None) -> Answer:
    return Exporter(url, **options).send(BODY, REPORT_ID, timeout)


@contextmanager
def bounded() -> Iterator[None]:
    begin = time.monotonic()
    yield
    assert time.monotonic() - begin < BOUND


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as opened:
        yield opened


# -- what is sent -----------------------------------------------------------------------------------------------------


def test_the_request_is_a_post_with_these_five_headers_and_no_other() -> None:
    with server(says(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")) as far_end:
        assert send(f"http://{far_end.address}/reports?tenant=7").status == HTTPStatus.ACCEPTED
    head, _, body = bytes(far_end.received).partition(b"\r\n\r\n")
    request, *headers = head.decode().split("\r\n")
    assert request == "POST /reports?tenant=7 HTTP/1.1"
    assert sorted(headers) == [
        f"Content-Length: {len(BODY)}",
        "Content-Type: application/json",
        f"Host: {far_end.address}",
        f'Idempotency-Key: "{REPORT_ID}"',
        f"User-Agent: engine-telemetry/{version('engine-telemetry')}",
    ]
    assert body == BODY


def test_the_key_reaches_the_collector_without_its_quotes(collector: Collector) -> None:
    send(collector.url)
    assert [(request.key, request.body) for request in collector.requests] == [(REPORT_ID, BODY)]


def test_a_large_report_arrives_whole(collector: Collector) -> None:
    body = b"x" * 64 * 1024
    assert Exporter(collector.url).send(body, REPORT_ID, LONG).status == HTTPStatus.ACCEPTED
    assert [request.body for request in collector.requests] == [body]


# -- what is answered -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 202, 204, 400, 410, 422, 429, 500, 503])
def test_the_status_is_the_answer(collector: Collector, status: int) -> None:
    collector.answer = testing.Answer(status)
    answer = send(collector.url)
    assert answer == Answer(status)
    assert str(answer) == f"HTTP {status}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer_and_is_not_followed(collector: Collector, status: int) -> None:
    with Collector() as elsewhere:
        collector.answer = testing.Answer(status, {"Location": elsewhere.url})
        assert send(collector.url).status == status
        assert (len(collector.requests), elsewhere.requests) == (1, [])


def test_a_redirect_to_nowhere_is_no_error(collector: Collector) -> None:
    collector.answer = testing.Answer(302, {"Location": "http://[::"})
    assert send(collector.url).status in {302, None}


def test_the_client_keeps_no_cookie(collector: Collector) -> None:
    collector.answer = testing.Answer(202, {"Set-Cookie": "session=1; Path=/"})
    exporter = Exporter(collector.url)
    for _ in range(2):
        exporter.send(BODY, REPORT_ID, LONG)
    assert ["cookie" in request.headers for request in collector.requests] == [False, False]


def in_an_hour() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        pytest.param("120", timedelta(seconds=120), timedelta(seconds=120), id="seconds"),
        pytest.param("0", timedelta(0), timedelta(0), id="at once"),
        pytest.param("9" * 30, timedelta(days=1), timedelta(days=1), id="for ever is a day"),
        pytest.param(in_an_hour(), timedelta(minutes=50), timedelta(hours=1), id="date"),
        pytest.param("Fri, 31 Dec 2999 23:59:59 GMT", timedelta(days=1), timedelta(days=1), id="date far away"),
        pytest.param("Fri, 31 Dec 1999 23:59:59 GMT", timedelta(0), timedelta(0), id="date in the past"),
        pytest.param("Fri, 31 Dec 1999 23:59:59 -0000", timedelta(0), timedelta(0), id="date without a zone"),
        pytest.param("Fri, 31 Dec 99999999999 23:59:59 GMT", timedelta(0), timedelta(0), id="no year"),
        pytest.param("Fri, 31 Dec 1999 23:59:59 +99999999999999", timedelta(0), timedelta(0), id="no zone"),
        pytest.param("soon", timedelta(0), timedelta(0), id="word"),
        pytest.param("-5", timedelta(0), timedelta(0), id="negative"),
        pytest.param("1e3", timedelta(0), timedelta(0), id="no number of seconds"),
        pytest.param("", timedelta(0), timedelta(0), id="empty"),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_at_most_a_day(
    collector: Collector, value: str, least: timedelta, most: timedelta
) -> None:
    collector.answer = testing.Answer(503, {"Retry-After": value})
    answer = send(collector.url)
    assert answer.status == HTTPStatus.SERVICE_UNAVAILABLE
    assert least <= answer.retry_after <= most


def test_a_body_of_the_answer_is_not_decoded() -> None:
    bomb = gzip.compress(bytes(10_000_000))
    head = b"HTTP/1.1 202 Accepted\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    with server(says(head, bomb)) as far_end:
        assert send(f"http://{far_end.address}/").status == HTTPStatus.ACCEPTED


# -- an endpoint that misbehaves --------------------------------------------------------------------------------------


def test_headers_that_drip_end_at_the_deadline() -> None:
    drips = [bytes([byte]) for byte in b"HTTP/1.1 202 Accepted\r\nX: " + b"x" * 1000]
    with server(says(*drips, pause=0.05)) as far_end, bounded():
        answer = send(f"http://{far_end.address}/", SHORT)
    assert answer.status is None
    assert "ReadTimeout" in str(answer)


def test_a_body_that_drips_ends_at_the_deadline_and_the_status_counts() -> None:
    head = b"HTTP/1.1 202 Accepted\r\nContent-Length: 1000\r\n\r\n"
    with server(says(head, *[b"x"] * 1000, pause=0.05)) as far_end, bounded():
        assert send(f"http://{far_end.address}/", SHORT) == Answer(202)


def test_an_endpoint_that_never_answers_ends_at_the_deadline(collector: Collector) -> None:
    collector.answer = testing.Answer(hang=True)
    with bounded():
        answer = send(collector.url, SHORT)
    assert answer.status is None
    assert "timed out" in str(answer)
    assert len(collector.requests) == 1


def test_an_endpoint_that_does_not_even_read_ends_at_the_deadline() -> None:
    with server(lambda _, __: time.sleep(BOUND)) as far_end, bounded():
        answer = Exporter(f"http://{far_end.address}/").send(b"x" * 50_000_000, REPORT_ID, SHORT)
    assert answer.status is None


def test_a_deadline_that_is_over_before_it_begins_is_no_error(collector: Collector) -> None:
    answer = send(collector.url, timedelta(0))
    assert "The time for the whole attempt is over" in str(answer)
    assert collector.requests == []


def test_a_refused_connection_is_an_answer_with_its_reason() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    answer = send(f"http://127.0.0.1:{port}/")
    assert answer.status is None
    assert "Connection refused" in str(answer)


def test_a_name_that_does_not_exist_is_an_answer_with_its_reason() -> None:
    answer = send("http://collector.invalid/")
    assert answer.status is None
    assert str(answer).startswith("ConnectError")


def names(monkeypatch: pytest.MonkeyPatch, *hosts: str) -> None:
    """Have the name service know these addresses of ``collector.example``."""
    addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 0)) for host in hosts]
    known = socket.getaddrinfo

    def look_up(host: str, *arguments: Any, **options: Any) -> Any:
        return addresses if host == "collector.example" else known(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@contextmanager
def deaf(host: str, port: int = 0) -> Iterator[int]:
    """A port on which nobody ever takes a connection: those that wait fill its queue."""
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server((host, port), backlog=0))
        for _ in range(3):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def test_the_addresses_of_a_name_share_the_time_and_the_one_that_answers_is_found(
    monkeypatch: pytest.MonkeyPatch, collector: Collector
) -> None:
    port = urlsplit(collector.url).port or 0
    with deaf("127.0.0.2", port), bounded():
        names(monkeypatch, "127.0.0.2", "127.0.0.1")
        assert send(f"http://collector.example:{port}/", 2 * SHORT) == Answer(202)


def test_a_name_whose_addresses_are_all_deaf_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    with deaf("127.0.0.1") as port, bounded():
        names(monkeypatch, *20 * ["127.0.0.1"])
        answer = send(f"http://collector.example:{port}/", SHORT)
    assert answer.status is None


NO_HTTP = [b"", b"\x00\x01garbage\r\n\r\n", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 2O2 Accepted\r\n\r\n"]


@pytest.mark.parametrize("answer", NO_HTTP, ids=["nothing", "garbage", "another protocol", "no status"])
def test_what_is_no_answer_is_a_problem(answer: bytes) -> None:
    with server(says(answer)) as far_end:
        given = send(f"http://{far_end.address}/")
    assert given.status is None
    assert "RemoteProtocolError" in str(given)


def test_headers_without_an_end_are_a_problem() -> None:
    def talk(one: Server, connection: socket.socket) -> None:
        one.read_request(connection)
        connection.sendall(b"HTTP/1.1 202 Accepted\r\n")
        while True:
            connection.sendall(b"X-Header: " + b"x" * 1000 + b"\r\n")

    with server(talk) as far_end, bounded():
        assert send(f"http://{far_end.address}/").status is None


def test_of_a_gigabyte_64_kilobytes_are_read_and_the_status_counts() -> None:
    sent = 0

    def talk(one: Server, connection: socket.socket) -> None:
        nonlocal sent
        one.read_request(connection)
        connection.sendall(b"HTTP/1.1 202 Accepted\r\nContent-Length: 1073741824\r\n\r\n")
        for _ in range(1024):
            connection.sendall(bytes(1024 * 1024))
            sent += 1

    with server(talk) as far_end, bounded():
        assert send(f"http://{far_end.address}/") == Answer(202)
    assert sent < 32  # megabytes: what lies in the sockets' buffers


# -- TLS --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Certificate:
    """A certificate that signs itself, and its key, in one PEM file."""

    file: Path

    def server_context(self, *, clients: Path | None = None) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.file)
        if clients is not None:
            context.load_verify_locations(clients)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Certificate]:
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("the openssl command is not installed")
    directory = tmp_path_factory.mktemp("certificates")

    def make(name: str) -> Certificate:
        key, certificate, both = (directory / f"{name}-{part}.pem" for part in ("key", "certificate", "both"))
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        subject = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{name}"]
        command = [openssl, "req", "-x509", *curve, *subject, "-keyout", str(key), "-out", str(certificate)]
        subprocess.run(command, check=True, capture_output=True, timeout=30)
        both.write_bytes(certificate.read_bytes() + key.read_bytes())
        return Certificate(both)

    return make


@pytest.fixture(scope="module")
def localhost(certificates: Callable[[str], Certificate]) -> Certificate:
    return certificates("127.0.0.1")


ACCEPTED = says(b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n")


def test_a_certificate_that_nobody_vouches_for_is_refused(localhost: Certificate) -> None:
    with server(ACCEPTED, localhost.server_context()) as far_end:
        answer = send(f"https://{far_end.address}/")
    assert "CERTIFICATE_VERIFY_FAILED" in str(answer)
    assert far_end.received == b""


def test_a_private_authority_is_accepted_when_its_file_is_given(localhost: Certificate) -> None:
    with server(ACCEPTED, localhost.server_context()) as far_end:
        assert send(f"https://{far_end.address}/", ca_file=localhost.file) == Answer(202)


def test_a_certificate_for_another_host_is_refused(certificates: Callable[[str], Certificate]) -> None:
    other = certificates("127.0.0.2")
    with server(ACCEPTED, other.server_context()) as far_end:
        answer = send(f"https://{far_end.address}/", ca_file=other.file)
    assert "CERTIFICATE_VERIFY_FAILED" in str(answer)


def test_a_client_certificate_is_shown_to_an_endpoint_that_asks_for_one(localhost: Certificate) -> None:
    with server(ACCEPTED, localhost.server_context(clients=localhost.file)) as far_end:
        url = f"https://{far_end.address}/"
        assert send(url, ca_file=localhost.file).status is None
        assert send(url, ca_file=localhost.file, client_certificate=localhost.file) == Answer(202)


def test_a_certificate_is_for_the_name_and_not_for_the_address(
    localhost: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    with server(ACCEPTED, localhost.server_context()) as far_end:
        names(monkeypatch, "127.0.0.1")
        answer = send(f"https://collector.example:{far_end.address.partition(':')[2]}/", ca_file=localhost.file)
    assert "CERTIFICATE_VERIFY_FAILED" in str(answer)


def test_a_handshake_that_hangs_ends_at_the_deadline() -> None:
    with server(lambda _, __: time.sleep(BOUND)) as far_end, bounded():
        assert send(f"https://{far_end.address}/", SHORT).status is None


def test_certificates_that_cannot_be_read_are_a_problem_and_no_error(tmp_path: Path) -> None:
    missing, broken = tmp_path / "missing.pem", tmp_path / "broken.pem"
    broken.write_text("no certificate")
    for file in (missing, broken):
        assert send("https://127.0.0.1:1/", ca_file=file).status is None
        assert send("https://127.0.0.1:1/", client_certificate=file).status is None


# -- proxies ----------------------------------------------------------------------------------------------------------


def first_line(proxy: Server) -> str:
    return bytes(proxy.received).split(b"\r\n", 1)[0].decode()


def test_the_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(ACCEPTED) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.address}")
        assert send("http://collector.invalid/reports") == Answer(202)
    assert first_line(proxy) == "POST http://collector.invalid/reports HTTP/1.1"


def test_a_host_that_needs_no_proxy_gets_none(monkeypatch: pytest.MonkeyPatch, collector: Collector) -> None:
    with server(ACCEPTED) as proxy:
        monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.address}")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert send(collector.url) == Answer(202)
    assert proxy.received == b""
    assert len(collector.requests) == 1


def test_an_encrypted_endpoint_is_reached_through_a_tunnel(
    monkeypatch: pytest.MonkeyPatch, localhost: Certificate
) -> None:
    def talk(one: Server, connection: socket.socket) -> None:
        one.received += connection.recv(65536)
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with localhost.server_context().wrap_socket(connection, server_side=True) as inside:
            ACCEPTED(one, inside)

    with server(talk) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        assert send("https://127.0.0.1:9/", ca_file=localhost.file) == Answer(202)
    assert first_line(proxy) == "CONNECT 127.0.0.1:9 HTTP/1.1"
    assert BODY in proxy.received


def test_a_proxy_that_never_answers_ends_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    with server(lambda _, __: time.sleep(BOUND)) as proxy, bounded():
        monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
        assert send("https://collector.invalid/", SHORT).status is None


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://[::", "127.0.0.1", "ftp://127.0.0.1", "http://"])
def test_a_proxy_that_cannot_be_used_is_a_problem_and_no_error(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy)
    answer = send("http://collector.invalid/", SHORT)
    assert answer.status is None
    assert str(answer)


# -- the import -------------------------------------------------------------------------------------------------------


def test_the_http_client_is_imported_at_the_first_attempt(collector: Collector) -> None:
    program = (
        "import sys; from datetime import timedelta\n"
        "import engine_telemetry.telemetry\n"
        "from engine_telemetry.exporter import Exporter\n"
        "exporter = Exporter(sys.argv[1]); print('httpx' in sys.modules, 'httpcore' in sys.modules)\n"
        "exporter.send(b'{}', 'id', timedelta(seconds=20)); print('httpx' in sys.modules)"
    )
    command = [sys.executable, "-c", program, collector.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "False False\nTrue\n"
    assert len(collector.requests) == 1
