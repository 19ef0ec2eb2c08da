"""What an administrator does to what an instance waits for: a user task, an external task, a job."""

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.exceptions import ConflictException, NotFoundException, NullValueException
from webapps.pages import Pages
from webapps.visitor import visitor_of

_MOST_RETRIES = 1000


class Refused(Exception):  # noqa: N818  said to people, and no error of the program
    """What was sent cannot be done; the message says why."""


class WaitingActions:
    """The actions in the tabs of one process instance, below Cockpit; each leads back to its tab."""

    def __init__(self, engine: ProcessEngine, pages: Pages) -> None:
        """Do it with this engine."""
        self._engine = engine
        self._pages = pages

    @property
    def routes(self) -> list[BaseRoute]:
        """All of them are sent by forms."""
        actions: dict[str, tuple[str, Callable[[str, str], str]]] = {
            "task/{item}/assignee": ("tasks", self._reassign),
            "external-task/{item}/retries": ("external-tasks", self._retry_task),
            "external-task/{item}/unlock": ("external-tasks", self._unlock),
            "job/{item}/retries": ("jobs", self._retry_job),
            "job/{item}/due": ("jobs", self._postpone),
            "job/{item}/run": ("jobs", self._run),
            "job/{item}/suspend": ("jobs", self._suspend),
            "job/{item}/activate": ("jobs", self._activate),
        }
        return [
            Route(f"/instance/{{id}}/{path}", self._action(path.rpartition("/")[2], tab, do), methods=["POST"])
            for path, (tab, do) in actions.items()
        ]

    def _action(self, field: str, tab: str, do: Callable[[str, str], str]) -> Callable[[Request], Response]:
        def act(request: Request) -> Response:
            visitor = visitor_of(request)
            try:
                said, kind = do(request.path_params["item"], visitor.field(field).strip()), "status"
            except (Refused, ConflictException) as exc:
                said, kind = str(exc), "alert"
            except (NotFoundException, NullValueException):
                said, kind = "It does not wait any more.", "alert"
            path = f"/cockpit/instance/{quote(request.path_params['id'], safe='')}"
            return self._pages.redirect(request, visitor.url(path, show=tab) + "#shown", said=said, kind=kind)

        return act

    def _reassign(self, task_id: str, assignee: str) -> str:
        if assignee and not self._engine.identity_service.users(user_id=assignee):
            raise Refused(f"There is no user {assignee!r}.")
        self._engine.task_service.set_assignee(task_id, assignee or None)
        return f"The task is assigned to {assignee}." if assignee else "The task is assigned to nobody."

    def _retry_task(self, task_id: str, retries: str) -> str:
        self._engine.external_task_service.set_retries(task_id, _number(retries))
        return "The retries are set."

    def _unlock(self, task_id: str, _: str) -> str:
        self._engine.external_task_service.unlock(task_id)
        return "Any worker can fetch the task now."

    def _retry_job(self, job_id: str, retries: str) -> str:
        self._engine.management_service.set_job_retries(job_id, _number(retries))
        return "The retries are set."

    def _postpone(self, job_id: str, due: str) -> str:
        self._engine.management_service.set_job_due(job_id, _moment(due) if due else None)
        return "The due date is set."

    def _suspend(self, job_id: str, _: str) -> str:
        self._engine.management_service.suspend_job(job_id)
        return "The job waits until somebody activates it."

    def _activate(self, job_id: str, _: str) -> str:
        self._engine.management_service.activate_job(job_id)
        return "The job is active."

    def _run(self, job_id: str, _: str) -> str:
        try:
            self._engine.management_service.execute_job(job_id)
        except (NotFoundException, NullValueException, ConflictException):
            raise
        except Exception as exc:  # whatever a delegate raises; the engine has noted it with the job
            raise Refused(f"The job failed: {exc}") from exc
        return "The job was done."


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(_MOST_RETRIES)) or int(text) > _MOST_RETRIES:
        raise Refused(f"Retries are a number from 0 to {_MOST_RETRIES}, not {text!r}.")
    return int(text)


def _moment(text: str) -> datetime:
    """A time as browsers send it; in UTC if it does not say otherwise."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Refused(f"{text!r} is no date. Write it as in 2026-11-24T08:30.") from None
