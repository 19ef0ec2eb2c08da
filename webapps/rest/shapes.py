"""The shapes of JSON as dataclasses: bodies are read into them, answers are written from them.

The fields have Camunda's names in snake_case, and the types say what is accepted and answered; ``schemas`` makes the
OpenAPI document of the same types.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from types import UnionType
from typing import Annotated, Any, Self, Union, get_args, get_origin, get_type_hints

from engine_telemetry.engine.entities import TypedValue
from webapps.rest.dates import date_to_json
from webapps.rest.values import (
    Converter,
    an_object,
    anything,
    boolean,
    count,
    date,
    duration,
    integer,
    long_integer,
    objects,
    required,
    text,
    texts,
    value_of,
)
from webapps.rest.variables import variable_to_json, variables_in

Variables = Annotated[Mapping[str, object], variables_in]
Count = Annotated[int, count]
LongInteger = Annotated[int, long_integer]
Content = Annotated[Mapping[str, object], an_object]
AnyJson = Annotated[object, anything]
_CONVERTERS: dict[object, Converter] = {
    str: text,
    int: integer,
    bool: boolean,
    datetime: date,
    timedelta: duration,
    tuple[str, ...]: texts,
}


@dataclass(frozen=True, kw_only=True)
class Body:
    """The base of the bodies that are JSON objects. A field with a default may be missing, or null."""

    @classmethod
    def read(cls, values: Mapping[str, object]) -> Self:
        """The body of these members; others are ignored, as Camunda does.

        Raises:
            InvalidRequestException: One is missing, or is not what its type says.
        """
        found = {
            member.name: (required if member.required else value_of)(values, member.json_name, member.convert)
            for member in members_of(cls)
        }
        return cls(**{name: value for name, value in found.items() if value is not None})


@dataclass(frozen=True)
class Member:
    """One member of a body.

    Attributes:
        convert: Its converter; of a nested body, that body's ``read``.
        body: The nested body, if it is one or a list of them.
    """

    name: str
    json_name: str
    convert: Converter
    required: bool
    body: type[Body] | None = None
    many: bool = False


def members_of(body: type) -> tuple[Member, ...]:
    """The members of a body, in their order."""
    return _members(body)


@cache
def _members(body: type) -> tuple[Member, ...]:
    hints = get_type_hints(body, include_extras=True)
    return tuple(
        _member(field.name, without_none(hints[field.name]), required=_is_required(field)) for field in fields(body)
    )


def _is_required(field: Any) -> bool:  # noqa: ANN401 - dataclasses.Field[Any]
    return field.default is MISSING and field.default_factory is MISSING


def _member(name: str, hint: Any, *, required: bool) -> Member:  # noqa: ANN401 - a type hint
    json_name = camel_case(name)
    if get_origin(hint) is Annotated:
        return Member(name, json_name, get_args(hint)[1], required)
    if hint in _CONVERTERS:
        return Member(name, json_name, _CONVERTERS[hint], required)
    if get_origin(hint) is tuple:
        body = get_args(hint)[0]
        return Member(name, json_name, partial(_read_all, body), required, body, many=True)
    return Member(name, json_name, partial(_read_one, hint), required, hint)


def _read_one(body: type[Body], value: object) -> Body:
    return body.read(an_object(value))


def _read_all(body: type[Body], value: object) -> tuple[Body, ...]:
    return tuple(body.read(item) for item in objects(value))


def to_json(value: object) -> object:
    """What the JSON encoder takes, of a dataclass or of anything made of them."""
    answer = value
    match value:
        case datetime():
            answer = date_to_json(value)
        case TypedValue():
            answer = variable_to_json(value)
        case Mapping():
            answer = {name: to_json(item) for name, item in value.items()}
        case list() | tuple():
            answer = [to_json(item) for item in value]
        case _ if is_dataclass(value):
            answer = {name: to_json(getattr(value, field)) for field, name in json_names(type(value))}
    return answer


def json_names(shape: type) -> tuple[tuple[str, str], ...]:
    """For each field of a dataclass, its name and the name in JSON."""
    return _json_names(shape)


@cache
def _json_names(shape: type) -> tuple[tuple[str, str], ...]:
    return tuple((field.name, camel_case(field.name)) for field in fields(shape))


@cache
def camel_case(name: str) -> str:
    """``process_instance_id`` as ``processInstanceId``."""
    first, *others = name.removesuffix("_").split("_")
    return first + "".join(part.capitalize() for part in others)


def without_none(hint: Any) -> Any:  # noqa: ANN401 - a type hint
    """``X`` for ``X | None``; anything else as it is."""
    if get_origin(hint) in {Union, UnionType}:
        kinds = [kind for kind in get_args(hint) if kind is not type(None)]
        return kinds[0] if len(kinds) == 1 else hint
    return hint
