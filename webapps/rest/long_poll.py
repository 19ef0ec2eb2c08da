"""Long polling: workers wait for external tasks, and no thread waits with them.

Theory of operation. Each event loop has one dispatcher, a task that runs while requests wait there. It looks for work
when the engine's signal wakes it, which follows a commit of this process, and otherwise twice in a second, for what
other processes have committed and for locks that have expired. Of those for whose topics there is something, it lets
one after the other try to fetch, who waits the longest first, and looks again after each: so a single task does not
send a herd of workers into the database.

Who is gone gets nothing: an attempt is only made for a client that is there, and what it has locked for one that went
meanwhile is given back. An attempt and the end of a wait exclude each other, by the wait's lock.

At SIGTERM and SIGINT all who wait are answered with nothing, because servers stop when their requests have ended; the
server's own handlers are called as well.
"""

import asyncio
import signal
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from types import FrameType

from starlette.concurrency import run_in_threadpool

from engine_telemetry.engine.entities import LockedExternalTask, Topic
from engine_telemetry.engine.signals import Signal
from engine_telemetry.exceptions import InvalidRequestException

LOOK_INTERVAL_SECONDS = 0.5
MAX_WAITING = 200  # as in Camunda
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)

Tasks = Sequence[LockedExternalTask]


def _new_future() -> "asyncio.Future[None]":
    return asyncio.get_running_loop().create_future()


@dataclass(eq=False)
class Wait:
    """One request that waits.

    Attributes:
        topics: What it waits for.
        fetch: One attempt; it blocks.
        give_back: Takes back what an attempt has locked; it blocks.
        gone: Done when the client is gone.
        tasks: What the last attempt has locked.
        ended: Done when there is no more to wait for.
    """

    topics: tuple[Topic, ...]
    fetch: Callable[[], Tasks]
    give_back: Callable[[Tasks], None]
    gone: "asyncio.Future[None]"
    tasks: Tasks = ()
    ended: "asyncio.Future[None]" = field(default_factory=_new_future)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def attempt(self) -> bool:
        """Whether it has got something."""
        if not self.gone.done():
            await run_in_threadpool(self._attempt)
        return bool(self.tasks)

    def _attempt(self) -> None:
        self.tasks = (
            self.fetch()
        )  # here, in the thread: if the request is cancelled meanwhile, it is known what is locked


class LongPolls:
    """The requests that wait in one event loop.

    Args:
        available: Of these topics, those for which there is something to fetch; it blocks.
        committed: Tells when there may be more.
    """

    def __init__(self, available: Callable[[Collection[Topic]], Collection[Topic]], committed: Signal) -> None:
        """Nobody waits yet."""
        self._available = available
        self._committed = committed
        self._waits: list[Wait] = []
        self._woken = asyncio.Event()
        self._dispatcher: asyncio.Task[None] | None = None
        self._stopping = False

    def __len__(self) -> int:
        """How many wait."""
        return len(self._waits)

    async def fetch(self, wait: Wait, longest: timedelta) -> Tasks:
        """What can be fetched now, or else as soon as there is something; nothing when that took too long.

        Raises:
            InvalidRequestException: Too many wait already.
        """
        taken = False
        try:
            if not await wait.attempt() and longest and not self._stopping:
                await self._until_ended(wait, longest)
            taken = not wait.gone.done()
            return wait.tasks if taken else ()
        finally:
            if wait.tasks and not taken:
                await run_in_threadpool(wait.give_back, wait.tasks)

    async def _until_ended(self, wait: Wait, longest: timedelta) -> None:
        if len(self._waits) >= MAX_WAITING:
            raise InvalidRequestException(
                f"At the moment {MAX_WAITING} requests wait for external tasks. Try again later.", status=429
            )
        self._waits.append(wait)
        self._woken.set()  # for what was committed since the attempt
        if self._dispatcher is None or self._dispatcher.done():
            self._dispatcher = asyncio.create_task(self._dispatch())
        try:
            await asyncio.wait(
                {wait.ended, wait.gone}, timeout=longest.total_seconds(), return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            self._waits.remove(wait)
            async with wait.lock:  # an attempt that has begun ends first
                pass
        if wait.ended.done():
            wait.ended.result()  # or the error of the database

    async def _dispatch(self) -> None:
        with self._woken_by_commits(), self._stopped_by_signals():
            while self._waits:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), LOOK_INTERVAL_SECONDS)
                self._woken.clear()
                try:
                    await self._serve()
                except Exception as exc:  # noqa: BLE001 - each of the requests is answered with it
                    self._end_all(exc)

    async def _serve(self) -> None:
        untried = list(self._waits)
        while untried:
            topics = {topic for wait in untried for topic in wait.topics}
            available = await run_in_threadpool(self._available, topics)
            wait = next((wait for wait in untried if not set(wait.topics).isdisjoint(available)), None)
            if wait is None:
                return
            untried.remove(wait)
            await self._try(wait)

    async def _try(self, wait: Wait) -> None:
        async with wait.lock:
            if wait in self._waits and not wait.ended.done() and await wait.attempt():
                wait.ended.set_result(None)

    def _end_all(self, error: Exception | None = None) -> None:
        for wait in self._waits:
            if not wait.ended.done():
                wait.ended.set_result(None) if error is None else wait.ended.set_exception(error)

    def _stop(self) -> None:
        self._stopping = True
        self._end_all()

    @contextmanager
    def _woken_by_commits(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop was closed under the dispatcher; nobody waits any more
                loop.call_soon_threadsafe(self._woken.set)

        unsubscribe = self._committed.subscribe(wake)
        try:
            yield
        finally:
            unsubscribe()

    @contextmanager
    def _stopped_by_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield  # signals are for the main thread
            return
        loop = asyncio.get_running_loop()

        def stop(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self._stop)
            others[number](number, frame)

        others = {int(number): handler for number in _STOP_SIGNALS if callable(handler := signal.getsignal(number))}
        for number in others:
            signal.signal(number, stop)
        try:
            yield
        finally:
            for number, handler in others.items():
                if signal.getsignal(number) is stop:
                    signal.signal(number, handler)
