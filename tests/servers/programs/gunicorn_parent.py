"""A gunicorn configuration that starts a uvicorn as a child of each worker, on the port in ``CHILD_PORT``."""

import os
import subprocess
import sys


def post_worker_init(_: object) -> None:
    """Start the child, which inherits the worker's environment."""
    command = [sys.executable, "-m", "uvicorn", "--port", os.environ["CHILD_PORT"], "app:asgi_app"]
    subprocess.Popen(command)  # a command of our own
