"""Says, once the server answers, where it is, what state telemetry is in, and how to change that.

It is run beside the server by ``scripts/serve``, and ends with it.
"""

import argparse
import json
import os
import sys
import time
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

_POLL_SECONDS = 0.2


def announcement(address: str, status: dict[str, Any]) -> str:
    """The text for the person who started the server."""
    switch = "false" if status["enabled"] else "true"
    verb = "off" if status["enabled"] else "on"
    where = f" Reports go to {status['endpoint']}." if status["endpoint"] else ""
    return f"""
  engine-telemetry is running at {address}/   (stop it with Ctrl-C)

  {status["reason"]}{where}
  To switch it {verb}:

    curl -H 'Content-Type: application/json' -d '{{"enableTelemetry": {switch}}}' \\
      {address}/engine-rest/telemetry/configuration
"""


def wait_for_status(address: str) -> dict[str, Any] | None:
    """The status of telemetry when the server answers; ``None`` if the server is gone before it did."""
    server = os.getppid()
    while os.getppid() == server:
        try:
            with urlopen(f"{address}/engine-rest/telemetry/status", timeout=5) as response:  # noqa: S310 - http
                status: dict[str, Any] = json.load(response)
                return status
        except HTTPError as exc:
            sys.exit(f"The server at {address} answered {exc.code}; its log says why.")
        except (URLError, OSError):
            time.sleep(_POLL_SECONDS)
    return None


def main() -> None:
    """Wait, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", help="of the server, for example http://127.0.0.1:8080")
    address = parser.parse_args().address
    status = wait_for_status(address)
    if status is not None:
        print(announcement(address, status), flush=True)  # noqa: T201 - it is what this program does


if __name__ == "__main__":
    main()
