"""What is known of batches: frozen, free of any database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypedDict

from engine_telemetry.engine.criteria import Paging

BatchKind = Literal[
    "instance-deletion", "instance-update-suspension-state", "set-job-retries", "set-external-task-retries"
]
ItemKind = Literal["instance", "job", "external-task"]


@dataclass(frozen=True)
class Batch:
    """Something that is done to many things, one after the other.

    Attributes:
        kind: What is done, under Camunda's name for it.
        item_kind: What its items are.
        settings: How it is done.
        total: How many items there are; ``done`` and ``failed`` of them are settled.
        suspended: Whether it is halted.
        created_by: The user who made it, who acts in it too; ``None`` if nobody was logged in.
        finished: When the last item was settled; ``None`` before that.
    """

    id: str
    kind: BatchKind
    item_kind: ItemKind
    settings: Mapping[str, Any]
    total: int
    done: int
    failed: int
    suspended: bool
    created: datetime
    created_by: str | None
    finished: datetime | None

    @property
    def state(self) -> Literal["running", "suspended", "finished"]:
        """How it stands."""
        if self.finished is not None:
            return "finished"
        return "suspended" if self.suspended else "running"

    @property
    def remaining(self) -> int:
        """How many items are still open."""
        return self.total - self.done - self.failed


@dataclass(frozen=True)
class BatchFailure:
    """An item with which it did not work, and why."""

    item_id: str
    message: str


class BatchCriteria(TypedDict, total=False):
    """Which batches. ``sort_by``: batchId, startTime, endTime."""

    batch_id: str | None
    kind: str | None
    suspended: bool | None
    finished: bool | None
    with_failures: bool | None
    created_by: str | None
    created_before: datetime | None
    created_after: datetime | None


class BatchSearch(BatchCriteria, Paging, total=False):
    """Which batches, in which order."""
