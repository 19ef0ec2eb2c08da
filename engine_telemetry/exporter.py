"""The wire: one HTTP POST of a report's bytes, bounded in time and size.

One deadline holds for the whole attempt: connecting, TLS, sending, and reading the answer share it, however slowly the
other side drips. Only name resolution cannot be bounded from Python; whoever closes an engine waits in another thread
and leaves it behind.

The request has no header but ``Host``, ``Content-Type``, ``Content-Length``, ``Idempotency-Key`` (a structured-field
string, draft-ietf-httpapi-idempotency-key-header) and ``User-Agent``. No redirect is followed, no cookie is kept, TLS
is always verified, and of the answer only the status, ``Retry-After`` (RFC 9110, 10.2.3) and 64 KiB of the body are
read.

The HTTP client is imported at the first attempt: a process that never reports never loads it.
"""

import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from engine_telemetry.configuration import Configuration

if TYPE_CHECKING:
    import httpx

NOT_ARRIVING = "Reports do not arrive at the endpoint; they are kept and tried again"
MAX_ANSWER_BYTES = 64 * 1024
MAX_RETRY_AFTER = timedelta(hours=24)


@dataclass(frozen=True)
class Answer:
    """What came of one attempt.

    Attributes:
        status: The HTTP status; ``None`` if there was no answer.
        problem: Why there was none.
        retry_after: How long the endpoint wants to be left alone.
    """

    status: int | None
    problem: str | None = None
    retry_after: timedelta = timedelta(0)

    def __str__(self) -> str:
        """The answer for people, for example ``HTTP 503``."""
        return str(self.problem) if self.status is None else f"HTTP {self.status}"


def why_nothing_is_sent_to(gone_endpoint: str) -> str:
    """What an endpoint that answered 410 means, and the way out, as a sentence."""
    return (
        f"Nothing is sent: {gone_endpoint!r} has answered 410, it is gone for good. Set another telemetryEndpoint and"
        " restart; what is counted until then is in its first report. Switching telemetry off and on tries this one"
        " again"
    )


@dataclass(frozen=True)
class Exporter:
    """Sends reports to one endpoint.

    Attributes:
        endpoint: The URL that reports are posted to.
        ca_file: Certificates of a private authority, PEM; the system's authorities if ``None``.
        client_certificate: A certificate and its key in one PEM file, for endpoints that ask for one.
    """

    endpoint: str
    ca_file: Path | None = None
    client_certificate: Path | None = None

    @classmethod
    def configured(cls, settings: Configuration) -> "Exporter | None":
        """The one that the settings name; ``None`` without an endpoint."""
        if settings.telemetry_endpoint is None:
            return None
        return cls(settings.telemetry_endpoint, settings.telemetry_ca_file, settings.telemetry_client_certificate)

    def send(self, body: bytes, report_id: str, timeout: timedelta) -> Answer:
        """Post these bytes under this id. Any trouble on the way is an ``Answer`` with a problem, not an error."""
        import httpx  # noqa: PLC0415 - not before the first attempt, as the module says

        try:
            with self._client(timeout) as client:
                return self._post(client, body, report_id)
        # A certificate that cannot be read is an OSError or a ValueError, an unusable proxy is any but HTTPError.
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError, ImportError) as exc:
            return Answer(None, problem=f"{type(exc).__name__}: {exc}".rstrip(": "))

    def _post(self, client: "httpx.Client", body: bytes, report_id: str) -> Answer:
        import httpx  # noqa: PLC0415 - as above

        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": f'"{report_id}"',
            "User-Agent": f"engine-telemetry/{version('engine-telemetry')}",
        }
        request = httpx.Request("POST", self.endpoint, headers=headers, content=body)  # a client's adds more headers
        response = client.send(request, stream=True)
        try:
            _read_bounded(response)
        except httpx.HTTPError:
            pass  # the status has been said; what follows it changes nothing
        finally:
            response.close()
        return Answer(response.status_code, retry_after=_retry_after(response.headers.get("Retry-After")))

    def _client(self, timeout: timedelta) -> "httpx.Client":
        import httpx  # noqa: PLC0415 - as above

        from engine_telemetry.deadline import DeadlineTransport  # noqa: PLC0415 - it is made of the HTTP client

        context = ssl.create_default_context(cafile=self.ca_file)
        if self.client_certificate is not None:
            context.load_cert_chain(self.client_certificate)
        deadline = time.monotonic() + timeout.total_seconds()
        return httpx.Client(transport=DeadlineTransport(deadline, context, self._proxy()), trust_env=False)

    def _proxy(self) -> str | None:
        """The proxy that the environment names (``HTTPS_PROXY``, ``NO_PROXY``)."""
        parts = urlsplit(self.endpoint)
        return None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)


def _read_bounded(response: "httpx.Response") -> None:
    received = 0
    for chunk in response.iter_raw():
        received += len(chunk)
        if received > MAX_ANSWER_BYTES:
            return


def _retry_after(value: str | None) -> timedelta:
    """Seconds or a date (RFC 9110, 10.2.3), at most a day; nothing if it is neither."""
    if not value:
        return timedelta(0)
    if value.isascii() and value.isdigit():
        return min(timedelta(seconds=int(value[:9])), MAX_RETRY_AFTER)
    try:
        wait = parsedate_to_datetime(value) - datetime.now(UTC)
    except (ValueError, TypeError, OverflowError):  # no date, one without a zone, or one that no calendar has
        return timedelta(0)
    return max(timedelta(0), min(wait, MAX_RETRY_AFTER))
