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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from engine_telemetry import state_directory, store
from engine_telemetry.application_server import ApplicationServer
from engine_telemetry.builder import ReportBuilder, server_from_text, server_to_text
from engine_telemetry.configuration import Configuration, do_not_track
from engine_telemetry.counters import CounterFile, join_counters, open_counters
from engine_telemetry.database import Database, canonical_url
from engine_telemetry.exceptions import EngineTelemetryError, StateDirectoryError
from engine_telemetry.exporter import Exporter
from engine_telemetry.registry import Registry, process_registry
from engine_telemetry.report import Report
from engine_telemetry.reporter import Clock, Cycle, Reporter, utc_now
from engine_telemetry.status import ProcessStatus, Status, describe

logger = logging.getLogger("engine_telemetry.telemetry")

_LOCK_WAIT = timedelta(milliseconds=250)
API = "the API"
INITIALIZE_TELEMETRY = "initializeTelemetry"

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
            database: The engine's database. It is used for what happens at its commands' pace; the reporter makes its
                own connections, except to a database in memory.
            registry: Where the middleware notes the application server.
            clock: Aware UTC; for tests.
        """
        self.configuration = configuration
        self._database = database or Database(configuration.database_url)
        self._quick_database = self._database
        if not self._database.in_memory:
            self._quick_database = Database(configuration.database_url, lock_timeout=_LOCK_WAIT, pooled=False)
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

        A second call does nothing. Never raises.
        """
        with self._lock, self._harmless():
            if self._opened:
                return
            self._opened = True
            _close_at_exit()
            if self._guarded(self._make_tables) and not self._forbidden:
                self._start_counting()

    def visit(self) -> None:
        """Look on from beside the group, as the command line does; ``open`` does nothing then.

        Nothing is counted or reported here, and nobody is kept from being the last of the group. What the others have
        counted is seen, and a change of the flag holds for them at once. Never raises.
        """
        with self._lock, self._harmless():
            if self._opened:
                return
            self._opened = self._visiting = True
            if self._guarded(self._make_tables) and not self._forbidden:
                self._find_counters()

    def attend(self, uid: int, gid: int) -> None:
        """Be one of the group in which others count, as the gunicorn master is; ``close`` then closes for all.

        Args:
            uid: The user that the others run as; if this one is root, it gets the counter files.
            gid: Its group.
        """
        with self._lock, self._harmless():
            if self._counters is None and not self._forbidden:
                _close_at_exit()
                counters = self._open_counters(uid)
                if counters is not None and not self._database.in_memory:
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
        timeout = self.configuration.telemetry_close_timeout
        closing = threading.Thread(
            target=self._close, args=(counters, reporter, cycle), name="engine-telemetry-close", daemon=True
        )
        try:
            closing.start()
        except RuntimeError as exc:  # the interpreter is too far in its shutdown
            logger.debug("Not closing: %s. The next start goes on from here", exc)
            return
        closing.join(timeout.total_seconds())
        if closing.is_alive():
            logger.info("Closing took longer than %s; what is left is done after the next start", timeout)

    def _close(self, counters: CounterFile, reporter: Reporter | None, cycle: Cycle | None) -> None:
        with self._harmless():
            self._close_process(counters, reporter, cycle)

    def _close_process(self, counters: CounterFile, reporter: Reporter | None, cycle: Cycle | None) -> None:
        if reporter is not None:
            reporter.stop(self.configuration.telemetry_close_timeout / 2)
        if cycle is not None:
            cycle.flush()
        if not counters.group.leave():
            return
        ours = counters.claim_closing()
        if ours and self.configuration.telemetry_reporter_activate:
            (cycle or self._new_cycle(counters)).run("close")
        if ours and not counters.gate:
            counters.discard()

    @contextmanager
    def _harmless(self) -> Iterator[None]:
        try:
            yield
        except Exception as exc:  # a start or a stop must not fail because of telemetry, whatever is wrong with it
            logger.exception("Telemetry failed; its host goes on without it")
            self._problems.append(f"Telemetry failed: {exc!r}")

    def _guarded(self, step: Callable[[], bool]) -> bool:
        try:
            return step()
        except (SQLAlchemyError, EngineTelemetryError) as exc:
            self._fail(f"Telemetry cannot use the database: {exc}")
            return False

    def _make_tables(self) -> bool:
        with self._database.read() as connection:
            number = store.schema_number(connection)
        if number is None and self.configuration.database_schema_update:
            with self._database.change_schema() as connection:
                store.create_tables(connection)
                number = store.SCHEMA
        if number == store.SCHEMA:
            return True
        found = "missing" if number is None else f"of version {number}, and version {store.SCHEMA} is needed"
        self._fail(
            f"Telemetry is off: its tables are {found}. Start once with databaseSchemaUpdate=true, or with the version"
            " of engine-telemetry that made them."
        )
        return False

    def _start_counting(self) -> None:
        counters = self._open_counters()
        if counters is None:
            return
        first = counters.mark_in_use()
        self._guarded(lambda: self._initialize(first=first))
        self._cycle = self._new_cycle(counters)
        self._cycle.flush()
        self.count = counters.increment
        self._registry.listen(self)
        if self.configuration.telemetry_reporter_activate:
            self._start_reporter(self._cycle)

    def _open_counters(self, uid: int | None = None) -> CounterFile | None:
        try:
            self._counters = join_counters(self._counter_path(uid))
        except StateDirectoryError as exc:
            self._fail(f"Not counting: {exc}")
        return self._counters

    def _give_counters_to(self, uid: int, gid: int) -> None:
        try:
            state_directory.give_to(self.state_directory(uid), uid, gid)
        except StateDirectoryError as exc:
            self._fail(f"Not counting: {exc}")

    def _find_counters(self) -> None:
        """Only those that are there: a file that we made might not be the server's to open."""
        try:
            path = self._counter_path(None)
            if path is not None and path.exists():
                self._counters = open_counters(path)
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

    def _new_cycle(self, counters: CounterFile) -> Cycle:
        exporter = self._new_exporter()
        return Cycle(self.configuration, self._quick_database, counters, self._build, exporter, self._clock)

    def _new_exporter(self) -> Exporter | None:
        settings = self.configuration
        if settings.telemetry_endpoint is None:
            return None
        return Exporter(settings.telemetry_endpoint, settings.telemetry_ca_file, settings.telemetry_client_certificate)

    def _fail(self, problem: str) -> None:
        self._problems.append(problem)
        logger.warning("%s", problem)

    # -- where the counters lie ---------------------------------------------------------------------------------------

    def state_directory(self, uid: int | None = None) -> Path:
        """Where the counter file lies, if this user counts; by default the one that this process runs as."""
        configured = self.configuration.telemetry_state_directory
        url = self._database.url
        file = Path(os.path.realpath(str(url.database))) if self._database.dialect == "sqlite" else None
        return state_directory.locate(configured, file, os.geteuid() if uid is None else uid)

    def _counter_path(self, uid: int | None) -> Path | None:
        if self._database.in_memory:
            return None
        return state_directory.counter_path(self.state_directory(uid), canonical_url(self.configuration.database_url))

    def application_server_noted(self, server: ApplicationServer) -> None:
        """The middleware recognised the server: tell the whole group."""
        counters = self._counters
        if counters is not None:
            counters.note_server(server_to_text(server))

    # -- consent ------------------------------------------------------------------------------------------------------

    def _initialize(self, *, first: bool) -> bool:
        """Apply ``initializeTelemetry`` if nobody has decided in this database; else say once that it is ignored."""
        wanted, source = self.configuration.initialize_telemetry, self.configuration.source("initialize_telemetry")
        if wanted is None:
            return True
        cause = f"{INITIALIZE_TELEMETRY} ({source})"
        with self._database.read() as connection:  # at nearly every start it is decided: not worth waiting for the lock
            decided = store.read(connection).flag
        if decided is None:
            decided = self._decide_first(store.Change(self._clock(), None, cause, None, wanted))
        if first and decided is not None and decided is not wanted:
            stored = "on" if decided else "off"
            logger.info("Ignoring %s: telemetry was switched %s in this database before, and that holds", cause, stored)
        return True

    def _decide_first(self, change: store.Change) -> bool | None:
        """Make this change if nobody has decided yet; what somebody else decided meanwhile, or ``None``."""
        with self._database.begin(durable=True) as connection:
            state = store.lock(connection)
            if state.flag is None:
                after_commit = self._change(connection, state, change)
        if state.flag is None:
            after_commit()
        return state.flag

    def toggle(self, connection: Connection, *, enabled: bool, user: str | None = None) -> Callable[[], None]:
        """Switch on or off, in the caller's transaction.

        Args:
            connection: The transaction to do it in; flag, audit and withdrawal are committed together or not at all.
            enabled: The new value.
            user: Who does it, for the audit.

        Returns:
            What the caller must call after the commit.
        """
        state = store.lock(connection)
        return self._change(connection, state, store.Change(self._clock(), user, API, state.flag, enabled))

    def _change(self, connection: Connection, state: store.State, change: store.Change) -> Callable[[], None]:
        period = self.configuration.telemetry_reporting_period
        new = store.change_flag(connection, state, change, period=period, source=self._source())

        def after_commit() -> None:
            if self._counters is not None:
                self._counters.set_gate(new.installation, new.change_no, on=change.new)
            if self._reporter is not None:
                self._reporter.wake()
            if new is not state:
                logger.info("Telemetry was switched %s with %s", "on" if change.new else "off", change.cause)

        return after_commit

    def is_enabled(self, connection: Connection) -> bool | None:
        """What is stored: on, off, or ``None`` while nobody has decided."""
        return store.read(connection).flag

    # -- what is known ------------------------------------------------------------------------------------------------

    def data(self, connection: Connection) -> Report:
        """What the next report would say now; takes nothing. Without commands while telemetry is off."""
        state = store.read(connection)
        counts = {} if self._forbidden else store.preview(connection, state, self._source())
        server = None if self._counters is None else self._counters.server
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
            found += [trouble.reason or "" for trouble in self._cycle.troubles]
        return [problem for problem in found if problem]

    def _source(self) -> store.Source | None:
        counters = self._counters
        return None if counters is None else store.Source(counters.source, counters.totals, counters.server)

    def _build(
        self, connection: Connection, state: store.State, counts: Mapping[str, int], server: str | None
    ) -> bytes:
        return self._builder.build(connection, state, counts, server_from_text(server)).to_json()


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
