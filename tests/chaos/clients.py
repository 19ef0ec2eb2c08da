"""Clients that note what they attempted and what was acknowledged, one command for each request."""

import json
import random
import threading
import time
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException

START, FETCH = "StartProcessInstanceCmd", "FetchExternalTasksCmd"
COMMANDS = (START, FETCH)
REQUESTS: dict[str, tuple[str, object]] = {
    START: ("/engine-rest/process-definition/key/approval/start", {"businessKey": "A-1"}),
    FETCH: (
        "/engine-rest/external-task/fetchAndLock",
        {"workerId": "chaos", "maxTasks": 1, "topics": [{"topicName": "reserve", "lockDuration": 1000}]},
    ),
}
_TIMEOUT_SECONDS = 5
_PAUSE_SECONDS = 0.01


@dataclass(frozen=True)
class Attempt:
    """One request for one command.

    Attributes:
        command: The class that the engine counts.
        sent: When it was sent, in seconds since 1970.
        ended: When an answer came; without one, when nobody can be working on it any more.
        acknowledged: Whether it was answered with 200.
    """

    command: str
    sent: float
    ended: float
    acknowledged: bool


def ask(port: int, path: str, body: object) -> int:
    """POST and return the status.

    Raises:
        OSError, HTTPException: There was no answer.
    """
    connection = HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
    finally:
        connection.close()
    return answer.status


class Clients:
    """Threads that ask one after another, until they are stopped."""

    def __init__(self, port: int, chance: random.Random, number: int) -> None:
        """Start them."""
        self._port = port
        self._stopping = threading.Event()
        self._lists: list[list[Attempt]] = []
        self._threads = []
        for _ in range(number):
            attempts: list[Attempt] = []
            arguments = (attempts, random.Random(chance.random()))
            self._lists.append(attempts)
            self._threads.append(threading.Thread(target=self._ask_on, args=arguments, daemon=True))
        for thread in self._threads:
            thread.start()

    @property
    def attempts(self) -> list[Attempt]:
        """What they noted so far."""
        return [attempt for attempts in self._lists for attempt in list(attempts)]

    def stop(self) -> None:
        """Ask no more."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _ask_on(self, attempts: list[Attempt], chance: random.Random) -> None:
        while not self._stopping.wait(_PAUSE_SECONDS):
            attempt = self._ask(chance.choice(COMMANDS))
            if attempt is not None:
                attempts.append(attempt)

    def _ask(self, command: str) -> Attempt | None:
        sent = time.time()
        try:
            status = ask(self._port, *REQUESTS[command])
        except ConnectionRefusedError:
            return None  # nobody has seen it
        except (OSError, HTTPException):
            return Attempt(command, sent, time.time() + 2 * _TIMEOUT_SECONDS, acknowledged=False)
        return Attempt(command, sent, time.time(), acknowledged=status == 200)
