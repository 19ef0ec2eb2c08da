"""Asks over HTTP/2 until the application knows its server: ``python http_2_client.py PORT HEADERS``."""

import json
import sys
import time

import httpx


def ask(port: int, headers: dict[str, str]) -> str:
    """The answer, when it names a server."""
    with httpx.Client(http1=False, http2=True, headers=headers) as client:
        for _ in range(40):
            response = client.get(f"http://127.0.0.1:{port}/engine-rest/telemetry/data").raise_for_status()
            if "application-server" in response.json()["product"]["internals"]:
                break
            time.sleep(0.1)
        return f"{response.text}" if response.http_version == "HTTP/2" else response.http_version


if __name__ == "__main__":
    sys.stdout.write(ask(int(sys.argv[1]), json.loads(sys.argv[2])))
