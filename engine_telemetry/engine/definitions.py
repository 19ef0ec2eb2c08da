"""The process models that this process has read from the database; they never change, so they are kept."""

from collections.abc import Callable

from sqlalchemy import Connection

from engine_telemetry.engine.bpmn.process_model import ProcessModel, read_model
from engine_telemetry.engine.persistence import deployments
from engine_telemetry.exceptions import NotFoundException

MAX_MODELS = 1000


class ModelCache:
    """Models by the id of their definition. Thread-safe: two threads may read the same one, and both have it then.

    Args:
        jobs_expected: Called when there is a model among them whose instances make jobs.
    """

    def __init__(self, jobs_expected: Callable[[], None] = lambda: None) -> None:
        """Know nothing."""
        self._jobs_expected = jobs_expected
        self._models: dict[str, ProcessModel] = {}

    def get(self, connection: Connection, definition_id: str) -> ProcessModel:
        """The model of a definition.

        Raises:
            NotFoundException: There is no such definition.
        """
        model = self._models.get(definition_id)
        if model is None:
            model = self._read(connection, definition_id)
            if len(self._models) >= MAX_MODELS:
                self._models.clear()
            self._models[definition_id] = model
            if model.makes_jobs:
                self._jobs_expected()
        return model

    def _read(self, connection: Connection, definition_id: str) -> ProcessModel:
        definition = deployments.find_definition(connection, definition_id)
        content = deployments.read_model(connection, definition_id)
        if definition is None or content is None:
            raise NotFoundException(
                f"no deployed process definition found with id '{definition_id}': processDefinition is null"
            )
        return read_model(definition.resource, content, definition.key)
