"""Whether telemetry slows down REST requests: blocks of them to servers that run side by side."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from http.client import HTTPConnection

from benchmarks.rounds import Effort, ratios
from benchmarks.servers import TIME_LIMIT_SECONDS, Server, SilentEndpoint, ask_all, running
from benchmarks.tables import Row, holds_one

_CONNECTIONS = 4
_REQUESTS = 80
_OFF, _ON, _CONTROL = "off", "on", "off in another server"
_SILENT = "on, with an endpoint that never answers"
_WAITS = "a report always waits and is tried again; a flush each second"
_NOISE = "what noise does"


@dataclass(frozen=True)
class Block:
    """A block of requests to one server.

    Attributes:
        speed: Requests per second.
        cpu: Seconds of CPU of the server for each request.
    """

    speed: float
    cpu: float


def rows(effort: Effort, tell: Callable[[str], None]) -> Iterator[Row]:
    """On against off; on with an endpoint that never answers; and off against off, to show what noise alone does."""
    starts: list[dict[str, list[Block]]] = []
    end = time.monotonic() + effort.serving_seconds
    while len(starts) < effort.server_starts and time.monotonic() < end:
        tell(f"servers, start {len(starts) + 1} of {effort.server_starts}")
        starts.append(_blocks_after_one_start(effort))
    effort_made = f"{len(starts)} starts x {effort.blocks} blocks of {_REQUESTS} requests"
    remarks = {_ON: effort_made, _SILENT: _WAITS, _CONTROL: _NOISE}
    for name, remark in remarks.items():
        groups = [_ratios(blocks, name, lambda block: block.speed) for blocks in starts]
        yield holds_one(f"REST throughput: {name}, against off", groups, "requests per second", remark)
    for name, remark in remarks.items():
        groups = [_ratios(blocks, name, lambda block: block.cpu) for blocks in starts]
        yield holds_one(f"CPU of the server: {name}, against off", groups, "CPU time of a request", remark)


def _ratios(blocks: dict[str, list[Block]], name: str, figure: Callable[[Block], float]) -> list[float]:
    return ratios([figure(block) for block in blocks[name]], [figure(block) for block in blocks[_OFF]])


def _blocks_after_one_start(effort: Effort) -> dict[str, list[Block]]:
    with ExitStack() as stack:
        endpoint = stack.enter_context(SilentEndpoint())
        kinds: dict[str, dict[str, str]] = {
            _OFF: {"INITIALIZE_TELEMETRY": "false"},
            _ON: {"INITIALIZE_TELEMETRY": "true", "TELEMETRY_FLUSH_INTERVAL": "5"},
            _SILENT: {
                "INITIALIZE_TELEMETRY": "true",
                "TELEMETRY_REPORTING_PERIOD": "1",
                "TELEMETRY_ENDPOINT": endpoint.url,
            },
            _CONTROL: {"INITIALIZE_TELEMETRY": "false"},
        }
        servers = {name: stack.enter_context(running(settings)) for name, settings in kinds.items()}
        for server in servers.values():
            server.wait_until_it_answers()
            block_of_requests(server)
        endpoint.wait_until_asked()
        blocks: dict[str, list[Block]] = {name: [] for name in kinds}
        for number in range(effort.blocks):
            for name in _order(list(kinds), number):
                blocks[name].append(block_of_requests(servers[name]))
        return blocks


def _order(names: list[str], number: int) -> list[str]:
    """Each in each place equally often."""
    turned = names[number % len(names) :] + names[: number % len(names)]
    return turned if number // len(names) % 2 else turned[::-1]


def block_of_requests(server: Server) -> Block:
    """Ask on a few connections that are kept; the first request on each is not in the figures."""
    with ExitStack() as stack:
        connections = [
            stack.enter_context(closing(HTTPConnection("127.0.0.1", server.port, timeout=TIME_LIMIT_SECONDS)))
            for _ in range(_CONNECTIONS)
        ]
        ask_all(connections)
        began, used = time.perf_counter(), server.cpu_seconds()
        for _ in range(_REQUESTS // _CONNECTIONS):
            ask_all(connections)
        seconds, used = time.perf_counter() - began, server.cpu_seconds() - used
        return Block(speed=_REQUESTS / seconds, cpu=used / _REQUESTS)
