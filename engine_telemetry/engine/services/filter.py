"""Saved filters: queries for user tasks that people keep under a name."""

from collections.abc import Collection, Mapping
from typing import Unpack

from engine_telemetry.engine.commands.filter import (
    CreateFilterCmd,
    DeleteFilterCmd,
    ExecuteFilterCountCmd,
    ExecuteFilterCountsCmd,
    ExecuteFilterListPageCmd,
    FilterChange,
    FilterQueryImpl,
    GetFilterCmd,
    SaveFilterCmd,
)
from engine_telemetry.engine.criteria import FilterCriteria, FilterSearch, TaskCriteria, TaskSearch
from engine_telemetry.engine.entities import Task
from engine_telemetry.engine.executor import Executor
from engine_telemetry.engine.tasklist_entities import Filter


class FilterService:
    """Saved filters. Each method with a ``filter_id`` raises ``NotFoundException`` if there is no such filter.

    The service lets everybody do everything; whether a user may see or change a filter of somebody else is for the
    caller to say. The expressions in a query are about the user who acts (``IdentityService.acting_as``).
    """

    def __init__(self, executor: Executor) -> None:
        """Run commands on this executor."""
        self._executor = executor

    def create(
        self,
        *,
        name: str,
        query: Mapping[str, object],
        properties: Mapping[str, object] | None = None,
        owner: str | None = None,
    ) -> Filter:
        """Save a query.

        Args:
            name: 1 to 255 characters.
            query: Criteria and ``sorting`` by the names that Camunda's REST API has for queries of tasks; values as
                JSON has them, and expressions. See ``task_queries``.
            properties: JSON, for whoever shows the filter.
            owner: Whose it is; without one it is everybody's.

        Raises:
            BadUserRequestException: The query cannot be one, or something is too long.
        """
        return self._executor.execute(CreateFilterCmd(name, query, properties or {}, owner))

    def save(self, filter_id: str, **change: Unpack[FilterChange]) -> None:
        """Change a filter; what is not given stays as it is.

        Raises:
            BadUserRequestException: As ``create``.
        """
        self._executor.execute(SaveFilterCmd(filter_id, change))

    def delete(self, filter_id: str) -> None:
        """Delete a filter."""
        self._executor.execute(DeleteFilterCmd(filter_id))

    def filter(self, filter_id: str) -> Filter:
        """One filter."""
        return self._executor.execute(GetFilterCmd(filter_id))

    def filters(self, **search: Unpack[FilterSearch]) -> list[Filter]:
        """Find filters."""
        return self._executor.execute(FilterQueryImpl(search))

    def count_filters(self, **criteria: Unpack[FilterCriteria]) -> int:
        """Count filters."""
        return self._executor.execute(FilterQueryImpl(criteria).count)

    def tasks(self, filter_id: str, **search: Unpack[TaskSearch]) -> list[Task]:
        """Find the tasks of a filter.

        Args:
            filter_id: The filter.
            search: Which part of them, in which order in place of the filter's, and further criteria: they narrow
                what the filter finds, also where it asks for the same.

        Raises:
            BadUserRequestException: The filter asks for the acting user, and nobody acts.
        """
        return self._executor.execute(ExecuteFilterListPageCmd(filter_id, search))

    def count_tasks(self, filter_id: str, **criteria: Unpack[TaskCriteria]) -> int:
        """Count the tasks of a filter.

        Raises:
            BadUserRequestException: As ``tasks``.
        """
        return self._executor.execute(ExecuteFilterCountCmd(filter_id, criteria))

    def counts(self, filter_ids: Collection[str]) -> dict[str, int]:
        """How many tasks each of these filters finds; one that is not there is left out.

        Raises:
            BadUserRequestException: As ``tasks``.
        """
        return self._executor.execute(ExecuteFilterCountsCmd(tuple(filter_ids)))
