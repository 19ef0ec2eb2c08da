"""Where a process instance stands: the activities that go on in it."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.history_entities import HistoricActivityInstance

_MOST = 500
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True)
class Going:
    """An activity that goes on, once or more often.

    Attributes:
        kind: What it is, as "user task".
        since: When the first of them began.
        within: Whether others go on inside of it.
    """

    id: str
    name: str
    kind: str
    number: int
    since: datetime
    incidents: int
    within: bool


@dataclass(frozen=True)
class Standing:
    """Where an instance stands.

    Attributes:
        going: What goes on, the longest first.
        scopes: The name of each activity by the id of its instance, for local variables.
        more: How many activities are not shown.
    """

    going: list[Going]
    scopes: dict[str, str]
    more: int

    @property
    def marks(self) -> dict[str, list[str]]:
        """What the diagram shows of it."""
        leaves: dict[str, list[str]] = {one.id: ["current"] for one in self.going if not one.within}
        return leaves | {one.id: ["trouble"] for one in self.going if one.incidents}

    @property
    def badges(self) -> dict[str, list[dict[str, str]]]:
        """The numbers on the diagram: of what goes on more than once, and of incidents."""
        return {one.id: badges for one in self.going if (badges := _badges(one))}


def standing_of(engine: ProcessEngine, instance_id: str) -> Standing:
    """Where an instance stands."""
    asked: dict[str, Any] = {"instance_id": instance_id, "finished": False}
    found = engine.history_service.activity_instances(**asked, sort_by="startTime", max_results=_MOST)
    incidents = engine.runtime_service.incidents(instance_id=instance_id, max_results=_MOST)
    more = engine.history_service.count_activity_instances(**asked) - len(found) if len(found) == _MOST else 0
    troubled = Counter(incident.activity_id for incident in incidents if incident.activity_id)
    return Standing(_going(found, troubled), {one.id: one.activity_name or one.activity_id for one in found}, more)


def _going(found: Sequence[HistoricActivityInstance], troubled: Counter[str]) -> list[Going]:
    number = Counter(one.activity_id for one in found)
    parents = {one.parent_id for one in found}
    first = {one.activity_id: one for one in reversed(found)}
    around = {one.activity_id for one in found if one.id in parents}
    return [
        Going(
            id=activity_id,
            name=first[activity_id].activity_name or activity_id,
            kind=_HUMP.sub(" ", first[activity_id].activity_type).lower(),
            number=number[activity_id],
            since=first[activity_id].start_time,
            incidents=troubled[activity_id],
            within=activity_id in around,
        )
        for activity_id in number
    ]


def _badges(one: Going) -> list[dict[str, str]]:
    several = [{"text": str(one.number), "title": f"{one.number} going on"}] if one.number > 1 else []
    return [*several, *incident_badges(one.incidents)]


def incident_badges(number: int) -> list[dict[str, str]]:
    """What a diagram shows where there are incidents."""
    title = "1 incident" if number == 1 else f"{number} incidents"
    return [{"text": str(number), "kind": "bad", "title": title}] if number else []
