"""What people keep for their work on user tasks: frozen, free of any database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Filter:
    """A saved query for user tasks.

    Attributes:
        resource_type: ``Task``; there is no other.
        owner: Whose it is; without one it is everybody's.
        query: Criteria and order by the names of Camunda's REST API.
        properties: What whoever shows it wants to know, for example its colour.
    """

    id: str
    resource_type: str
    name: str
    owner: str | None
    query: Mapping[str, object]
    properties: Mapping[str, object]


@dataclass(frozen=True)
class Draft:
    """What a user has entered in the form of a task, and not sent yet.

    Attributes:
        fields: The texts by the names of the fields.
        saved: When, aware UTC.
    """

    fields: Mapping[str, str]
    saved: datetime
