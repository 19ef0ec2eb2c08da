"""What a process instance waits for: people, workers, the job executor and events."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import ExternalTask, Task
from engine_telemetry.engine.runtime_entities import EventSubscription, Job

MOST = 100


@dataclass(frozen=True)
class Waits:
    """What an instance waits for; the first hundred of each kind, so that ten thousand do no harm."""

    tasks: Sequence[Task] = ()
    external_tasks: Sequence[ExternalTask] = ()
    jobs: Sequence[Job] = ()
    events: Sequence[EventSubscription] = ()

    @property
    def notes(self) -> dict[str, str]:
        """A few words about each, by id: that of the activity instance that waits."""
        return dict(
            chain(
                (
                    (task.id, f"assigned to {task.assignee}" if task.assignee else "not taken yet")
                    for task in self.tasks
                ),
                ((task.id, f"topic {task.topic_name}") for task in self.external_tasks),
                ((event.id, f"{event.kind} {event.event_name or ''}".strip()) for event in self.events),
                ((job.id, _NOTES[job.kind]) for job in self.jobs if job.kind in _NOTES),
            )
        )


_NOTES = {"async-before": "waits to be started", "async-after": "waits to be left"}


def waits_of(engine: ProcessEngine, instance_id: str) -> Waits:
    """What an instance waits for."""
    return Waits(
        engine.task_service.tasks(instance_id=instance_id, sort_by="created", max_results=MOST),
        engine.external_task_service.external_tasks(instance_id=instance_id, sort_by="createTime", max_results=MOST),
        engine.management_service.jobs(instance_id=instance_id, sort_by="jobDueDate", max_results=MOST),
        engine.runtime_service.event_subscriptions(instance_id=instance_id, sort_by="created", max_results=MOST),
    )
