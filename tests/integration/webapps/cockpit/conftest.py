"""A deployed process."""

import pytest

from engine_telemetry.engine import ProcessEngine
from tests.integration.webapps.cockpit.samples import deploy


@pytest.fixture
def definition_id(engine: ProcessEngine) -> str:
    """The first version of the process ``order``."""
    return deploy(engine)


@pytest.fixture
def deployment_id(engine: ProcessEngine, definition_id: str) -> str:
    """The deployment that it came with."""
    return engine.repository_service.process_definition(definition_id).deployment_id
