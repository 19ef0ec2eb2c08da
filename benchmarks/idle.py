"""Runs in a fresh interpreter: how often the reporter wakes while telemetry is off, and what it does; prints JSON."""

import json
import sys
import tempfile
import threading
import time
from datetime import timedelta
from pathlib import Path

from benchmarks.statements import noted_statements
from engine_telemetry import Configuration, Telemetry

_INTERVAL = timedelta(milliseconds=100)


def wake_ups() -> int:
    """How often the reporter's thread has slept and woken so far, by proc(5)."""
    (native_id,) = (thread.native_id for thread in threading.enumerate() if thread.name == "engine-telemetry-reporter")
    status = Path(f"/proc/self/task/{native_id}/status").read_text()
    return int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])


def watch(seconds: float, folder: Path) -> dict[str, object]:
    """Look at an idle reporter that long."""
    telemetry = Telemetry(
        Configuration(
            database_url=f"sqlite:///{folder}/engine.db",
            initialize_telemetry=False,
            telemetry_endpoint="http://127.0.0.1:9/reports",
            telemetry_flush_interval=_INTERVAL,
        )
    )
    telemetry.open()
    time.sleep(_INTERVAL.total_seconds() * 3)
    with noted_statements() as statements:
        woken, used = wake_ups(), time.process_time()
        time.sleep(seconds)
        woken, used = wake_ups() - woken, time.process_time() - used
    telemetry.close()
    return {"wake_ups": woken, "cpu_seconds": used, "statements": statements}


def main() -> None:
    """Print it."""
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(watch(float(sys.argv[1]), Path(folder))))


main()
