"""Links from an answer to the thing it made."""

from dataclasses import dataclass

from webapps.rest.exchange import Request


@dataclass(frozen=True)
class AtomLink:
    """One of Camunda's links."""

    rel: str
    href: str
    method: str


def link_to_self(request: Request, path: str) -> tuple[AtomLink, ...]:
    """Camunda's list of links, with the one to the thing itself."""
    return (AtomLink(method="GET", href=f"{request.base_url}{path}", rel="self"),)
