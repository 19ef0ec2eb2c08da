"""Conditions about variables: ``amount_gt_5,name_eq_x`` in a query string, objects in a body."""

from engine_telemetry.engine.entities import VariableCondition
from engine_telemetry.engine.variables import typed_variables
from webapps.rest.values import objects, required, text

_PARTS = 3


def conditions(value: object) -> tuple[VariableCondition, ...]:
    """The conditions in a parameter, where all values are texts, or in a body.

    Raises:
        ValueError: It has another form.
        BadUserRequestException: A value cannot be one of a variable.
    """
    if isinstance(value, str):
        return tuple(_from_text(part) for part in value.split(",") if part)
    return tuple(_from_object(item) for item in objects(value))


def equalities(value: object) -> tuple[VariableCondition, ...]:
    """The conditions that variables have exactly these values.

    Raises:
        ValueError: It is no JSON object.
        BadUserRequestException: A value cannot be one of a variable.
    """
    if not isinstance(value, dict):
        raise ValueError("an object")  # noqa: TRY004 - every converter says ValueError
    return tuple(VariableCondition(name, "eq", plain.value) for name, plain in typed_variables(value).items())


def _from_text(part: str) -> VariableCondition:
    parts = part.split("_", 2)
    if len(parts) != _PARTS:
        raise ValueError("name_operator_value, separated by commas")
    return VariableCondition(*parts)


def _from_object(item: dict[str, object]) -> VariableCondition:
    name, operator = required(item, "name", text), required(item, "operator", text)
    return VariableCondition(name, operator, typed_variables({name: item.get("value")})[name].value)
