"""Reads a query for user tasks as Camunda's REST API writes it in JSON, and as saved filters keep it.

The table of criteria is the REST API's too.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Literal, cast

from engine_telemetry.engine import task_expressions
from engine_telemetry.engine.criteria import TaskSearch
from engine_telemetry.engine.entities import VariableCondition
from engine_telemetry.engine.variables import typed_variables
from engine_telemetry.exceptions import BadUserRequestException

Kind = Literal["text", "integer", "texts", "date", "yes", "no", "conditions"]
"""What a criterion takes. ``yes`` and ``no`` take true alone; ``no`` is the contrary of the engine's criterion."""

CRITERIA: Mapping[str, tuple[str, Kind]] = {
    "taskId": ("task_id", "text"),
    "taskIdIn": ("task_ids", "texts"),
    "activityInstanceIdIn": ("task_ids", "texts"),
    "processInstanceId": ("instance_id", "text"),
    "executionId": ("instance_id", "text"),
    "processInstanceIdIn": ("instance_ids", "texts"),
    "processInstanceBusinessKey": ("business_key", "text"),
    "processInstanceBusinessKeyIn": ("business_keys", "texts"),
    "processInstanceBusinessKeyLike": ("business_key_like", "text"),
    "processDefinitionKey": ("definition_key", "text"),
    "processDefinitionKeyIn": ("definition_keys", "texts"),
    "processDefinitionId": ("definition_id", "text"),
    "processDefinitionName": ("definition_name", "text"),
    "processDefinitionNameLike": ("definition_name_like", "text"),
    "deploymentId": ("deployment_id", "text"),
    "taskDefinitionKey": ("task_definition_key", "text"),
    "taskDefinitionKeyIn": ("task_definition_keys", "texts"),
    "taskDefinitionKeyLike": ("task_definition_key_like", "text"),
    "taskDefinitionKeyNotIn": ("task_definition_keys_not", "texts"),
    "assignee": ("assignee", "text"),
    "assigneeIn": ("assignees", "texts"),
    "assigneeNotIn": ("assignees_not", "texts"),
    "assigneeLike": ("assignee_like", "text"),
    "assigned": ("assigned", "yes"),
    "unassigned": ("unassigned", "yes"),
    "owner": ("owner", "text"),
    "candidateUser": ("candidate_user", "text"),
    "candidateGroup": ("candidate_group", "text"),
    "candidateGroups": ("candidate_groups", "texts"),
    "withCandidateUsers": ("with_candidate_users", "yes"),
    "withoutCandidateUsers": ("with_candidate_users", "no"),
    "withCandidateGroups": ("with_candidate_groups", "yes"),
    "withoutCandidateGroups": ("with_candidate_groups", "no"),
    "includeAssignedTasks": ("include_assigned_tasks", "yes"),
    "involvedUser": ("involved_user", "text"),
    "name": ("name", "text"),
    "nameNotEqual": ("name_not", "text"),
    "nameLike": ("name_like", "text"),
    "nameNotLike": ("name_not_like", "text"),
    "description": ("description", "text"),
    "descriptionLike": ("description_like", "text"),
    "delegationState": ("delegation_state", "text"),
    "priority": ("priority", "integer"),
    "minPriority": ("min_priority", "integer"),
    "maxPriority": ("max_priority", "integer"),
    "dueDate": ("due", "date"),
    "dueBefore": ("due_before", "date"),
    "dueAfter": ("due_after", "date"),
    "withoutDueDate": ("with_due", "no"),
    "followUpDate": ("follow_up", "date"),
    "followUpBefore": ("follow_up_before", "date"),
    "followUpAfter": ("follow_up_after", "date"),
    "followUpBeforeOrNotExistent": ("follow_up_before_or_none", "date"),
    "createdOn": ("created", "date"),
    "createdBefore": ("created_before", "date"),
    "createdAfter": ("created_after", "date"),
    "updatedAfter": ("updated_after", "date"),
    "active": ("suspended", "no"),
    "suspended": ("suspended", "yes"),
    "processVariables": ("process_variables", "conditions"),
    "taskVariables": ("task_variables", "conditions"),
}
"""By Camunda's names, the engine's and what it takes."""

ORDERS = (
    "id name nameCaseInsensitive created lastUpdated assignee priority instanceId executionId dueDate followUpDate"
    " description"
)
"""What tasks can be sorted by, separated by spaces."""

_MOST_ORDERS, _MOST_QUERIES = 10, 20
_EXPRESSIONS: Mapping[str, task_expressions.Kind] = {
    **dict.fromkeys(("assignee", "owner", "involvedUser", "candidateUser"), "user"),
    "candidateGroups": "groups",
    **{name: "date" for name, (_, kind) in CRITERIA.items() if kind == "date"},
}


def task_criteria(
    query: Mapping[str, object], *, user_id: str | None = None, now: datetime | None = None
) -> TaskSearch:
    """The engine's criteria and order of a query. What is null, false or empty is not asked.

    Args:
        query: Members of ``CRITERIA`` as JSON has them, ``sorting``, and ``orQueries``: of each, one criterion must be
            met. Beside ``assignee`` and the others that are about a user, and beside dates, there is
            ``assigneeExpression`` and so on.
        user_id: Whom the expressions ``${ currentUser() }`` and ``${ currentUserGroups() }`` are about.
        now: What the expressions about dates begin with, aware; the present time without it.

    Raises:
        BadUserRequestException: There is no such criterion, or it cannot have that value.
    """
    found: dict[str, Any] = {}
    for name, value in query.items():
        if value is None or value is False or value in ("", [], {}):
            continue
        if name == "sorting":
            found["sorting"] = tuple(_order(order) for order in _objects(name, value, _MOST_ORDERS))
        elif name == "orQueries":
            queries = _objects(name, value, _MOST_QUERIES)
            found["any_of"] = tuple(_alternative(query, user_id, now) for query in queries)
        elif name in CRITERIA:
            keyword, kind = CRITERIA[name]
            found[keyword] = _read(name, _READERS[kind], value)
        else:
            found |= _expressed(name, value, user_id, now or datetime.now(UTC))
    return cast("TaskSearch", found)


def _expressed(name: str, value: object, user_id: str | None, now: datetime) -> dict[str, Any]:
    of = name.removesuffix("Expression")
    if of == name or of not in _EXPRESSIONS:
        raise BadUserRequestException(f"This engine cannot search tasks by {name!r}; leave it out.")
    kind = _EXPRESSIONS[of]
    text = _read(name, _text, value)
    if kind == "date":
        return {CRITERIA[of][0]: task_expressions.date_of(name, text, now)}
    user = task_expressions.user_of(name, text, kind, user_id)
    return {"candidate_groups_of" if kind == "groups" else CRITERIA[of][0]: user}


def _alternative(query: Mapping[str, object], user_id: str | None, now: datetime | None) -> TaskSearch:
    for name in ("orQueries", "sorting"):
        if query.get(name):
            raise BadUserRequestException(f"There cannot be {name!r} within 'orQueries'.")
    return task_criteria(query, user_id=user_id, now=now)


def _objects(name: str, value: object, most: int) -> list[dict[str, object]]:
    if not isinstance(value, list) or len(value) > most or not all(isinstance(item, dict) for item in value):
        raise BadUserRequestException(
            f"The value of {name!r} is {value!r}; expected is a list of at most {most} objects."
        )
    return value


def _order(order: Mapping[str, object]) -> tuple[str, str]:
    sort_by, sort_order = order.get("sortBy"), order.get("sortOrder", "asc")
    if sort_by not in ORDERS.split() or sort_order not in ("asc", "desc"):
        raise BadUserRequestException(
            f"Tasks cannot be sorted by {sort_by!r}, {sort_order!r}; use one of {ORDERS.replace(' ', ', ')}; and 'asc'"
            " or 'desc'."
        )
    return str(sort_by), str(sort_order)


def _read(name: str, reader: Callable[[object], Any], value: object) -> Any:  # noqa: ANN401 - of several types
    try:
        return reader(value)
    except (TypeError, ValueError) as exc:
        raise BadUserRequestException(f"The value of {name!r} is {value!r}; expected is {exc}.") from exc


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("a text")
    return value


def _integer(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not -(2**31) <= value < 2**31:
        raise ValueError("a whole number")
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ValueError("a list of texts")
    return tuple(value)


def _date(value: object) -> datetime:
    try:
        date = datetime.fromisoformat(_text(value))
        if date.tzinfo is not None:
            return date.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        pass
    raise ValueError("a date as '2026-11-23T03:57:55.474+0000'")


def _yes(value: object) -> bool:
    if value is not True:
        raise ValueError("true or false")
    return True


def _no(value: object) -> bool:
    return not _yes(value)


def _conditions(value: object) -> tuple[VariableCondition, ...]:
    if not isinstance(value, list) or not all(_is_condition(item) for item in value):
        raise ValueError("a list of objects with 'name', 'operator' and 'value'")
    return tuple(_condition(item["name"], item["operator"], item["value"]) for item in value)


def _condition(name: str, operator: str, value: object) -> VariableCondition:
    return VariableCondition(name, operator, typed_variables({name: value})[name].value)


def _is_condition(item: object) -> bool:
    if not isinstance(item, dict) or "value" not in item:
        return False
    return isinstance(item.get("name"), str) and isinstance(item.get("operator"), str)


_READERS: Mapping[Kind, Callable[[object], Any]] = {
    "text": _text,
    "integer": _integer,
    "texts": _texts,
    "date": _date,
    "yes": _yes,
    "no": _no,
    "conditions": _conditions,
}
