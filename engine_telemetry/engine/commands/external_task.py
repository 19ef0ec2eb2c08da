"""Commands for external tasks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from engine_telemetry.engine.commands import progress
from engine_telemetry.engine.commands.operation_log import Change, log_external_task_operation
from engine_telemetry.engine.commands.query import Query
from engine_telemetry.engine.commands.variables import visible_variables
from engine_telemetry.engine.context import CommandContext, ReadOnly
from engine_telemetry.engine.entities import ExternalTask, LockedExternalTask, Topic, TypedValue
from engine_telemetry.engine.persistence import external_tasks, incidents
from engine_telemetry.engine.persistence.instances import InstanceRow
from engine_telemetry.engine.persistence.variables import Scopes, read_all_scopes
from engine_telemetry.engine.variables import typed_variables
from engine_telemetry.exceptions import BadUserRequestException, IncompleteException, NotFoundException


class ExternalTaskQueryImpl(Query[ExternalTask]):
    """Find external tasks."""

    listing = external_tasks.EXTERNAL_TASKS


@dataclass(frozen=True)
class FetchExternalTasksCmd:
    """Lock tasks for a worker."""

    worker_id: str | None
    max_tasks: int
    topics: tuple[Topic, ...]
    use_priority: bool
    newest_first: bool = False

    def __call__(self, context: CommandContext) -> list[LockedExternalTask]:
        """Lock and return them, with their variables."""
        worker_id = _required(self.worker_id)
        self._check_numbers()
        if not self.topics or not self.max_tasks:
            return []
        found = external_tasks.lock_free_tasks(
            context.connection,
            self.topics,
            context.clock(),
            self.max_tasks,
            use_priority=self.use_priority,
            newest_first=self.newest_first,
        )
        return _lock(context, found, worker_id) if found else []

    def _check_numbers(self) -> None:
        if self.max_tasks < 0:
            raise BadUserRequestException("maxResults is not greater than or equal to 0")
        for topic in self.topics:
            _require_duration(topic.lock_duration)


def _lock(context: CommandContext, found: list[tuple[ExternalTask, Topic]], worker_id: str) -> list[LockedExternalTask]:
    connection, now = context.connection, context.clock()
    for duration in {topic.lock_duration for _, topic in found}:
        ids = [task.id for task, topic in found if topic.lock_duration == duration]
        lock = {"worker_id": worker_id, "lock_expiration": now + duration}
        external_tasks.change_external_tasks(connection, ids, lock)
    failed = [task.id for task, _ in found if task.retries is not None]
    details = external_tasks.find_error_details(connection, failed) if failed else {}
    wanting = {task.instance_id for task, topic in found if topic.variables != ()}
    scopes = read_all_scopes(connection, wanting) if wanting else {}
    return [
        LockedExternalTask(
            **vars(task) | {"worker_id": worker_id, "lock_expiration_time": now + topic.lock_duration},
            error_details=details.get(task.id),
            variables=_variables(context, task, topic, scopes.get(task.instance_id, {})),
        )
        for task, topic in found
    ]


def _variables(context: CommandContext, task: ExternalTask, topic: Topic, scopes: Scopes) -> dict[str, TypedValue]:
    if topic.local_variables:
        scopes = {task.id: scopes.get(task.id, {})}
    return visible_variables(context, task.instance_id, task.id, scopes, topic.variables)


@dataclass(frozen=True)
class FindAvailableTopics(ReadOnly):
    """Look for what could be fetched, while workers wait for it."""

    __qualname__ = "<look for available topics>"  # in brackets, as of a local class: nobody asked, so it is not counted

    topics: tuple[Topic, ...]

    def __call__(self, context: CommandContext) -> set[Topic]:
        """Of these topics, those for which there is a task."""
        return external_tasks.find_available(context.connection, self.topics, context.clock())


@dataclass(frozen=True)
class CompleteExternalTaskCmd:
    """Complete a task that a worker has locked."""

    task_id: str
    worker_id: str | None
    variables: Mapping[str, object]
    local_variables: Mapping[str, object] = field(default_factory=dict)

    def __call__(self, context: CommandContext) -> None:
        """Set the variables and go on."""
        refusal = f"External Task {self.task_id} cannot be completed"
        variables, local = typed_variables(self.variables), typed_variables(self.local_variables)
        row, _ = _locked_by(context, self.task_id, self.worker_id, refusal)
        if not progress.complete(context, row, self.task_id, variables, local):
            raise no_task(self.task_id)


@dataclass(frozen=True)
class HandleExternalTaskBpmnErrorCmd:
    """Throw a BPMN error in a task that a worker has locked."""

    task_id: str
    worker_id: str | None
    code: str | None
    message: str | None = None
    variables: Mapping[str, object] = field(default_factory=dict)

    def __call__(self, context: CommandContext) -> None:
        """Set the variables and go on where the error is caught."""
        if not self.code:
            raise IncompleteException("errorCode is null or empty")
        variables = typed_variables(self.variables)
        refusal = f"BPMN Error on External Task {self.task_id} cannot be reported"
        row, _ = _locked_by(context, self.task_id, self.worker_id, refusal)
        if not progress.throw_error(context, row, self.task_id, self.code, self.message, variables):
            raise no_task(self.task_id)


@dataclass(frozen=True)
class HandleExternalTaskFailureCmd:
    """Say that a worker has failed.

    Attributes:
        retries: How often the task may still be fetched; at 0 there is an incident.
        retry_timeout: For how long it is not fetched.
    """

    task_id: str
    worker_id: str | None
    error_message: str | None
    error_details: str | None
    retries: int
    retry_timeout: timedelta
    variables: Mapping[str, object] = field(default_factory=dict)
    local_variables: Mapping[str, object] = field(default_factory=dict)

    def __call__(self, context: CommandContext) -> None:
        """Keep what it says, and let others fetch the task later."""
        if self.retries < 0:
            raise BadUserRequestException("The number of retries cannot be negative")
        if self.retry_timeout < timedelta(0):
            raise BadUserRequestException("Retry duration is not greater than or equal to 0")
        refusal = f"Failure of External Task {self.task_id} cannot be reported"
        row, task = _locked_by(context, self.task_id, self.worker_id, refusal)
        _set(context, row, self.task_id, self.variables, self.local_variables)
        failure = {
            "error_message": self.error_message,
            "error_details": self.error_details,
            "retries": self.retries,
            "lock_expiration": context.clock() + self.retry_timeout,
        }
        external_tasks.change_external_tasks(context.connection, [task.id], failure)
        manage_incident(context, task, self.retries, self.error_message, self.error_details)
        context.after_commit(context.external_tasks_available.notify)


@dataclass(frozen=True)
class LockExternalTaskCmd:
    """Lock one task for a worker."""

    task_id: str
    worker_id: str | None
    lock_duration: timedelta

    def __call__(self, context: CommandContext) -> None:
        """Lock it, unless another worker holds it."""
        worker_id, now = _required(self.worker_id), context.clock()
        _require_duration(self.lock_duration)
        task = waiting(context, self.task_id)
        held = task.lock_expiration_time is not None and task.lock_expiration_time > now
        if held and task.worker_id != worker_id:
            raise BadUserRequestException(
                f"External Task {self.task_id} cannot be locked by worker '{worker_id}'."
                f" It is locked by worker '{task.worker_id}'."
            )
        lock = {"worker_id": worker_id, "lock_expiration": now + self.lock_duration}
        external_tasks.change_external_tasks(context.connection, [self.task_id], lock)


@dataclass(frozen=True)
class UnlockExternalTaskCmd:
    """Take a task from its worker."""

    task_id: str

    def __call__(self, context: CommandContext) -> None:
        """Let any worker fetch it."""
        task = waiting(context, self.task_id)
        values = {"worker_id": None, "lock_expiration": None}
        external_tasks.change_external_tasks(context.connection, [task.id], values)
        log_external_task_operation(context, "Unlock", task, Change("workerId", old=task.worker_id))
        context.after_commit(context.external_tasks_available.notify)


@dataclass(frozen=True)
class ExtendLockOnExternalTaskCmd:
    """Keep a task locked for longer."""

    task_id: str
    worker_id: str | None
    new_duration: timedelta

    def __call__(self, context: CommandContext) -> None:
        """Move the end of its lock."""
        _require_duration(self.new_duration)
        refusal = f"The lock of the External Task {self.task_id} cannot be extended"
        task, now = waiting(context, self.task_id), context.clock()
        _require_worker(task, self.worker_id, refusal)
        if task.lock_expiration_time is None or task.lock_expiration_time < now:
            raise BadUserRequestException(f"Cannot extend a lock that expired: it did at {task.lock_expiration_time}")
        until = {"lock_expiration": now + self.new_duration}
        external_tasks.change_external_tasks(context.connection, [self.task_id], until)


def _locked_by(
    context: CommandContext, task_id: str, worker_id: str | None, refusal: str
) -> tuple[InstanceRow, ExternalTask]:
    """The instance and the task, both locked until the end of the transaction, if the worker holds the task."""
    _required(worker_id)
    row = progress.lock(context, external_tasks.instance_of_external_task(task_id))
    if row is None:
        raise no_task(task_id)
    task = waiting(context, task_id)
    _require_worker(task, worker_id, refusal)
    return row, task


def waiting(context: CommandContext, task_id: str) -> ExternalTask:
    """A task that waits, locked until the end of the transaction.

    Raises:
        NotFoundException: There is none.
    """
    task = external_tasks.lock_external_task(context.connection, task_id)
    if task is None:
        raise no_task(task_id)
    return task


def manage_incident(
    context: CommandContext, task: ExternalTask, retries: int, message: str | None, details: str | None = None
) -> None:
    """A task without retries has an incident, and no other one has."""
    if retries > 0:
        if task.retries == 0:
            incidents.resolve_incidents(context.connection, [task.id], context.clock())
    elif task.retries != 0:
        trouble = incidents.Trouble(
            kind=incidents.FAILED_EXTERNAL_TASK,
            configuration=task.id,
            message=message,
            instance_id=task.instance_id,
            definition_id=task.definition_id,
            definition_key=task.definition_key,
            activity_id=task.activity_id,
            error_details=details,
        )
        incidents.create_incident(context.connection, trouble, context.clock())


def _require_worker(task: ExternalTask, worker_id: str | None, refusal: str) -> None:
    if task.worker_id != _required(worker_id):
        raise BadUserRequestException(
            f"{refusal} by worker '{worker_id}'. It is locked by worker '{task.worker_id or 'null'}'."
        )


def _set(
    context: CommandContext,
    row: InstanceRow,
    task_id: str,
    variables: Mapping[str, object],
    local_variables: Mapping[str, object],
) -> None:
    for values, local in ((variables, False), (local_variables, True)):
        if values:
            progress.set_variables(context, row, task_id, typed_variables(values), local=local)


def _required(worker_id: str | None) -> str:
    if not worker_id:
        raise IncompleteException("workerId is null")
    return worker_id


def _require_duration(duration: timedelta) -> None:
    if duration <= timedelta(0):
        raise BadUserRequestException("lockTime is not greater than 0")


def no_task(task_id: str) -> NotFoundException:
    """The error for an id that no external task has."""
    return NotFoundException(f"Cannot find external task with id {task_id}: externalTask is null")
