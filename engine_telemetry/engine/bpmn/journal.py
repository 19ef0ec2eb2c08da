"""What happened in a process instance, for its history, and what is going on in it."""

from dataclasses import dataclass

from engine_telemetry.engine.bpmn.waits import UserTask


@dataclass(frozen=True)
class ActivityEvent:
    """An activity instance has started or ended. An event or a gateway counts as an activity.

    Attributes:
        kind: ``started``, ``ended`` or ``canceled``.
        id: Of the activity instance; a user task has the same, and so has what waits there.
        parent_id: Of the activity instance around it; the process instance's for the outermost ones.
        activity_id: The id of the element in the model, with ``#multiInstanceBody`` behind it for a loop as a whole.
        activity_type: Camunda's name, as ``userTask`` or ``boundaryTimer``.
        task: The user task, when one has started.
    """

    kind: str
    id: str
    parent_id: str
    activity_id: str
    activity_name: str | None
    activity_type: str
    task: UserTask | None = None


@dataclass(frozen=True)
class ActivityInstance:
    """Something that goes on, with what goes on in it.

    Attributes:
        children: The activity instances in it.
        transitions: The ids of activities in it that wait for the job executor to start or to leave them.
    """

    id: str
    parent_id: str | None
    activity_id: str
    activity_name: str | None
    activity_type: str
    children: tuple["ActivityInstance", ...] = ()
    transitions: tuple["ActivityInstance", ...] = ()
