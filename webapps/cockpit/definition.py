"""The page of a process definition: what goes on in one version, or in all; and whether anything may start."""

from http import HTTPStatus
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import ProcessDefinition
from webapps.cockpit.activities import Scope, activities_of, chosen_activity
from webapps.cockpit.definition_tabs import DefinitionTabs
from webapps.lists import searched
from webapps.pages import Pages
from webapps.visitor import visitor_of

_MOST_VERSIONS = 200


class DefinitionPages:
    """The pages of one process definition, below Cockpit."""

    def __init__(self, engine: ProcessEngine, pages: Pages) -> None:
        """Show what this engine knows."""
        self._engine = engine
        self._pages = pages

    @property
    def routes(self) -> list[BaseRoute]:
        """The definition, and the question before it is suspended or activated."""
        return [
            Route("/process/{id}", self._show),
            Route("/process/{id}/suspension", self._ask_to_change),
            Route("/process/{id}/suspension", self._change, methods=["POST"]),
        ]

    def _show(self, request: Request) -> Response:
        definition = self._definition(request)
        scope = Scope(
            definition,
            all_versions=request.query_params.get("versions") == "all",
            activity_id=searched(request, "activity") or None,
        )
        activities = activities_of(self._engine, request, scope)
        tabs = DefinitionTabs(self._engine, request, scope, activities)
        return self._pages.render(
            request,
            "cockpit/process.html",
            definition=definition,
            all_versions=scope.all_versions,
            cleaned_up=self._engine.configuration.history_cleanup_activate,
            deployments=self._engine.repository_service.deployments(deployment_id=definition.deployment_id),
            versions=self._versions(definition),
            activities=activities,
            chosen=chosen_activity(request, scope, activities),
            found=scope.pairs,
            tabs=tabs.all,
            shown=tabs.shown,
            listed=tabs.listed,
        )

    def _ask_to_change(self, request: Request) -> Response:
        definition = self._definition(request)
        runtime = self._engine.runtime_service
        return self._pages.render(
            request,
            "cockpit/process-suspension.html",
            definition=definition,
            versions=len(self._versions(definition)),
            running=runtime.count_process_instances(definition_id=definition.id),
            running_of_all=runtime.count_process_instances(definition_key=definition.key),
        )

    def _change(self, request: Request) -> Response:
        visitor, definition = visitor_of(request), self._definition(request)
        if visitor.field("suspended") not in {"true", "false"}:
            raise HTTPException(HTTPStatus.BAD_REQUEST, "It is not said whether the process is to be suspended.")
        suspend = visitor.field("suspended") == "true"
        repository = self._engine.repository_service
        change = repository.suspend_process_definition if suspend else repository.activate_process_definition
        every = visitor.field("all") == "true"
        change(
            definition_id=None if every else definition.id,
            key=definition.key if every else None,
            include_instances=visitor.field("instances") == "true",
        )
        which = "All versions are" if every else f"Version {definition.version} is"
        address = visitor.url(f"/cockpit/process/{quote(definition.id, safe='')}")
        return self._pages.redirect(request, address, said=f"{which} {'suspended' if suspend else 'active'} now.")

    def _definition(self, request: Request) -> ProcessDefinition:
        return self._engine.repository_service.process_definition(request.path_params["id"])

    def _versions(self, definition: ProcessDefinition) -> list[ProcessDefinition]:
        return self._engine.repository_service.process_definitions(
            key=definition.key, sort_by="version", sort_order="desc", max_results=_MOST_VERSIONS
        )
