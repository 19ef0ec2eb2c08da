"""JSON Schemas of what is read and of what is answered, made of the types that read and answer it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, is_dataclass
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from engine_telemetry.engine.entities import TypedValue
from webapps.rest import values
from webapps.rest.conditions import conditions, equalities
from webapps.rest.shapes import Body, Member, json_names, members_of
from webapps.rest.values import Converter
from webapps.rest.variables import TYPES, variables_in

Schema = dict[str, Any]

_INTEGER = {"type": "integer", "format": "int32"}
_COUNT = {**_INTEGER, "minimum": 0}
_DATE = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}[+-]\d{4}$"}
_OBJECT = {"type": "object", "additionalProperties": True}
_TRUE_OR_FALSE = {"type": "boolean"}
_OF_CONVERTERS: dict[Converter, Schema] = {
    values.text: {"type": "string"},
    values.integer: _INTEGER,
    values.long_integer: {"type": "integer", "format": "int64"},
    values.count: _COUNT,
    values.duration: {"type": "integer", "format": "int64", "minimum": 0, "description": "Milliseconds."},
    values.boolean: _TRUE_OR_FALSE,
    values.only_true: _TRUE_OR_FALSE,
    values.not_true: _TRUE_OR_FALSE,
    values.date: _DATE,
    values.texts: {"type": "array", "items": {"type": "string"}},
    values.anything: {},
    equalities: _OBJECT,
    values.an_object: _OBJECT,
    values.objects: {"type": "array", "items": _OBJECT},
}
_OF_TYPES: dict[object, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: _TRUE_OR_FALSE,
    NoneType: {"type": "null"},
    datetime: _DATE,
    object: {},
}
_GIVEN_VARIABLE = {
    "type": "object",
    "properties": {
        "type": {"type": ["string", "null"], "description": f"One of {', '.join(TYPES)}; without it, as JSON has it."},
        "value": {},
        "valueInfo": {"type": ["object", "null"]},
    },
}
_VARIABLE = {
    "type": "object",
    "properties": {"type": {"enum": list(TYPES)}, "value": {}, "valueInfo": _OBJECT},
    "required": ["type", "value", "valueInfo"],
}

_CONDITION = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "operator": {"enum": ["eq", "neq", "gt", "gteq", "lt", "lteq", "like", "notLike"]},
        "value": {},
    },
    "required": ["name", "operator", "value"],
}


@dataclass
class Schemas:
    """Makes schemas, and keeps those that have a name, for the document's ``components``."""

    named: dict[str, Schema] = field(default_factory=dict)

    def of_converter(self, convert: Converter) -> Schema:
        """What a converter takes."""
        if convert is variables_in:
            variable = self._name("GivenVariable", lambda: _GIVEN_VARIABLE)
            return {"type": "object", "additionalProperties": variable}
        if isinstance(convert, values.TrueMeans):
            return _TRUE_OR_FALSE
        if convert is conditions:
            return {"type": "array", "items": self._name("VariableCondition", lambda: _CONDITION)}
        return _OF_CONVERTERS[convert]

    def of_parameter(self, convert: Converter) -> Schema:
        """What a converter takes in a query string."""
        if convert is conditions:
            return {"type": "string", "description": "name_operator_value, separated by commas."}
        return self.of_converter(convert)

    def of_body(self, body: type[Body]) -> Schema:
        """A body; what may be missing may be null too."""
        return self._name(body.__name__, lambda: self._members(body))

    def of_answer(self, hint: Any) -> Schema:  # noqa: ANN401 - a type hint, or a schema
        """What ``to_json`` makes of a value of this type."""
        if isinstance(hint, dict):
            return hint
        if hint in _OF_TYPES:
            return _OF_TYPES[hint]
        if hint is TypedValue:
            return self._name("Variable", lambda: _VARIABLE)
        if isinstance(hint, type) and is_dataclass(hint):
            return self._name(hint.__name__, lambda: self._fields(hint))
        return self._of_generic(get_origin(hint), get_args(hint))

    def _of_generic(self, origin: Any, arguments: tuple[Any, ...]) -> Schema:  # noqa: ANN401 - as above
        if origin in {Union, UnionType}:
            return {"anyOf": [self.of_answer(kind) for kind in arguments]}
        if origin is Literal:
            return {"enum": list(arguments)}
        if origin is Annotated:
            return self.of_answer(arguments[0])
        if issubclass(origin, Mapping):
            return {"type": "object", "additionalProperties": self.of_answer(arguments[1])}
        return {"type": "array", "items": self.of_answer(arguments[0])}

    def _members(self, body: type[Body]) -> Schema:
        members = members_of(body)
        schema: Schema = {
            "type": "object",
            "properties": {member.json_name: self._of_member(member) for member in members},
        }
        wanted = [member.json_name for member in members if member.required]
        return {**schema, "required": wanted} if wanted else schema

    def _of_member(self, member: Member) -> Schema:
        if member.body is None:
            schema = self.of_converter(member.convert)
        else:
            schema = self.of_body(member.body)
            schema = {"type": "array", "items": schema} if member.many else schema
        return schema if member.required else {"anyOf": [schema, {"type": "null"}]}

    def _fields(self, shape: type) -> Schema:
        hints = get_type_hints(shape, include_extras=True)
        properties = {name: self.of_answer(hints[python_name]) for python_name, name in json_names(shape)}
        return {"type": "object", "properties": properties, "required": list(properties)}

    def _name(self, name: str, make: Callable[[], Schema]) -> Schema:
        if name not in self.named:
            self.named[name] = {}  # it may contain itself
            self.named[name] = make()
        return {"$ref": f"#/components/schemas/{name}"}
