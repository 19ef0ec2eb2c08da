"""Refuses requests that came in from beyond this machine while the API asks for no password.

Under gunicorn the server does not start then. Other servers do not tell an application where they listen, but with each
request the address at which it came in (ASGI, "HTTP connection scope", ``server``; some in PEP 3333's ``SERVER_NAME``).
Only an IP address is looked at: a name may be the client's own ``Host``.
"""

from engine_telemetry.configuration import is_address, refusal
from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import RestException


def refuse_strangers(engine: ProcessEngine, host: str) -> None:
    """Let the request pass if it came in at the loopback address, or if the API may be served at this one.

    Raises:
        RestException: It may not (403).
    """
    reason = refusal(engine.configuration, host) if is_address(host) else None
    if reason is not None:
        raise RestException(403, reason)
