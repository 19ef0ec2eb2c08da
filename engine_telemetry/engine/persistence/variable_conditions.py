"""Conditions about the values of variables, for queries."""

from collections.abc import Callable, Iterable
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from sqlalchemy import ColumnElement, Table, and_, exists, or_

from engine_telemetry.engine.entities import VariableCondition
from engine_telemetry.engine.persistence.tables import variable
from engine_telemetry.engine.persistence.variables import searched_number, searched_text
from engine_telemetry.exceptions import BadUserRequestException

_OPERATORS: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "eq": eq,
    "neq": ne,
    "gt": gt,
    "gteq": ge,
    "lt": lt,
    "lteq": le,
    "like": lambda column, value: column.like(value),
    "notLike": lambda column, value: column.not_like(value),
}
_OF_EQUALITY = frozenset({"eq", "neq"})
_OF_PATTERNS = frozenset({"like", "notLike"})


def all_fit(conditions: Iterable[VariableCondition], scope_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether a scope has variables that meet all the conditions.

    Raises:
        BadUserRequestException: There is no such operator, or it is none for such a value.
    """
    of_scope = variable.c.scope_id == scope_id
    found = (exists().where(of_scope, _fits(condition, variable)) for condition in conditions)
    return and_(True, *found)  # noqa: FBT003  SQL's TRUE


def one_fits(
    conditions: Iterable[VariableCondition], *of_scope: ColumnElement[bool], table: Table = variable
) -> ColumnElement[bool]:
    """Whether a scope has a variable that meets one of the conditions.

    Args:
        conditions: These.
        of_scope: Whether a row of the table is a variable of the scope.
        table: Of variables.

    Raises:
        BadUserRequestException: As ``all_fit``.
    """
    known = list(conditions)
    named = table.c.name.in_({condition.name for condition in known})  # what the index is by
    return exists().where(*of_scope, named, or_(*(_fits(condition, table) for condition in known)))


def is_one(conditions: Iterable[VariableCondition], table: Table = variable) -> ColumnElement[bool]:
    """Whether a row is a variable that meets all the conditions.

    Raises:
        BadUserRequestException: As ``all_fit``.
    """
    return and_(True, *(_fits(condition, table) for condition in conditions))  # noqa: FBT003  SQL's TRUE


def _fits(condition: VariableCondition, table: Table) -> ColumnElement[bool]:
    return and_(table.c.name == condition.name, _compared(condition, table))


def _compared(condition: VariableCondition, table: Table) -> ColumnElement[bool]:
    operator, value = condition.operator, condition.value
    _check(condition)
    if value is None:
        return table.c.type == "Null" if operator == "eq" else table.c.type != "Null"
    number = searched_number(value)
    if number is not None:
        return _OPERATORS[operator](table.c.number_value, number)
    text = _OPERATORS[operator](table.c.text_value, searched_text(value))
    is_boolean = table.c.type == "Boolean"
    return and_(text, is_boolean if isinstance(value, bool) else ~is_boolean)


def _check(condition: VariableCondition) -> None:
    operator, value = condition.operator, condition.value
    if operator not in _OPERATORS:
        raise BadUserRequestException(
            f"Invalid variable comparator {operator!r} for {condition.name!r}; use one of {', '.join(_OPERATORS)}"
        )
    fits = isinstance(value, str) if operator in _OF_PATTERNS else not isinstance(value, bool | None)
    if operator not in _OF_EQUALITY and not fits:
        raise BadUserRequestException(
            f"The variable {condition.name!r} cannot be compared by {operator!r} with {value!r}"
        )
    if searched_number(value) is None and searched_text(value) is None and value is not None:
        raise BadUserRequestException(f"The variable {condition.name!r} cannot be searched by such a value")
