"""An HTTP transport with one deadline for all that it does: httpx has time limits for each step only."""

import socket
import ssl
import time
from collections.abc import Iterable

import httpcore
import httpx


class DeadlineTransport(httpx.HTTPTransport):
    """httpx's transport over connections that end at a moment of the monotonic clock.

    A server that sends one byte at a time satisfies every time limit for a single read; it does not satisfy this one.
    """

    def __init__(self, deadline: float, context: ssl.SSLContext, proxy: str | None) -> None:
        """Connect with this TLS context, by this proxy, until ``time.monotonic()`` reaches the deadline."""
        super().__init__(verify=context, trust_env=False, proxy=proxy)
        self._pool._network_backend = _Backend(deadline)  # noqa: SLF001 - httpx has no other way to it


class _Backend(httpcore.NetworkBackend):
    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline stands in for it
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        untried = _addresses(host, port)
        while True:
            share = _left(self._deadline) / len(untried)  # a single limit would hold for each of them
            try:
                stream = self._sockets.connect_tcp(untried.pop(0), port, share, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if not untried:
                    raise
            else:
                return _Stream(stream, self._deadline)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - as above
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - as above
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - as above
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, _left(self._deadline))
        return _Stream(stream, self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def _addresses(host: str, port: int) -> list[str]:
    try:
        return [str(address[0]) for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError as exc:
        raise httpcore.ConnectError(f"{host}: {exc}") from exc


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("The time for the whole attempt is over")
    return left
