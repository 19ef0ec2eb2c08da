"""Remembers failed checks of passwords, so that guessing has to pause.

They are kept in memory, for each process: a stranger's guesses then write nothing to the database, and names that do
not exist are treated as those that do. With *n* processes a guesser has *n* times as many tries, still far too few.
"""

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

MOST = 10
WINDOW_SECONDS = 60.0
_LARGEST = 10_000  # names; who floods it with others, to be forgotten, pays for a check each


class FailedChecks:
    """The last failed checks of each user. Thread-safe.

    Args:
        clock: Monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Know of none."""
        self._clock = clock
        self._lock = threading.Lock()
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()

    def pause(self, user_id: str) -> float:
        """For how many seconds no password of this user may be checked; 0 if one may."""
        with self._lock:
            times = self._failed.get(user_id)
            if times is None or len(times) < MOST:
                return 0.0
            return max(0.0, times[0] + WINDOW_SECONDS - self._clock())

    def add(self, user_id: str) -> None:
        """A check failed."""
        with self._lock:
            self._failed.setdefault(user_id, deque(maxlen=MOST)).append(self._clock())
            self._failed.move_to_end(user_id)
            if len(self._failed) > _LARGEST:
                self._failed.popitem(last=False)

    def forget(self, user_id: str) -> None:
        """A check succeeded."""
        with self._lock:
            self._failed.pop(user_id, None)
