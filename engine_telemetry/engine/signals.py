"""Tells those who wait in this process that something has happened."""

import threading
from collections.abc import Callable


class Signal:
    """A notice without content to any number of listeners. Any thread."""

    def __init__(self) -> None:
        """Nobody listens yet."""
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call the listener at each notice, in the thread that gives it; so it must be quick and must not raise.

        Returns:
            What ends it; a second call does nothing.
        """

        def unsubscribe() -> None:
            with self._lock:
                self._listeners = [other for other in self._listeners if other is not listener]

        with self._lock:
            self._listeners = [*self._listeners, listener]
        return unsubscribe

    def notify(self) -> None:
        """Call each listener."""
        for listener in self._listeners:
            listener()
