"""The pages of decisions: which there are, and the table of one, which can be tried."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.decisions import DecisionText, Evaluation
from engine_telemetry.engine.entities import DecisionDefinition
from engine_telemetry.exceptions import DmnEvaluationException
from webapps.cockpit.decision_trial import TYPES, Trial, as_text, trial_of
from webapps.cockpit.downloads import download
from webapps.lists import order_of, part_of, searched
from webapps.pages import Pages
from webapps.visitor import visitor_of

_MOST_VERSIONS = 200


class DecisionPages:
    """The pages of decisions, below Cockpit."""

    def __init__(self, engine: ProcessEngine, pages: Pages) -> None:
        """Show what this engine knows."""
        self._repository = engine.repository_service
        self._decisions = engine.decision_service
        self._pages = pages

    @property
    def routes(self) -> list[BaseRoute]:
        """The list, and one version of one decision."""
        return [
            Route("/decisions", self._list),
            Route("/decision", self._choose_version),
            Route("/decision/{id}", self._show),
            Route("/decision/{id}", self._try, methods=["POST"]),
            Route("/decision/{id}/model", self._model),
        ]

    def _list(self, request: Request) -> Response:
        text = searched(request, "q")
        total = self._repository.count_decision_definitions(latest_version=True, containing=text or None)
        part, order = part_of(request, total), order_of(request, ("name", "key"), ("name", "asc"))
        found = self._repository.decision_definitions(
            latest_version=True,
            containing=text or None,
            sort_by=order.by,
            sort_order=order.direction,
            first_result=part.first,
            max_results=part.size,
        )
        return self._pages.render(request, "cockpit/decisions.html", found=found, part=part, order=order, text=text)

    def _choose_version(self, request: Request) -> Response:
        wanted = request.query_params.get("version", "")
        return self._pages.redirect(request, visitor_of(request).url(f"/cockpit/decision/{quote(wanted, safe='')}"))

    def _show(self, request: Request) -> Response:
        definition = self._repository.decision_definition(request.path_params["id"])
        text = self._repository.decision_text(definition.id)
        return self._page(request, definition, text, Trial.of_names(text.asks))

    def _try(self, request: Request) -> Response:
        """Evaluate it with what was filled in. It changes nothing, but is counted as a command."""
        definition = self._repository.decision_definition(request.path_params["id"])
        text = self._repository.decision_text(definition.id)
        trial = trial_of(visitor_of(request))
        if trial.errors:
            return self._page(request, definition, text, trial)
        try:
            evaluation = self._evaluate(definition, text, trial)
        except DmnEvaluationException as exc:
            return self._page(request, definition, text, trial, problem=str(exc))
        return self._page(request, definition, text, trial, evaluation=evaluation)

    def _evaluate(self, definition: DecisionDefinition, text: DecisionText, trial: Trial) -> Evaluation:
        if text.literal is None:
            return self._decisions.evaluate_table(definition.id, trial.variables)
        return Evaluation(self._decisions.evaluate(decision_id=definition.id, variables=trial.variables))

    def _page(
        self,
        request: Request,
        definition: DecisionDefinition,
        text: DecisionText,
        trial: Trial,
        *,
        evaluation: Evaluation | None = None,
        problem: str = "",
    ) -> Response:
        is_wrong = bool(problem or trial.errors)
        return self._pages.render(
            request,
            "cockpit/decision.html",
            status_code=HTTPStatus.UNPROCESSABLE_ENTITY if is_wrong else HTTPStatus.OK,
            decision=text,
            trial=trial,
            types=TYPES,
            evaluation=evaluation,
            problem=problem,
            shown=as_text,
            command="EvaluateDecisionTableCmd" if text.literal is None else "EvaluateDecisionCmd",
            **self._about(definition, text.requires),
        )

    def _about(self, definition: DecisionDefinition, requires: Sequence[str]) -> dict[str, Any]:
        siblings = self._repository.decision_definitions(deployment_id=definition.deployment_id)
        files = self._repository.deployment_resources(definition.deployment_id)
        return {
            "definition": definition,
            "versions": self._repository.decision_definitions(
                key=definition.key, sort_by="version", sort_order="desc", max_results=_MOST_VERSIONS
            ),
            "deployments": self._repository.deployments(deployment_id=definition.deployment_id),
            "files": [file for file in files if file.name == definition.resource],
            "required": [one for one in siblings if one.key in requires],
        }

    def _model(self, request: Request) -> Response:
        definition = self._repository.decision_definition(request.path_params["id"])
        return download(self._repository.decision_model(definition.id), definition.resource, "application/xml")
