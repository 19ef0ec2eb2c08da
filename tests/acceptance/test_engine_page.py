"""The program in the page about the engine, as a person would copy it."""

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.acceptance.servers import PROJECT


def test_the_program_prints_what_the_page_says(tmp_path: Path) -> None:
    page = (PROJECT / "docs" / "engine.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(from .*?)```", page, re.DOTALL)
    (printed,) = re.findall(r"^    # (\{.*\})$", program, re.MULTILINE)
    environment = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(PROJECT)}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )
    assert done.stdout.strip() == printed, done.stderr
