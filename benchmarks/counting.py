"""What one count costs, beside a dictionary and beside the libraries that people would use instead."""

import multiprocessing
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from uuid import uuid4

from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from prometheus_client import CollectorRegistry, Counter
from statsd import StatsClient

from benchmarks.rounds import Contestant, Effort, bare_loop, calling, interleaved, less, ratios
from benchmarks.tables import Row, at_most, shown
from engine_telemetry.counters import CounterFile, open_counters

NAME = "FetchExternalTasksCmd"
_IN_TWO_PROCESSES = multiprocessing.get_context("fork")
_counts: dict[str, int] = {NAME: 0}


def count_in_dictionary(name: str) -> None:
    """What everything is compared to."""
    _counts[name] += 1


def open_gate(path: Path) -> CounterFile:
    """The counters in this file, of which the gate is open."""
    counters = open_counters(path)
    counters.join()
    counters.set_gate(str(uuid4()), 1, on=True)
    return counters


def rows(effort: Effort, folder: Path) -> Iterator[Row]:
    """One count, ours and others'; and two processes at once."""
    counters = open_gate(folder / "counting" / "counters.v1")
    with two_processes(counters) as (one, two):
        yield _two_at_once(one, two, effort)
    with ExitStack() as stack:
        contestants: dict[str, Contestant] = {
            "loop": bare_loop(),
            "dictionary": calling(count_in_dictionary, NAME),
            "ours": calling(counters.increment, NAME),
            "closed": calling(_closed(folder).increment, NAME),
            **_prometheus(),
            "OpenTelemetry SDK, `Counter.add`": _opentelemetry(),
            "statsd over UDP, `incr`": calling(stack.enter_context(_statsd()).incr, NAME),
        }
        seconds = interleaved(contestants, effort)
    costs = {name: less(values, seconds["loop"]) for name, values in seconds.items()}
    base = costs["dictionary"]
    unit = "dictionary counts"
    reason = "the C call that takes a number and stores it at once, which no thread can interrupt, costs 1.3 alone"
    yield at_most(1.5, "one count, the look at the flag included", ratios(costs["ours"], base), unit, reason)
    yield shown("one count while telemetry is off", ratios(costs["closed"], base), unit)
    for name in list(contestants)[4:]:
        yield shown(name, ratios(costs[name], base), unit)


def _closed(folder: Path) -> CounterFile:
    return open_counters(folder / "counting" / "closed.v1")


def _prometheus() -> dict[str, Contestant]:
    counter = Counter("commands", "Executed", ["name"], registry=CollectorRegistry())

    def count_labelled(name: str) -> None:
        counter.labels(name).inc()

    return {
        "prometheus_client, processes, `labels().inc()`": calling(count_labelled, NAME),
        "prometheus_client, processes, bound child": calling(counter.labels(NAME).inc),
    }


def _opentelemetry() -> Contestant:
    meters = MeterProvider(metric_readers=[InMemoryMetricReader()], shutdown_on_exit=False)
    counter = meters.get_meter("benchmark").create_counter("commands")
    return calling(counter.add, 1, {"name": NAME})


@contextmanager
def _statsd() -> Iterator[StatsClient]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        client = StatsClient(*receiver.getsockname())
        yield client
        client.close()


# -- two processes ----------------------------------------------------------------------------------------------------


def _two_at_once(one: Connection, two: Connection, effort: Effort) -> Row:
    alone, together, calls = [], [], int(effort.slice_seconds * 5_000_000)
    for _ in range(effort.rounds):
        alone.append(_seconds(calls, one))
        together.append(_seconds(calls, one, two))
    measure = "one count while another process counts the same, against alone"
    reason = "no memory is shared but the gate, which both only read: what remains is the load of the machine"
    return at_most(1.3, measure, ratios(together, alone), "CPU time of one count", reason)


def _seconds(calls: int, *workers: Connection) -> float:
    for worker in workers:
        worker.send(calls)
    return sum(float(worker.recv()) for worker in workers) / len(workers)


@contextmanager
def two_processes(counters: CounterFile) -> Iterator[tuple[Connection, Connection]]:
    """Two that count as often as they are told, and answer with the CPU seconds that this took."""
    (one, at_one), (two, at_two) = _IN_TWO_PROCESSES.Pipe(), _IN_TWO_PROCESSES.Pipe()
    workers = [_worker(counters.increment, end) for end in (at_one, at_two)]
    yield one, two
    for end, worker in zip((one, two), workers, strict=True):
        end.send(0)
        worker.join()


def _worker(increment: Callable[[str], None], orders: Connection) -> multiprocessing.process.BaseProcess:
    worker = _IN_TWO_PROCESSES.Process(target=_count_as_told, args=(increment, orders), daemon=True)
    worker.start()
    return worker


def _count_as_told(increment: Callable[[str], None], orders: Connection) -> None:
    contestant = calling(increment, NAME)
    while calls := orders.recv():
        orders.send(contestant(calls))
