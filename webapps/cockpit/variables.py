"""The whole value of a variable: as a page, and to be saved."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.runtime_entities import VariableInstance
from webapps.cockpit.downloads import download
from webapps.pages import Pages
from webapps.variable_texts import content_of, text_of

_ENDINGS = {"Bytes": ".bin", "Json": ".json"}


def variable_routes(engine: ProcessEngine, pages: Pages) -> list[BaseRoute]:
    """The pages of one variable, below Cockpit."""

    def show(request: Request) -> Response:
        variable = _find(request)
        return pages.render(request, "cockpit/variable.html", variable=variable, text=text_of(variable.value))

    def save(request: Request) -> Response:
        variable = _find(request)
        return download(content_of(variable.value), variable.name + _ENDINGS.get(variable.value.type, ".txt"))

    def _find(request: Request) -> VariableInstance:
        asked = request.path_params
        found = engine.runtime_service.variable_instances(variable_id=asked["variable_id"], instance_ids=[asked["id"]])
        if not found:
            raise HTTPException(404)
        return found[0]

    path = "/instance/{id}/variable/{variable_id}"
    return [Route(path, show), Route(f"{path}/download", save)]
