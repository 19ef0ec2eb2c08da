"""Says whether the REST API may be served on an address: beyond the loopback address it needs a password or a word."""

from ipaddress import IPv4Address, IPv6Address, ip_address

from engine_telemetry.configuration.settings import Configuration


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches the address: ``localhost``, 127.0.0.0/8, ``::1``; not the empty one, all."""
    return host.lower() == "localhost" or bool((address := _address(host)) and address.is_loopback)


def refusal(configuration: Configuration, host: str) -> str | None:
    """Why the REST API must not be served on this address, and the ways out; ``None`` if it may."""
    allowed = configuration.rest_authentication != "none" or configuration.rest_allow_unauthenticated
    if allowed or is_loopback(host):
        return None
    source = configuration.source("rest_authentication")
    return (
        f"The REST API asks for no password (restAuthentication is none: {source}), and the server listens beyond this"
        f" machine, on {host!r}. Set ENGINE_REST_AUTHENTICATION=basic and make a user: engine-telemetry create-admin"
        " NAME. Or listen on 127.0.0.1. Or, if something else keeps strangers out, set"
        " ENGINE_REST_ALLOW_UNAUTHENTICATED=true."
    )


def is_address(host: str) -> bool:
    """Whether it is an IP address, and no name."""
    return _address(host) is not None


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
