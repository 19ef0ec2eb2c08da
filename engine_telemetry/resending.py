"""One more attempt for a report that waits, because somebody asks for it, in the process that was asked.

It is an attempt like those of the reporter: claimed in a transaction, the same bytes under the same id, its answer
noted. It is claimed under a name of its own, not the node's, so that no other attempt can begin before this one has an
answer or its lease has ended; and it is refused while another one has that right. ADR 0008 says why it does not wake
the reporter.
"""

import logging
import threading
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from queue import Empty, SimpleQueue

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from engine_telemetry import store
from engine_telemetry.exceptions import EngineTelemetryError, ReportNotSentException
from engine_telemetry.exporter import Exporter, why_nothing_is_sent_to
from engine_telemetry.reporter import Cycle

logger = logging.getLogger("engine_telemetry.telemetry")

_TO_NOTE_IT = timedelta(milliseconds=500)


@dataclass(frozen=True)
class Attempt:
    """A report that this process has claimed, and may send once, after the claim is committed."""

    cycle: Cycle
    exporter: Exporter
    claim: store.Claim
    user: str | None

    def send(self) -> store.Fate | None:
        """Send it, in a thread of its own, because nothing bounds the time that a name takes to be resolved.

        Returns:
            What came of it; ``None`` if that is not known within the request timeout: it is noted when it is. Also if
            the database does not take the answer: then the report waits on.
        """
        outcome: SimpleQueue[store.Fate | None] = SimpleQueue()
        name = "engine-telemetry-resending"
        threading.Thread(target=self._deliver, args=(outcome,), name=name, daemon=True).start()
        try:
            return outcome.get(timeout=(self._time_limit + _TO_NOTE_IT).total_seconds())
        except Empty:
            return None

    @property
    def _time_limit(self) -> timedelta:
        return self.cycle.configuration.telemetry_request_timeout

    def _deliver(self, outcome: SimpleQueue[store.Fate | None]) -> None:
        try:
            _, fate = self.cycle.deliver(self.exporter, self.claim, self._time_limit)
        except (SQLAlchemyError, EngineTelemetryError) as exc:
            logger.warning("Report %s was sent, and its answer could not be noted: %s", self.claim.id, exc)
            outcome.put(None)
        else:
            who = self.user or "somebody"
            logger.info("Report %s was sent again, as %s asked for: %s", self.claim.id, who, fate.answer)
            outcome.put(fate)


def claim_again(connection: Connection, cycle: Cycle, user: str | None) -> Attempt:
    """Claim the waiting report.

    Args:
        connection: A transaction; the attempt is made after its commit.
        cycle: What it is sent with; used by nobody else.
        user: Who asks for it.

    Raises:
        ReportNotSentException: It cannot be tried now.
    """
    state, now = store.lock(connection), cycle.clock()
    waiting = store.waiting(connection)
    if waiting is None:
        raise ReportNotSentException("No report is waiting. It may have been delivered meanwhile.")
    if cycle.exporter is None:
        raise ReportNotSentException("Nothing is sent: no telemetryEndpoint is set.")
    if not cycle.may_send(state):
        raise ReportNotSentException(f"{why_nothing_is_sent_to(cycle.exporter.endpoint)}.")
    source, endpoint = str(uuid.uuid4()), cycle.exporter.endpoint
    claim = store.claim(connection, state, source, now, lease=cycle.lease, at_once=True, endpoint=endpoint)
    if claim is None:
        raise ReportNotSentException(_why_not(waiting, now))
    return Attempt(cycle, cycle.exporter, claim, user)


def _why_not(waiting: store.ReportRecord, now: datetime) -> str:
    if waiting.sending_until is not None and waiting.sending_until > now:
        return "The report is being sent right now. What comes of it will be shown here."
    until = (
        "for now" if waiting.not_before is None else f"before {waiting.not_before.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    )
    return f"The endpoint has asked to be left alone {until} (Retry-After). The report is tried again then."
