"""Tells whether a page of another site has made a browser send a request, by what the browser says of it."""

import ipaddress
from contextlib import suppress
from urllib.parse import urlsplit


def foreign_origin(fetch_site: str | None, origin: str | None, host: str) -> bool:
    """Whether the request comes from a page that is not our own.

    Args:
        fetch_site: The header ``Sec-Fetch-Site`` (Fetch Metadata), which browsers send to addresses that they trust.
        origin: The header ``Origin`` (RFC 6454), which all browsers send with what may change something.
        host: The header ``Host``.
    """
    if fetch_site:
        return fetch_site not in {"same-origin", "none"}
    own = {f"http://{host}".lower(), f"https://{host}".lower()} if host else set()
    return origin is not None and origin.lower() not in own


def is_own_name(host: str) -> bool:
    """Whether nobody else's name server can make this name, of the header ``Host``, lead to this machine.

    A page at another name may have that name lead here after it was loaded (DNS rebinding); browsers then take the
    page for one of ours.
    """
    name = ""
    with suppress(ValueError):
        name = urlsplit(f"//{host}").hostname or ""
    if name == "localhost" or name.endswith(".localhost"):  # RFC 6761, 6.3
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
