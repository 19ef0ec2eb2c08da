"""The end of an engine in one process: flush, and if it is the last of its group, make and send the closing report.

It is done in a thread of its own, so that whoever closes waits for the close timeout and no longer, whatever the
database or the network does. CPython 3.12.0 and 3.12.1 start no thread once the interpreter ends; there the reporter's
thread does it, if it is not busy with something that hangs.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from engine_telemetry.counters import CounterFile
from engine_telemetry.reporter import Cycle, Reporter

logger = logging.getLogger("engine_telemetry.telemetry")


@dataclass(frozen=True)
class Closing:
    """The end of what one process had open.

    Attributes:
        counters: What it counted into.
        reporter: Its thread, if it has one.
        cycle: What it flushed with; ``None`` if it only attended.
        new_cycle: Makes one, for the closing report of those that it attended to.
        reporting: Whether this process may report.
        failed: Told of an error that nobody expects.
    """

    counters: CounterFile
    reporter: Reporter | None
    cycle: Cycle | None
    new_cycle: Callable[[CounterFile], Cycle]
    reporting: bool
    failed: Callable[[Exception], None]

    def run(self, timeout: timedelta) -> None:
        """Do it; leave what is not done within this time to a daemon thread. Never raises."""
        thread = self._start(timeout)
        if thread is None:
            return
        thread.join(timeout.total_seconds())
        if thread.is_alive():
            logger.info("Closing took longer than %s; what is left is done after the next start", timeout)

    def _start(self, timeout: timedelta) -> threading.Thread | None:
        def close() -> None:
            try:
                self._close(timeout)
            except Exception as exc:  # noqa: BLE001  a stop must not fail because of telemetry, whatever is wrong
                self.failed(exc)

        thread = threading.Thread(target=close, name="engine-telemetry-close", daemon=True)
        try:
            thread.start()
        except RuntimeError as exc:  # there are too many, or the interpreter is too far in its shutdown
            if self.reporter is not None:
                return self.reporter.finish_with(close)
            logger.debug("Not closing: %s. The next start goes on from here", exc)
            return None
        return thread

    def _close(self, timeout: timedelta) -> None:
        if self.reporter is not None:
            self.reporter.stop(timeout / 2)
        if self.cycle is not None:
            self.cycle.flush()
        if not self.counters.group.leave():
            return
        ours = self.counters.claim_closing()
        if ours and self.reporting:
            (self.cycle or self.new_cycle(self.counters)).run("close")
        if ours and not self.counters.gate:
            self.counters.discard()
