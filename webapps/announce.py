"""Says, once the server answers, where it is, what state telemetry is in, and how to change that.

It is run beside the server by ``scripts/serve``, and ends with it.
"""

import argparse
import json
import os
import sys
import time
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

_POLL_SECONDS = 0.2


def announcement(address: str, status: dict[str, Any] | None) -> str:
    """The text for the person who started the server; without a status, the server asks who asks."""
    if status is None:
        return f"""
  engine-telemetry is running at {address}/   (stop it with Ctrl-C)

  It asks for a user and a password. The first administrator is made there, or by

    engine-telemetry create-admin NAME

  with the settings of this server. Cockpit, and "engine-telemetry status", then say what telemetry does.
"""
    switch = "false" if status["enabled"] else "true"
    verb = "off" if status["enabled"] else "on"
    go = "go" if status["enabled"] else "would go"
    where = f" Reports {go} to {status['endpoint']}." if status["endpoint"] else ""
    return f"""
  engine-telemetry is running at {address}/   (stop it with Ctrl-C)

  {status["reason"]}{where}
  To switch it {verb}, log in there as an administrator (the first one is made there, too), or:

    curl -H 'Content-Type: application/json' -d '{{"enableTelemetry": {switch}}}' \\
      {address}/engine-rest/telemetry/configuration
"""


def wait_for_status(address: str) -> dict[str, Any] | None:
    """The status of telemetry when the server answers; ``None`` if it shows that only to who logs in.

    Ends the program if the server is gone before it answered, or answers with an error.
    """
    server = os.getppid()
    while os.getppid() == server:
        try:
            with urlopen(f"{address}/engine-rest/telemetry/status", timeout=5) as response:  # noqa: S310 - http
                status: dict[str, Any] = json.load(response)
                return status
        except HTTPError as exc:
            if exc.code == HTTPStatus.UNAUTHORIZED:
                return None
            sys.exit(f"The server at {address} answered {exc.code}; its log says why.")
        except (URLError, OSError):
            time.sleep(_POLL_SECONDS)
    sys.exit(1)


def main() -> None:
    """Wait, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address", help="of the server, for example http://127.0.0.1:8080")
    address = parser.parse_args().address
    print(announcement(address, wait_for_status(address)), flush=True)  # noqa: T201 - it is what this program does


if __name__ == "__main__":
    main()
