"""A collector that misbehaves: what it does with a request is drawn by lot."""

import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Self

# What it may do, and how often. Only the first four record the report.
MANNERS = {
    "accepts": 20,
    "accepts and loses the answer": 3,
    "answers late": 2,
    "accepts with a huge body": 2,
    "resets the connection": 3,
    "stalls": 2,
    "drips": 2,
    "429": 2,
    "410": 1,
    "422": 2,
    "500": 4,
    "302": 2,
}
STALL_SECONDS = 3
HUGE_MEGABYTES = 200


class BadCollector:
    """Receives reports on the loopback address. Thread-safe.

    Attributes:
        recorded: The bytes of each report that it accepted, by its id.
        bodies: All bytes that came under an id, accepted or not.
        last_seen: When a report came last, accepted or not, in seconds since 1970.
        duplicates: How many requests it recognised as reports that it had accepted before.
        manners: How often it did what.
    """

    def __init__(self, chance: random.Random) -> None:
        """Listen on a free port."""
        self.recorded: dict[str, bytes] = {}
        self.bodies: dict[str, set[bytes]] = {}
        self.last_seen: dict[str, float] = {}
        self.duplicates = 0
        self.manners: Counter[str] = Counter()
        self._chance = chance
        self._lock = threading.Lock()
        self._server = _Server(self)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/reports"

    def __enter__(self) -> Self:
        """Serve."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.shutdown()
        self._server.server_close()

    def receive(self, key: str, body: bytes) -> str:
        """Note a request; what to do with it."""
        with self._lock:
            manner = self._chance.choices([*MANNERS], [*MANNERS.values()])[0]
            self.manners[manner] += 1
            self.bodies.setdefault(key, set()).add(body)
            self.last_seen[key] = time.time()
            if manner in [*MANNERS][:4]:
                self.duplicates += key in self.recorded
                self.recorded.setdefault(key, body)
            return manner


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, collector: BadCollector) -> None:
        self.collector = collector
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_POST(self) -> None:
        self.close_connection = True
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length)
        if len(body) == length:  # else its sender was killed meanwhile
            manner = self.server.collector.receive(self.headers["Idempotency-Key"].strip('"'), body)
            with suppress(OSError):  # its sender does not wait for ever
                self._misbehave(manner)

    def _misbehave(self, manner: str) -> None:
        by_name: dict[str, Callable[[], None]] = {
            "accepts and loses the answer": lambda: None,
            "answers late": self._late,
            "accepts with a huge body": self._huge,
            "resets the connection": self._reset,
            "stalls": lambda: time.sleep(STALL_SECONDS),
            "drips": self._drip,
        }
        by_name.get(manner, lambda: self._answer(202 if manner == "accepts" else int(manner)))()

    def _answer(self, status: int, length: int = 0) -> None:
        self.send_response_only(status)
        headers = {429: ("Retry-After", "1"), 302: ("Location", self.server.collector.url)}
        if status in headers:
            self.send_header(*headers[status])
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def _late(self) -> None:
        time.sleep(STALL_SECONDS)
        self._answer(202)

    def _huge(self) -> None:
        self._answer(202, HUGE_MEGABYTES * 2**20)
        for _ in range(HUGE_MEGABYTES):
            self.wfile.write(bytes(2**20))

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _drip(self) -> None:
        for character in b"HTTP/1.1":
            self.wfile.write(bytes([character]))
            time.sleep(1)
