"""How often the idle reporter wakes while telemetry is off, and what it does then."""

from collections.abc import Iterator

from benchmarks.importing import fresh
from benchmarks.rounds import Effort
from benchmarks.tables import NO, YES, Row

_LOOK = "FROM telemetry_state WHERE"
_AT_THE_EDGES = 1  # a look may begin before the watch does


def rows(effort: Effort) -> Iterator[Row]:
    """Wake-ups of its thread, beside its looks at the flag."""
    answer = fresh("benchmarks.idle", effort.idle_seconds)
    statements = {text: times for text, times in answer["statements"].items() if text != "BEGIN"}
    looks = sum(times for text, times in statements.items() if text.startswith("SELECT") and _LOOK in text)
    others, wake_ups = sum(statements.values()) - looks, answer["wake_ups"]
    each, cost = wake_ups / looks, answer["cpu_seconds"] / looks * 1000
    counted = f"{wake_ups} wake-ups, {looks} looks, {others} other statements in {effort.idle_seconds:g} s"
    met = YES if others == 0 and wake_ups <= looks + _AT_THE_EDGES else NO
    measure = "wake-ups of the idle reporter while telemetry is off"
    unit, target = "looks at the flag", "only the looks"
    yield Row(measure, (each, each, each), unit, target, met, f"{counted}; {cost:.1f} ms of CPU for each look")
