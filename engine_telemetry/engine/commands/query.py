"""The base of the queries."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.persistence.listing import Listing, count, search

T = TypeVar("T")


class Query(ReadOnly, Generic[T]):
    """A query: the command lists what it finds, its method ``count`` is the command that counts it."""

    listing: Listing[T]

    def __init__(self, asked: Mapping[str, Any]) -> None:
        """Ask for this: criteria, order and part."""
        self._asked = asked

    def __call__(self, context: CommandContext) -> list[T]:
        """List."""
        return search(context.connection, self.listing, self._asked)

    def count(self, context: CommandContext) -> int:
        """Count."""
        return count(context.connection, self.listing, self._asked)
