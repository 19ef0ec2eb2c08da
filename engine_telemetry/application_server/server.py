"""The application server as reports name it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ApplicationServer:
    """An application server.

    Attributes:
        vendor: The server's own spelling, for example ``gunicorn``.
        version: Its text, for example ``gunicorn/27.0.1 (uvicorn/0.54.0)``; ``None`` when it cannot be known.
    """

    vendor: str
    version: str | None = None
