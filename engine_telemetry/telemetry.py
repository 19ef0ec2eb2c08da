"""The telemetry of one product on one database: owns the counters, the store, the reporter and the exporter.

Nothing it does raises into its host: not into a command, a request, a start or a stop. What goes wrong is logged once
and shown in the status. A process under ``DO_NOT_TRACK`` opens no counter file and starts no reporter.

Which process runs what: every process that uses an engine calls ``open`` and ``close``; the gunicorn master calls
``attend`` and ``close``, and has no thread and no connection before that ``close``. A forked child starts as if nothing
had been opened.
"""

import atexit
import logging
import os
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache, partial

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from engine_telemetry import store
from engine_telemetry.application_server import ApplicationServer
from engine_telemetry.builder import ReportBuilder, server_from_text, server_to_text
from engine_telemetry.closing import Closing
from engine_telemetry.configuration import Configuration, do_not_track
from engine_telemetry.consent import API, COMMAND_LINE, Consent
from engine_telemetry.counter_place import CounterPlace
from engine_telemetry.counters import CounterFile
from engine_telemetry.database import Database
from engine_telemetry.exceptions import EngineTelemetryError, ReportNotSentException, StateDirectoryError
from engine_telemetry.exporter import Exporter
from engine_telemetry.registry import Registry, process_registry
from engine_telemetry.report import Report
from engine_telemetry.reporter import Clock, Cycle, Reporter, utc_now
from engine_telemetry.resending import Attempt, claim_again
from engine_telemetry.status import ProcessStatus, Status, describe

logger = logging.getLogger("engine_telemetry.telemetry")

_LOCK_WAIT = timedelta(milliseconds=250)

_telemetries: "weakref.WeakSet[Telemetry]" = weakref.WeakSet()


class Telemetry:
    """Counts commands, keeps consent, and reports.

    Attributes:
        configuration: The settings.
        count: Count one execution of the named command, if telemetry is on. Any thread; never raises, never waits.
    """

    count: Callable[[str], None]

    def __init__(
        self,
        configuration: Configuration,
        database: Database | None = None,
        *,
        registry: Registry = process_registry,
        clock: Clock = utc_now,
    ) -> None:
        """Take the collaborators; open nothing.

        Args:
            configuration: The settings.
            database: The engine's database. It is used for what happens at its commands' pace; the start and the
                reporter make their own connections, which do not wait long, except to a database in memory.
            registry: Where the middleware notes the application server.
            clock: Aware UTC; for tests.
        """
        self.configuration = configuration
        self._database = database or Database(configuration.database_url)
        self._quick_database = self._database
        if not self._database.in_memory:
            self._quick_database = Database(configuration.database_url, lock_timeout=_LOCK_WAIT, pooled=False)
        self._place = CounterPlace(configuration, self._database)
        self._consent = Consent(configuration, clock, self._source, self._follow)
        self._builder = ReportBuilder(configuration)
        self._registry = registry
        self._clock = clock
        self._forbidden = do_not_track(os.environ)
        self._start_anew()
        _telemetries.add(self)

    def _start_anew(self) -> None:
        """Nothing is open: at the start, and in a forked child."""
        self._lock = threading.RLock()
        self._opened = self._visiting = False
        self._counters: CounterFile | None = None
        self._cycle: Cycle | None = None
        self._reporter: Reporter | None = None
        self._problems: list[str] = []
        self.count = _count_nothing

    # -- the life of a process ----------------------------------------------------------------------------------------

    def open(self) -> None:
        """Begin in this process: make the tables, apply ``initializeTelemetry``, count, start the reporter thread.

        It waits for a database that does not answer no longer than a lock is waited for; what could not be done by
        then is done when it answers. A second call does nothing. Never raises.
        """
        with self._lock, self._harmless():
            if self._opened:
                return
            self._opened = True
            _close_at_exit()
            try:
                usable, trouble = self._make_tables(), None
            except (SQLAlchemyError, EngineTelemetryError) as exc:
                usable, trouble = True, exc
            if usable and not self._forbidden and (counters := self._open_counters()) is not None:
                self._start_counting(counters, trouble)
            elif trouble is not None:
                self._fail(f"Telemetry cannot use the database: {trouble}")

    def visit(self) -> None:
        """Look on from beside the group, as the command line does; ``open`` does nothing then.

        Nothing is counted or reported here, and nobody is kept from being the last of the group. What the others have
        counted is seen, and a change of the flag holds for them at once. Never raises.
        """
        with self._lock, self._harmless():
            if self._opened:
                return
            self._opened = self._visiting = True
            try:
                if self._make_tables() and not self._forbidden:
                    self._find_counters()
            except (SQLAlchemyError, EngineTelemetryError) as exc:
                self._fail(f"Telemetry cannot use the database: {exc}")

    def attend(self, uid: int, gid: int) -> None:
        """Be one of the group in which others count, as the gunicorn master is; ``close`` then closes for all.

        Args:
            uid: The user that the others run as; if this one is root, it gets the counter files.
            gid: Its group.
        """
        with self._lock, self._harmless():
            if self._counters is None and not self._forbidden:
                _close_at_exit()
                if self._open_counters(uid) is not None:
                    self._give_counters_to(uid, gid)

    def close(self) -> None:
        """End in this process: flush, and if it is the last of its group, make and send the closing report.

        It takes at most the close timeout: what is not done by then is left to a daemon thread, and repeated after the
        next start if that does not finish. A second call does nothing. Never raises.
        """
        with self._lock:
            counters, reporter, cycle = self._counters, self._reporter, self._cycle
            visiting = self._visiting
            self._start_anew()
        if counters is None or visiting:
            return
        reporting = self.configuration.telemetry_reporter_activate
        closing = Closing(counters, reporter, cycle, self._new_cycle, reporting, self._failed)
        closing.run(self.configuration.telemetry_close_timeout)

    @contextmanager
    def _harmless(self) -> Iterator[None]:
        try:
            yield
        except Exception as exc:  # noqa: BLE001  a start must not fail because of telemetry, whatever is wrong with it
            self._failed(exc)

    def _failed(self, exc: Exception) -> None:
        logger.error("Telemetry failed; its host goes on without it", exc_info=exc)
        self._problems.append(f"Telemetry failed: {exc!r}")

    def _make_tables(self) -> bool:
        """Whether they are there, perhaps only now."""
        with self._quick_database.read() as connection:
            problem = store.table_problem(connection)
        if problem is not None and self.configuration.database_schema_update:
            with self._database.change_schema() as connection:
                store.create_tables(connection)
                problem = store.table_problem(connection)
        if problem is not None:
            self._fail(problem)
        return problem is None

    def _start_counting(self, counters: CounterFile, trouble: Exception | None) -> None:
        prepare = partial(self._prepare, tables_seen=trouble is None, first=counters.mark_in_use())
        self._cycle = self._new_cycle(counters, prepare)
        if trouble is None:
            self._cycle.flush()
        else:
            self._cycle.database_trouble.failed(trouble, at_once=True)
        self.count = counters.increment
        self._registry.listen(self)
        if self.configuration.telemetry_reporter_activate:
            self._start_reporter(self._cycle)

    def _prepare(self, *, tables_seen: bool, first: bool) -> bool:
        """What comes before the first flush; whether the tables are as they must be."""
        if not tables_seen and not self._make_tables():
            self.count = _count_nothing
            return False
        self._consent.initialize(self._quick_database, first=first)
        return True

    def _open_counters(self, uid: int | None = None) -> CounterFile | None:
        try:
            self._counters = self._place.join(uid)
        except StateDirectoryError as exc:
            self._fail(f"Not counting: {exc}")
        return self._counters

    def _give_counters_to(self, uid: int, gid: int) -> None:
        try:
            self._place.give_to(uid, gid)
        except StateDirectoryError as exc:
            self._fail(f"Not counting: {exc}")

    def _find_counters(self) -> None:
        try:
            self._counters = self._place.find()
        except (StateDirectoryError, OSError) as exc:
            self._problems.append(f"The processes that count do not learn of a change before their next flush: {exc}")

    def _start_reporter(self, cycle: Cycle) -> None:
        reporter = Reporter(cycle)
        try:
            reporter.start()
        except RuntimeError as exc:
            self._fail(f"Not reporting: the thread cannot be started ({exc})")
        else:
            self._reporter = reporter

    def _new_cycle(self, counters: CounterFile, prepare: Callable[[], bool] = lambda: True) -> Cycle:
        exporter = Exporter.configured(self.configuration)
        build = self._builder.build_bytes
        return Cycle(self.configuration, self._quick_database, counters, build, exporter, self._clock, prepare)

    def _fail(self, problem: str) -> None:
        self._problems.append(problem)
        logger.warning("%s", problem)

    def application_server_noted(self, server: ApplicationServer) -> None:
        """The middleware recognised the server: tell the whole group."""
        counters = self._counters
        if counters is not None:
            counters.note_server(server_to_text(server))

    # -- consent ------------------------------------------------------------------------------------------------------

    def toggle(
        self, connection: Connection, *, enabled: bool, user: str | None = None, cause: str | None = None
    ) -> Callable[[], None]:
        """Switch on or off, in the caller's transaction.

        Args:
            connection: The transaction to do it in; flag, audit and withdrawal are committed together or not at all.
            enabled: The new value.
            user: Who does it, for the audit.
            cause: By what means, for the audit; by default the API, or the command line for who looks on.

        Returns:
            What the caller must call after the commit.

        Raises:
            ProcessEngineException: The tables are missing, or those of another version.
        """
        store.require_tables(connection)
        return self._consent.toggle(connection, enabled=enabled, user=user, cause=cause or self._cause)

    def decide(
        self, connection: Connection, *, enabled: bool, user: str | None = None, cause: str | None = None
    ) -> Callable[[], None] | None:
        """As ``toggle``, if nobody has decided yet; else ``None``, and nothing is changed."""
        store.require_tables(connection)
        return self._consent.decide(connection, enabled=enabled, user=user, cause=cause or self._cause)

    @property
    def _cause(self) -> str:
        return COMMAND_LINE if self._visiting else API

    def _follow(self, state: store.State) -> None:
        if self._counters is not None:
            self._counters.set_gate(state.installation, state.change_no, on=bool(state.flag))
        if self._reporter is not None:
            self._reporter.wake()

    def is_enabled(self, connection: Connection) -> bool | None:
        """What is stored: on, off, or ``None`` while nobody has decided.

        Raises:
            ProcessEngineException: As ``toggle``.
        """
        store.require_tables(connection)
        return store.read(connection).flag

    # -- what is known ------------------------------------------------------------------------------------------------

    def data(self, connection: Connection) -> Report:
        """What the next report would say now; takes nothing. Without commands while telemetry is off.

        Raises:
            ProcessEngineException: As ``toggle``.
        """
        store.require_tables(connection)
        state = store.read(connection)
        counts = {} if self._forbidden else store.preview(connection, state, self._source())
        own = None if self._counters is None else self._counters.server
        server = store.named_server(connection, state, own)
        return self._builder.build(connection, state, counts, server_from_text(server))

    def status(self, connection: Connection) -> Status:
        """What holds now in this process, and what decided it."""
        endpoint = self.configuration.telemetry_endpoint
        counting = self._counters is not None or self._visiting
        process = ProcessStatus(self._forbidden, counting, endpoint, self._reporter_state())
        return describe(connection, process, tuple(self._all_problems()))

    def _reporter_state(self) -> str:
        if self._reporter is not None:
            return "leading" if self._reporter.leading else "standing by"
        return "not started" if self.configuration.telemetry_reporter_activate else "not active"

    def _all_problems(self) -> list[str]:
        found = list(self._problems)
        if self._counters is not None:
            found += [self._counters.problem or ""]
            found += ["Somebody removed the counter file: restart this server"] if self._counters.unlinked else []
        if self._cycle is not None:
            found += [self._cycle.database_trouble.reason or ""]
        return [problem for problem in found if problem]

    # -- the history --------------------------------------------------------------------------------------------------

    def claim_again(self, connection: Connection, *, user: str | None = None) -> Attempt:
        """Claim the waiting report in the caller's transaction, for an attempt that somebody asks for.

        Raises:
            ReportNotSentException: It cannot be tried now; the message says why.
            ProcessEngineException: As ``toggle``.
        """
        store.require_tables(connection)
        if self._forbidden:
            raise ReportNotSentException("Nothing is sent: DO_NOT_TRACK is set in the environment of this server.")
        counters = self._counters
        if counters is None or self._visiting or not self.configuration.telemetry_reporter_activate:
            raise ReportNotSentException("Nothing is sent from here: telemetry does not report in this process.")
        return claim_again(connection, self._new_cycle(counters), user)

    def delete_history(self, connection: Connection) -> int:
        """Forget all reports but the waiting one, in the caller's transaction; how many these were.

        Raises:
            ProcessEngineException: As ``toggle``.
        """
        store.require_tables(connection)
        store.lock(connection)
        return store.delete_ended(connection)

    def _source(self) -> store.Source | None:
        counters = self._counters
        return None if counters is None else store.Source(counters.source, counters.totals, counters.server)


def known_telemetries() -> list[Telemetry]:
    """The telemetries of this process, for the hooks of a server."""
    return list(_telemetries)


def _count_nothing(_: str) -> None:
    """Telemetry is not open in this process."""


@cache
def _close_at_exit() -> None:
    """Have what is still open closed at the end; a forked child inherits that, and has nothing open by then."""
    atexit.register(_close_all)


def _close_all() -> None:
    for telemetry in known_telemetries():
        telemetry.close()


def _after_fork_in_child() -> None:
    for telemetry in known_telemetries():
        telemetry._start_anew()  # noqa: SLF001 - its own module


os.register_at_fork(after_in_child=_after_fork_in_child)
