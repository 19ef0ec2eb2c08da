"""Where the gateway object says nothing, the code that runs below the application does."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module, metadata
from types import MethodType
from typing import Any

import pytest
from uvicorn.protocols.http.h11_impl import RequestResponseCycle

from engine_telemetry.application_server import Call, Sighting, find
from engine_telemetry.application_server.stack import reaches_the_program, stacks

import_module("gunicorn.workers.base")
import_module("gunicorn.arbiter")
GUNICORN = metadata.version("gunicorn")
UVICORN = metadata.version("uvicorn")


def below(modules: list[str], gateway: object, **environ: object) -> Sighting | None:
    """What is found in a thread whose stack has frames of these modules, outermost first."""

    def look() -> Sighting | None:
        return find(Call((gateway,), environ))

    call: Callable[[], Any] = look
    for module in reversed(modules):
        frame: dict[str, Any] = {"__name__": module, "call": call}
        exec("def run(): return call()", frame)  # noqa: S102  # the only way to a frame of another module
        call = frame["run"]
    with ThreadPoolExecutor(1) as pool:
        found: Sighting | None = pool.submit(call).result()
        return found


def gateway_of(module: str) -> object:
    def begin(_: object) -> None: ...

    begin.__module__ = module
    cls: Any = type("Exchange", (), {"__module__": module})
    return MethodType(begin, cls())


@pytest.mark.parametrize(
    ("modules", "vendor"),
    [
        (["uvicorn.server", "uvicorn.protocols.http.h11_impl"], "uvicorn"),
        (["hypercorn.run", "hypercorn.asyncio.run"], "hypercorn"),
        (["granian.server.mp"], "granian"),
        (["waitress.task"], "waitress"),
        (["gunicorn.app.base", "gunicorn.arbiter"], "gunicorn"),
        (["fastwsgi"], "fastwsgi"),
    ],
)
def test_a_running_server_is_seen_in_the_stack(modules: list[str], vendor: str) -> None:
    found = below(modules, print)
    assert found is not None
    assert found.vendor == vendor


@pytest.mark.parametrize(
    "module", ["uvicorn.middleware.proxy_headers", "hypercorn.middleware.dispatcher", "a2wsgi.wsgi"]
)
def test_what_servers_ship_beside_the_server_is_none(module: str) -> None:
    assert below([module], print) is None


def test_a_worker_below_gunicorns_arbiter_stands_in_brackets() -> None:
    cycle = object.__new__(RequestResponseCycle)
    worker = Sighting("uvicorn", UVICORN)
    assert below(["gunicorn.arbiter", "uvicorn_worker._workers"], cycle.send) == Sighting(
        "gunicorn", GUNICORN, worker=worker
    )


def test_gunicorn_is_not_its_own_worker() -> None:
    response = object.__new__(import_module("gunicorn.http.wsgi").Response)
    assert below(["gunicorn.arbiter", "gunicorn.workers.sync"], response.start_response) == Sighting(
        "gunicorn", GUNICORN
    )


@pytest.mark.parametrize("variable", [f"gunicorn/{GUNICORN}", "gunicorn/1.0", "nginx"])
def test_gunicorn_is_not_believed_where_the_stack_shows_the_whole_program(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVER_SOFTWARE", variable)
    assert below(["uvicorn.server"], print) == Sighting("uvicorn", UVICORN)


def test_a_server_outside_the_table_is_left_to_its_distribution() -> None:
    expected = Sighting(module="pytest_httpserver", otherwise=Sighting("own", "1.0"))
    found = below(["pytest_httpserver.httpserver"], gateway_of("pytest_httpserver.gateway"), SERVER_SOFTWARE="own/1.0")
    assert found == expected


def test_a_command_line_before_it_changes_nothing() -> None:
    found = below(["click.core", "pytest_httpserver.httpserver"], gateway_of("pytest_httpserver"))
    assert found == Sighting(module="pytest_httpserver")


def test_middleware_that_hides_the_gateway_of_an_unheard_of_server_is_not_taken_for_it() -> None:
    assert below(["pytest_httpserver", "markupsafe"], gateway_of("markupsafe")) is None


@pytest.mark.parametrize("module", ["__main__", "json", "starlette.middleware.base", "a2wsgi.wsgi", "engine_telemetry"])
def test_the_program_python_and_adapters_are_no_servers(module: str) -> None:
    assert below([module], gateway_of(module)) is None


def test_the_main_threads_stack_is_read_too() -> None:
    with ThreadPoolExecutor(1) as pool:
        own, main = pool.submit(stacks).result()
    assert own[-1] == "threading"
    assert __name__ in main


def test_the_main_thread_has_one_stack() -> None:
    (stack,) = stacks()
    assert stack[0] == __name__
    assert reaches_the_program(stack)


@pytest.mark.parametrize("stack", [[], ["app"], ["app", "gevent.greenlet"]])
def test_a_stack_that_is_cut_off_does_not_reach_the_program(stack: list[str]) -> None:
    assert not reaches_the_program(stack)
