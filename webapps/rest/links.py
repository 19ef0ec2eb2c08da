"""Links from an answer to the thing it made."""

from webapps.rest.exchange import Request


def link_to_self(request: Request, path: str) -> list[dict[str, str]]:
    """Camunda's list of links, with the one to the thing itself."""
    return [{"method": "GET", "href": f"{request.base_url}{path}", "rel": "self"}]
