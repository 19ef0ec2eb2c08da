"""How soon a worker that waits for an external task has it."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from benchmarks.processes import running_engine
from benchmarks.rounds import Effort
from benchmarks.servers import TIME_LIMIT_SECONDS, Server, running
from benchmarks.tables import Row, at_most

_FETCH = {
    "workerId": "w",
    "maxTasks": 1,
    "asyncResponseTimeout": 30_000,
    "topics": [{"topicName": "t", "lockDuration": 60_000}],
}
_UNTIL_IT_WAITS, _BETWEEN_LOOKS = 0.1, 0.5  # seconds


def rows(effort: Effort, folder: Path) -> Iterator[Row]:
    """From the request that starts an instance to the answer of the worker that waits for its task."""
    url = f"sqlite:///{folder}/polling.db"
    with running_engine(url, folder / "polling"):
        pass  # both processes are deployed
    with ExitStack() as stack:
        here, there = (stack.enter_context(running({"DATABASE_URL": url})) for _ in range(2))
        for server in (here, there):
            server.wait_until_it_answers()
        for where, server, limit in (("the same process", here, 100), ("another process", there, 1000)):
            milliseconds = [_latency(here, server, number / effort.polls) * 1000 for number in range(effort.polls)]
            measure = f"a start in {where}, until a worker that waits has the task"
            yield at_most(limit, measure, milliseconds, "ms", "the machine is busy with other things")


def _latency(worker_at: Server, start_at: Server, phase: float) -> float:
    with ThreadPoolExecutor(1) as pool:
        fetched = pool.submit(_fetch, worker_at)
        time.sleep(_UNTIL_IT_WAITS + phase * _BETWEEN_LOOKS)  # a look for what others committed is as near as far
        began = time.perf_counter()
        _post(start_at, "process-definition/key/p/start", {})
        return fetched.result() - began


def _fetch(server: Server) -> float:
    tasks = _post(server, "external-task/fetchAndLock", _FETCH)
    if len(tasks) != 1:
        raise RuntimeError(f"A worker was answered with {tasks!r} instead of its task.")
    return time.perf_counter()


def _post(server: Server, path: str, body: object) -> Any:  # noqa: ANN401 - JSON is what it is
    with closing(HTTPConnection("127.0.0.1", server.port, timeout=TIME_LIMIT_SECONDS)) as connection:
        headers = {"Content-Type": "application/json"}
        connection.request("POST", f"/engine-rest/{path}", json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != HTTPStatus.OK:
            raise RuntimeError(f"POST {path} was answered with {answer.status}: {content!r}")
        return json.loads(content)
