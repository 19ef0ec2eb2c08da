"""The pages of one variable of a process instance: its whole value, and how it is saved, changed and deleted."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.history_entities import HistoricVariableInstance
from webapps.cockpit.downloads import download
from webapps.cockpit.instance import find_instance
from webapps.pages import Pages
from webapps.variable_texts import content_of, text_of

_ENDINGS = {"Bytes": ".bin", "Json": ".json", "Xml": ".xml"}


def variable_routes(engine: ProcessEngine, pages: Pages) -> list[BaseRoute]:
    """The pages of a variable as it is, or as it was last, below Cockpit."""

    def show(request: Request) -> Response:
        variable = _find(request)
        return pages.render(
            request,
            "cockpit/variable.html",
            variable=variable,
            instance=find_instance(engine, variable.instance_id),
            text=text_of(variable.value),
        )

    def save(request: Request) -> Response:
        variable = _find(request)
        name = variable.value.value_info.get("filename")
        ending = _ENDINGS.get(variable.value.type, ".txt")
        return download(content_of(variable.value), str(name) if name else variable.name + ending)

    def _find(request: Request) -> HistoricVariableInstance:
        asked = request.path_params
        found = engine.history_service.variable_instances(variable_id=asked["variable_id"], instance_id=asked["id"])
        if not found:
            raise HTTPException(404)
        return found[0]

    path = "/instance/{id}/variable/{variable_id}"
    return [Route(path, show), Route(f"{path}/download", save)]
