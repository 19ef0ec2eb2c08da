"""What is listed below the diagram of a process definition: one tab for each kind of thing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.runtime_entities import DefinitionStatistics, Job
from webapps.cockpit.activities import Activities, Scope
from webapps.cockpit.incidents import ListedIncidents, list_of_incidents
from webapps.cockpit.instance_list import ListedInstances, list_of_instances
from webapps.lists import Part, here, part_of

_TITLES = {"instances": "Instances", "incidents": "Incidents", "jobs": "Jobs", "called": "Called processes"}


@dataclass(frozen=True)
class ListedJobs:
    """A part of the jobs."""

    jobs: list[Job]
    part: Part


@dataclass(frozen=True)
class CalledProcess:
    """A process that an activity calls.

    Attributes:
        called: Its key, or the expression that gives it.
        statistics: Of what is deployed under that key; ``None`` if nothing is.
    """

    activity_name: str
    called: str
    statistics: DefinitionStatistics | None


@dataclass(frozen=True)
class CalledProcesses:
    """All processes that are called."""

    processes: list[CalledProcess]
    part: Part


Listed = ListedInstances | ListedIncidents | ListedJobs | CalledProcesses


class DefinitionTabs:
    """The lists of a process definition, of which a request shows one.

    Attributes:
        shown: The name of that one.
        listed: What it lists.
    """

    def __init__(self, engine: ProcessEngine, request: Request, scope: Scope, activities: Activities) -> None:
        """Look at what the request wants."""
        self._engine = engine
        self._request = request
        self._scope = scope
        self._activities = activities
        wanted = request.query_params.get("show", "")
        self.shown = wanted if wanted in _TITLES else "instances"
        self.listed = self._list()

    @property
    def all(self) -> list[tuple[str, str, bool, int]]:
        """The tabs that have something, and those that always are there; as ``ui.tabs`` takes them."""
        counts = {name: self._count(name) for name in _TITLES}
        return [
            (title, self._address(name), name == self.shown, counts[name])
            for name, title in _TITLES.items()
            if counts[name] or name in {"instances", "incidents", self.shown}
        ]

    def _list(self) -> Listed:
        lists: dict[str, Callable[[], Listed]] = {
            "instances": self._instances,
            "incidents": self._incidents,
            "jobs": self._jobs,
            "called": self._called,
        }
        return lists[self.shown]()

    def _address(self, name: str) -> str:
        return here(self._request, show=name, page=None, sort=None, order=None) + "#list"

    def _count(self, name: str) -> int:
        if name == self.shown:
            return self.listed.part.total
        if name == "instances":
            return self._engine.runtime_service.count_process_instances(**self._instances_asked())
        if name == "incidents":
            return self._engine.runtime_service.count_incidents(**self._incidents_asked())
        if name == "jobs":
            return self._engine.management_service.count_jobs(**self._jobs_asked())
        return len(self._calls())

    def _instances(self) -> ListedInstances:
        return list_of_instances(self._engine, self._request, self._instances_asked())

    def _incidents(self) -> ListedIncidents:
        return list_of_incidents(self._engine, self._request, self._incidents_asked())

    def _jobs(self) -> ListedJobs:
        asked, jobs = self._jobs_asked(), self._engine.management_service
        part = part_of(self._request, jobs.count_jobs(**asked))
        found = jobs.jobs(**asked, sort_by="jobRetries", first_result=part.first, max_results=part.size)
        return ListedJobs(found, part)

    def _called(self) -> CalledProcesses:
        calls = self._calls()
        keys = set(calls.values())
        known = self._engine.management_service.definition_statistics(all_versions=True, keys=keys) if keys else []
        statistics = {one.definition.key: one for one in known}
        processes = [
            CalledProcess(self._activities.named(activity_id), called, statistics.get(called))
            for activity_id, called in calls.items()
        ]
        return CalledProcesses(processes, Part(self._request, 1, len(processes)))

    def _calls(self) -> dict[str, str]:
        chosen = self._scope.activity_id
        found = {name: one.calls for name, one in self._activities.model.items() if chosen in {None, name}}
        return {name: called for name, called in found.items() if called is not None}

    def _instances_asked(self) -> dict[str, Any]:
        activity = self._scope.activity_id
        return self._of_definition() | {"activity_ids": [activity] if activity else None}

    def _incidents_asked(self) -> dict[str, Any]:
        definition = self._scope.definition
        which = {"definition_keys": [definition.key]} if self._scope.all_versions else self._of_definition()
        return which | {"activity_id": self._scope.activity_id}

    def _jobs_asked(self) -> dict[str, Any]:
        return self._of_definition() | {"activity_id": self._scope.activity_id}

    def _of_definition(self) -> dict[str, Any]:
        definition = self._scope.definition
        return {"definition_key": definition.key} if self._scope.all_versions else {"definition_id": definition.id}
