"""What the tabs of an instance need beside their rows; each asks only for its own."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.history_entities import HistoricProcessInstance
from webapps.cockpit.activity_tree import kind_of
from webapps.variable_texts import CUT, text_of

_MOST_USERS = 200


def details_of(
    engine: ProcessEngine, instance: HistoricProcessInstance, template: str, rows: Sequence[Any]
) -> dict[str, Any]:
    """The values for the template of a tab."""
    own: dict[str, Callable[[], dict[str, Any]]] = {
        "variables": lambda: {"text_of": text_of, "cut": CUT},
        "tasks": lambda: {
            "candidates": engine.task_service.candidates([row.id for row in rows]) if rows else {},
            "users": engine.identity_service.users(sort_by="userId", max_results=_MOST_USERS),
        },
        "external-tasks": lambda: {"now": datetime.now(UTC)},
        "history": lambda: {"kind_of": kind_of, "decisions": _decisions(engine, instance, rows)},
        "log": lambda: {"comments": engine.task_service.instance_comments(instance.id)},
    }
    return own.get(template, dict)()


def _decisions(engine: ProcessEngine, instance: HistoricProcessInstance, rows: Sequence[Any]) -> dict[str, str]:
    """The ids of the newest decisions that business rule tasks ask, by the id of the task in the model."""
    if instance.definition_version is None or not any(row.activity_type == "businessRuleTask" for row in rows):
        return {}
    model = engine.repository_service.model_activities(instance.definition_id)
    asked = {activity_id: one.decides for activity_id, one in model.items() if one.decides}
    found = engine.repository_service.decision_definitions(keys=set(asked.values()), latest_version=True)
    newest = {definition.key: definition.id for definition in found}
    return {activity_id: newest[key] for activity_id, key in asked.items() if key in newest}
