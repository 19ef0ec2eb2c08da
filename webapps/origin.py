"""Tells whether a page of another site has made a browser send a request, by what the browser says of it."""

from engine_telemetry.configuration import is_address


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
    name = host_name(host).lower()
    return name == "localhost" or name.endswith(".localhost") or is_address(name)  # RFC 6761, 6.3


def host_name(host: str) -> str:
    """The header ``Host`` without the port (RFC 9110, 7.2); empty if its brackets do not close."""
    if host.startswith("["):
        name, bracket, _ = host[1:].partition("]")
        return name if bracket else ""
    return host.partition(":")[0]
