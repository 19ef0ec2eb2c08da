"""A WSGI server that nobody has heard of: one request at a time, and no name in its environ."""

import io
import socket
import sys
from typing import Any


class Exchange:
    """One request and its response."""

    def __init__(self, connection: socket.socket) -> None:
        """Read the request, if one comes."""
        self._connection = connection
        self.lines = connection.recv(65536).decode("latin-1").splitlines()

    def begin(self, status: str, headers: list[tuple[str, str]], _: object = None) -> None:
        """Send the head of the response."""
        lines = [f"HTTP/1.0 {status}", *(f"{name}: {value}" for name, value in headers), "", ""]
        self._connection.sendall("\r\n".join(lines).encode("latin-1"))

    def run(self, app: Any) -> None:
        """Let the application answer."""
        method, path, protocol = self.lines[0].split(" ")
        environ: dict[str, object] = {"REQUEST_METHOD": method, "SCRIPT_NAME": "", "PATH_INFO": path}
        environ |= {"SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80", "SERVER_PROTOCOL": protocol}
        environ |= {"wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr}
        for name, _, value in (line.partition(": ") for line in self.lines[1:] if line):
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
        for part in app(environ, self.begin):
            self._connection.sendall(part)


def serve(app: Any, port: int) -> None:
    """Serve for ever."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        while True:
            with listener.accept()[0] as connection:
                exchange = Exchange(connection)
                if exchange.lines:
                    exchange.run(app)
