"""The page at ``/``: where people go on from."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from webapps.pages import Pages

RESOURCES = ("deployment", "process-definition", "process-instance", "task", "external-task", "engine", "version")


def home_routes(pages: Pages) -> list[Route]:
    """The page."""

    def show(request: Request) -> Response:
        return pages.render(request, "home.html", resources=RESOURCES)

    return [Route("/", show)]
