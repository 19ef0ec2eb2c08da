"""What an administrator does to a process instance: suspend, activate, retry, cancel it; forget one that has ended."""

from collections.abc import Callable, Sequence
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import NotFoundException, NullValueException
from webapps.cockpit.instance import find_instance
from webapps.cockpit.retried import Failed, tried_again
from webapps.pages import Pages
from webapps.visitor import visitor_of

_LONGEST_REASON = 1000
_MOST_RETRIED = 1000
_TRIED_AGAIN = ("failedJob", "failedExternalTask")


class InstanceActions:
    """The actions on one process instance, below Cockpit; two of them ask first."""

    def __init__(self, engine: ProcessEngine, pages: Pages) -> None:
        """Do it with this engine."""
        self._engine = engine
        self._pages = pages

    @property
    def routes(self) -> list[BaseRoute]:
        """The questions, and what is sent."""
        path = "/instance/{id}"
        posts: dict[str, Callable[[Request], Response]] = {
            "suspend": self._suspend,
            "activate": self._activate,
            "retry": self._retry,
            "cancel": self._cancel,
            "delete": self._delete,
        }
        return [
            Route(f"{path}/cancel", self._ask_to_cancel),
            Route(f"{path}/delete", self._ask_to_delete),
            *(Route(f"{path}/{name}", action, methods=["POST"]) for name, action in posts.items()),
        ]

    def _suspend(self, request: Request) -> Response:
        try:
            self._engine.runtime_service.suspend_process_instance(request.path_params["id"])
        except NullValueException:
            return self._gone(request)
        return self._back(request, "The instance is suspended.")

    def _activate(self, request: Request) -> Response:
        try:
            self._engine.runtime_service.activate_process_instance(request.path_params["id"])
        except NullValueException:
            return self._gone(request)
        return self._back(request, "The instance goes on.")

    def _retry(self, request: Request) -> Response:
        """What failed gets one try more, also in the instances that this one called."""
        failed = self._failed(request.path_params["id"])
        if not failed:
            return self._back(request, "Nothing in it has failed that can be tried again.", "alert")
        try:
            self._try_again(failed)
        except (NotFoundException, NullValueException):
            return self._back(request, "Something in it went on meanwhile: look again.", "alert")
        return self._back(request, tried_again(self._engine, failed))

    def _failed(self, instance_id: str) -> list[Failed]:
        """Each job and external task without retries."""
        runtime, failed = self._engine.runtime_service, []
        for incident in runtime.incidents(instance_id=instance_id, max_results=_MOST_RETRIED):
            own = incident.root_cause_incident_id == incident.id
            causes = [incident] if own else runtime.incidents(incident_id=incident.root_cause_incident_id)
            failed += [
                Failed(incident, cause.kind, cause.configuration, None if own else cause.instance_id)
                for cause in causes
                if cause.kind in _TRIED_AGAIN and cause.configuration
            ]
        return failed

    def _try_again(self, failed: Sequence[Failed]) -> None:
        for one in failed:
            if one.kind == "failedJob":
                self._engine.management_service.set_job_retries(one.its_id, 1)
        tasks = [one.its_id for one in failed if one.kind == "failedExternalTask"]
        if tasks:
            self._engine.external_task_service.set_retries_of_all(tasks, 1)

    def _ask_to_cancel(self, request: Request) -> Response:
        instance = find_instance(self._engine, request.path_params["id"])
        if instance.end_time is not None:
            return self._gone(request)
        called = self._engine.runtime_service.count_process_instances(super_instance_id=instance.id)
        return self._pages.render(request, "cockpit/instance-cancel.html", instance=instance, called=called)

    def _cancel(self, request: Request) -> Response:
        visitor = visitor_of(request)
        reason = visitor.field("reason").strip()[:_LONGEST_REASON] or f"Cancelled by {visitor.user_id} in Cockpit"
        try:
            self._engine.runtime_service.delete_process_instance(request.path_params["id"], reason=reason)
        except NotFoundException:
            return self._gone(request)
        return self._pages.redirect(request, visitor.url("/cockpit/instances"), said="The instance was cancelled.")

    def _ask_to_delete(self, request: Request) -> Response:
        instance = find_instance(self._engine, request.path_params["id"])
        if instance.end_time is None:
            return self._back(request, "It still runs: cancel it first.", "alert")
        return self._pages.render(request, "cockpit/instance-delete.html", instance=instance)

    def _delete(self, request: Request) -> Response:
        instance = find_instance(self._engine, request.path_params["id"])
        if instance.end_time is None:
            return self._back(request, "It still runs: cancel it first.", "alert")
        self._engine.history_service.delete_process_instance(instance.id)
        address = visitor_of(request).url("/cockpit/instances")
        return self._pages.redirect(request, address, said="The instance was deleted from the history.")

    def _gone(self, request: Request) -> Response:
        return self._back(request, "It does not run any more.", "alert")

    def _back(self, request: Request, said: str, kind: str = "status") -> Response:
        address = visitor_of(request).url(f"/cockpit/instance/{quote(request.path_params['id'], safe='')}")
        return self._pages.redirect(request, address, said=said, kind=kind)
