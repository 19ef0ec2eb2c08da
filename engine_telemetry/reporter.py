"""The reporter: flushes, seals and sends, in a thread of its own, one process at a time for each node and database.

Theory of operation
-------------------

Every process with an open engine runs one daemon thread. It tries the *leader* lock (``process_group.py``) once in a
flush interval; only the holder works, and when it dies another one has the lock within an interval. The thread never
runs in the gunicorn master.

One **run** of the leader is

1. a look at the flag, without a lock: while it is not *on*, close the gate, and that is all;
2. one transaction: flush this node's counter file, seal if a report is due and an endpoint is set, claim what is
   waiting (``store``);
3. the gate, set to what that transaction saw: always after the commit, never before it, or counts would be lost;
4. if a report was claimed, one POST, with no transaction open, and one transaction that notes the answer.

A process that is killed anywhere in this leaves nothing to repair: before the commit nothing happened, after it the
next run goes on, and a report that was sent and not noted is sent again with the same bytes under the same id.

The **closing** run is the same, but for its cause: it is made by the last process of a group, in the closing thread.

A report that was not accepted is tried again when another process takes the lead, as after a start, and else after 1,
5 and 25 seconds as far as ``telemetryRequestRetries`` goes, then after a minute, doubling up to six hours, each 20 %
more or less; not before ``Retry-After``. An endpoint that answers 410 gets nothing more; counts gather until another
one is set, or telemetry is switched off and on.
"""

import logging
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from engine_telemetry import store
from engine_telemetry.configuration import Configuration
from engine_telemetry.counters import CounterFile
from engine_telemetry.database import Database
from engine_telemetry.exceptions import EngineTelemetryError
from engine_telemetry.exporter import NOT_ARRIVING, Answer, Exporter, why_nothing_is_sent_to

logger = logging.getLogger("engine_telemetry.telemetry")

Clock = Callable[[], datetime]
Build = Callable[[Connection, store.State, Mapping[str, int], str | None], bytes]

# The bytes or, with 410, the address are at fault, and will be tomorrow.
REFUSED_FOR_GOOD = frozenset({400, 410, 413, 415, 422})
_FIRST_PAUSES = (timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=25))
_LONGEST_PAUSE = timedelta(hours=6)
_LEASE_MARGIN = timedelta(seconds=5)
_MISSES_UNTIL_TROUBLE = 3  # a lock that is taken once or twice is no news


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class Trouble:
    """Says once that something began to fail, and once that it works again."""

    def __init__(self, what: str, *, misses: int = 1) -> None:
        """Name what fails; ``misses`` is how often it fails before that is said."""
        self._what = what
        self._misses = misses
        self._failed = 0
        self.reason: str | None = None

    def failed(self, reason: object, *, at_once: bool = False) -> None:
        """It failed; ``at_once`` says so however seldom that was."""
        self._failed += 1
        if (at_once or self._failed >= self._misses) and self.reason is None:
            self.reason = f"{self._what}: {reason}"
            logger.warning("%s", self.reason)

    def worked(self) -> None:
        """It worked."""
        if self.reason is not None:
            logger.info("%s: it works again", self._what)
        self.forget()

    def forget(self) -> None:
        """It is not tried any more."""
        self._failed, self.reason = 0, None


@dataclass
class Cycle:
    """One run after another: flush, seal, claim, send, note the answer. Used by one thread at a time.

    Attributes:
        configuration: Period, time limits and retries.
        database: Where consent, counts and reports live.
        counters: This node's counters.
        build: Makes a report's bytes.
        exporter: The way to the endpoint; ``None`` if there is none: then nothing is sealed.
        clock: Aware UTC.
        prepare: What comes before the first step; called again at the next one if it raises what a database raises.
            Returns whether the database can be used at all: if not, there is never anything to do.
    """

    configuration: Configuration
    database: Database
    counters: CounterFile
    build: Build
    exporter: Exporter | None
    clock: Clock = utc_now
    prepare: Callable[[], bool] = lambda: True

    def __post_init__(self) -> None:
        """Begin with no trouble and no plan."""
        self.database_trouble = Trouble("Telemetry cannot use the database", misses=_MISSES_UNTIL_TROUBLE)
        self.endpoint_trouble = Trouble(NOT_ARRIVING)
        self.next_work: datetime | None = None
        self._usable: bool | None = None

    @property
    def troubles(self) -> tuple[Trouble, Trouble]:
        """What may be failing now."""
        return self.database_trouble, self.endpoint_trouble

    @property
    def source(self) -> store.Source:
        """This node's counter file, as a flush sees it."""
        return store.Source(self.counters.source, self.counters.totals, self.counters.server)

    def flush(self) -> None:
        """Move what was counted to the database, and set the gate."""
        self._guarded(lambda: self._step(None))

    def run(self, cause: store.Cause, *, at_once: bool = False) -> None:
        """Flush, seal if it is time, and send what is waiting. Never raises for what the database or network does.

        Args:
            cause: ``close`` seals what is pending, whether or not a report is due.
            at_once: Do not wait for the pause after a failed attempt: somebody may have mended what was wrong.
        """
        self._guarded(lambda: self._run(cause, at_once=at_once or cause == "close"))

    def get_ready(self) -> None:
        """Prepare, unless that was done."""
        self._guarded(lambda: None)

    def _guarded(self, step: Callable[[], object]) -> None:
        try:
            if self._usable is None:
                self._usable = self.prepare()
            if self._usable:
                step()
        except (SQLAlchemyError, EngineTelemetryError, OSError) as exc:  # the last: the counters cannot be saved
            self.database_trouble.failed(exc)
        else:
            self.database_trouble.worked()

    def _run(self, cause: store.Cause, *, at_once: bool) -> None:
        claim = self._step(cause, at_once=at_once)
        if claim is None or self.exporter is None:
            return
        state, fate = self.deliver(self.exporter, claim, self._time_limit(cause))
        self._plan(state, fate, self.clock())
        self._log(claim, fate)

    def deliver(self, exporter: Exporter, claim: store.Claim, limit: timedelta) -> tuple[store.State, store.Fate]:
        """Send what was claimed, within this time, and note what came of it.

        Raises:
            SQLAlchemyError, EngineTelemetryError: The database does not take the answer; the report waits on.
        """
        logger.debug("Sending report %s, attempt %d: %s", claim.id, claim.attempt, claim.body.decode())
        answer = exporter.send(claim.body, claim.id, limit)
        fate = self.fate(answer, claim.attempt, self.clock())
        with self.database.begin() as connection:
            state, period = store.lock(connection), self.configuration.telemetry_reporting_period
            return store.answer(connection, state, claim.id, fate, self.clock(), period), fate

    def _step(self, cause: store.Cause | None, *, at_once: bool = False) -> store.Claim | None:
        began, self.next_work, claim = self.clock(), None, None
        with self.database.read() as connection:
            state = store.read(connection)
        if state.flag:
            self.counters.save()
            with self.database.begin() as connection:
                state = store.flush(connection, store.lock(connection), self.source, self.clock())
                if cause is not None and self.may_send(state):
                    state, claim = self._seal_and_claim(connection, state, cause, at_once=at_once)
                self._look_after_trouble(connection)
        else:
            self.endpoint_trouble.forget()
        self.counters.set_gate(state.installation, state.change_no, on=bool(state.flag))
        self._plan(state, None, began)
        return claim

    def _look_after_trouble(self, connection: Connection) -> None:
        if self.endpoint_trouble.reason is not None and store.waiting(connection) is None:
            self.endpoint_trouble.worked()  # another process has delivered it

    def may_send(self, state: store.State) -> bool:
        """Whether there is an endpoint, and it has not said that it is gone."""
        return self.exporter is not None and self.exporter.endpoint != state.gone_endpoint

    def _seal_and_claim(
        self, connection: Connection, state: store.State, cause: store.Cause, *, at_once: bool
    ) -> tuple[store.State, store.Claim | None]:
        now, settings, flushed = self.clock(), self.configuration, state

        def build(counts: Mapping[str, int], server: str | None) -> bytes:
            return self.build(connection, flushed, counts, server)

        period, server = settings.telemetry_reporting_period, self.counters.server
        state, _ = store.seal(connection, state, cause, build, now, period=period, server=server)
        endpoint = None if self.exporter is None else self.exporter.endpoint
        source = self.counters.source
        claim = store.claim(connection, state, source, now, lease=self.lease, at_once=at_once, endpoint=endpoint)
        return state, claim

    @property
    def lease(self) -> timedelta:
        """How long an attempt may take, and what goes before and after it."""
        return self.configuration.telemetry_request_timeout + _LEASE_MARGIN

    def _time_limit(self, cause: store.Cause) -> timedelta:
        settings = self.configuration
        limit = settings.telemetry_request_timeout
        return min(limit, settings.telemetry_close_timeout) if cause == "close" else limit

    def fate(self, answer: Answer, attempt: int, now: datetime) -> store.Fate:
        """What this answer to this attempt, counted from 1, means."""
        not_before = now + answer.retry_after
        again = max(now + pause(attempt, self.configuration.telemetry_request_retries), not_before)
        if answer.status is not None and HTTPStatus(200) <= answer.status < HTTPStatus(300):
            return store.Fate("accepted", str(answer), again, not_before)
        if answer.status in REFUSED_FOR_GOOD:
            gone = self.exporter.endpoint if self.exporter and answer.status == HTTPStatus.GONE else None
            return store.Fate("refused", str(answer), again, not_before, gone)
        return store.Fate("waiting", str(answer), again, not_before)

    def _plan(self, state: store.State, fate: store.Fate | None, now: datetime) -> None:
        """When there is something to do before the next flush; what is due already and not done must wait for that."""
        times = [state.next_due] if state.flag and state.next_due and self.may_send(state) else []
        if fate is not None and fate.state == "waiting":
            times = [fate.next_attempt]
        self.next_work = min((time for time in times if time > now), default=None)

    def _log(self, claim: store.Claim, fate: store.Fate) -> None:
        if fate.state == "waiting":
            logger.debug("Report %s was not accepted (%s), next attempt %s", claim.id, fate.answer, fate.next_attempt)
            self.endpoint_trouble.failed(fate.answer)
            return
        self.endpoint_trouble.worked()
        if fate.state == "refused":
            logger.warning("Report %s was refused for good (%s); its counts are not sent again", claim.id, fate.answer)
            if fate.gone_endpoint is not None:
                logger.warning("%s", why_nothing_is_sent_to(fate.gone_endpoint))
        else:
            logger.debug("Report %s was accepted (%s)", claim.id, fate.answer)


def pause(attempt: int, retries: int) -> timedelta:
    """How long to wait after this failed attempt, counted from 1."""
    if attempt <= retries:
        wait = _FIRST_PAUSES[min(attempt, len(_FIRST_PAUSES)) - 1]
    else:
        doublings = min(attempt - retries - 1, 16)
        wait = min(timedelta(minutes=1) * 2**doublings, _LONGEST_PAUSE)
    return wait * random.uniform(0.8, 1.2)  # noqa: S311 - it spreads load, it keeps no secret


class Reporter:
    """The thread. It is started and stopped once."""

    def __init__(self, cycle: Cycle) -> None:
        """Prepare to run this cycle; ``start`` starts it."""
        self._cycle = cycle
        self._wake = threading.Event()
        self._stopping = False
        self._last: Callable[[], None] = lambda: None
        self._thread = threading.Thread(target=self._work, name="engine-telemetry-reporter", daemon=True)

    def start(self) -> None:
        """Start the thread.

        Raises:
            RuntimeError: It cannot be started.
        """
        self._thread.start()

    def wake(self) -> None:
        """Look at the flag now, not only after the flush interval."""
        self._wake.set()

    def stop(self, wait: timedelta) -> None:
        """Start no further run; wait that long for one that is on its way."""
        self._stopping = True
        self._wake.set()
        if self._thread is not threading.current_thread():
            self._thread.join(wait.total_seconds())
        self._cycle.counters.group.stop_leading(self)

    def finish_with(self, work: Callable[[], None]) -> threading.Thread:
        """Start no further run; do this last, in the thread, which is returned."""
        self._last, self._stopping = work, True
        self._wake.set()
        return self._thread

    @property
    def leading(self) -> bool:
        """Whether this process reports for the node."""
        return self._cycle.counters.group.leads(self)

    def _work(self) -> None:
        while not self._stopping:
            try:
                self._work_once()
            except Exception:  # whatever goes wrong in telemetry must not end it, let alone its host
                logger.exception("A run of the telemetry reporter failed; the next one is tried as usual")
            self._wake.wait(self._seconds_to_wait())
            self._wake.clear()
        self._last()

    def _work_once(self) -> None:
        if self.leading:
            self._cycle.run("schedule")
        elif self._cycle.counters.group.lead(self):
            self._cycle.run("schedule", at_once=True)
        else:
            self._cycle.get_ready()

    def _seconds_to_wait(self) -> float:
        settings = self._cycle.configuration
        longest = min(settings.telemetry_flush_interval, settings.telemetry_reporting_period)
        if self._cycle.next_work is not None:
            longest = min(longest, max(self._cycle.next_work - self._cycle.clock(), timedelta(milliseconds=50)))
        return longest.total_seconds()
