"""What this process knows for its next reports: the application server that runs it, and who wants to be told.

The middleware notes the server here, without knowing any engine; every telemetry of the process listens, and writes it
where its whole process group finds it. The first server that is noted wins until the process ends. A forked child
starts with nothing noted: it may be served by another server.
"""

import os
import threading
import weakref
from typing import Protocol

from engine_telemetry.application_server import ApplicationServer


class Listener(Protocol):
    """Somebody who wants to know the application server."""

    def application_server_noted(self, server: ApplicationServer) -> None:
        """Called once, in the thread that recognised the server. Must not raise."""


class Registry:
    """The application server of one process. Thread-safe."""

    def __init__(self) -> None:
        """Know nothing."""
        self._lock = threading.Lock()
        self._server: ApplicationServer | None = None
        self._listeners: weakref.WeakSet[Listener] = weakref.WeakSet()

    @property
    def application_server(self) -> ApplicationServer | None:
        """The server that was noted, if any."""
        return self._server

    def note_application_server(self, server: ApplicationServer) -> None:
        """Remember the server and tell the listeners; later calls change nothing."""
        with self._lock:
            if self._server is not None:
                return
            self._server = server
            listeners = list(self._listeners)
        for listener in listeners:
            listener.application_server_noted(server)

    def listen(self, listener: Listener) -> None:
        """Tell this listener too, at once if a server is noted already. It is held weakly."""
        with self._lock:
            self._listeners.add(listener)
            server = self._server
        if server is not None:
            listener.application_server_noted(server)

    def forget(self) -> None:
        """Know nothing again, as in a forked child; the listeners stay."""
        self._lock = threading.Lock()
        self._server = None


process_registry = Registry()
os.register_at_fork(after_in_child=process_registry.forget)
