"""The job executor: does timers and asynchronous continuations, in a thread of its own, in one process of a node.

Theory of operation
-------------------

A process runs one daemon thread as soon as there is a reason: there are jobs when its engine is opened, it makes one,
or it has loaded a model that can make some. One of the processes of a node that use the same database leads
(``job_lead.py``); the others try to every few seconds, so that there is another one soon when it dies. Only the leader
looks into the database:

* when a command of its process has made a job, after the commit;
* when one of another process has, which it is told by a *bell*, some bytes in the file of the lock;
* when the next job is due; and else after a pause that doubles from a second to a minute while there is nothing to do,
  for jobs of nodes that are gone.

What it finds it **acquires**: one transaction that locks a few rows for this owner and some minutes (``SKIP LOCKED``,
so that several nodes share the work), and does one after the other, each in a transaction of its own. So jobs of one
instance never run beside each other on a node; on two nodes the lock of the instance's row keeps them apart. What fails
is rolled back, and a second transaction counts the retries down or makes an incident. A process that is killed
leaves locks that run out: a job is done at least once, and its transaction is committed once.

Behind the jobs of a turn come some items of a batch (``batch_worker.py``), until somebody makes a job: so a batch of
many thousand items holds up such a job for no longer than one item takes. After each item the thread rests as long as
that took, so that others get at the database (SQLite has one writer at a time, and no queue for the next) and at the
interpreter.

A fork waits a little while for the transaction that the thread is in, because a SQLite database cannot be used by a
child that was forked out of one. Closing waits for the job that is being done no longer than ``CLOSE_SECONDS``.
"""

import atexit
import logging
import os
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from uuid import uuid4

from engine_telemetry.engine.batch_worker import do_item
from engine_telemetry.engine.commands.job_execution import (
    AcquireJobsCmd,
    ExecuteJobsCmd,
    FailedJobListener,
    UnlockJobCmd,
)
from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.executor import DEADLOCK, Executor
from engine_telemetry.engine.job_lead import JobLead
from engine_telemetry.engine.persistence import batches, jobs
from engine_telemetry.exceptions import OptimisticLockingException, ProcessEngineException

logger = logging.getLogger("engine_telemetry.engine")

CLOSE_SECONDS = 2.0
FORK_SECONDS = 5.0
MOST_JOBS = 3  # that are acquired at once, as in Camunda
MOST_ITEMS = 20  # of a batch, in a turn

_LISTEN_SECONDS = 0.5
_STANDBY_SECONDS = 5.0
_FIRST_PAUSE = 1.0
_LONGEST_PAUSE = 60.0
_LONGEST_REST = 0.2

_executors: "weakref.WeakSet[JobExecutor]" = weakref.WeakSet()


@dataclass(frozen=True)
class _Outlook:
    """What a look into the database says.

    Attributes:
        anything: Whether there is something to do.
        seconds: Until the next job is due.
        portion: What is to be done next in a batch.
    """

    anything: bool
    seconds: float
    portion: batches.Portion | None


class _Look(ReadOnly):
    """Look for jobs. Private, so that it is not counted: it is nobody's use of the engine."""

    def __call__(self, context: CommandContext) -> _Outlook:
        now = context.clock()
        portion = batches.next_portion(context.connection, MOST_ITEMS)
        if jobs.anything_to_do(context.connection, now):
            return _Outlook(anything=True, seconds=0.0, portion=portion)
        due = jobs.next_due(context.connection, now)
        seconds = _LONGEST_PAUSE if due is None else (due - now) / timedelta(seconds=1)
        return _Outlook(anything=False, seconds=seconds, portion=portion)


def do_job(executor: Executor, job_id: str, owner: str | None = None) -> None:
    """Do one job; if that fails, note it in a transaction of its own and raise the error."""
    try:
        executor.execute(ExecuteJobsCmd(job_id, owner))
    except Exception as exc:
        conflict = isinstance(exc, ProcessEngineException) and exc.code in {OptimisticLockingException.code, DEADLOCK}
        executor.execute(UnlockJobCmd(job_id) if conflict else FailedJobListener.FailedJobListenerCmd(job_id, exc))
        raise


class JobExecutor:
    """Does the jobs of a database. Start, stop and wake it from any thread.

    Args:
        executor: Executes the commands.
        lead: Which process does the jobs.
        clean_up: Is called now and then, to do something else that it bounds; whether there may be more to do.
    """

    def __init__(self, executor: Executor, lead: JobLead, clean_up: Callable[[], bool]) -> None:
        """Do nothing yet."""
        self._executor = executor
        self._lead = lead
        self._clean_up = clean_up
        self._trouble: str | None = None
        self.forget_process()
        _executors.add(self)

    def forget_process(self) -> None:
        """There is no thread: at the start, and in a forked child."""
        self._owner = str(uuid4())
        self._woken = threading.Event()
        self._stopped = threading.Event()
        self._busy = threading.Lock()
        self._starting = threading.Lock()
        self._forking = threading.local()
        self._thread: threading.Thread | None = None
        self._allowed = False

    def allow(self) -> None:
        """Begin in this process, when there is a reason."""
        self._allowed = True

    def start(self) -> None:
        """There is a reason: jobs are expected. A second call does nothing."""
        with self._starting:
            if self._allowed and self._thread is None:
                _stop_at_exit()
                self._stopped = threading.Event()  # a thread that was not waited for any longer ends by its own one
                self._thread = threading.Thread(target=self._run, name="engine-jobs", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """End in this process, after the job that is being done, if that does not take too long."""
        with self._starting:
            thread, self._thread, self._allowed = self._thread, None, False
        self._stopped.set()
        self._woken.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(CLOSE_SECONDS)
            if thread.is_alive():
                logger.warning("A job is still being done; if this process ends before it, another one does it again")

    def wake(self) -> None:
        """There may be something to do."""
        self._woken.set()
        self._lead.ring()
        self.start()

    def _run(self) -> None:
        pause, stopped = _FIRST_PAUSE, self._stopped
        while not stopped.is_set():
            if not self._lead.take():
                self._pass_on()
                stopped.wait(_STANDBY_SECONDS)
                continue
            bell = self._lead.bell()
            self._woken.clear()
            seconds = self._turn(bell)
            if seconds:
                self._listen(bell, min(pause, seconds))
            pause = min(pause * 2, _LONGEST_PAUSE) if seconds else _FIRST_PAUSE
        if stopped is self._stopped:
            self._lead.release()

    def _pass_on(self) -> None:
        """Tell the process that leads of what this one was woken for before it knew."""
        if self._woken.is_set():
            self._woken.clear()
            self._lead.ring()

    def _turn(self, bell: bytes) -> float:
        """Do what there is to do; for how many seconds there is nothing more."""
        try:
            outlook = self._do_some()
            more = outlook.portion is not None and self._work_off(outlook.portion, bell)
            more = self._clean_up_some() or more
        except Exception as exc:  # noqa: BLE001  the database is away, or something else that may pass
            self._failed(exc)
            return _LONGEST_PAUSE
        self._worked()
        return 0.0 if more else outlook.seconds

    def _do_some(self) -> _Outlook:
        with self._busy:
            outlook = self._executor.execute(_Look())
            acquired = self._executor.execute(AcquireJobsCmd(self._owner, MOST_JOBS)) if outlook.anything else []
        for job in acquired:
            with self._busy:
                self._do(job.id)
        return outlook

    def _do(self, job_id: str) -> None:
        if self._stopped.is_set():
            self._executor.execute(UnlockJobCmd(job_id))
            return
        try:
            do_job(self._executor, job_id, self._owner)
        except Exception as exc:  # noqa: BLE001  a delegate may raise anything, and it is noted with the job
            logger.warning("The job %s failed with a %s; its error message says more", job_id, type(exc).__name__)

    def _work_off(self, portion: batches.Portion, bell: bytes) -> bool:
        """Do items of a batch, resting after each, until there may be a job; whether there may be more to do in it."""
        for item_id in portion.item_ids:
            begun = time.monotonic()
            with self._busy:
                if self._stopped.is_set() or not do_item(self._executor, portion, item_id):
                    return False
            if self._rest(begun) or self._lead.bell() != bell:
                break
        return bool(portion.item_ids)

    def _clean_up_some(self) -> bool:
        begun = time.monotonic()
        with self._busy:
            more = self._clean_up()
        if more:
            self._rest(begun)
        return more

    def _rest(self, begun: float) -> bool:
        """Rest for as long as something took; whether there may be a job before that is over."""
        return self._woken.wait(min(time.monotonic() - begun, _LONGEST_REST))

    def _listen(self, bell: bytes, seconds: float) -> None:
        """Wait for that long, or until there may be something to do."""
        deadline = time.monotonic() + seconds
        while not self._stopped.is_set() and (left := deadline - time.monotonic()) > 0 and self._lead.bell() == bell:
            if self._woken.wait(min(left, _LISTEN_SECONDS)):
                return

    def _failed(self, exc: Exception) -> None:
        if self._trouble != type(exc).__name__:
            self._trouble = type(exc).__name__
            logger.warning("The job executor cannot work, and tries again later: %s", exc)

    def _worked(self) -> None:
        if self._trouble is not None:
            self._trouble = None
            logger.info("The job executor works again")

    def before_fork(self) -> None:
        """Wait a little while for the transaction that the thread is in."""
        own = self._thread is threading.current_thread()
        self._forking.held = not own and self._busy.acquire(timeout=FORK_SECONDS)

    def after_fork_in_parent(self) -> None:
        """Let the thread go on."""
        if self._forking.held:
            self._busy.release()

    def after_fork_in_child(self) -> None:
        """The thread and the lead are the parent's."""
        self.forget_process()
        self._lead.after_fork()


@cache
def _stop_at_exit() -> None:
    """A program may forget to close its engine."""
    atexit.register(_stop_all)


def _stop_all() -> None:
    for executor in list(_executors):
        executor.stop()


def _before_fork() -> None:
    for executor in list(_executors):
        executor.before_fork()


def _after_fork_in_parent() -> None:
    for executor in list(_executors):
        executor.after_fork_in_parent()


def _after_fork_in_child() -> None:
    for executor in list(_executors):
        executor.after_fork_in_child()


os.register_at_fork(before=_before_fork, after_in_parent=_after_fork_in_parent, after_in_child=_after_fork_in_child)
