"""What is done to many instances: the question before, the progress after, and the list of what was done so."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.batches import Batch, BatchKind
from webapps.cockpit.incidents import retries_of
from webapps.cockpit.instance_list import definitions_of, find_running
from webapps.cockpit.instance_search import Fields, InstanceSearch, search_of
from webapps.lists import part_of
from webapps.pages import Pages
from webapps.visitor import local_path, visitor_of

_FIRST = 10  # of those that are about to be changed
_MOST_WITH_CALLED = 25  # instances of which those that they called are counted
_MOST = 100_000
_MOST_MARKED = 1000  # a page of a list has far fewer
_LONGEST_REASON = 1000


@dataclass(frozen=True)
class Action:
    """What can be done to many instances.

    Attributes:
        kind: The engine's name for it.
        verb: As on the button.
        meaning: What comes of it.
    """

    kind: BatchKind
    verb: str
    meaning: str


ACTIONS = {
    "retry": Action(
        "set-job-retries", "Retry", "Their failed jobs and failed external tasks are tried again; incidents end."
    ),
    "suspend": Action(
        "instance-update-suspension-state",
        "Suspend",
        "They pause: nothing goes on in them until they are activated again.",
    ),
    "activate": Action("instance-update-suspension-state", "Activate", "What was suspended goes on."),
    "cancel": Action(
        "instance-deletion",
        "Cancel",
        "They end for good: their tasks and variables go. The history stays. This cannot be undone.",
    ),
}


@dataclass(frozen=True)
class Chosen:
    """The instances that something is to be done to.

    Attributes:
        ids: Those that were marked; empty if it is all that a search finds.
    """

    ids: list[str]
    search: InstanceSearch | None

    @property
    def criteria(self) -> dict[str, Any]:
        """What finds them."""
        return self.search.criteria() if self.search else {"instance_ids": self.ids}

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The same as fields of a form."""
        return [("all", "true"), *self.search.pairs()] if self.search else [("id", each) for each in self.ids]


def chosen_in(fields: Fields) -> Chosen | None:
    """The instances that the fields of a form name; ``None`` if these are none."""
    if fields.get("all") == "true":
        search = search_of(fields)
        return None if not search.runs or search.errors() else Chosen([], search)
    ids = [each for each in fields.getlist("id") if isinstance(each, str) and each and "\0" not in each]
    return Chosen(ids, None) if 0 < len(ids) <= _MOST_MARKED else None


class BatchPages:
    """The pages of batches, below Cockpit."""

    def __init__(self, engine: ProcessEngine, pages: Pages) -> None:
        """Show what this engine knows."""
        self._engine = engine
        self._pages = pages

    @property
    def routes(self) -> list[BaseRoute]:
        """The question, the batches, and one of them."""
        return [
            Route("/instances/batch", self._ask),
            Route("/instances/batch", self._begin, methods=["POST"]),
            Route("/batches", self._show_all),
            Route("/batch/{id}", self._show),
            Route("/batch/{id}/halt", self._halt, methods=["POST"]),
            Route("/batch/{id}/resume", self._resume, methods=["POST"]),
            Route("/batch/{id}/delete", self._delete, methods=["POST"]),
        ]

    def _ask(self, request: Request) -> Response:
        name, chosen = request.query_params.get("action", ""), chosen_in(request.query_params)
        if name not in ACTIONS:
            raise HTTPException(404)
        return self._nothing(request) if chosen is None else self._question(request, name, chosen, {})

    def _consequences(self, chosen: Chosen, total: int) -> dict[str, Any]:
        """What else goes if these are cancelled, and what may still come, if they are few."""
        if total > _MOST_WITH_CALLED:
            return {"called": None, "processes": []}
        runtime = self._engine.runtime_service
        those = runtime.process_instances(**chosen.criteria)
        ids = {one.id for one in those}
        called = sum(runtime.count_process_instances(super_instance_id=each) for each in ids)
        definitions = definitions_of(self._engine, {one.definition_id for one in those}).values()
        return {
            "called": called - sum(one.super_instance_id in ids for one in those),
            "processes": [one for one in definitions if not one.suspended],
        }

    def _question(self, request: Request, name: str, chosen: Chosen, errors: Mapping[str, str]) -> Response:
        total = self._engine.runtime_service.count_process_instances(**chosen.criteria)
        if not total:
            return self._nothing(request)
        first = {**chosen.criteria, "sort_by": "startTime", "sort_order": "desc", "max_results": _FIRST}
        return self._pages.render(
            request,
            "cockpit/batch-question.html",
            status_code=422 if errors else 200,
            name=name,
            action=ACTIONS[name],
            chosen=chosen,
            total=total,
            most=_MOST,
            first=find_running(self._engine, first),
            errors=errors,
            retries=visitor_of(request).field("retries") or "1",
            back=_came_from(request),
            **(self._consequences(chosen, total) if name == "cancel" else {"called": 0, "processes": []}),
        )

    def _begin(self, request: Request) -> Response:
        visitor = visitor_of(request)
        name, chosen = visitor.field("action"), chosen_in(visitor.form)
        if name not in ACTIONS:
            raise HTTPException(404)
        if chosen is None:
            return self._nothing(request)
        retries = retries_of(visitor.field("retries"))
        if name == "retry" and retries is None:
            return self._question(request, name, chosen, {"retries": "Write a number from 1 to 1000."})
        which = {"search": chosen.criteria} if chosen.search else {"ids": chosen.ids}
        batch = self._engine.management_service.create_batch(
            ACTIONS[name].kind, **which, **_settings(name, retries, self._reason(request))
        )
        return self._pages.redirect(request, _batch_address(request, batch.id))

    def _reason(self, request: Request) -> str:
        visitor = visitor_of(request)
        return visitor.field("reason").strip()[:_LONGEST_REASON] or f"Cancelled by {visitor.user_id} in Cockpit"

    def _nothing(self, request: Request) -> Response:
        sent = request.query_params if request.method == "GET" else visitor_of(request).form
        address = _came_from(request)
        if sent.get("all") != "true" and not sent.getlist("id"):
            return self._pages.redirect(request, f"{address}#choose-first")
        return self._pages.redirect(request, address, said="No running instance was chosen.", kind="alert")

    def _show_all(self, request: Request) -> Response:
        batches = self._engine.management_service
        part = part_of(request, batches.count_batches())
        found = batches.batches(sort_by="startTime", sort_order="desc", first_result=part.first, max_results=part.size)
        return self._pages.render(request, "cockpit/batches.html", found=found, part=part)

    def _show(self, request: Request) -> Response:
        batch = self._engine.management_service.batch(request.path_params["id"])
        part = part_of(request, batch.failed)
        failures = self._engine.management_service.batch_failures(
            batch.id, first_result=part.first, max_results=part.size
        )
        return self._pages.render(
            request, "cockpit/batch.html", batch=batch, part=part, failures=failures, back=_came_from(request)
        )

    def _halt(self, request: Request) -> Response:
        self._engine.management_service.suspend_batch(request.path_params["id"])
        return self._back(request, "It pauses. What was done stays done.")

    def _resume(self, request: Request) -> Response:
        self._engine.management_service.activate_batch(request.path_params["id"])
        return self._back(request, "It goes on.")

    def _back(self, request: Request, said: str) -> Response:
        return self._pages.redirect(request, _batch_address(request, request.path_params["id"]), said=said)

    def _delete(self, request: Request) -> Response:
        batch = self._engine.management_service.batch(request.path_params["id"])
        self._engine.management_service.delete_batch(batch.id)
        return self._pages.redirect(request, visitor_of(request).url("/cockpit/batches"), said=_removed(batch))


def _came_from(request: Request) -> str:
    """Where somebody chose instances: the list with its search, page and order."""
    visitor = visitor_of(request)
    given = local_path(visitor.field("back") or request.query_params.get("back", "")) or ""
    pairs = search_of(visitor.form if request.method == "POST" else request.query_params).pairs()
    address, query = visitor.url("/cockpit/instances"), urlencode(list(pairs))
    return given.partition("#")[0] or (f"{address}?{query}" if query else address)


def _batch_address(request: Request, batch_id: str) -> str:
    visitor, back = visitor_of(request), _came_from(request)
    kept = None if back == visitor.url("/cockpit/instances") else back
    return visitor.url(f"/cockpit/batch/{quote(batch_id, safe='')}", back=kept)


def _removed(batch: Batch) -> str:
    if batch.finished:
        return "It was removed from this list. The instances are as they were."
    return f"It was stopped: {batch.remaining} of {batch.total} are as they were. What was done stays done."


def _settings(name: str, retries: int | None, reason: str) -> dict[str, Any]:
    if name == "retry":
        return {"retries": retries}
    return {"reason": reason} if name == "cancel" else {"suspended": name == "suspend"}
