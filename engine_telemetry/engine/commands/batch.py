"""Commands for batches: make one, look at it, halt it, delete it. ``batch_execution`` has what works them off."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from uuid import uuid4

from engine_telemetry.engine.batches import Batch, BatchFailure, BatchKind, ItemKind
from engine_telemetry.engine.commands import batch_kinds
from engine_telemetry.engine.commands.operation_log import Change, log_operation
from engine_telemetry.engine.commands.query import Query
from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.persistence import batches
from engine_telemetry.exceptions import BadUserRequestException, NotFoundException

MAX_ITEMS = 100_000
MAX_ID_LENGTH = 64


@dataclass(frozen=True)
class _CreateBatch:
    """Make a batch.

    Attributes:
        ids: Its items.
        search: Criteria that find more of them; ``None`` for no search.
        settings: As the kind of work takes them.
    """

    ids: Collection[str]
    search: Mapping[str, Any] | None
    settings: Mapping[str, Any]

    work: ClassVar[type[batch_kinds.Work]]

    def __call__(self, context: CommandContext) -> Batch:
        """Store it with its items, all or none."""
        work = self.work(**self.settings)
        batch = self._new(context, work)
        batches.insert_batch(context.connection, batch)
        total = self._insert_items(context, batch.id)
        if total > MAX_ITEMS:
            raise BadUserRequestException(f"A batch may have {MAX_ITEMS} items; choose fewer of them")
        if not total:
            raise BadUserRequestException("There is nothing to do: no ids are given, or the search finds nothing")
        batches.change_batch(context.connection, batch.id, total=total)
        changes = Change("nrOfInstances", None, total), Change("async", None, new=True)
        log_operation(context, work.operation, work.entity_type, *changes, batch_id=batch.id)
        context.after_commit(context.jobs_available.notify)
        return replace(batch, total=total)

    def _new(self, context: CommandContext, work: batch_kinds.Work) -> Batch:
        return Batch(
            id=str(uuid4()),
            kind=work.kind,
            item_kind=work.item_kind,
            settings=vars(work),
            total=0,
            done=0,
            failed=0,
            suspended=False,
            created=context.clock(),
            created_by=context.acting_user,
            finished=None,
        )

    def _insert_items(self, context: CommandContext, batch_id: str) -> int:
        given = set(self.ids)
        if wrong := next((item_id for item_id in given if len(item_id) > MAX_ID_LENGTH), None):
            raise BadUserRequestException(f"{wrong[:MAX_ID_LENGTH]!r}… is too long for an id")
        if len(given) > MAX_ITEMS:
            return len(given)
        batches.insert_items(context.connection, batch_id, given)
        if self.search is None:
            return len(given)
        most = MAX_ITEMS + 1 - len(given)
        return len(given) + batches.insert_found(context.connection, batch_id, self.work.listing, self.search, most)


class DeleteProcessInstanceBatchCmd(_CreateBatch):
    """Have process instances deleted."""

    work = batch_kinds.DeleteInstance


class UpdateProcessInstancesSuspendStateBatchCmd(_CreateBatch):
    """Have process instances suspended or activated."""

    work = batch_kinds.SuspendInstance


class SetJobsRetriesByProcessBatchCmd(_CreateBatch):
    """Have what failed in process instances tried again."""

    work = batch_kinds.RetryInstance


class SetJobsRetriesBatchCmd(_CreateBatch):
    """Have the retries of jobs set."""

    work = batch_kinds.SetJobRetries


class SetExternalTasksRetriesBatchCmd(_CreateBatch):
    """Have the retries of external tasks set."""

    work = batch_kinds.SetExternalTaskRetries


_COMMANDS: tuple[type[_CreateBatch], ...] = (
    DeleteProcessInstanceBatchCmd,
    UpdateProcessInstancesSuspendStateBatchCmd,
    SetJobsRetriesByProcessBatchCmd,
    SetJobsRetriesBatchCmd,
    SetExternalTasksRetriesBatchCmd,
)


def create_batch_command(kind: BatchKind, item_kind: ItemKind) -> type[_CreateBatch]:
    """The command that makes a batch of this kind.

    Raises:
        BadUserRequestException: There is no such kind.
    """
    for command in _COMMANDS:
        if (command.work.kind, command.work.item_kind) == (kind, item_kind):
            return command
    raise BadUserRequestException(f"There is no batch of kind {kind!r} with items of kind {item_kind!r}")


class BatchQueryImpl(Query[Batch]):
    """Find batches."""

    listing = batches.BATCHES

    def __call__(self, context: CommandContext) -> list[Batch]:
        """List; who looks at one that runs has it go on."""
        found = super().__call__(context)
        _expect_progress(context, found)
        return found


@dataclass(frozen=True)
class GetBatchFailuresCmd(ReadOnly):
    """Read with which items of a batch it did not work."""

    batch_id: str
    first: int
    most: int | None

    def __call__(self, context: CommandContext) -> list[BatchFailure]:
        """A part of them, by their ids."""
        if batches.find_batch(context.connection, self.batch_id) is None:
            raise no_batch(self.batch_id)
        return batches.find_failures(context.connection, self.batch_id, self.first, self.most)


@dataclass(frozen=True)
class DeleteBatchCmd:
    """Delete a batch."""

    batch_id: str

    def __call__(self, context: CommandContext) -> None:
        """What is done remains done; what is not will not be."""
        if not batches.delete_batch(context.connection, self.batch_id):
            raise no_batch(self.batch_id)
        log_operation(context, "Delete", "Batch", Change(), batch_id=self.batch_id)


@dataclass(frozen=True)
class _SetSuspended:
    batch_id: str

    suspended = False
    operation = "Activate"

    def __call__(self, context: CommandContext) -> None:
        """Do it; twice is as good as once. The item that is being done is waited for."""
        if not batches.change_batch(context.connection, self.batch_id, suspended=self.suspended):
            raise no_batch(self.batch_id)
        log_operation(context, self.operation, "Batch", Change(), batch_id=self.batch_id)
        if not self.suspended:
            context.after_commit(context.jobs_available.notify)


class SuspendBatchCmd(_SetSuspended):
    """Halt a batch."""

    suspended = True
    operation = "Suspend"


class ActivateBatchCmd(_SetSuspended):
    """Have a batch go on."""


def _expect_progress(context: CommandContext, found: Collection[Batch]) -> None:
    """The process that worked at it may be gone, with all of its node."""
    if any(batch.state == "running" for batch in found):
        context.after_commit(context.jobs_available.notify)


def no_batch(batch_id: str) -> NotFoundException:
    """The error for an id that no batch has."""
    return NotFoundException(f"Batch for id '{batch_id}' cannot be found: batch is null")
