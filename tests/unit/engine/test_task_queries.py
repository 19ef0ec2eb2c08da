"""Queries for tasks in JSON: what is read, and what is refused."""

from datetime import UTC, datetime
from typing import Any

import pytest

from engine_telemetry.engine.entities import VariableCondition
from engine_telemetry.engine.task_queries import task_criteria
from engine_telemetry.exceptions import BadUserRequestException

NOW = datetime(2026, 11, 25, 10, 30, tzinfo=UTC)  # a Wednesday


def read(**query: Any) -> Any:
    return task_criteria(query, user_id="ann", now=NOW)


def test_criteria_have_camundas_names() -> None:
    assert read(nameLike="%bill%", minPriority=50, taskDefinitionKeyIn=["a", "b"], withoutDueDate=True) == {
        "name_like": "%bill%",
        "min_priority": 50,
        "task_definition_keys": ("a", "b"),
        "with_due": False,
    }


def test_a_date_is_read_with_its_offset() -> None:
    assert read(dueBefore="2026-11-25T12:30:00.000+0200") == {"due_before": NOW}


def test_conditions_about_variables_are_read() -> None:
    condition = {"name": "amount", "operator": "gt", "value": 5}
    assert read(processVariables=[condition]) == {"process_variables": (VariableCondition("amount", "gt", 5),)}


def test_the_order_is_read() -> None:
    sorting = [{"sortBy": "dueDate", "sortOrder": "desc"}]
    assert read(sorting=[*sorting, {"sortBy": "name"}]) == {"sorting": (("dueDate", "desc"), ("name", "asc"))}


def test_alternatives_are_read_with_their_expressions() -> None:
    query = {"unassigned": True, "assigneeExpression": "${ currentUser() }"}
    assert read(priority=5, orQueries=[query]) == {"priority": 5, "any_of": ({"unassigned": True, "assignee": "ann"},)}


def test_what_is_null_false_or_empty_is_not_asked() -> None:
    assert read(assignee=None, unassigned=False, name="", taskVariables=[], orQueries=[], caseInstanceId=None) == {}


def test_a_priority_of_zero_is_asked() -> None:
    assert read(maxPriority=0) == {"max_priority": 0}


def test_the_acting_user_is_meant_by_an_expression() -> None:
    assert read(assigneeExpression="${ currentUser() }") == {"assignee": "ann"}
    assert read(candidateUserExpression="${currentUser()}") == {"candidate_user": "ann"}
    assert read(candidateGroupsExpression="#{ currentUserGroups() }") == {"candidate_groups_of": "ann"}


@pytest.mark.parametrize(
    ("expression", "date"),
    [
        ("${ now() }", NOW),
        ("${ dateTime() }", NOW),
        ("${ dateTime().plusDays(2) }", datetime(2026, 11, 27, 10, 30, tzinfo=UTC)),
        ("${ dateTime().minusHours(1).plusMinutes(5) }", datetime(2026, 11, 25, 9, 35, tzinfo=UTC)),
        ("${ dateTime().withTimeAtStartOfDay() }", datetime(2026, 11, 25, tzinfo=UTC)),
        ("${ dateTime().withDayOfWeek(1).withTimeAtStartOfDay() }", datetime(2026, 11, 23, tzinfo=UTC)),
        ("${ dateTime().plusWeeks(1).withDayOfWeek(7) }", datetime(2026, 12, 6, 10, 30, tzinfo=UTC)),
    ],
)
def test_dates_move_with_the_time(expression: str, date: datetime) -> None:
    assert read(followUpBeforeOrNotExistentExpression=expression) == {"follow_up_before_or_none": date}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("colour", "red"),
        ("tenantIdIn", ["a"]),
        ("name", 5),
        ("name", ["a"]),
        ("minPriority", "high"),
        ("minPriority", 2**31),
        ("minPriority", True),
        ("taskDefinitionKeyIn", "a,b"),
        ("taskDefinitionKeyIn", [1]),
        ("dueBefore", "tomorrow"),
        ("dueBefore", "2026-11-25T12:30:00"),
        ("dueBefore", "0001-01-01T00:00:00+23:00"),
        ("unassigned", "yes"),
        ("withoutDueDate", 1),
        ("processVariables", {"name": "a"}),
        ("processVariables", [{"name": "a", "operator": "eq"}]),
        ("processVariables", [{"name": 1, "operator": "eq", "value": 1}]),
        ("processVariables", [{"name": "a", "operator": [], "value": 1}]),
        ("sorting", "name"),
        ("sorting", [{"sortBy": "colour", "sortOrder": "asc"}]),
        ("sorting", [{"sortBy": "name", "sortOrder": "up"}]),
        ("sorting", [{"sortBy": {}, "sortOrder": []}]),
        ("sorting", [{"sortBy": "name"}] * 11),
        ("sorting", ["name"]),
        ("orQueries", {"name": "a"}),
        ("orQueries", [{}] * 21),
        ("orQueries", [{"name": "a", "orQueries": [{"name": "b"}]}]),
        ("orQueries", [{"sorting": [{"sortBy": "name"}]}]),
        ("nameExpression", "${ currentUser() }"),
        ("assigneeExpression", "${ currentUserGroups() }"),
        ("assigneeExpression", "${ user }"),
        ("assigneeExpression", "currentUser()"),
        ("assigneeExpression", 5),
        ("dueBeforeExpression", "${ currentUser() }"),
        ("dueBeforeExpression", "${ dateTime().plusYears(1) }"),
        ("dueBeforeExpression", "${ dateTime().plusDays() }"),
        ("dueBeforeExpression", "${ dateTime().withDayOfWeek(8) }"),
        ("dueBeforeExpression", "${ dateTime()" + ".plusWeeks(99999)" * 5 + " }"),
        ("dueBeforeExpression", "${ dateTime().plusDays(1000000) }"),
    ],
)
def test_what_cannot_be_asked_is_refused_and_named(name: str, value: object) -> None:
    with pytest.raises(BadUserRequestException, match=name if name != "sorting" else "sort"):
        read(**{name: value})


def test_nobody_has_no_tasks_and_is_told_so() -> None:
    with pytest.raises(BadUserRequestException, match=r"assigneeExpression.*acting_as"):
        task_criteria({"assigneeExpression": "${ currentUser() }"})


def test_without_a_time_expressions_begin_with_the_present() -> None:
    before = datetime.now(UTC)
    found = task_criteria({"dueBeforeExpression": "${ now() }"})
    assert before <= found["due_before"] <= datetime.now(UTC)  # type: ignore[operator]  # it is given
