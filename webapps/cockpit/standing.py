"""Where a process instance stands: what goes on in it, or went on, as a tree; and what the diagram shows of that."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.history_entities import HistoricActivityStatistics, HistoricProcessInstance
from engine_telemetry.engine.runtime_entities import Incident
from webapps.cockpit.activity_tree import LOOP, Node, everything, grow
from webapps.cockpit.waits import Waits, waits_of

Badges = dict[str, list[dict[str, str]]]
"""What a diagram shows at its elements."""

_LEGEND = {
    "current": "now here",
    "trouble": "stuck",
    "passed": "done",
    "cancelled": "cancelled",
    "last": "where it ended",
    "chosen": "shown alone below",
}
_MOST = 500  # activities that go on
_MOST_PASSED = 100  # activities that an instance that has ended passed; all are in the tab


@dataclass(frozen=True)
class Chosen:
    """What somebody looks at alone.

    Attributes:
        name: As people know it.
        ids: Of the activity instances, with those in them.
        activity_ids: Of their elements in the model.
        called: The ids of the instances that they called.
    """

    name: str
    ids: list[str]
    activity_ids: list[str]
    called: list[str]


@dataclass(frozen=True)
class Standing:
    """Where an instance stands.

    Attributes:
        tree: What goes on, in the order in which it began; of an instance that has ended, what it passed.
        more: How many activities are not shown.
        waits: What it waits for.
        incidents: Those that are open.
        counts: How often it came to each element.
        names: Of the elements, by id.
        boundaries: The elements at the edge of others.
    """

    tree: list[Node]
    more: int
    waits: Waits
    incidents: Sequence[Incident]
    counts: Sequence[HistoricActivityStatistics]
    names: dict[str, str]
    boundaries: set[str]

    @property
    def nodes(self) -> Iterator[Node]:
        """All of the tree."""
        return everything(self.tree)

    @property
    def leaves(self) -> list[Node]:
        """What goes on, without what is only around it."""
        return [node for node in self.nodes if not node.children]

    @property
    def _going(self) -> list[Node]:
        """What goes on and is not stuck."""
        return [node for node in self.leaves if node.until is None and not node.incidents]

    @property
    def scopes(self) -> dict[str, str]:
        """The names of what goes on by id, for what is local to it."""
        return {node.id: node.name for node in self.nodes}

    def name(self, activity_id: str | None) -> str:
        """An element as people know it."""
        return self.names.get(activity_id or "") or activity_id or "an activity"

    def chosen(self, wanted: str) -> Chosen | None:
        """What is meant by the id of an activity instance or of an element; ``None`` if no id is given."""
        if not wanted:
            return None
        found = [node for node in self.nodes if wanted in {node.id, node.activity_id}]
        nodes = list({node.id: node for node in everything(found)}.values())
        return Chosen(
            name=found[0].name if found else self.name(wanted),
            ids=[node.id for node in nodes],
            activity_ids=list({node.activity_id: None for node in nodes} or [wanted]),
            called=[node.called for node in nodes if node.called],
        )

    def marks(self, end: str | None, chosen: Chosen | None) -> dict[str, list[str]]:
        """What the diagram shows by colour; the end is the element at which the instance ended."""
        marked: dict[str, list[str]] = {}
        for one in self.counts:
            if not one.running:
                marked.setdefault(one.activity_id, []).append("cancelled" if one.canceled else "passed")
        going = {node.activity_id for node in self._going}
        troubled = {incident.activity_id for incident in self.incidents if incident.activity_id}
        picked = set(chosen.activity_ids) if chosen else set()
        for mark, ids in (("current", going), ("trouble", troubled), ("last", {end} - {None}), ("chosen", picked)):
            for activity_id in ids:
                marked.setdefault(str(activity_id), []).append(mark)
        return marked

    def badges(self, address: Callable[..., str]) -> Badges:
        """The numbers on the diagram.

        Args:
            address: Makes the address of this page with these parameters.
        """
        incidents = Counter(incident.activity_id for incident in self.incidents if incident.activity_id)
        waiting = Counter(node.activity_id for node in self._going)
        found: Badges = {}
        for one in self.counts:
            if one.finished > 1 and not one.running:
                found[one.activity_id] = [_badge(one.finished, "passed", f"done {one.finished} times")]
        for activity_id, number in waiting.items():
            found[activity_id] = [_badge(number, "", f"{number} now here")]
        for activity_id, number in incidents.items():
            bad = _badge(number, "bad", "1 incident" if number == 1 else f"{number} incidents")
            bad["address"] = address(show="incidents", activity=activity_id)
            found.setdefault(activity_id, []).append(bad)
        return found


def standing_of(engine: ProcessEngine, instance: HistoricProcessInstance) -> Standing:
    """Where an instance stands."""
    runs = instance.end_time is None
    most = _MOST if runs else _MOST_PASSED
    found = engine.history_service.activity_instances(
        instance_id=instance.id, finished=False if runs else None, sort_by="occurrence", max_results=most
    )
    incidents = engine.runtime_service.incidents(instance_id=instance.id, max_results=_MOST) if runs else []
    counts = engine.history_service.activity_statistics(instance.id)
    waits = waits_of(engine, instance.id) if runs else Waits()
    there = instance.definition_version is not None
    model = engine.repository_service.model_activities(instance.definition_id) if there else {}
    names = {one.activity_id: one.activity_name for one in found} | {key: one.name for key, one in model.items()}
    return Standing(
        tree=grow(found, waits, incidents, model),
        more=max(0, sum(one.running if runs else one.running + one.finished for one in counts) - len(found)),
        waits=waits,
        incidents=incidents,
        counts=[one for one in counts if not one.activity_id.endswith(LOOP)],
        names={activity_id: name or activity_id for activity_id, name in names.items()},
        boundaries={activity_id for activity_id, one in model.items() if one.type.startswith("boundary")},
    )


def legend(marks: Mapping[str, Iterable[str]]) -> list[tuple[str, str]]:
    """The marks that are there, and what they mean."""
    there = {mark for some in marks.values() for mark in some}
    return [(mark, text) for mark, text in _LEGEND.items() if mark in there]


def _badge(number: int, kind: str, title: str) -> dict[str, str]:
    return {"text": str(number), "title": title} | ({"kind": kind} if kind else {})
