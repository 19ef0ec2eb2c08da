"""The first page of Cockpit, and what leads to the others."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from webapps.cockpit.definitions import definition_routes
from webapps.cockpit.deploying import deploying_routes
from webapps.cockpit.deployments import DeploymentPages
from webapps.cockpit.instance import InstancePages
from webapps.cockpit.instances import instance_list_routes
from webapps.cockpit.telemetry import telemetry_routes
from webapps.cockpit.variables import variable_routes
from webapps.pages import Pages

_FIRST_PROCESSES = 10


def cockpit_routes(engine: ProcessEngine, pages: Pages) -> list[BaseRoute]:
    """The pages of Cockpit, below ``/cockpit``."""

    def show(request: Request) -> Response:
        return pages.render(
            request,
            "cockpit/start.html",
            instances=engine.runtime_service.count_process_instances(),
            tasks=engine.task_service.count_tasks(),
            incidents=engine.runtime_service.count_incidents(),
            processes=engine.repository_service.count_process_definitions(latest_version=True),
            first=engine.management_service.definition_statistics(
                all_versions=True, sort_by="name", max_results=_FIRST_PROCESSES
            ),
            telemetry=engine.management_service.get_telemetry_status(),
        )

    return [
        Route("/", show),
        *definition_routes(engine, pages),
        *instance_list_routes(engine, pages),
        *variable_routes(engine, pages),
        *InstancePages(engine, pages).routes,
        *deploying_routes(engine, pages),
        *DeploymentPages(engine, pages).routes,
        *telemetry_routes(engine, pages),
    ]
