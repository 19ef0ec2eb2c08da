"""What people search tasks by: in addresses, as people read it, and as task queries of Camunda."""

from typing import Any

import pytest
from starlette.datastructures import QueryParams

from webapps.tasklist.conditions import Condition
from webapps.tasklist.search import Search, read_search, search_of


def read(address: str) -> Search:
    return read_search(QueryParams(address))


WHOLE = (
    "text=r-7&name=inv&assignee=bob&process=pay&key=K-1&whose=nobody&due=today&follow-up=not-later&priority=70"
    "&variable=amount&variable=city&is=gt&is=like&value=100&value=Rom"
)


def test_a_search_is_a_query_of_camunda_and_the_same_search_again() -> None:
    search = read(WHOLE)
    assert search.query == {
        "orQueries": [
            {
                "nameLike": "%r-7%",
                "processDefinitionNameLike": "%r-7%",
                "processInstanceBusinessKeyLike": "%r-7%",
            }
        ],
        "nameLike": "%inv%",
        "assigneeLike": "%bob%",
        "processDefinitionNameLike": "%pay%",
        "processInstanceBusinessKeyLike": "%K-1%",
        "unassigned": True,
        "dueAfterExpression": "${ dateTime().withTimeAtStartOfDay().minusMinutes(1) }",
        "dueBeforeExpression": "${ dateTime().plusDays(1).withTimeAtStartOfDay() }",
        "followUpBeforeOrNotExistentExpression": "${ now() }",
        "minPriority": 70,
        "processVariables": [
            {"name": "amount", "operator": "gt", "value": 100},
            {"name": "city", "operator": "like", "value": "%Rom%"},
        ],
    }
    assert search_of(search.query) == search
    assert not search.errors


def test_addresses_carry_a_search() -> None:
    search = read(WHOLE)
    names = [(name, text) for name, texts in search.parameters.items() for text in _several(texts)]
    assert read_search(QueryParams(names)) == search


def _several(texts: object) -> list[str]:
    return texts if isinstance(texts, list) else [str(texts)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("100", 100),
        ("-1.5", -1.5),
        ("true", True),
        ("null", None),
        ("Rome", "Rome"),
        ('"100"', "100"),
        ("007", "007"),
        ("NaN", "NaN"),
        ("1e999", "1e999"),
        ("[1]", "[1]"),
    ],
)
def test_what_is_written_is_the_value_that_somebody_means(text: str, value: object) -> None:
    condition = Condition("x", "eq", text)
    assert condition.query == {"name": "x", "operator": "eq", "value": value}
    assert search_of({"processVariables": [condition.query]}).conditions == (condition,)


def test_a_pattern_is_left_as_it_is_written() -> None:
    for pattern in ("inv%", "%a%b%", "%", "%%"):
        search = read_search(QueryParams({"name": pattern}))
        assert search.query == {"nameLike": pattern}
        assert search_of({"nameLike": pattern}) == search
    assert search_of({"nameLike": "exactly"}).rest == {"nameLike": "exactly"}


@pytest.mark.parametrize(
    ("address", "wrong"),
    [
        ("priority=high", {"priority"}),
        (f"name={'x' * 256}", {"name"}),
        ("variable=&is=eq&value=1", {"condition-0"}),
        ("variable=a&is=eq&value=", {"condition-0"}),
        ("variable=a&variable=b&is=eq&is=gt&value=1&value=true", {"condition-1"}),
        (f"variable=a&is=eq&value={'1' * 256}", {"condition-0"}),
    ],
)
def test_what_cannot_be_searched_is_said_where_it_is(address: str, wrong: set[str]) -> None:
    assert read(address).errors.keys() == wrong


def test_what_there_is_not_is_left_out() -> None:
    assert not read("due=never&whose=&variable=a&is=resembles&value=1&other=x&name=%00%20")


def test_each_criterion_is_read_by_people_and_can_be_left_out() -> None:
    search = read(WHOLE)
    texts = [text for text, _ in search.criteria]
    assert texts == [
        "\u201cr-7\u201d",
        "Name: inv",
        "Assignee: bob",
        "Process: pay",
        "Business key: K-1",
        "Whose: nobody's",
        "Due: today",
        "Follow-up: not set aside",
        "Priority: 70 or more",
        "amount is more than 100",
        "city contains Rom",
    ]
    for index, (text, rest) in enumerate(search.criteria):
        assert [other for other, _ in rest.criteria] == texts[:index] + texts[index + 1 :], text


def test_what_fields_cannot_say_of_a_query_stays_in_it() -> None:
    query: dict[str, Any] = {
        "taskDefinitionKey": "approve",
        "dueBeforeExpression": "${ now() }",
        "withoutDueDate": True,
        "processVariables": [
            {"name": "a", "operator": "notLike", "value": "x%"},
            {"name": "b", "operator": "eq", "value": 1},
        ],
        "sorting": [{"sortBy": "assignee", "sortOrder": "asc"}],
    }
    search = search_of(query)
    assert search.fields == {}
    assert search.conditions == (Condition("b", "eq", "1"),)
    assert search.query == query


def test_two_searches_together_are_the_criteria_of_both() -> None:
    both = read("name=a&due=today&variable=x&is=eq&value=1").with_search(
        read("name=b&variable=x&variable=y&is=eq&is=eq&value=1&value=2")
    )
    assert both == read("name=b&due=today&variable=x&variable=y&is=eq&is=eq&value=1&value=2")
