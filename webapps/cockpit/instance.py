"""The page of a process instance: where it stands and what is in it; and its end by an administrator."""

from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import ProcessInstance
from engine_telemetry.exceptions import NotFoundException
from webapps.cockpit.instance_tabs import ALWAYS_SHOWN, tabs_of
from webapps.cockpit.standing import standing_of
from webapps.lists import part_of
from webapps.pages import Pages
from webapps.variable_texts import CUT, text_of
from webapps.visitor import visitor_of

_LONGEST_REASON = 1000


class InstancePages:
    """The pages of one process instance, below Cockpit."""

    def __init__(self, engine: ProcessEngine, pages: Pages) -> None:
        """Show what this engine knows."""
        self._engine = engine
        self._pages = pages

    @property
    def routes(self) -> list[BaseRoute]:
        """The instance, and the question before it is cancelled."""
        return [
            Route("/instance/{id}", self._show),
            Route("/instance/{id}/cancel", self._ask_to_cancel),
            Route("/instance/{id}/cancel", self._cancel, methods=["POST"]),
        ]

    def _show(self, request: Request) -> Response:
        instance = self._find(request.path_params["id"])
        return self._ended(request) if instance is None else self._running(request, instance)

    def _running(self, request: Request, instance: ProcessInstance) -> Response:
        tabs = tabs_of(self._engine, instance.id)
        counts = {name: tab.count() for name, tab in tabs.items()}
        wanted = request.query_params.get("show", "")
        shown = wanted if wanted in tabs else next(iter(tabs))
        part = part_of(request, counts[shown])
        return self._pages.render(
            request,
            "cockpit/instance.html",
            instance=instance,
            definition=self._engine.repository_service.process_definition(instance.definition_id),
            caller=self._find(instance.super_instance_id) if instance.super_instance_id else None,
            standing=standing_of(self._engine, instance.id),
            tabs=[
                (name, tab.title, counts[name]) for name, tab in tabs.items() if counts[name] or name in ALWAYS_SHOWN
            ],
            shown=shown,
            title=tabs[shown].title,
            part=part,
            rows=tabs[shown].find(first_result=part.first, max_results=part.size),
            text_of=text_of,
            cut=CUT,
        )

    def _ended(self, request: Request) -> Response:
        found = self._engine.history_service.process_instances(instance_id=request.path_params["id"])
        if not found:
            raise HTTPException(404)
        return self._pages.render(request, "cockpit/instance-ended.html", instance=found[0])

    def _ask_to_cancel(self, request: Request) -> Response:
        instance = self._find(request.path_params["id"])
        if instance is None:
            return self._gone(request)
        return self._pages.render(
            request,
            "cockpit/instance-cancel.html",
            instance=instance,
            definition=self._engine.repository_service.process_definition(instance.definition_id),
            called=self._engine.runtime_service.count_process_instances(super_instance_id=instance.id),
        )

    def _cancel(self, request: Request) -> Response:
        visitor = visitor_of(request)
        reason = visitor.field("reason").strip()[:_LONGEST_REASON] or f"Cancelled by {visitor.user_id} in Cockpit"
        try:
            self._engine.runtime_service.delete_process_instance(request.path_params["id"], reason=reason)
        except NotFoundException:
            return self._gone(request)
        return self._pages.redirect(request, visitor.url("/cockpit/instances"), said="The instance was cancelled.")

    def _gone(self, request: Request) -> Response:
        address = visitor_of(request).url(f"/cockpit/instance/{quote(request.path_params['id'], safe='')}")
        return self._pages.redirect(request, address, said="It does not run any more.", kind="alert")

    def _find(self, instance_id: str) -> ProcessInstance | None:
        return next(iter(self._engine.runtime_service.process_instances(instance_id=instance_id)), None)
