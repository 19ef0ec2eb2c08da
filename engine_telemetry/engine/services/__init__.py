"""The engine's public face: one class for each service; every method runs one command."""

from engine_telemetry.engine.services.decision import DecisionService
from engine_telemetry.engine.services.external_task import ExternalTaskService
from engine_telemetry.engine.services.filter import FilterService
from engine_telemetry.engine.services.form import FormService
from engine_telemetry.engine.services.history import HistoryService
from engine_telemetry.engine.services.identity import IdentityService
from engine_telemetry.engine.services.management import ManagementService
from engine_telemetry.engine.services.repository import RepositoryService
from engine_telemetry.engine.services.runtime import RuntimeService
from engine_telemetry.engine.services.task import TaskService

__all__ = [
    "DecisionService",
    "ExternalTaskService",
    "FilterService",
    "FormService",
    "HistoryService",
    "IdentityService",
    "ManagementService",
    "RepositoryService",
    "RuntimeService",
    "TaskService",
]
