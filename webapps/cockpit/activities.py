"""What goes on in the activities of a process definition: numbers for the diagram, and the same for a table."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import ModelActivity, ProcessDefinition
from engine_telemetry.engine.runtime_entities import ActivityStatistics
from webapps.lists import here

_LOOP = "#multiInstanceBody"  # a loop as a whole has an id of its own, and its passes count already


@dataclass(frozen=True)
class Scope:
    """What the page of a process definition is about.

    Attributes:
        definition: The version that its diagram shows.
        all_versions: Whether lists and numbers are about all versions of its key.
        activity_id: The activity that the lists are about; ``None`` for all.
    """

    definition: ProcessDefinition
    all_versions: bool
    activity_id: str | None

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """What finds the instances that are listed, as fields of the search for instances."""
        version = [] if self.all_versions else [("version", str(self.definition.version))]
        activity = [("activity", self.activity_id)] if self.activity_id else []
        return [("process", self.definition.key), *version, *activity]


@dataclass(frozen=True)
class ChosenActivity:
    """The activity that the lists are about.

    Attributes:
        everything: The address of the lists about all activities.
    """

    id: str
    name: str
    everything: str


@dataclass(frozen=True)
class BusyActivity:
    """An activity in which something goes on.

    Attributes:
        running_address: Of the list of the instances that are in it.
        incidents_address: Of the list of its incidents.
    """

    id: str
    name: str
    running: int
    incidents: int
    running_address: str
    incidents_address: str

    @property
    def badges(self) -> list[dict[str, str]]:
        """The numbers at the activity in the diagram; each leads to its list."""
        return [
            {"text": str(number), "kind": kind, "title": f"{number} {word} in {self.name}", "address": address}
            for number, kind, word, address in (
                (self.running, "", "running", self.running_address),
                (self.incidents, "bad", "incident" if self.incidents == 1 else "incidents", self.incidents_address),
            )
            if number
        ]


@dataclass(frozen=True)
class Activities:
    """The activities of a process definition.

    Attributes:
        model: All that its model has, by id.
        busy: Those in which something goes on.
    """

    model: Mapping[str, ModelActivity]
    busy: list[BusyActivity]

    @property
    def badges(self) -> dict[str, list[dict[str, str]]]:
        """For the diagram."""
        return {one.id: one.badges for one in self.busy}

    @property
    def links(self) -> dict[str, str]:
        """Where a click on an activity leads."""
        return {one.id: one.running_address if one.running else one.incidents_address for one in self.busy}

    def named(self, activity_id: str) -> str:
        """The name of an activity; of one without a name what it is, as "parallel gateway"."""
        activity = self.model.get(activity_id)
        if activity is None:
            return activity_id
        return activity.name or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", activity.type).lower()


def chosen_activity(request: Request, scope: Scope, activities: Activities) -> ChosenActivity | None:
    """The activity that a request chose, if it did."""
    if scope.activity_id is None:
        return None
    everything = here(request, activity=None, page=None) + "#list"
    return ChosenActivity(scope.activity_id, activities.named(scope.activity_id), everything)


def activities_of(engine: ProcessEngine, request: Request, scope: Scope) -> Activities:
    """The activities of a definition, with what goes on in its instances or in those of all its versions."""
    activities = Activities(engine.repository_service.model_activities(scope.definition.id), [])
    statistics = engine.management_service.activity_statistics(scope.definition.id, all_versions=scope.all_versions)
    activities.busy.extend(
        _busy(request, one, activities.named(one.activity_id))
        for one in statistics
        if not one.activity_id.endswith(_LOOP)
    )
    return activities


def _busy(request: Request, one: ActivityStatistics, name: str) -> BusyActivity:
    running, incidents = (
        here(request, activity=one.activity_id, show=tab, page=None, sort=None, order=None) + "#list"
        for tab in ("instances", "incidents")
    )
    return BusyActivity(one.activity_id, name, one.instances, sum(one.incidents.values()), running, incidents)
