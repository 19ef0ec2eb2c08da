"""The tour of the README, as a person would type it."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.acceptance.servers import PROJECT, free_port


def test_the_tour_shows_a_report_with_two_process_instances(tmp_path: Path) -> None:
    (tour,) = re.findall(r"```bash\n(.*?)```", (PROJECT / "README.md").read_text(), re.DOTALL)
    assert len(tour.splitlines()) == 10
    for port in ("8080", "8089"):
        tour = tour.replace(port, str(free_port()))
    tour = tour.replace(".venv/bin/python", sys.executable)
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "PYTHON": sys.executable,
        "ENGINE_DATABASE_URL": f"sqlite:///{tmp_path}/engine.db",
    }
    done = subprocess.run(
        ["bash", "-c", tour], cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=55, check=False
    )
    assert '"StartProcessInstanceCmd": {\n' in done.stdout, done.stdout + done.stderr
    assert re.search(r'"StartProcessInstanceCmd": \{\s+"count": 2', done.stdout), done.stdout + done.stderr
    assert "engine-telemetry is running at http://127.0.0.1:" in done.stdout
    assert "nobody has decided yet" in done.stdout
