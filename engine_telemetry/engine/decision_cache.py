"""The decisions that this process has read from the database; they never change, so they are kept."""

from sqlalchemy import Connection

from engine_telemetry.engine.decisions import Decision, parse_decisions
from engine_telemetry.engine.entities import DecisionDefinition
from engine_telemetry.engine.persistence import decisions
from engine_telemetry.exceptions import NotFoundException

MAX_DECISIONS = 1000


class DecisionCache:
    """Decisions by the id of their definition. Thread-safe: two threads may both read the same one."""

    def __init__(self) -> None:
        """Know nothing."""
        self._decisions: dict[str, Decision] = {}

    def get(self, connection: Connection, definition: DecisionDefinition) -> Decision:
        """The decision of a definition.

        Raises:
            NotFoundException: It has been deleted.
        """
        found = self._decisions.get(definition.id)
        if found is None:
            found = self._read(connection, definition)
            if len(self._decisions) >= MAX_DECISIONS:
                self._decisions.clear()
            self._decisions[definition.id] = found
        return found

    def _read(self, connection: Connection, definition: DecisionDefinition) -> Decision:
        content = decisions.read_file(connection, definition.id)
        in_file = [] if content is None else parse_decisions(definition.resource, content)
        for one in in_file:
            if one.key == definition.key:
                return one
        raise NotFoundException(f"no deployed decision definition found with id '{definition.id}'")
