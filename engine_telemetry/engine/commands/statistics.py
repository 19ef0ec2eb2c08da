"""Commands that count what goes on in definitions and in their activities."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.history_entities import HistoricActivityStatistics
from engine_telemetry.engine.persistence import deployments, statistics
from engine_telemetry.engine.persistence.listing import search
from engine_telemetry.engine.persistence.listings import DEFINITIONS
from engine_telemetry.engine.runtime_entities import ActivityStatistics, DefinitionStatistics
from engine_telemetry.exceptions import NotFoundException


@dataclass(frozen=True)
class ActivityStatisticsQueryImpl(ReadOnly):
    """Count what goes on in the activities of a definition, or of all versions of its key."""

    definition_id: str
    all_versions: bool = False

    def __call__(self, context: CommandContext) -> list[ActivityStatistics]:
        """Those activities in which something does."""
        definition = deployments.find_definition(context.connection, self.definition_id)
        if definition is None:
            raise NotFoundException(
                f"no deployed process definition found with id '{self.definition_id}': processDefinition is null"
            )
        return statistics.count_by_activity(context.connection, definition, all_versions=self.all_versions)


@dataclass(frozen=True)
class HistoricActivityStatisticsQueryImpl(ReadOnly):
    """Count what went on in the activities of a process instance."""

    instance_id: str

    def __call__(self, context: CommandContext) -> list[HistoricActivityStatistics]:
        """Those activities that it came to."""
        return statistics.count_in_instance(context.connection, self.instance_id)


@dataclass(frozen=True)
class ProcessDefinitionStatisticsQueryImpl(ReadOnly):
    """Count what goes on in the instances of definitions."""

    asked: Mapping[str, Any]
    all_versions: bool

    def __call__(self, context: CommandContext) -> list[DefinitionStatistics]:
        """Those definitions that were asked for, or the newest ones for all versions of their keys."""
        newest = {"latest_version": True} if self.all_versions else {}
        found = search(context.connection, DEFINITIONS, {**self.asked, **newest})
        return statistics.count_by_definition(context.connection, found, all_versions=self.all_versions)
