"""The activities of a process instance as a tree: each within the one around it."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine_telemetry.engine.entities import ModelActivity
from engine_telemetry.engine.history_entities import HistoricActivityInstance
from engine_telemetry.engine.runtime_entities import Incident, Job
from webapps.cockpit.waits import Waits

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
LOOP = "#multiInstanceBody"  # behind the id of an element: all its passes as a whole
_KINDS = {"multiInstanceBody": "several passes", "noneEndEvent": "end event", "noneStartEvent": "start event"}


@dataclass(frozen=True)
class Node:
    """An activity that goes on, or that was passed.

    Attributes:
        id: Of the activity instance; of the job, where one waits to be started.
        activity_id: Of its element in the model.
        kind: What it is, as ``user task``.
        note: What it waits for, in a few words.
        since: When it began.
        until: When it ended, if it has.
        canceled: Whether it was ended from outside.
        called: The id of the instance that it called.
        incidents: How many are open at it.
        children: What goes on, or was passed, within it.
    """

    id: str
    activity_id: str
    name: str
    kind: str
    note: str
    since: datetime
    until: datetime | None
    canceled: bool
    called: str | None
    incidents: int
    children: list["Node"]


def everything(nodes: Iterable[Node]) -> Iterator[Node]:
    """These, and all in them."""
    for node in nodes:
        yield node
        yield from everything(node.children)


def kind_of(activity_type: str) -> str:
    """What an activity is, in words."""
    return _KINDS.get(activity_type) or _HUMP.sub(" ", activity_type).lower()


def grow(
    found: Sequence[HistoricActivityInstance],
    waits: Waits,
    incidents: Sequence[Incident],
    model: Mapping[str, ModelActivity],
) -> list[Node]:
    """The tree of these activities, and of those that the job executor is to start or to leave."""
    ids = {one.id for one in found}
    notes, troubles = waits.notes, _troubles(found, waits, incidents)
    within: dict[str, list[HistoricActivityInstance]] = defaultdict(list)
    for one in found:
        within[one.parent_id if one.parent_id in ids else ""].append(one)

    def nodes(parent_id: str) -> list[Node]:
        return [
            Node(
                id=one.id,
                activity_id=one.activity_id.removesuffix(LOOP),
                name=one.activity_name or one.activity_id.removesuffix(LOOP),
                kind=kind_of(one.activity_type),
                note=notes.get(one.id, ""),
                since=one.start_time,
                until=one.end_time,
                canceled=one.canceled,
                called=one.called_instance_id,
                incidents=troubles[one.id],
                children=nodes(one.id),
            )
            for one in within[parent_id]
        ]

    postponed = [job for job in waits.jobs if job.kind != "timer" and job.id not in ids]
    return [*nodes(""), *(_postponed(job, model.get(job.activity_id), troubles[job.id], notes) for job in postponed)]


def _postponed(job: Job, activity: ModelActivity | None, incidents: int, notes: Mapping[str, str]) -> Node:
    name, kind = (activity.name, kind_of(activity.type)) if activity else (None, "activity")
    return Node(
        job.id,
        job.activity_id,
        name or job.activity_id,
        kind,
        notes[job.id],
        job.created,
        None,
        canceled=False,
        called=None,
        incidents=incidents,
        children=[],
    )


def _troubles(
    found: Sequence[HistoricActivityInstance], waits: Waits, incidents: Sequence[Incident]
) -> Counter[str | None]:
    """How many incidents there are at each; one that belongs to nothing here is at the first of its element."""
    ids = {one.id for one in found} | {job.id for job in waits.jobs if job.kind != "timer"}
    first = {one.activity_id: one.id for one in reversed(found)}
    return Counter(
        incident.configuration if incident.configuration in ids else first.get(incident.activity_id or "")
        for incident in incidents
    )
