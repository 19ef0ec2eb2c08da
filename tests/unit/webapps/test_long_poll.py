import asyncio
import threading
import time
from collections.abc import Callable, Collection, Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest

from engine_telemetry.engine.entities import LockedExternalTask, Topic
from engine_telemetry.engine.signals import Signal
from engine_telemetry.exceptions import InvalidRequestException
from webapps.rest.long_poll import LOOK_INTERVAL_SECONDS, MAX_WAITING, LongPolls, Tasks, Wait

TOPIC = Topic("charging", timedelta(minutes=1))
OTHER = Topic("shipping", timedelta(minutes=1))
LONG = timedelta(seconds=20)


def task(name: str) -> LockedExternalTask:
    now = datetime.now(UTC)
    return LockedExternalTask(name, "charging", "a", "i", "d", "k", None, 0, now, "w", now)


class Tray:
    """Where tasks lie, with the topics that there are some of; as slow as it is told to be."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.committed = Signal()
        self.attempts: list[str] = []
        self.looks = 0
        self._tasks: list[LockedExternalTask] = []
        self._seconds = seconds
        self._lock = threading.Lock()

    def put(self, *names: str) -> None:
        with self._lock:
            self._tasks += [task(name) for name in names]

    def commit(self, *names: str) -> None:
        self.put(*names)
        self.committed.notify()

    def available(self, topics: Collection[Topic]) -> set[Topic]:
        self.looks += 1
        return {TOPIC} & set(topics) if self._tasks else set()

    def take(self, who: str) -> Tasks:
        time.sleep(self._seconds)
        with self._lock:
            self.attempts.append(who)
            taken, self._tasks = self._tasks[:1], self._tasks[1:]
        return taken

    def give_back(self, tasks: Sequence[LockedExternalTask]) -> None:
        with self._lock:
            self._tasks += tasks

    def left(self) -> list[str]:
        return [one.id for one in self._tasks]


def run(scenario: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(scenario(), 30))


def a_wait(tray: Tray, who: str = "w", topic: Topic = TOPIC) -> Wait:
    gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    return Wait((topic,), lambda: tray.take(who), tray.give_back, gone)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - what it waits for happens in another thread
        await asyncio.sleep(0.005)


def test_what_is_there_is_answered_at_once() -> None:
    async def scenario() -> None:
        tray = Tray()
        tray.put("a")
        polls = LongPolls(tray.available, tray.committed)
        assert [one.id for one in await polls.fetch(a_wait(tray), LONG)] == ["a"]
        assert tray.looks == 0

    run(scenario)


def test_who_does_not_want_to_wait_does_not() -> None:
    async def scenario() -> None:
        tray = Tray()
        assert list(await LongPolls(tray.available, tray.committed).fetch(a_wait(tray), timedelta(0))) == []

    run(scenario)


def test_a_commit_of_this_process_wakes_one_who_waits() -> None:
    async def scenario() -> None:
        tray = Tray()
        polls = LongPolls(tray.available, tray.committed)
        waiting = asyncio.create_task(polls.fetch(a_wait(tray), LONG))
        await until(lambda: tray.looks > 0)
        began = time.monotonic()
        await asyncio.to_thread(tray.commit, "a")
        assert [one.id for one in await waiting] == ["a"]
        assert time.monotonic() - began < LOOK_INTERVAL_SECONDS

    run(scenario)


def test_what_another_process_has_committed_is_found_without_a_signal() -> None:
    async def scenario() -> None:
        tray = Tray()
        waiting = asyncio.create_task(LongPolls(tray.available, tray.committed).fetch(a_wait(tray), LONG))
        await until(lambda: tray.looks > 0)
        tray.put("a")
        assert [one.id for one in await waiting] == ["a"]

    run(scenario)


def test_a_wait_ends_when_its_time_is_over() -> None:
    async def scenario() -> None:
        tray = Tray()
        polls = LongPolls(tray.available, tray.committed)
        assert list(await polls.fetch(a_wait(tray), timedelta(milliseconds=50))) == []
        assert len(polls) == 0

    run(scenario)


def test_one_task_sends_one_of_many_into_the_database_and_it_is_the_first_who_came() -> None:
    async def scenario() -> None:
        tray = Tray()
        polls = LongPolls(tray.available, tray.committed)
        waiting = []
        for number in range(20):
            waiting.append(asyncio.create_task(polls.fetch(a_wait(tray, str(number)), LONG)))
            await until(lambda: len(polls) == len(waiting))
        tray.attempts.clear()
        tray.commit("a")
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        assert (done, tray.attempts) == ({waiting[0]}, ["0"])
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    run(scenario)


def test_who_waits_for_something_else_does_not_try() -> None:
    async def scenario() -> None:
        tray = Tray()
        polls = LongPolls(tray.available, tray.committed)
        other = asyncio.create_task(polls.fetch(a_wait(tray, "other", OTHER), timedelta(seconds=1)))
        await until(lambda: len(polls) == 1)
        tray.commit("a")
        assert list(await other) == []
        assert tray.attempts == ["other"]

    run(scenario)


def test_nothing_is_taken_for_a_client_that_has_gone() -> None:
    async def scenario() -> None:
        tray = Tray()
        wait = a_wait(tray)
        waiting = asyncio.create_task(LongPolls(tray.available, tray.committed).fetch(wait, LONG))
        await until(lambda: tray.looks > 0)
        wait.gone.set_result(None)
        assert list(await waiting) == []
        tray.commit("a")
        assert tray.left() == ["a"]

    run(scenario)


def test_nothing_is_tried_for_a_client_that_went_before_its_first_attempt() -> None:
    async def scenario() -> None:
        tray = Tray()
        tray.put("a")
        wait = a_wait(tray)
        wait.gone.set_result(None)
        assert list(await LongPolls(tray.available, tray.committed).fetch(wait, LONG)) == []
        assert tray.attempts == []

    run(scenario)


def test_what_is_taken_while_the_time_ends_is_answered() -> None:
    async def scenario() -> None:
        tray = Tray(seconds=0.4)
        polls = LongPolls(tray.available, tray.committed)
        waiting = asyncio.create_task(polls.fetch(a_wait(tray), timedelta(seconds=0.2)))
        await until(lambda: len(polls) == 1)
        tray.commit("a")
        assert [one.id for one in await waiting] == ["a"]

    run(scenario)


def test_what_was_taken_for_a_client_that_went_meanwhile_is_given_back() -> None:
    async def scenario() -> None:
        tray = Tray(seconds=0.2)
        wait = a_wait(tray)
        waiting = asyncio.create_task(LongPolls(tray.available, tray.committed).fetch(wait, LONG))
        await until(lambda: tray.looks > 0)
        tray.commit("a")
        await asyncio.sleep(0.1)  # the attempt has begun
        wait.gone.set_result(None)
        assert list(await waiting) == []
        assert tray.left() == ["a"]

    run(scenario)


def test_what_was_taken_for_a_request_that_is_cancelled_is_given_back() -> None:
    async def scenario() -> None:
        tray = Tray(seconds=0.2)
        tray.put("a")
        waiting = asyncio.create_task(LongPolls(tray.available, tray.committed).fetch(a_wait(tray), LONG))
        await asyncio.sleep(0.1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert tray.left() == ["a"]

    run(scenario)


def test_no_more_than_a_number_may_wait() -> None:
    async def scenario() -> None:
        tray = Tray()
        polls = LongPolls(tray.available, tray.committed)
        waiting = [asyncio.create_task(polls.fetch(a_wait(tray), LONG)) for _ in range(MAX_WAITING)]
        await until(lambda: len(polls) == MAX_WAITING)
        with pytest.raises(InvalidRequestException, match="Try again later") as refused:
            await polls.fetch(a_wait(tray), LONG)
        assert refused.value.status == HTTPStatus.TOO_MANY_REQUESTS
        for one in waiting:
            one.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    run(scenario)


def test_an_error_of_the_database_reaches_all_who_wait() -> None:
    def broken(_: Collection[Topic]) -> set[Topic]:
        raise InvalidRequestException("no database")

    async def scenario() -> None:
        tray = Tray()
        polls = LongPolls(broken, tray.committed)
        both = [asyncio.create_task(polls.fetch(a_wait(tray), LONG)) for _ in range(2)]
        found = await asyncio.gather(*both, return_exceptions=True)
        assert [str(error) for error in found] == ["no database"] * 2

    run(scenario)


class CountingSignal(Signal):
    """Knows how many listen."""

    def __init__(self) -> None:
        super().__init__()
        self.listeners = 0

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        unsubscribe = super().subscribe(listener)
        self.listeners += 1

        def leave() -> None:
            unsubscribe()
            self.listeners -= 1

        return leave


def test_nobody_listens_to_the_signal_when_nobody_waits() -> None:
    async def scenario() -> None:
        tray, committed = Tray(), CountingSignal()
        waiting = asyncio.create_task(LongPolls(tray.available, committed).fetch(a_wait(tray), timedelta(seconds=0.3)))
        await until(lambda: committed.listeners == 1)
        await waiting
        await until(lambda: committed.listeners == 0)

    run(scenario)
