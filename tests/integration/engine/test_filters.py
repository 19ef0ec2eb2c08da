"""Saved filters: kept, checked, and what they find, on each kind of database."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Task, VariableCondition
from engine_telemetry.exceptions import BadUserRequestException, NotFoundException

MINE = {"assigneeExpression": "${ currentUser() }"}
MY_GROUPS = {"candidateGroupsExpression": "${ currentUserGroups() }"}


@pytest.fixture
def tasks(engine: ProcessEngine, model: Callable[..., bytes]) -> list[Task]:
    """Three tasks for staff, of which ann has the first; their instances have the numbers 1 to 3."""
    node = '<userTask id="a" name="Do it" camunda:candidateGroups="staff"/>'
    engine.repository_service.deploy({"p.bpmn": model(node, flows="start-a a-end")})
    for number in (1, 2, 3):
        engine.runtime_service.start_process_instance(key="p", variables={"n": number, "who": "x"})
    found = sorted(engine.task_service.tasks(), key=lambda task: task.created)
    engine.task_service.claim(found[0].id, "ann")
    return found


@pytest.fixture
def ann(engine: ProcessEngine) -> str:
    """A user of the group staff."""
    engine.identity_service.create_group("staff")
    engine.identity_service.create_user("ann", "correct horse battery", groups=["staff"])
    return "ann"


def create(engine: ProcessEngine, **query: Any) -> str:
    return engine.filter_service.create(name="f", query=query).id


def test_a_filter_is_kept_changed_and_deleted(engine: ProcessEngine) -> None:
    service = engine.filter_service
    made = service.create(name="Mine", query=MINE, properties={"color": "#ff0000", "priority": 3}, owner="ann")
    assert service.filter(made.id) == made
    assert (made.resource_type, made.owner) == ("Task", "ann")
    service.save(made.id, name="My own", query={"nameLike": "%a%"})
    changed = service.filter(made.id)
    assert (changed.name, changed.query, changed.properties) == ("My own", {"nameLike": "%a%"}, made.properties)
    service.save(made.id, owner=None)
    assert service.filter(made.id).owner is None
    service.delete(made.id)
    with pytest.raises(NotFoundException, match=made.id):
        service.filter(made.id)


def test_a_filter_that_is_not_there_is_named(engine: ProcessEngine) -> None:
    service = engine.filter_service
    calls: list[Callable[[str], object]] = [service.delete, service.tasks, service.count_tasks, service.save]
    for call in calls:
        with pytest.raises(NotFoundException, match="'gone' does not exist"):
            call("gone")
    assert service.counts(["gone"]) == {}


def test_filters_are_found_by_who_may_see_them(engine: ProcessEngine) -> None:
    service = engine.filter_service
    for name, owner in (("b", "ann"), ("A", None), ("c", "bob")):
        service.create(name=name, query={}, owner=owner)
    assert [one.name for one in service.filters(visible_to="ann", sort_by="name")] == ["A", "b"]
    assert [one.name for one in service.filters(sort_by="name", sort_order="desc", max_results=1)] == ["c"]
    assert [one.name for one in service.filters(owner="bob", name="c", name_like="%c%")] == ["c"]
    assert service.count_filters(visible_to="bob") == 2


def test_tasks_of_the_acting_user_and_of_the_users_groups_are_found(
    engine: ProcessEngine, tasks: list[Task], ann: str
) -> None:
    mine, groups = create(engine, **MINE), create(engine, **MY_GROUPS, sorting=[{"sortBy": "created"}])
    with engine.identity_service.acting_as(ann):
        assert [task.id for task in engine.filter_service.tasks(mine)] == [tasks[0].id]
        assert [task.id for task in engine.filter_service.tasks(groups)] == [tasks[1].id, tasks[2].id]
        assert engine.filter_service.counts([mine, groups]) == {mine: 1, groups: 2}
    with engine.identity_service.acting_as("bob"):
        assert engine.filter_service.counts([mine, groups]) == {mine: 0, groups: 0}


def test_where_nobody_acts_a_filter_about_the_user_is_refused(engine: ProcessEngine) -> None:
    mine = create(engine, **MINE)
    with pytest.raises(BadUserRequestException, match="assigneeExpression"):
        engine.filter_service.count_tasks(mine)


def test_further_criteria_narrow_what_a_filter_finds(engine: ProcessEngine, tasks: list[Task]) -> None:
    service = engine.filter_service
    above_1 = create(engine, processVariables=[{"name": "n", "operator": "gt", "value": 1}], nameLike="%it")
    assert service.count_tasks(above_1) == 2
    assert service.count_tasks(above_1, process_variables=[VariableCondition("n", "lt", 3)]) == 1
    assert service.count_tasks(above_1, name_like="nothing") == 0
    assert service.count_tasks(create(engine, nameLike="nothing"), name_like="%it") == 0
    assert service.count_tasks(create(engine, processDefinitionKey="other"), definition_key="p") == 0
    assert service.count_tasks(above_1, definition_key="other") == 0
    assert service.count_tasks(above_1, definition_key="p", assignee=None) == 2
    found = service.tasks(above_1, sort_by="created", sort_order="desc", first_result=1, max_results=1)
    assert [task.id for task in found] == [tasks[1].id]
    sorted_by_name = create(engine, sorting=[{"sortBy": "name"}, {"sortBy": "created", "sortOrder": "desc"}])
    assert [task.id for task in service.tasks(sorted_by_name)] == [task.id for task in reversed(tasks)]
    assert [task.id for task in service.tasks(sorted_by_name, sort_by="created")] == [task.id for task in tasks]


def test_a_filter_may_have_alternatives_and_the_search_others(engine: ProcessEngine, tasks: list[Task]) -> None:
    service = engine.filter_service
    engine.task_service.save(tasks[1].id, priority=90, name="Urgent")
    anns_or_urgent = create(engine, orQueries=[{"assignee": "ann", "minPriority": 80}])
    assert service.count_tasks(anns_or_urgent) == 2
    assert service.count_tasks(anns_or_urgent, any_of=[{"name_like": "%", "owner": "x"}]) == 2


def test_who_may_claim_is_asked_by_the_filter_and_by_the_search(engine: ProcessEngine, tasks: list[Task]) -> None:
    service = engine.filter_service
    engine.task_service.add_group_link(tasks[1].id, "boss")
    assert service.count_tasks(create(engine, candidateGroup="boss"), candidate_group="staff") == 1
    staff = create(engine, candidateGroup="staff", includeAssignedTasks=True)
    assert service.count_tasks(staff, candidate_group="staff") == len(tasks)


def test_dates_of_a_filter_move_with_the_time(engine: ProcessEngine, tasks: list[Task]) -> None:
    engine.task_service.save(tasks[0].id, due=datetime(2020, 1, 1, tzinfo=UTC))
    engine.task_service.save(tasks[1].id, due=datetime(9000, 1, 1, tzinfo=UTC))
    overdue = create(engine, dueBeforeExpression="${ now() }")
    this_millennium = create(engine, dueBeforeExpression="${ dateTime().plusWeeks(50000) }")
    assert engine.filter_service.counts([overdue, this_millennium]) == {overdue: 1, this_millennium: 1}


def test_the_last_date_that_there_is_can_be_asked(engine: ProcessEngine) -> None:
    assert engine.filter_service.count_tasks(create(engine, dueDate="9999-12-31T23:59:59.999+0000")) == 0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"name": ""}, "name of a filter has 0 characters"),
        ({"name": "x" * 256}, "name of a filter has 256 characters"),
        ({"owner": "x" * 256}, "owner of a filter"),
        ({"properties": {"text": "x" * 65536}}, "properties of a filter takes"),
        ({"query": {"name": "x" * 65536}}, "query of a filter takes"),
        ({"properties": {"x": object()}}, "properties of a filter is no JSON"),
        ({"properties": {"x": float("nan")}}, "properties of a filter is no JSON"),
        ({"query": {"colour": "red"}}, "'colour'"),
        ({"query": {"processVariables": [{"name": "n", "operator": "is", "value": 1}]}}, "'is'"),
        ({"query": {"assigneeExpression": "${ execution }"}}, "assigneeExpression"),
    ],
)
@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
def test_what_cannot_be_a_filter_is_refused_when_it_is_saved(
    engine: ProcessEngine, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(BadUserRequestException, match=message):
        engine.filter_service.create(**{"name": "f", "query": {}, **values})
    kept = engine.filter_service.create(name="f", query=MINE)
    with pytest.raises(BadUserRequestException, match=message):
        engine.filter_service.save(kept.id, **values)
    assert engine.filter_service.filters() == [kept]
