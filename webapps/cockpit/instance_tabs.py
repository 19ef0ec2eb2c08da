"""What is in a process instance: one tab for each kind of thing."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from engine_telemetry.engine import ProcessEngine

ALWAYS_SHOWN = ("variables", "tasks", "external-tasks")


@dataclass(frozen=True)
class Tab:
    """One kind of thing.

    Attributes:
        count: How many there are.
        find: Some of them; takes ``first_result`` and ``max_results``.
    """

    title: str
    count: Callable[[], int]
    find: Callable[..., list[Any]]


def tabs_of(engine: ProcessEngine, instance_id: str) -> dict[str, Tab]:
    """The tabs of a running instance by the name of their template; the first one is shown first."""
    runtime, tasks, external, jobs = (
        engine.runtime_service,
        engine.task_service,
        engine.external_task_service,
        engine.management_service,
    )
    own = {"instance_id": instance_id}
    named: dict[str, Any] = {"instance_ids": [instance_id], "sort_by": "variableName"}
    called = {"super_instance_id": instance_id}
    return {
        "variables": _tab("Variables", runtime.count_variable_instances, runtime.variable_instances, named),
        "tasks": _tab("User tasks", tasks.count_tasks, tasks.tasks, own),
        "external-tasks": _tab("External tasks", external.count_external_tasks, external.external_tasks, own),
        "jobs": _tab("Jobs", jobs.count_jobs, jobs.jobs, own),
        "events": _tab("Events", runtime.count_event_subscriptions, runtime.event_subscriptions, own),
        "incidents": _tab("Incidents", runtime.count_incidents, runtime.incidents, own),
        "called": _tab("Called instances", runtime.count_process_instances, runtime.process_instances, called),
    }


def _tab(title: str, count: Callable[..., int], find: Callable[..., list[Any]], asked: dict[str, Any]) -> Tab:
    return Tab(title, partial(count, **asked), partial(find, **asked))
