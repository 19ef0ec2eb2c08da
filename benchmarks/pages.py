"""What the pages of Tasklist and Cockpit cost when there is much to show, each as an administrator gets it."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx
from starlette.applications import Starlette

from benchmarks.processes import MODEL_OF_P
from benchmarks.rounds import Effort
from benchmarks.tables import Row, at_most
from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.entities import Topic
from webapps.main import create_app
from webapps.sessions import SESSION_COOKIE, Sessions

_APPROVAL = Path(__file__).parents[1] / "docs" / "examples" / "approval.bpmn"
_MILLISECONDS = 50
_ANN, _MANAGERS = "ann", "managers"
_FAILED = 200  # external tasks without retries left
_ANNS, _GROUPS = 50, 1000  # open tasks that are hers, and her group's
_FILTERS: dict[str, dict[str, object]] = {  # hers, whose counts stand beside each list
    "Large orders": {"nameLike": "%order%", "processVariables": [{"name": "amount", "operator": "gt", "value": 500}]},
    "Mine, overdue": {"assigneeExpression": "${ currentUser() }", "dueBeforeExpression": "${ now() }"},
    "To be claimed": {"candidateGroupsExpression": "${ currentUserGroups() }", "unassigned": True},
    "Urgent": {"minPriority": 75, "processDefinitionNameLike": "%order%"},
}
_AT_ONCE = 500


def rows(effort: Effort, folder: Path) -> Iterator[Row]:
    """The time from a request to the end of its answer, in this process: no network, one request after the other."""
    app = create_app(
        database_url=f"sqlite:///{folder}/pages.db",
        telemetry_state_directory=folder / "pages",
        telemetry_reporter_activate=False,
        job_executor_activate=False,
        initialize_telemetry=False,
    )
    engine: ProcessEngine = app.state.engine
    with engine:
        _fill(engine, effort.open_tasks)
        cookie = _log_in(engine)
        instances, tasks = engine.runtime_service.count_process_instances(), engine.task_service.count_tasks()
        remark = f"{instances:,} instances, {tasks:,} open tasks on SQLite"
        seconds = asyncio.run(_time_all(app, cookie, _addresses(engine), effort.page_rounds))
    for page, values in seconds.items():
        in_ms = [value * 1000 for value in values]
        yield at_most(_MILLISECONDS, f"page: {page}", in_ms, "ms", f"too much is counted or read; {remark}")


async def _time_all(app: Starlette, cookie: str, addresses: Mapping[str, str], rounds: int) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {page: [] for page in addresses}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1", cookies={SESSION_COOKIE: cookie}
    ) as http:
        for _ in range(rounds):
            for page, address in addresses.items():
                began = time.perf_counter()
                response = await http.get(address)
                seconds[page].append(time.perf_counter() - began)
                if response.status_code != httpx.codes.OK:
                    raise RuntimeError(f"{address} answers {response.status_code}: {response.text[:500]}")
    return seconds


def _addresses(engine: ProcessEngine) -> dict[str, str]:
    """A page of each kind, where there is most to show."""
    task = engine.task_service.tasks(assignee=_ANN, max_results=1)[0]
    incident = engine.runtime_service.incidents(max_results=1)[0]
    approval, p = (
        engine.repository_service.process_definitions(key=key, latest_version=True)[0] for key in ("approval", "p")
    )
    saved = engine.filter_service.filters(max_results=1)[0]
    user_task, instance = f"/tasklist/task/{task.id}", f"/cockpit/instance/{incident.instance_id}"
    return {
        "my tasks": "/tasklist/",
        "my groups' tasks, by priority": "/tasklist/?view=groups&sort=priority",
        "all tasks, due first, the last of them": "/tasklist/?view=all&sort=due&page=1000",
        "tasks found by name and variable": "/tasklist/?view=all&name=order&variable=amount&is=gt&value=500",
        "a saved filter": f"/tasklist/?filter={saved.id}",
        "a saved filter's form": f"/tasklist/filter/{saved.id}",
        "a task": f"{user_task}?view=all",
        "a task's history": f"{user_task}/history",
        "a task's diagram": f"{user_task}/diagram",
        "start a process": "/tasklist/start",
        "Cockpit's overview": "/cockpit/",
        "processes": "/cockpit/processes",
        "a process": f"/cockpit/process/{approval.id}",
        "a process with incidents": f"/cockpit/process/{p.id}",
        "a process, all versions, one activity": f"/cockpit/process/{approval.id}?versions=all&activity=approve",
        "instances": "/cockpit/instances",
        "instances, the last of them": "/cockpit/instances?page=1000",
        "instances with a variable": "/cockpit/instances?variable=amount&operator=gt&value=700",
        "instances with incidents": "/cockpit/instances?incidents=true",
        "instances that have ended": "/cockpit/instances?state=ended",
        "cancelling all instances": "/cockpit/instances/batch?action=cancel&all=true",
        "incidents": "/cockpit/incidents",
        "an instance": instance,
        "an instance's user tasks": f"/cockpit/instance/{task.instance_id}?show=tasks",
        "an incident": f"/cockpit/incident/{incident.id}",
        "decisions": "/cockpit/decisions",
        "deployments": "/cockpit/deployments",
        "a deployment": f"/cockpit/deployment/{approval.deployment_id}",
        "deleting a deployment": f"/cockpit/deployment/{approval.deployment_id}/delete",
        "users": "/cockpit/users",
        "telemetry": "/cockpit/telemetry",
    }


def _log_in(engine: ProcessEngine) -> str:
    engine.identity_service.create_group(_MANAGERS)
    engine.identity_service.create_user(_ANN, "correct horse", groups=["camunda-admin", _MANAGERS])
    return Sessions(engine.identity_service).begin(_ANN)


# -- what there is to show --------------------------------------------------------------------------------------------


def _fill(engine: ProcessEngine, tasks: int) -> None:
    """So many open tasks, in instances of one process, and as many instances of another, some with incidents."""
    engine.repository_service.deploy({"approval.bpmn": _APPROVAL.read_bytes(), "p.bpmn": MODEL_OF_P})
    for key in ("approval", "p"):
        for first in range(0, tasks, _AT_ONCE):
            _in_one_transaction(engine, partial(_start, engine, key, range(first, min(first + _AT_ONCE, tasks))))
    _in_one_transaction(engine, partial(_hand_out, engine))
    _in_one_transaction(engine, partial(_fail, engine))
    for name, query in _FILTERS.items():
        engine.filter_service.create(name=name, query=query, owner=_ANN)


def _in_one_transaction(engine: ProcessEngine, work: Callable[[], None]) -> None:
    engine.executor.execute(lambda _: work())


def _start(engine: ProcessEngine, key: str, numbers: range) -> None:
    for number in numbers:
        variables = {"amount": number % 1000, "customer": f"Customer {number % 97}", "urgent": number % 7 == 0}
        engine.runtime_service.start_process_instance(key=key, business_key=f"{key}-{number}", variables=variables)


def _hand_out(engine: ProcessEngine) -> None:
    service = engine.task_service
    for number, task in enumerate(service.tasks(max_results=_GROUPS + _ANNS)):
        if number < _ANNS:
            service.set_assignee(task.id, _ANN)
        else:
            service.set_assignee(task.id, None)
            service.add_group_link(task.id, _MANAGERS)


def _fail(engine: ProcessEngine) -> None:
    service = engine.external_task_service
    for work in service.fetch_and_lock(worker_id="w", max_tasks=_FAILED, topics=[Topic("t", timedelta(minutes=5))]):
        service.fail(work.id, worker_id="w", error_message="No connection", retries=0)
