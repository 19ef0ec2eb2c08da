"""Works off batches for the job executor: each item in a transaction of its own, with the ordinary commands for it.

That an item is done is noted in the transaction that does it, which also locks the row of its batch. So each is done
once, whoever dies at it and however many nodes are there: what was not committed is open again at once, without a lease
that would have to run out. Nodes take turns at a batch; none waits for another one's item.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError

from engine_telemetry.engine.acting import acting_as
from engine_telemetry.engine.commands.batch_kinds import work_of
from engine_telemetry.engine.commands.job_execution import MAX_MESSAGE_LENGTH
from engine_telemetry.engine.context import Command, CommandContext
from engine_telemetry.engine.executor import DEADLOCK, Executor
from engine_telemetry.engine.persistence import batches
from engine_telemetry.engine.persistence.batches import Portion
from engine_telemetry.exceptions import OptimisticLockingException, ProcessEngineException


def do_item(executor: Executor, portion: Portion, item_id: str) -> bool:
    """Do an item of a batch on behalf of who made it; if that fails, note it in a transaction of its own.

    Returns:
        Whether the batch could be worked at: it is not halted, gone, or in the hands of another node.
    """
    item = _Item(portion.batch_id, item_id)
    with acting_as(portion.created_by):
        try:
            return executor.execute(_DoItem(item, executor.execute))
        except Exception as exc:  # noqa: BLE001  a listener may raise anything, and it is noted with the item
            executor.execute(_NoteFailure(item, exc))
            return True


@dataclass(frozen=True)
class _Item:
    batch_id: str
    item_id: str


@dataclass(frozen=True)
class _DoItem:
    """Private, so that it is not counted: what it executes is, under its own name."""

    item: _Item
    execute: Callable[[Command[Any]], Any]

    def __call__(self, context: CommandContext) -> bool:
        connection, item_id = context.connection, self.item.item_id
        batch = batches.lock_batch(connection, self.item.batch_id, wait=False)
        if batch is None or batch.state != "running":
            return False
        if batches.take_item(connection, batch.id, item_id):
            for command in work_of(batch).commands(connection, item_id):
                self.execute(command)
            batches.note_settled(connection, batch, context.clock(), done=1)
        return True


@dataclass(frozen=True)
class _NoteFailure:
    """What may pass is tried again a few times, after all other items."""

    item: _Item
    error: Exception

    def __call__(self, context: CommandContext) -> None:
        batch = batches.lock_batch(context.connection, self.item.batch_id)
        if batch is None:
            return
        message = (str(self.error) or type(self.error).__name__)[:MAX_MESSAGE_LENGTH]
        for_good = not _may_pass(self.error)
        settled = batches.fail_item(context.connection, batch.id, self.item.item_id, message, for_good=for_good)
        batches.note_settled(context.connection, batch, context.clock(), failed=int(settled))


def _may_pass(error: Exception) -> bool:
    """Whether it was another transaction, or the database itself, and not the item."""
    if not isinstance(error, ProcessEngineException):
        return False
    conflict = error.code in {OptimisticLockingException.code, DEADLOCK}
    return conflict or isinstance(error.__cause__, InterfaceError | OperationalError)
