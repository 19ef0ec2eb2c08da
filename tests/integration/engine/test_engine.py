"""The life of an engine: opened late, closed once, safe to fork beside."""

import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from engine_telemetry.configuration import Configuration
from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.context import CommandContext
from engine_telemetry.exceptions import ConfigurationError, ForkedConnectionError, ProcessEngineException

NewEngine = Callable[..., ProcessEngine]


@pytest.fixture
def database_url(empty_database_url: str) -> str:
    """Without any tables."""
    return empty_database_url


def in_child(job: Callable[[], object]) -> str:
    """What a forked child's job returns, or the name of its error."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            answer = str(job())
        except BaseException as exc:  # noqa: BLE001  the parent shall see it
            answer = f"{type(exc).__name__}: {exc}"
        os.write(writer, answer.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        answer = stream.read()
    os.waitpid(pid, 0)
    return answer


@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
def test_an_engine_opens_nothing_before_its_first_command(new_engine: NewEngine, tmp_path: Path) -> None:
    threads = threading.active_count()
    engine = new_engine()
    assert list(tmp_path.iterdir()) == []
    assert threading.active_count() == threads
    assert engine.repository_service.deployments() == []
    assert (tmp_path / "engine.db").exists()


@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
def test_an_engine_is_a_context_manager(new_engine: NewEngine, tmp_path: Path) -> None:
    with new_engine() as engine:
        assert (tmp_path / "engine.db").exists()
        assert engine.name == "default"
    with pytest.raises(ProcessEngineException, match=r"The process engine is closed; open\(\) opens it again"):
        engine.repository_service.deployments()


def test_open_and_close_may_be_repeated(engine: ProcessEngine, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "engine_telemetry.engine"):
        for _ in range(2):
            engine.open()
        for _ in range(2):
            engine.close()
        engine.open()
    messages = [record.getMessage() for record in caplog.records if record.name == "engine_telemetry.engine"]
    assert [message.split(" on ")[0] for message in messages] == [
        "The process engine is open",
        "The process engine is closed",
        "The process engine is open",
    ]
    assert engine.repository_service.deployments() == []


def test_settings_come_as_a_configuration_or_as_keywords(database_url: str) -> None:
    configuration = Configuration(database_url=database_url)
    assert ProcessEngine(configuration).configuration is configuration
    with pytest.raises(TypeError, match="not both: product_name"):
        ProcessEngine(configuration, product_name="x")
    with pytest.raises(ConfigurationError):
        ProcessEngine(database_uri=database_url)


def test_a_database_that_cannot_be_used_is_an_error_of_the_engine(new_engine: NewEngine, tmp_path: Path) -> None:
    engine = new_engine(database_url=f"sqlite:///{tmp_path / 'nowhere' / 'engine.db'}")
    with pytest.raises(ProcessEngineException, match="The database refuses: unable to open database file"):
        engine.open()


def test_two_engines_on_two_databases_keep_apart(new_engine: NewEngine, tmp_path: Path, user_model: bytes) -> None:
    first, second = new_engine(), new_engine(database_url=f"sqlite:///{tmp_path / 'other.db'}")
    first.repository_service.deploy({"p.bpmn": user_model})
    assert second.repository_service.count_deployments() == 0

    def command(_: CommandContext) -> None:
        second.repository_service.deploy({"p.bpmn": user_model})
        first.runtime_service.start_process_instance(key="p")

    first.executor.execute(command)
    assert second.repository_service.count_deployments() == 1
    assert second.runtime_service.count_process_instances() == 0


def test_an_engine_made_before_a_fork_works_in_parent_and_child(new_engine: NewEngine, user_model: bytes) -> None:
    engine = new_engine()
    answer = in_child(lambda: engine.repository_service.deploy({"p.bpmn": user_model}).process_definitions[0].version)
    assert answer == "1"
    assert engine.repository_service.deploy({"p.bpmn": user_model}).process_definitions[0].version == 2


def test_an_engine_used_before_a_fork_works_in_parent_and_child(engine: ProcessEngine, user_model: bytes) -> None:
    engine.repository_service.deploy({"p.bpmn": user_model})
    engine.runtime_service.start_process_instance(key="p")

    def job() -> int:
        engine.runtime_service.start_process_instance(key="p")
        [first, _] = engine.task_service.tasks(sort_by="created")
        engine.task_service.complete(first.id)
        engine.close()
        engine.open()
        return engine.runtime_service.count_process_instances()

    assert in_child(job) == "1"
    engine.runtime_service.start_process_instance(key="p")
    assert engine.runtime_service.count_process_instances() == 2


@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
def test_a_child_forked_while_a_thread_runs_a_command_is_refused(engine: ProcessEngine) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def command(_: CommandContext) -> None:
        inside.set()
        go_on.wait(20)

    thread = threading.Thread(target=lambda: engine.executor.execute(command))
    thread.start()
    inside.wait(20)
    try:
        assert in_child(engine.repository_service.count_deployments).startswith("ForkedConnectionError")
    finally:
        go_on.set()
        thread.join()


@pytest.mark.parametrize("empty_database_url", ["sqlite"], indirect=True)
def test_a_child_forked_out_of_a_command_is_refused_and_the_parent_goes_on(
    engine: ProcessEngine, user_model: bytes
) -> None:
    engine.repository_service.deploy({"p.bpmn": user_model})

    def command(_: CommandContext) -> str:
        answer = in_child(lambda: engine.runtime_service.start_process_instance(key="p"))
        engine.runtime_service.start_process_instance(key="p")
        return answer

    answer = engine.executor.execute(command)
    assert answer.startswith(f"{ForkedConnectionError.__name__}: ")
    assert str(os.getpid()) in answer
    assert engine.runtime_service.count_process_instances() == 1
