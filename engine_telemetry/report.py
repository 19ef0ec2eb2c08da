"""The report: the document that people agree to, its JSON, and the JSON Schema of it. No input or output here.

The document is exactly the list of *Collected data* in ``docs/telemetry.md``; nothing may be added to it. A value
that is not known is left out, never ``null``. Bytes and schema come from the same dataclasses, so they cannot
disagree: a field's name with ``-`` for ``_`` is the name of the member, one that may be ``None`` is a member that may
be absent, and what is annotated goes into the schema.
"""

import json
import types
import typing
from collections import abc
from collections.abc import Mapping
from dataclasses import Field, dataclass, fields, is_dataclass
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

SCHEMA_ID = "urn:engine-telemetry:report:1"

Edition = Literal["community", "enterprise"]


def _about(description: str, **constraints: object) -> dict[str, object]:
    return {"description": description, **constraints}


@dataclass(frozen=True)
class Count:
    """How often a command was executed."""

    count: Annotated[
        int, _about("Executions since the previous report, or since telemetry was switched on.", minimum=1)
    ]


@dataclass(frozen=True)
class Component:
    """A database or an application server."""

    vendor: Annotated[str, _about("The product's own spelling of its name.", minLength=1)]
    version: Annotated[str | None, _about("The product's own text of its version.", minLength=1)]


@dataclass(frozen=True)
class Internals:
    """The environment and the usage."""

    database: Annotated[Component | None, _about("The database, as its server says.")]
    application_server: Annotated[Component | None, _about("The server that runs the web applications.")]
    commands: Annotated[
        Mapping[str, Count], _about("The executed commands by name; a command that did not run is not listed.")
    ]


@dataclass(frozen=True)
class Product:
    """What the engine is used as."""

    name: Annotated[str, _about("What the process engine is used as.", minLength=1)]
    version: Annotated[str, _about("The version of the process engine.", minLength=1)]
    edition: Annotated[Edition, _about("Whether the community or the enterprise version is used.")]
    internals: Annotated[Internals, _about("The environment and the usage.")]


@dataclass(frozen=True)
class Report:
    """The document about one window of time."""

    installation: Annotated[str, _about("The id of the database, a UUID of version 4.", format="uuid")]
    product: Annotated[Product, _about("The product.")]

    def to_dict(self) -> dict[str, Any]:
        """The document as JSON-ready values: members in the order of the fields, commands by name."""
        document: dict[str, Any] = _to_json(self)
        return document

    def to_json(self) -> bytes:
        """The document's bytes, UTF-8 (RFC 8259); the same report gives the same bytes."""
        return json.dumps(self.to_dict(), ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def commands(counts: Mapping[str, int]) -> dict[str, Count]:
    """The counts of a report: sorted by name, and only what ran."""
    return {name: Count(count) for name, count in sorted(counts.items()) if count > 0}


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of the report; it admits nothing that is not listed."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "Telemetry report",
        "description": "All that is collected and sent: one report in 24 hours, and one when the engine closes.",
        **_schema(Report),
    }


def _to_json(value: object) -> Any:  # noqa: ANN401 - JSON is any of several types
    if is_dataclass(value):
        present = ((item, getattr(value, item.name)) for item in fields(value))
        return {_name(item): _to_json(content) for item, content in present if content is not None}
    if isinstance(value, Mapping):
        return {key: _to_json(content) for key, content in value.items()}
    return value


def _name(item: "Field[Any]") -> str:
    return item.name.replace("_", "-")


def _schema(hint: Any) -> dict[str, Any]:  # noqa: ANN401 - a type hint is any of several things
    if isinstance(hint, types.UnionType):
        hint = get_args(hint)[0]
    if is_dataclass(hint):
        return _object_schema(hint)
    match get_origin(hint):
        case typing.Annotated:
            kind, about = get_args(hint)
            return {**_schema(kind), **about}
        case typing.Literal:
            return {"enum": list(get_args(hint))}
        case abc.Mapping:
            return {"type": "object", "additionalProperties": _schema(get_args(hint)[1])}
    return {"type": {str: "string", int: "integer"}[hint]}


def _object_schema(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - a dataclass
    hints = get_type_hints(kind, include_extras=True)
    return {
        "type": "object",
        "properties": {_name(item): _schema(hints[item.name]) for item in fields(kind)},
        "required": [_name(item) for item in fields(kind) if not _may_be_none(hints[item.name])],
        "additionalProperties": False,
    }


def _may_be_none(hint: object) -> bool:
    return isinstance(get_args(hint)[0], types.UnionType)
