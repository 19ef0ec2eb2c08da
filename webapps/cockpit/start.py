"""The first page of Cockpit, and what leads to the others."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from webapps.cockpit.batches import BatchPages
from webapps.cockpit.chart import chart_of, last_hours
from webapps.cockpit.decisions import DecisionPages
from webapps.cockpit.definitions import definition_routes
from webapps.cockpit.deploying import deploying_routes
from webapps.cockpit.deployments import DeploymentPages
from webapps.cockpit.groups import GroupPages
from webapps.cockpit.incident import incident_page_routes
from webapps.cockpit.incidents import incident_routes
from webapps.cockpit.instance import instance_routes
from webapps.cockpit.instance_actions import InstanceActions
from webapps.cockpit.instances import instance_list_routes
from webapps.cockpit.telemetry import telemetry_routes
from webapps.cockpit.users import UserPages
from webapps.cockpit.variable_changes import VariableChanges
from webapps.cockpit.variables import variable_routes
from webapps.cockpit.waiting_actions import WaitingActions
from webapps.pages import Pages

_FIRST_PROCESSES = 10


def cockpit_routes(engine: ProcessEngine, pages: Pages) -> list[BaseRoute]:
    """The pages of Cockpit, below ``/cockpit``."""

    def show(request: Request) -> Response:
        since, until = last_hours(datetime.now(UTC))
        return pages.render(
            request,
            "cockpit/start.html",
            instances=engine.runtime_service.count_process_instances(),
            tasks=engine.task_service.count_tasks(),
            incidents=engine.runtime_service.count_incidents(root_cause=True),
            processes=engine.repository_service.count_process_definitions(latest_version=True),
            first=engine.management_service.definition_statistics(
                all_versions=True, sort_by="name", max_results=_FIRST_PROCESSES
            ),
            chart=chart_of(engine.history_service.instances_by_hour(since=since, until=until)),
            telemetry=engine.management_service.get_telemetry_status(),
        )

    return [
        Route("/", show),
        *definition_routes(engine, pages),
        *instance_list_routes(engine, pages),
        *incident_routes(engine, pages),
        *BatchPages(engine, pages).routes,
        *instance_routes(engine, pages),
        *InstanceActions(engine, pages).routes,
        *WaitingActions(engine, pages).routes,
        *VariableChanges(engine, pages).routes,
        *variable_routes(engine, pages),
        *incident_page_routes(engine, pages),
        *deploying_routes(engine, pages),
        *DeploymentPages(engine, pages).routes,
        *DecisionPages(engine, pages).routes,
        *UserPages(engine, pages).routes,
        *GroupPages(engine, pages).routes,
        *telemetry_routes(engine, pages),
    ]
