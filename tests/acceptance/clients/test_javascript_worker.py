"""camunda-external-task-client-js, as npm installs it: its worker, in a process of Node's."""

import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.servers import Server, wait_until

pytestmark = [pytest.mark.full, pytest.mark.timeout(180)]
PACKAGE = "camunda-external-task-client-js@3.1.0"
PROGRAM = """
import { Client, Variables, logger } from "camunda-external-task-client-js";
const client = new Client({ baseUrl: process.argv[2], use: logger, asyncResponseTimeout: 5000, workerId: "node" });
client.subscribe("charging", { lockDuration: 10000 }, async ({ task, taskService }) => {
  const amount = task.variables.get("amount");
  await taskService.extendLock(task, 20000);
  if (amount === 1) {
    await taskService.handleBpmnError(task, "broken", "no", new Variables().set("why", "x"));
  } else if (amount === 2) {
    await taskService.handleFailure(task, { errorMessage: "no", errorDetails: "more", retries: 0, retryTimeout: 0 });
  } else if (amount === 3) {
    const variables = new Variables();
    variables.set("amount", 4);
    await taskService.complete(task, variables);
  }
});
"""


def test_its_worker_completes_fails_and_throws_errors(server: Server, deployed: dict[str, Any], tmp_path: Path) -> None:
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("npm is not installed")
    assert deployed["id"]
    folder = tmp_path / "node"
    folder.mkdir()
    install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE]
    subprocess.run(install, cwd=folder, check=True, capture_output=True, timeout=120)
    (folder / "worker.mjs").write_text(PROGRAM)
    with (tmp_path / "node.log").open("wb") as log:
        worker = subprocess.Popen(
            ["node", "worker.mjs", f"{server.url}/engine-rest"], cwd=folder, stdout=log, stderr=log
        )
        try:
            for amount in (1, 2, 3):
                body = {"variables": {"amount": {"value": amount, "type": "Integer"}}}
                assert server.post("/process-definition/key/day/start", body).status_code == 200
            wait_until(lambda: server.get("/task/count") == {"count": 1}, 30)
            wait_until(lambda: server.get("/incident/count") == {"count": 1}, 30)
            wait_until(lambda: server.get("/history/process-instance/count?completed=true") == {"count": 1}, 30)
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.wait(10)
    [task] = server.get("/task")
    assert server.get(f"/task/{task['id']}/variables/amount")["value"] == 4
