"""Commands for saved filters."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypedDict, cast
from uuid import uuid4

from engine_telemetry.engine.commands.operation_log import Change, log_operation
from engine_telemetry.engine.commands.query import Query
from engine_telemetry.engine.commands.task import MAX_TEXT_LENGTH, TaskQueryImpl
from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.entities import Task
from engine_telemetry.engine.persistence import filters
from engine_telemetry.engine.task_queries import task_criteria
from engine_telemetry.engine.tasklist_entities import Filter
from engine_telemetry.exceptions import BadUserRequestException, NotFoundException

LARGEST = 64 * 1024  # bytes of JSON, of a query and of the properties
TASK = "Task"

_SOMEBODY = "somebody"  # a query is checked for whoever may use it


class FilterChange(TypedDict, total=False):
    """What a filter shall be like; what is not given stays as it is."""

    name: str
    query: Mapping[str, object]
    properties: Mapping[str, object]
    owner: str | None


class FilterQueryImpl(Query[Filter]):
    """Find saved filters."""

    listing = filters.FILTERS


@dataclass(frozen=True)
class CreateFilterCmd:
    """Save a query under a name."""

    name: str
    query: Mapping[str, object] = field(repr=False)
    properties: Mapping[str, object] = field(repr=False)
    owner: str | None = None

    def __call__(self, context: CommandContext) -> Filter:
        """Check it and keep it."""
        new = Filter(str(uuid4()), TASK, self.name, self.owner, self.query, self.properties)
        _check(context, new)
        filters.insert_filter(context.connection, new)
        log_operation(context, "Create", "Filter", Change("filterId", new=new.id))
        return new


@dataclass(frozen=True)
class SaveFilterCmd:
    """Change a saved filter."""

    filter_id: str
    change: FilterChange = field(repr=False)

    def __call__(self, context: CommandContext) -> None:
        """Change what is given."""
        known = filters.lock_filter(context.connection, self.filter_id)
        if known is None:
            raise _no_filter(self.filter_id)
        changed = replace(known, **self.change)
        _check(context, changed)
        filters.update_filter(context.connection, changed)
        log_operation(context, "Update", "Filter", Change("filterId", self.filter_id, self.filter_id))


@dataclass(frozen=True)
class DeleteFilterCmd:
    """Delete a saved filter."""

    filter_id: str

    def __call__(self, context: CommandContext) -> None:
        """Delete it; its tasks stay."""
        if not filters.delete_filter(context.connection, self.filter_id):
            raise _no_filter(self.filter_id)
        log_operation(context, "Delete", "Filter", Change("filterId", old=self.filter_id))


@dataclass(frozen=True)
class GetFilterCmd(ReadOnly):
    """Read a saved filter."""

    filter_id: str

    def __call__(self, context: CommandContext) -> Filter:
        """The filter."""
        return _find(context, self.filter_id)


@dataclass(frozen=True)
class ExecuteFilterListPageCmd(ReadOnly):
    """Find the tasks of a saved filter."""

    filter_id: str
    extending: Mapping[str, Any]

    def __call__(self, context: CommandContext) -> list[Task]:
        """Those of the part that was asked for."""
        return TaskQueryImpl(_extended(context, _find(context, self.filter_id), self.extending))(context)


@dataclass(frozen=True)
class ExecuteFilterCountCmd(ReadOnly):
    """Count the tasks of a saved filter."""

    filter_id: str
    extending: Mapping[str, Any]

    def __call__(self, context: CommandContext) -> int:
        """How many there are."""
        return TaskQueryImpl(_extended(context, _find(context, self.filter_id), self.extending)).count(context)


@dataclass(frozen=True)
class ExecuteFilterCountsCmd(ReadOnly):
    """Count the tasks of several saved filters."""

    filter_ids: tuple[str, ...]

    def __call__(self, context: CommandContext) -> dict[str, int]:
        """How many there are of each filter that is there."""
        found = filters.find_filters(context.connection, self.filter_ids)
        return {one.id: TaskQueryImpl(_extended(context, one, {})).count(context) for one in found}


def _find(context: CommandContext, filter_id: str) -> Filter:
    found = filters.find_filters(context.connection, [filter_id])
    if not found:
        raise _no_filter(filter_id)
    return found[0]


def _extended(context: CommandContext, one: Filter, extending: Mapping[str, Any]) -> dict[str, Any]:
    """What a filter asks, and what is asked further: of criteria that both have, both hold; the further order wins."""
    own = cast("dict[str, Any]", task_criteria(one.query, user_id=context.acting_user, now=context.clock()))
    more = {name: value for name, value in extending.items() if value is not None}
    if more.keys() & {"sort_by", "sorting"}:
        own.pop("sorting", None)
    both = {name: own[name] for name in own.keys() & more.keys()}
    if both:
        more["also"] = TaskQueryImpl({**both, "include_assigned_tasks": True}).criteria
    return own | more


def _check(context: CommandContext, one: Filter) -> None:
    """See that a filter can be kept, and that its query can be asked: it is, for none of what it finds."""
    for name, text in (("name", one.name), ("owner", one.owner)):
        if text is not None and not 0 < len(text) <= MAX_TEXT_LENGTH:
            raise BadUserRequestException(
                f"The {name} of a filter has {len(text)} characters; 1 to {MAX_TEXT_LENGTH} fit"
            )
    for name, value in (("query", one.query), ("properties", one.properties)):
        if (size := _size(name, value)) > LARGEST:
            raise BadUserRequestException(f"The {name} of a filter takes {size} bytes as JSON; {LARGEST} fit")
    criteria = task_criteria(one.query, user_id=_SOMEBODY, now=context.clock())
    TaskQueryImpl({**criteria, "max_results": 0})(context)


def _size(name: str, value: Mapping[str, object]) -> int:
    try:
        return len(json.dumps(value, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as exc:
        raise BadUserRequestException(f"The {name} of a filter is no JSON: {exc}") from exc


def _no_filter(filter_id: str) -> NotFoundException:
    return NotFoundException(f"Filter with id '{filter_id}' does not exist.")
