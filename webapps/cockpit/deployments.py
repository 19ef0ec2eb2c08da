"""The pages of a deployment: what is in it, its files, and its end."""

from http import HTTPStatus
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Deployment, Resource
from engine_telemetry.exceptions import NotFoundException, ProcessEngineException
from webapps.cockpit.downloads import download
from webapps.pages import Pages
from webapps.visitor import visitor_of

_MOST_LINES = 5_000  # of a file, on a page
_MOST_DIGITS = 9


class DeploymentPages:
    """The pages of one deployment, below Cockpit."""

    def __init__(self, engine: ProcessEngine, pages: Pages) -> None:
        """Show what this engine knows."""
        self._engine = engine
        self._repository = engine.repository_service
        self._pages = pages

    @property
    def routes(self) -> list[BaseRoute]:
        """The deployment, its files, and the question before it is deleted."""
        return [
            Route("/deployment/{id}", self._show),
            Route("/deployment/{id}/delete", self._ask_to_delete),
            Route("/deployment/{id}/delete", self._delete, methods=["POST"]),
            Route("/deployment/{id}/file/{file_id}", self._view),
            Route("/deployment/{id}/file/{file_id}/download", self._save),
        ]

    def _show(self, request: Request) -> Response:
        deployment = self._deployment(request)
        files = self._repository.deployment_resources(deployment.id)
        return self._pages.render(request, "cockpit/deployment.html", files=files, **self._about(deployment))

    def _view(self, request: Request) -> Response:
        file, content = self._file(request)
        deployment = self._deployment(request)
        text = _text(content)
        lines = None if text is None else text.splitlines()
        return self._pages.render(
            request, "cockpit/file.html", deployment=deployment, file=file, lines=lines, shown=_MOST_LINES
        )

    def _save(self, request: Request) -> Response:
        file, content = self._file(request)
        return download(content, file.name)

    def _ask_to_delete(self, request: Request) -> Response:
        return self._question(request)

    def _delete(self, request: Request) -> Response:
        visitor = visitor_of(request)
        cascade = visitor.field("cascade") == "true"
        if cascade and self._running(request.path_params["id"]) > _number(visitor.field("running")):
            return self._question(request, "More instances run than when you were asked, so nothing was deleted.")
        try:
            self._repository.delete_deployment(request.path_params["id"], cascade=cascade)
        except NotFoundException as exc:
            raise HTTPException(404) from exc
        except ProcessEngineException as exc:
            return self._question(request, str(exc))
        address = visitor.url("/cockpit/deployments")
        return self._pages.redirect(request, address, said="The deployment was deleted.")

    def _question(self, request: Request, error: str = "") -> Response:
        deployment = self._deployment(request)
        statistics = self._engine.management_service.definition_statistics(deployment_id=deployment.id, sort_by="key")
        return self._pages.render(
            request,
            "cockpit/deployment-delete.html",
            status_code=HTTPStatus.CONFLICT if error else HTTPStatus.OK,
            statistics=statistics,
            running=sum(one.instances for one in statistics),
            ended=self._engine.history_service.count_process_instances(deployment_id=deployment.id, finished=True),
            files=self._repository.deployment_resources(deployment.id),
            error=error,
            deployment=deployment,
            decisions=self._repository.decision_definitions(deployment_id=deployment.id, sort_by="key"),
        )

    def _running(self, deployment_id: str) -> int:
        return self._engine.runtime_service.count_process_instances(deployment_id=deployment_id)

    def _about(self, deployment: Deployment) -> dict[str, Any]:
        processes = self._repository.process_definitions(deployment_id=deployment.id, sort_by="key")
        decisions = self._repository.decision_definitions(deployment_id=deployment.id, sort_by="key")
        models = {each.resource for each in processes} | {each.resource for each in decisions}
        return {"deployment": deployment, "processes": processes, "decisions": decisions, "models": models}

    def _deployment(self, request: Request) -> Deployment:
        found = self._repository.deployments(deployment_id=request.path_params["id"])
        if not found:
            raise HTTPException(404)
        return found[0]

    def _file(self, request: Request) -> tuple[Resource, bytes]:
        asked = request.path_params
        found = [file for file in self._repository.deployment_resources(asked["id"]) if file.id == asked["file_id"]]
        if not found:
            raise HTTPException(404)
        return found[0], self._repository.deployment_resource_content(asked["id"], found[0].id)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else 0


def _text(content: bytes) -> str | None:
    """The file as text; ``None`` if it is none."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text
