"""What is in a process instance: one tab for each kind of thing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.history_entities import HistoricProcessInstance
from webapps.cockpit.standing import Chosen, Standing
from webapps.cockpit.waits import MOST


@dataclass(frozen=True)
class Tab:
    """One kind of thing.

    Attributes:
        template: Shows some of them.
        count: How many of them are to be shown.
        find: Some of them; takes ``first_result`` and ``max_results``.
        number: How many there are in the instance, if that is known without asking.
    """

    title: str
    template: str
    count: Callable[[], int]
    find: Callable[..., list[Any]]
    number: str | None = None


def tabs_of(
    engine: ProcessEngine, instance: HistoricProcessInstance, standing: Standing, chosen: Chosen | None
) -> dict[str, Tab]:
    """The tabs of an instance by name; the first one is shown first.

    Args:
        engine: Knows what is in them.
        instance: It runs or has ended.
        standing: Where it stands.
        chosen: What is looked at alone.
    """
    of = {"instance_id": instance.id}
    elements = of | {"activity_ids": chosen and chosen.activity_ids}
    called = {"super_instance_id": instance.id, "instance_ids": chosen and chosen.called}
    past = engine.history_service
    own = _ended(engine, of, chosen) if instance.end_time else _running(engine, of, standing, chosen)
    return own | {
        "called": _tab("Called instances", "called", past.count_process_instances, past.process_instances, called),
        "history": _tab(
            "History",
            "history",
            past.count_activity_instances,
            past.activity_instances,
            elements | {"sort_by": "occurrence"},
        ),
        "log": _tab(
            "What people did",
            "log",
            past.count_operations,
            past.operations,
            of | {"sort_by": "timestamp", "sort_order": "desc"},
        ),
    }


def _running(engine: ProcessEngine, of: dict[str, str], standing: Standing, chosen: Chosen | None) -> dict[str, Tab]:
    """Those of what waits, where there is any."""
    runtime, tasks, external = engine.runtime_service, engine.task_service, engine.external_task_service
    jobs, waits = engine.management_service, standing.waits
    ids, activity_ids = chosen and chosen.ids, chosen and chosen.activity_ids
    variables = {"instance_ids": [of["instance_id"]], "scope_ids": ids, "sort_by": "variableName"}
    elements = of | {"activity_ids": activity_ids}
    found = {
        "variables": _tab(
            "Variables", "variables", runtime.count_variable_instances, runtime.variable_instances, variables
        ),
        "incidents": _incidents(engine, elements, _number(standing.incidents)),
        "tasks": _tab(
            "User tasks",
            "tasks",
            tasks.count_tasks,
            tasks.tasks,
            of | {"task_ids": ids, "sort_by": "created"},
            _number(waits.tasks),
        ),
        "external-tasks": _tab(
            "External tasks",
            "external-tasks",
            external.count_external_tasks,
            external.external_tasks,
            of | {"external_task_ids": ids, "sort_by": "createTime"},
            _number(waits.external_tasks),
        ),
        "jobs": _tab(
            "Jobs",
            "jobs",
            jobs.count_jobs,
            jobs.jobs,
            elements | {"sort_by": "jobDueDate"},
            _number(waits.jobs),
        ),
        "events": _tab(
            "Events",
            "events",
            runtime.count_event_subscriptions,
            runtime.event_subscriptions,
            elements | {"sort_by": "created"},
            _number(waits.events),
        ),
    }
    return {name: tab for name, tab in found.items() if name == "variables" or tab.number}


def _ended(engine: ProcessEngine, of: dict[str, str], chosen: Chosen | None) -> dict[str, Tab]:
    past, elements = engine.history_service, chosen and chosen.activity_ids
    variables = of | {"scope_ids": chosen and chosen.ids, "sort_by": "variableName"}
    tasks = of | {"task_definition_keys": elements, "sort_by": "startTime"}
    return {
        "variables": _tab("Variables", "variables", past.count_variable_instances, past.variable_instances, variables),
        "incidents": _incidents(engine, of | {"activity_ids": elements}),
        "tasks": _tab("User tasks", "tasks-done", past.count_task_instances, past.task_instances, tasks),
    }


def _incidents(engine: ProcessEngine, asked: dict[str, Any], number: str | None = None) -> Tab:
    past = engine.history_service
    newest = asked | {"sort_by": "createTime", "sort_order": "desc"}
    return _tab("Incidents", "incidents", past.count_incidents, past.incidents, newest, number)


def _number(found: Sequence[object]) -> str | None:
    return f"{MOST} or more" if len(found) >= MOST else str(len(found) or "") or None


def _tab(
    title: str,
    template: str,
    count: Callable[..., int],
    find: Callable[..., list[Any]],
    asked: dict[str, Any],
    number: str | None = None,
) -> Tab:
    criteria = {name: value for name, value in asked.items() if name not in {"sort_by", "sort_order"}}
    return Tab(title, template, partial(count, **criteria), partial(find, **asked), number)
