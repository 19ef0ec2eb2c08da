"""The far end of the wire and a clock, for tests.

``python -m engine_telemetry.testing`` receives reports on the loopback address and prints each one.
"""

import argparse
import json
import re
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any, Self

_HOST = "127.0.0.1"
# RFC 9651, section 3.3.3: a string in quotes, in which a backslash stands before quotes and backslashes.
_QUOTED = re.compile(r'"((?:[^"\\]|\\["\\])*)"')


@dataclass(frozen=True)
class ReceivedReport:
    """One request that a collector received.

    Attributes:
        key: The ``Idempotency-Key`` without its quotes; empty if there was none.
        body: The bytes as they came.
        headers: By lower-case name; values of repeated ones are joined with a comma.
        received_at: When the body was complete, in UTC.
    """

    key: str
    body: bytes
    headers: Mapping[str, str]
    received_at: datetime

    def json(self) -> Any:  # noqa: ANN401 - JSON is what it is
        """The body, parsed."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Answer:
    """What a collector answers.

    Attributes:
        status: The HTTP status.
        headers: Sent in addition to ``Content-Length`` and ``Connection``.
        hang: Answer only after ``Collector.release()``.
        close: Close the connection instead of answering.
    """

    status: int = HTTPStatus.ACCEPTED
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: bool = False
    close: bool = False


class Collector:
    """A server on the loopback address that receives reports. Thread-safe.

    ::

        with Collector() as collector:
            ...  # an engine with telemetry_endpoint=collector.url
            [report] = collector.wait_for(1)

    Args:
        port: Where to listen; 0 takes a free one. Opening raises ``OSError`` if it is taken.
        answer: What to answer; the attribute of that name can be changed at any time.
        on_request: Called with each request before it is answered, one at a time, in a thread of the server.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        answer: Answer | None = None,
        on_request: Callable[[ReceivedReport], None] | None = None,
    ) -> None:
        """Open nothing yet."""
        self.answer = answer or Answer()
        self.url = ""
        self._port = port
        self._on_request = on_request
        self._changed = threading.Condition()
        self._requests: list[ReceivedReport] = []
        self._released = threading.Event()
        self._server: _Server | None = None

    @property
    def requests(self) -> list[ReceivedReport]:
        """Every request, in the order of arrival, whatever was answered."""
        with self._changed:
            return list(self._requests)

    @property
    def reports(self) -> list[ReceivedReport]:
        """The requests without those whose key was there before."""
        seen: dict[object, ReceivedReport] = {}
        for number, request in enumerate(self.requests):
            seen.setdefault(request.key or number, request)
        return list(seen.values())

    def wait_for(self, count: int, timeout: float = 10) -> list[ReceivedReport]:
        """The reports, as soon as there are at least ``count``; ``TimeoutError`` after ``timeout`` seconds."""
        return self._wait(lambda: self.reports, count, timeout)

    def wait_for_requests(self, count: int, timeout: float = 10) -> list[ReceivedReport]:
        """The requests, as soon as there are at least ``count``; ``TimeoutError`` after ``timeout`` seconds."""
        return self._wait(lambda: self.requests, count, timeout)

    def release(self) -> None:
        """Let the requests go on that hang now."""
        released, self._released = self._released, threading.Event()
        released.set()

    def open(self) -> None:
        """Listen."""
        self._server = _Server((_HOST, self._port), self)
        self.url = f"http://{_HOST}:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="collector", daemon=True).start()

    def close(self) -> None:
        """Stop listening; what hangs goes on. What was received stays."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        self.release()

    def __enter__(self) -> Self:
        """Open."""
        self.open()
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Close."""
        self.close()

    def receive(self, request: ReceivedReport) -> tuple[Answer, threading.Event]:
        """Keep the request; the answer to it, and what a hanging one waits for."""
        with self._changed:
            self._requests.append(request)
            self._changed.notify_all()
            if self._on_request is not None:
                self._on_request(request)
            return self.answer, self._released

    def _wait(self, look: Callable[[], list[ReceivedReport]], count: int, timeout: float) -> list[ReceivedReport]:
        with self._changed:
            if not self._changed.wait_for(lambda: len(look()) >= count, timeout):
                keys = [request.key for request in self._requests]
                raise TimeoutError(f"Waited {timeout} s for {count}, received {len(look())}; the keys were {keys}.")
            return look()


class FakeClock:
    """A clock that stands still until it is told to go on.

    Args:
        start: An aware time; by default the first of January 2026, UTC.
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        """Show the start."""
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The time that it shows, aware, in UTC."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Go on by this; backwards too, as real clocks do when they are set."""
        self._now += by


class _Server(ThreadingTCPServer):
    # Not http.server's own server: that one looks the host's name up in the DNS.
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], collector: Collector) -> None:
        self.collector = collector
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_POST(self) -> None:
        self.close_connection = True
        headers = {name.lower(): ", ".join(self.headers.get_all(name, [])) for name in self.headers}
        length = headers.get("content-length", "")
        if not length.isdecimal():
            return self._send(Answer(HTTPStatus.LENGTH_REQUIRED))
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            return None  # the client gave up in the middle
        key = _unquoted(headers.get("idempotency-key", ""))
        answer, released = self.server.collector.receive(ReceivedReport(key, body, headers, datetime.now(UTC)))
        if answer.hang:
            released.wait()
        return None if answer.close else self._send(answer)

    def _send(self, answer: Answer) -> None:
        with suppress(ConnectionError):  # the client may have stopped waiting
            self.send_response_only(answer.status)  # without the line that http.server logs
            for name, value in {"Content-Length": "0", "Connection": "close", **answer.headers}.items():
                self.send_header(name, value)
            self.end_headers()


def _unquoted(key: str) -> str:
    match = _QUOTED.fullmatch(key)
    return re.sub(r"\\(.)", r"\1", match[1]) if match else key


def _show(request: ReceivedReport) -> None:
    try:
        text = json.dumps(request.json(), indent=2, ensure_ascii=False)
    except ValueError:
        text = request.body.decode(errors="backslashreplace")
    _say(f"{request.received_at:%Y-%m-%dT%H:%M:%SZ} Idempotency-Key {request.key or 'missing'}\n{text}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m engine_telemetry.testing",
        description="Receive telemetry reports on this machine and print each one with its time and key.",
        epilog="Set ENGINE_TELEMETRY_ENDPOINT of the engine to the address that is printed first. Ctrl-C stops.",
    )
    parser.add_argument("--port", type=int, default=8089, help=f"port on {_HOST}, 0 for a free one (default: 8089)")
    parser.add_argument("--status", type=int, default=202, help="HTTP status to answer with (default: 202)")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Receive and print until Ctrl-C. Returns the exit status: 1 if the port cannot be used."""
    options = _arguments(arguments)
    try:
        with Collector(port=options.port, answer=Answer(options.status), on_request=_show) as collector:
            _say(f"Listening on {collector.url} (Ctrl-C stops)")
            threading.Event().wait()
    except KeyboardInterrupt:
        return 0
    except (OSError, OverflowError) as exc:
        sys.stderr.write(f"Cannot listen on port {options.port} ({exc}). Choose another one with --port.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
