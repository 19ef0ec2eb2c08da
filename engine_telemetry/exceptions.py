"""Every error that this project raises, as one tree.

::

    EngineTelemetryError
    ├── ConfigurationError              a setting cannot be used
    ├── StateDirectoryError             the counter file cannot be made or must not be trusted
    ├── ForkedConnectionError           a SQLite database used by a child that was forked out of a command
    ├── SchemaLockedError               another process is at the tables, for too long
    └── ProcessEngineException          the engine could not do what was asked (Camunda's names from here on)
        ├── BadUserRequestException     the request makes no sense
        │   ├── NullValueException      something that must be there is not
        │   │   └── IncompleteException what is asked about is there, and something else is missing
        │   └── FormFieldValidationException  a value is not one that its form field accepts
        ├── NotFoundException           no such thing
        ├── ParseException              a model cannot be deployed
        ├── BpmnError                   a delegate throws an error that the model may catch
        ├── ModelExecutionException     a model cannot go on with the values that there are
        │   ├── ExpressionException     an expression cannot be compiled, or not be evaluated
        │   └── DmnEvaluationException  a decision cannot be evaluated with the values that there are
        ├── MismatchingMessageCorrelationException  nobody waits for a message, or more than one does
        ├── ConflictException           what is there is in a state that forbids it
        │   ├── SuspendedEntityInteractionException  nothing can be done with it while it is suspended
        │   ├── OptimisticLockingException  somebody else was faster, and again on each retry
        │   └── TaskAlreadyClaimedException somebody else has claimed the task
        ├── ReportNotSentException      a waiting report cannot be tried again now
        ├── AuthorizationException      the user is known, and may not do that
        ├── TooManyFailedChecksException passwords of this user are not checked for a while
        └── RestException               the REST API refuses a request, with a status of its own
            ├── InvalidRequestException the REST API cannot understand a request (400)
            └── AuthenticationException the REST API does not know who asks (401)

Camunda's class names are kept: its clients read them in the ``type`` member of an error body. Where the class is one
that Camunda does not have, the REST API names the base that Camunda raises.
"""

from dataclasses import dataclass


class EngineTelemetryError(Exception):
    """The base of all errors of this project."""


class ConfigurationError(EngineTelemetryError):
    """A setting cannot be used. The message names the source, the value and what is accepted."""


class StateDirectoryError(EngineTelemetryError):
    """The counter file cannot be made, or must not be trusted. Telemetry does not count then; its host goes on."""


class ForkedConnectionError(EngineTelemetryError):
    """A SQLite database is used in a process that was forked while one of its connections was in use."""


class SchemaLockedError(EngineTelemetryError):
    """The tables must be made or changed, and another process has been at that for too long."""


class ProcessEngineException(EngineTelemetryError):
    """The engine could not do what was asked.

    Attributes:
        code: Camunda's error code; 0 where it has no special one.
    """

    code: int = 0


class BadUserRequestException(ProcessEngineException):
    """The request makes no sense, whatever the state of the engine."""


class NullValueException(BadUserRequestException):
    """Something that must be given is missing, or names nothing that exists."""


class IncompleteException(NullValueException):
    """What is asked about is there; a value that must be given is missing, or something that the model calls.

    A worker takes 404 for the end of its task, so that the REST API must not answer that here.
    """


class FormFieldValidationException(BadUserRequestException):
    """A value is not one that its form field accepts. The message names the field and what it breaks."""


class NotFoundException(ProcessEngineException):
    """There is no such thing."""


@dataclass(frozen=True)
class Problem:
    """One reason why a model cannot be deployed.

    Attributes:
        message: What is wrong, and what to do.
        element_ids: The ids of the elements at fault, the main one first; empty if the file itself is at fault.
        line: The line in the file, from 1; 0 if unknown.
        column: The column, from 1; 0 if unknown.
    """

    message: str
    element_ids: tuple[str, ...] = ()
    line: int = 0
    column: int = 0


class ParseException(ProcessEngineException):
    """A model cannot be deployed.

    Attributes:
        resource: The name of the file.
        problems: What is wrong, in the order of the file; never empty.
    """

    def __init__(self, resource: str, problems: tuple[Problem, ...]) -> None:
        """Name the file and its problems; the message is made of them."""
        self.resource = resource
        self.problems = problems
        lines = "; ".join(
            f"{problem.message} | resource {resource} | line {problem.line} | column {problem.column}"
            for problem in problems
        )
        is_decision = resource.endswith((".dmn", ".dmn11.xml"))
        what = (
            "ENGINE-22004 Unable to transform DMN resource"
            if is_decision
            else "ENGINE-09005 Could not parse BPMN process"
        )
        super().__init__(f"{what}. Errors: {lines}")


class BpmnError(ProcessEngineException):
    """A delegate, listener or script throws an error that the model may catch with an error event.

    Attributes:
        error_code: What error events compare.
        error_message: What an error event may put into a variable.
    """

    def __init__(self, error_code: str, error_message: str | None = None) -> None:
        """Name the error."""
        super().__init__(f"The BPMN error {error_code!r} was thrown: {error_message}")
        self.error_code = error_code
        self.error_message = error_message


class ModelExecutionException(ProcessEngineException):
    """A model cannot go on with the values that there are; the message names the place. Nothing was changed."""


class ExpressionException(ModelExecutionException):
    """An expression cannot be compiled, or not be evaluated with the values that there are."""


class DmnEvaluationException(ModelExecutionException):
    """A decision cannot be evaluated with the values that there are."""


class MismatchingMessageCorrelationException(ProcessEngineException):
    """A message is for exactly one, and nobody waits for it, or more than one does."""


class ConflictException(ProcessEngineException):
    """It cannot be done in the state that things are in. The message says what must be done before."""


class SuspendedEntityInteractionException(ConflictException):
    """A process instance, or a process definition, is suspended: activate it first."""


class OptimisticLockingException(ConflictException):
    """The rows of a command were changed by somebody else meanwhile."""

    code = 1


class TaskAlreadyClaimedException(ConflictException):
    """The task has an assignee already."""


class ReportNotSentException(ProcessEngineException):
    """The waiting report cannot be tried again now, or there is none. The message says why."""


class AuthorizationException(ProcessEngineException):
    """The user is known, and may not do that."""


class TooManyFailedChecksException(ProcessEngineException):
    """The passwords of a user are not checked for a while, because too many checks have failed.

    Attributes:
        retry_after: Seconds until one is checked again.
    """

    def __init__(self, retry_after: int) -> None:
        """Say for how long."""
        super().__init__(f"Too many wrong passwords. Try again in {retry_after} seconds.")
        self.retry_after = retry_after


class RestException(ProcessEngineException):
    """The REST API refuses a request.

    Attributes:
        status: The HTTP status of the answer.
    """

    def __init__(self, status: int, message: str) -> None:
        """Say with which status and why."""
        super().__init__(message)
        self.status = status


class InvalidRequestException(RestException):
    """The REST API cannot understand a request."""

    def __init__(self, message: str, status: int = 400) -> None:
        """Say what is wrong with the request."""
        super().__init__(status, message)


class AuthenticationException(RestException):
    """The REST API does not know who asks.

    Attributes:
        challenge: The header ``WWW-Authenticate`` of the answer.
    """

    def __init__(self, message: str, challenge: str) -> None:
        """Say what is missing or wrong; never which of user and password."""
        super().__init__(401, message)
        self.challenge = challenge
