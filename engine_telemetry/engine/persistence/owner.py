"""Which instance a row belongs to."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Owner:
    """A process instance, as far as the rows of what belongs to it say it."""

    instance_id: str
    definition_id: str
    definition_key: str
    business_key: str | None = None

    @property
    def in_history(self) -> dict[str, str]:
        """The columns of a row of history."""
        return {
            "instance_id": self.instance_id,
            "definition_id": self.definition_id,
            "definition_key": self.definition_key,
        }
