"""The page of an incident: what failed, what can be done, what people note about it, and the stack trace."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.history_entities import HistoricIncident
from webapps.cockpit.instance import find_instance
from webapps.pages import Pages
from webapps.visitor import visitor_of

_LONGEST_ANNOTATION = 4000


def incident_page_routes(engine: ProcessEngine, pages: Pages) -> list[BaseRoute]:
    """The page of an incident that is open or was, and the note in it, below Cockpit."""

    def show(request: Request) -> Response:
        incident = _find(request.path_params["id"])
        if incident is None:
            raise HTTPException(404)
        caused = incident.root_cause_incident_id != incident.id
        names = _names(incident)
        return pages.render(
            request,
            "cockpit/incident.html",
            incident=incident,
            instance=find_instance(engine, incident.instance_id) if incident.instance_id else None,
            cause=_find(incident.root_cause_incident_id) if caused else None,
            activity=names.get(incident.activity_id or "") or incident.activity_id,
            failed=names.get(incident.failed_activity_id or "") or incident.failed_activity_id,
            details=engine.management_service.incident_details(incident.id),
            longest=_LONGEST_ANNOTATION,
        )

    def annotate(request: Request) -> Response:
        visitor, incident_id = visitor_of(request), request.path_params["id"]
        text = visitor.field("annotation").strip()[:_LONGEST_ANNOTATION]
        engine.runtime_service.annotate_incident(incident_id, text or None)
        said = "The note was saved." if text else "The note was removed."
        return pages.redirect(request, visitor.url(f"/cockpit/incident/{incident_id}"), said=said)

    def _find(incident_id: str) -> HistoricIncident | None:
        return next(iter(engine.history_service.incidents(incident_id=incident_id)), None)

    def _names(incident: HistoricIncident) -> dict[str, str | None]:
        ids = [incident.definition_id] if incident.definition_id else []
        there = engine.repository_service.process_definitions(definition_ids=ids) if ids else []
        model = engine.repository_service.model_activities(there[0].id) if there else {}
        return {activity_id: activity.name for activity_id, activity in model.items()}

    return [Route("/incident/{id}", show), Route("/incident/{id}/annotation", annotate, methods=["POST"])]
