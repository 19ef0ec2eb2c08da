"""One application's attempts to recognise the server that runs it, until there is nothing more to find.

Theory of operation
-------------------

* An attempt is made in a call, so in the process that serves: never at import, never in a master that only loads the
  application. A forked child starts anew.
* ``pending`` is the one thing that a middleware looks at. It is false once a server was found or an attempt failed, and
  after ``ATTEMPTS`` calls that showed no server.
* Most servers show their version while they run; they are noted within the call. For the others the installed
  distributions must be looked at, which takes up to some hundred milliseconds: a daemon thread does that once, when
  the request is over, notes the server and ends. If no thread can be started, the server is noted without its version.
* Two threads with their first calls at the same time may both recognise: the registry keeps what comes first.
"""

import logging
import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from engine_telemetry.application_server import ApplicationServer, Call, Sighting, find, identify
from engine_telemetry.registry import Registry

ATTEMPTS = 5
_DELAY = timedelta(milliseconds=100)  # so that the request has the interpreter for itself
_log = logging.getLogger("engine_telemetry.telemetry")
_recognitions: "weakref.WeakSet[Recognition]" = weakref.WeakSet()


class Recognition:
    """Recognises the server of this process for one application.

    Attributes:
        pending: Whether there may be something to find yet.
    """

    def __init__(self, registry: Registry) -> None:
        """Know nothing."""
        self._registry = registry
        self.start_anew()
        _recognitions.add(self)

    def start_anew(self) -> None:
        """Forget what was found, as in a forked child."""
        self.pending = True
        self._attempts = 0
        self._remembered: Sighting | None = None

    def remember(self, call: Call) -> None:
        """Keep what a lifespan call shows, for calls that show nothing. Never raises."""
        with _harmless():
            self._remembered = find(call)

    def attempt(self, call: Call) -> None:
        """Recognise the server and note it. Never raises."""
        self.pending = False
        self._attempts += 1
        with _harmless():
            sighting = find(replace(call, remembered=self._remembered))
            if sighting:
                self._note(sighting)
            else:
                self.pending = self._attempts < ATTEMPTS

    def _note(self, sighting: Sighting) -> None:
        if sighting.complete:
            self._note_identified(sighting)
            return
        timer = threading.Timer(_DELAY.total_seconds(), self._note_identified, (sighting,))
        timer.name = "engine-telemetry-recognition"
        timer.daemon = True
        try:
            timer.start()
        except RuntimeError:  # no more threads, or the interpreter is ending
            if sighting.vendor:
                self._registry.note_application_server(ApplicationServer(sighting.vendor))

    def _note_identified(self, sighting: Sighting) -> None:
        with _harmless():
            server = identify(sighting)
            if server:
                self._registry.note_application_server(server)


@contextmanager
def _harmless() -> Iterator[None]:
    """Whatever is wrong with the objects of a server or an application, a request must not fail because of it."""
    try:
        yield
    except Exception:  # noqa: BLE001  # foreign objects may raise anything
        _log.warning("Recognising the application server failed", exc_info=True)


def _start_all_anew() -> None:
    for recognition in _recognitions:
        recognition.start_anew()


os.register_at_fork(after_in_child=_start_all_anew)
