"""The pages of process definitions: which there are, and the model of each."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from webapps.cockpit.definition import DefinitionPages
from webapps.cockpit.downloads import download
from webapps.lists import part_of, searched
from webapps.pages import Pages
from webapps.visitor import visitor_of


def definition_routes(engine: ProcessEngine, pages: Pages) -> list[BaseRoute]:
    """The pages of process definitions, below Cockpit."""

    def show_all(request: Request) -> Response:
        text = searched(request, "q")
        part = part_of(
            request, engine.repository_service.count_process_definitions(latest_version=True, containing=text or None)
        )
        found = engine.management_service.definition_statistics(
            all_versions=True,
            containing=text or None,
            sort_by="name",
            first_result=part.first,
            max_results=part.size,
        )
        return pages.render(request, "cockpit/processes.html", found=found, part=part, text=text)

    def choose_version(request: Request) -> Response:
        visitor = visitor_of(request)
        wanted, of = (request.query_params.get(name, "") for name in ("version", "of"))
        every = "all" if wanted == "all" else None
        return pages.redirect(
            request, visitor.url(f"/cockpit/process/{quote(of if every else wanted, safe='')}", versions=every)
        )

    def model(request: Request) -> Response:
        definition = engine.repository_service.process_definition(request.path_params["id"])
        return download(engine.repository_service.process_model(definition.id), definition.resource, "application/xml")

    return [
        Route("/processes", show_all),
        Route("/process", choose_version),
        *DefinitionPages(engine, pages).routes,
        Route("/process/{id}/model", model),
    ]
