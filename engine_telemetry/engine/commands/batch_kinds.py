"""What batches do: for each kind its settings, among what a search looks, and the ordinary commands for one item."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Connection

from engine_telemetry.engine.batches import Batch, BatchKind, ItemKind
from engine_telemetry.engine.commands.external_task_settings import (
    SetExternalTaskRetriesCmd,
    SetExternalTasksRetriesCmd,
)
from engine_telemetry.engine.commands.job import SetJobRetriesCmd
from engine_telemetry.engine.commands.runtime import DeleteProcessInstanceCmd
from engine_telemetry.engine.commands.suspension import ActivateProcessInstanceCmd, SuspendProcessInstanceCmd
from engine_telemetry.engine.context import Command
from engine_telemetry.engine.persistence.external_tasks import EXTERNAL_TASKS
from engine_telemetry.engine.persistence.instance_listing import INSTANCES
from engine_telemetry.engine.persistence.instances import instance_exists
from engine_telemetry.engine.persistence.jobs import JOBS
from engine_telemetry.engine.persistence.listing import Listing, find_ids
from engine_telemetry.exceptions import BadUserRequestException


class Work(ABC):
    """What is done with each item; its fields are the settings, which are kept as JSON.

    Attributes:
        kind: The kind of the batch.
        item_kind: What the items are.
        listing: Among what a search looks.
        entity_type: What the log of operations calls the items.
    """

    kind: ClassVar[BatchKind]
    item_kind: ClassVar[ItemKind] = "instance"
    listing: ClassVar[Listing[Any]] = INSTANCES
    entity_type: ClassVar[str] = "ProcessInstance"

    @property
    @abstractmethod
    def operation(self) -> str:
        """What the log of operations calls this."""

    @abstractmethod
    def commands(self, connection: Connection, item_id: str) -> Sequence[Command[Any]]:
        """What to execute for an item, in its transaction; nothing if there is nothing to do."""


@dataclass(frozen=True)
class DeleteInstance(Work):
    """Delete process instances.

    Attributes:
        reason: Why, for the history.
        must_exist: Whether it is a failure if one has ended already, as a called one has that went with its caller.
    """

    kind = "instance-deletion"

    reason: str | None = None
    must_exist: bool = False

    @property
    def operation(self) -> str:
        """The same for all."""
        return "Delete"

    def commands(self, connection: Connection, item_id: str) -> Sequence[Command[Any]]:
        """Delete it, if it still runs."""
        if not self.must_exist and not instance_exists(connection, item_id):
            return []
        return [DeleteProcessInstanceCmd(item_id, self.reason)]


@dataclass(frozen=True)
class SuspendInstance(Work):
    """Suspend or activate process instances."""

    kind = "instance-update-suspension-state"

    suspended: bool

    @property
    def operation(self) -> str:
        """Two of them are of this kind."""
        return "Suspend" if self.suspended else "Activate"

    def commands(self, connection: Connection, item_id: str) -> Sequence[Command[Any]]:
        """Suspend or activate it."""
        del connection
        return [SuspendProcessInstanceCmd(item_id) if self.suspended else ActivateProcessInstanceCmd(item_id)]


@dataclass(frozen=True)
class _SetRetries(Work):
    retries: int

    @property
    def operation(self) -> str:
        return "SetJobRetries"

    def __post_init__(self) -> None:
        if self.retries < 0:
            raise BadUserRequestException(f"The number of retries must not be negative, but {self.retries} was given")


class RetryInstance(_SetRetries):
    """Have what failed in process instances be tried again: their jobs and external tasks without retries."""

    kind = "set-job-retries"

    def commands(self, connection: Connection, item_id: str) -> Sequence[Command[Any]]:
        """Give all of them retries."""
        jobs = find_ids(connection, JOBS, {"instance_id": item_id, "no_retries_left": True})
        tasks = find_ids(connection, EXTERNAL_TASKS, {"instance_id": item_id, "with_retries_left": False})
        of_jobs = [SetJobRetriesCmd(job_id, self.retries) for job_id in jobs]
        return [*of_jobs, SetExternalTasksRetriesCmd(tuple(tasks), self.retries)] if tasks else of_jobs


class SetJobRetries(_SetRetries):
    """Say how often jobs are still tried."""

    kind = "set-job-retries"
    item_kind = "job"
    listing = JOBS
    entity_type = "Job"

    def commands(self, connection: Connection, item_id: str) -> Sequence[Command[Any]]:
        """Set it."""
        del connection
        return [SetJobRetriesCmd(item_id, self.retries)]


class SetExternalTaskRetries(_SetRetries):
    """Say how often external tasks may still fail."""

    kind = "set-external-task-retries"
    item_kind = "external-task"
    listing = EXTERNAL_TASKS
    entity_type = "ExternalTask"

    @property
    def operation(self) -> str:
        """As for jobs."""
        return "SetExternalTaskRetries"

    def commands(self, connection: Connection, item_id: str) -> Sequence[Command[Any]]:
        """Set it."""
        del connection
        return [SetExternalTaskRetriesCmd(item_id, self.retries)]


def work_of(batch: Batch) -> Work:
    """What is done in a batch."""
    return _KINDS[batch.kind, batch.item_kind](**batch.settings)


_KINDS: dict[tuple[BatchKind, ItemKind], type[Work]] = {
    (kind.kind, kind.item_kind): kind
    for kind in (DeleteInstance, SuspendInstance, RetryInstance, SetJobRetries, SetExternalTaskRetries)
}
