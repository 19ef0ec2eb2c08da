"""operaton-tasks, as it is installed: its worker in a process of its own, as its command line starts it."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.servers import Server, wait_until

pytestmark = pytest.mark.full
MODULE = """
from operaton.tasks import task
from operaton.tasks.runtime import ExternalTaskComplete
from operaton.tasks.types import CompleteExternalTaskDto, ExternalTaskBpmnError, VariableValueDto, VariableValueType

failed = set()

@task("charging", localVariables=False)
async def charge(task):
    amount = task.variables["amount"].value
    if amount == 1:
        response = ExternalTaskBpmnError(workerId=task.workerId, errorCode="broken", errorMessage="no")
    elif amount == 2:
        raise ValueError("no")
    else:
        paid = VariableValueDto(value=True, type=VariableValueType.Boolean)
        response = CompleteExternalTaskDto(workerId=task.workerId, variables={"paid": paid})
    return ExternalTaskComplete(task=task, response=response)
"""


def test_its_worker_completes_fails_and_throws_errors(server: Server, deployed: dict[str, Any], tmp_path: Path) -> None:
    pytest.importorskip("operaton.tasks.types")
    assert deployed["id"]
    (tmp_path / "work.py").write_text(MODULE)
    environment = {
        **os.environ,
        "ENGINE_REST_BASE_URL": f"{server.url}/engine-rest",
        "ENGINE_REST_POLL_TTL_SECONDS": "5",
        "TASKS_MODULE": "work",
        "PYTHONPATH": str(tmp_path),
    }
    program = "import asyncio, work; from operaton.tasks.main import run_worker_once; asyncio.run(run_worker_once())"
    with (tmp_path / "worker.log").open("wb") as log:
        worker = subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=log, stderr=log)
        try:
            for amount in (1, 2, 3):
                body = {"variables": {"amount": {"value": amount}}}
                assert server.post("/process-definition/key/day/start", body).status_code == 200
            wait_until(lambda: server.get("/task/count") == {"count": 1}, 30)
            wait_until(lambda: server.get("/incident/count") == {"count": 1}, 30)
            wait_until(lambda: server.get("/history/process-instance/count?completed=true") == {"count": 1}, 30)
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.wait(10)
    [incident] = server.get("/incident")
    assert "no" in incident["incidentMessage"]
