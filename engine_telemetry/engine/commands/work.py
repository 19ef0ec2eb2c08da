"""What one command does to process instances: those it has touched, in memory, until they are written together.

An instance that calls others, is called, or is reached by a signal goes on in the same command. What is left to do
stands in a list, so that nothing here is nested as deep as processes call each other.
"""

from collections.abc import Mapping

from engine_telemetry.engine.bpmn.process_model import SERIALIZER_VERSION
from engine_telemetry.engine.bpmn.waits import Call
from engine_telemetry.engine.commands.running import Deletion, Running, Start
from engine_telemetry.engine.context import CommandContext
from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.engine.ids import new_id
from engine_telemetry.engine.persistence import deployments, history, instances, subscriptions
from engine_telemetry.engine.persistence.instances import InstanceRow
from engine_telemetry.engine.scopes import Scopes
from engine_telemetry.engine.variables import typed_variables
from engine_telemetry.exceptions import IncompleteException, ModelExecutionException

MAX_STARTED = 1000

_BY_CALLER = Deletion(history.INTERNALLY_TERMINATED, "The calling process has canceled the call.")


class Work:
    """The instances that a command has touched.

    Args:
        context: The command's.
    """

    def __init__(self, context: CommandContext) -> None:
        """Touch none yet."""
        self._context = context
        self._running: dict[str, Running] = {}
        self._left: list[Running] = []
        self._started = 0
        self._settling = False

    def find(self, instance_id: str) -> Running | None:
        """An instance that is in memory already."""
        return self._running.get(instance_id)

    def load(self, row: InstanceRow) -> Running:
        """A locked instance."""
        running = self._running.get(row.id)
        if running is None:
            running = self._running[row.id] = Running.restore(self._context, self, row)
        return running

    def caller_of(self, running: Running) -> Running | None:
        """The instance that called another one, locked and in memory."""
        caller_id = running.row.super_instance_id
        if caller_id is None:
            return None
        row = None if caller_id in self._running else instances.lock_instance(self._context.connection, caller_id)
        return self.load(row) if row is not None else self._running.get(caller_id)

    def start(
        self, row: InstanceRow, variables: Mapping[str, TypedValue], activity_id: str | None, user_id: str | None
    ) -> Running:
        """Start the instance that a row describes.

        Args:
            row: Without its state.
            variables: What it starts with.
            activity_id: The start event, if it is not the plain one.
            user_id: Who starts it.

        Raises:
            ModelExecutionException: It cannot be started, or the command starts too many.
        """
        self._started += 1
        if self._started > MAX_STARTED:
            raise ModelExecutionException(
                f"One command starts more than {MAX_STARTED} process instances; does a process call itself without end?"
            )
        model = self._context.models.get(self._context.connection, row.definition_id)
        start = model.start_event(activity_id)
        running = Running(self._context, self, row, model, Scopes(row.id), Start(start.activity_id, user_id))
        self._running[row.id] = running
        running.put(variables)
        if start.initiator is not None:
            running.put(typed_variables({start.initiator: user_id}))
        running.start(start.activity_id)
        self.touch(running)
        return running

    def touch(self, running: Running) -> None:
        """Look after an instance that has moved."""
        self._left.append(running)

    def settle(self) -> None:
        """Have everything go on that the instances have set going, and write them."""
        if self._settling:  # a delegate has another command executed: the outer one looks after it
            return
        self._settling = True
        moved: dict[str, Running] = {}
        try:
            while self._left:
                running = self._left.pop()
                moved.setdefault(running.row.id, running)
                self._advance(running)
        finally:
            self._settling = False
        for running in moved.values():
            running.write()

    def _advance(self, running: Running) -> None:
        for wait_id in running.ended_calls():
            self._cancel_called(running, wait_id)
        if running.told:
            return
        if running.execution.stopped:
            running.end(_BY_CALLER)
            self.touch(running)
        elif running.execution.ended:
            running.over = True
        running.told = running.over
        for call in running.new_calls():
            self._call(running, call)
        self._tell_caller(running)
        signals, running.signals = running.signals, []
        for name, variables in signals:
            self.signal(name, typed_variables(variables))

    def _call(self, caller: Running, call: Call) -> None:
        definition_id = deployments.find_bound_definition(
            self._context.connection, call.key, call.binding.kind, call.binding.value, caller.row.definition_id
        )
        if definition_id is None:
            raise IncompleteException(
                f"no processes deployed with key '{call.key}', as {call.activity_id!r} calls it (binding"
                f" {call.binding.kind} {call.binding.value or ''}): processDefinition is null"
            )
        row = new_row(definition_id, call.business_key, caller.row, call.id)
        caller.called[call.id] = row.id
        self.start(row, call.variables, None, None)

    def _tell_caller(self, running: Running) -> None:
        thrown, running.thrown = running.thrown, []
        caller = self.caller_of(running) if thrown or running.over else None
        if caller is None or caller.over:
            return
        wait_id = running.row.super_wait_id or ""
        for one in thrown:
            if one.kind == "error":
                caller.execution.throw_error(wait_id, one.code, one.message)
            else:
                caller.execution.throw_escalation(wait_id, one.code)
        self._tell_of_end(running, caller, wait_id)
        self.touch(caller)

    def _tell_of_end(self, running: Running, caller: Running, wait_id: str) -> None:
        deletion = running.deletion
        if deletion is None and running.over:
            caller.execution.returned(wait_id, running.scopes.of(running.row.id))
        elif deletion is not None and deletion is not _BY_CALLER and not caller.execution.call_deleted(wait_id):
            caller.end(Deletion(history.INTERNALLY_TERMINATED, deletion.reason))

    def _cancel_called(self, caller: Running, wait_id: str) -> None:
        called = next((one for one in self._running.values() if one.row.super_wait_id == wait_id), None)
        if called is None:
            row = instances.lock_called(self._context.connection, caller.row.id, wait_id)
            called = None if row is None else self.load(row)
        if called is not None:
            self.cancel(called, _BY_CALLER)

    def cancel(self, running: Running, deletion: Deletion) -> None:
        """End an instance, and those that it has called, before its time."""
        if not running.over:
            running.end(deletion)
            self.touch(running)

    def signal(self, name: str, variables: Mapping[str, TypedValue]) -> None:
        """Send a signal to everybody that waits for it, and start what it starts."""
        connection = self._context.connection
        waiting = {
            wait_id: running
            for running in self._running.values()
            for wait_id in running.new_subscriptions("signal", name)
        }
        for found in subscriptions.find_waiting(connection, "signal", name):
            running = self.fetch(found.instance_id or "")
            if running is not None:
                waiting[found.id] = running
        for wait_id, running in waiting.items():
            self.occur(running, wait_id, variables)
        for found in subscriptions.find_starts(connection, "signal", name):
            self.start(new_row(found.definition_id, None), variables, found.activity_id, None)

    def fetch(self, instance_id: str) -> Running | None:
        """An instance, locked and in memory."""
        if instance_id in self._running:
            return self._running[instance_id]
        row = instances.lock_instance(self._context.connection, instance_id)
        return None if row is None else self.load(row)

    def occur(self, running: Running, wait_id: str, variables: Mapping[str, TypedValue]) -> bool:
        """What an instance waits for has occurred; false if it does not wait for that."""
        running.put(variables, wait_id)
        if not running.execution.trigger(wait_id):
            return False
        self.touch(running)
        return True


def new_row(
    definition_id: str, business_key: str | None, caller: InstanceRow | None = None, wait_id: str | None = None
) -> InstanceRow:
    """The row of a new instance, without its state."""
    instance_id = new_id()
    return InstanceRow(
        instance_id,
        definition_id,
        business_key,
        1,
        SERIALIZER_VERSION,
        "",
        root_id=instance_id if caller is None else caller.root_id,
        super_instance_id=None if caller is None else caller.id,
        super_wait_id=wait_id,
    )
