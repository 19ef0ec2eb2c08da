"""The command ``engine-telemetry`` as processes on a database that an engine of this process uses too."""

import json
import os
import pty
import pwd
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from engine_telemetry.cli import main
from engine_telemetry.engine import ProcessEngine


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


Here = Callable[..., Done]
Command = Callable[..., "subprocess.CompletedProcess[str]"]
PASSWORD = "correct horse"  # noqa: S105 - of users that live for one test


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of the engine and of the command, in the environment."""
    monkeypatch.setenv("ENGINE_DATABASE_URL", f"sqlite:///{tmp_path}/orders.db")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """Runs the command in this process, for what does not depend on there being two."""

    def run(*arguments: str, stdin: str = "") -> Done:
        monkeypatch.setattr(sys, "argv", ["engine-telemetry", *arguments])
        monkeypatch.setattr(sys, "stdin", StringIO(stdin))
        with pytest.raises(SystemExit) as caught:
            main()
        message = f"{caught.value.code}\n" if isinstance(caught.value.code, str) else ""  # as the interpreter does
        out, err = capsys.readouterr()
        return Done(1 if message else int(caught.value.code or 0), out, err + message)

    return run


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Runs the command as a process."""

    def run(*arguments: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "engine_telemetry.cli", *arguments],
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )

    return run


@pytest.fixture
def output(command: Command) -> Callable[..., Any]:
    """What the command prints as JSON."""

    def run(*arguments: str) -> Any:
        done = command(*arguments, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    return run


@pytest.fixture
def engine(_settings: None) -> Iterator[ProcessEngine]:
    with ProcessEngine(telemetry_reporter_activate=False) as engine:
        yield engine


def counted(engine: ProcessEngine) -> Any:
    return engine.management_service.get_telemetry_data().to_dict()["product"]["internals"]["commands"]


def test_enabling_holds_at_once_in_a_process_that_is_running(engine: ProcessEngine, output: Callable[..., Any]) -> None:
    engine.task_service.tasks()
    status = output("enable")
    engine.task_service.tasks()
    assert counted(engine) == {"TaskQueryImpl": {"count": 1}}
    who = pwd.getpwuid(os.getuid()).pw_name
    assert status["enabled"] is True
    assert f"switched on by {who} with" in status["reason"]


def test_disabling_holds_at_once_too_and_drops_what_was_counted(
    engine: ProcessEngine, output: Callable[..., Any]
) -> None:
    engine.management_service.toggle_telemetry(enabled=True)
    engine.task_service.tasks()
    assert output("disable")["configured"] is False
    engine.task_service.tasks()
    assert counted(engine) == {}
    output("enable")
    assert counted(engine) == {}


def test_the_preview_has_what_the_running_processes_counted_and_none_of_its_own(
    engine: ProcessEngine, output: Callable[..., Any]
) -> None:
    engine.management_service.toggle_telemetry(enabled=True)
    for _ in range(3):
        engine.task_service.tasks()
    report = output("preview")
    assert report["product"]["internals"]["commands"] == {
        "TelemetryConfigureCmd": {"count": 1},
        "TaskQueryImpl": {"count": 3},
    }
    assert output("preview") == report


def test_it_takes_the_closing_report_from_nobody_and_makes_none(
    tmp_path: Path, here: Here, output: Callable[..., Any]
) -> None:
    with ProcessEngine(telemetry_endpoint="http://127.0.0.1:9", telemetry_request_retries=0) as engine:
        engine.management_service.toggle_telemetry(enabled=True)
        here("status")
        assert output("history")["reports"] == []
    [report] = output("history")["reports"]
    assert report["cause"] == "close"
    assert json.loads(report["body"])["product"]["name"] == engine.configuration.product_name
    assert list(tmp_path.glob("*-telemetry/*.v1"))
    assert output("history")["reports"] == [report]


def test_the_history_has_each_change_with_who_made_it(engine: ProcessEngine, command: Command) -> None:
    engine.management_service.toggle_telemetry(enabled=True, user_id="ann")
    command("disable")
    changes = json.loads(command("history", "--json").stdout)["changes"]
    who = pwd.getpwuid(os.getuid()).pw_name
    assert [(change["who"], change["cause"], change["from"], change["to"]) for change in changes] == [
        (who, "the command line", True, False),
        ("ann", "the API", None, True),
    ]
    text = command("history").stdout
    assert "Reports:\nnone\n" in text
    assert "by ann, with the API" in text


def test_the_status_for_people_says_what_holds(engine: ProcessEngine, here: Here) -> None:
    done = here("status")
    assert done.stdout.startswith("Telemetry is off: nobody has decided yet.\n")
    assert done.returncode == 0
    engine.management_service.toggle_telemetry(enabled=True)
    on = here("status").stdout
    assert "Telemetry is on" in on
    assert "Note: Nothing is sent: no telemetryEndpoint is set" in on


def test_looking_decides_nothing(engine: ProcessEngine, here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGINE_INITIALIZE_TELEMETRY", "true")
    here("status")
    assert engine.management_service.is_telemetry_enabled() is None


def test_without_a_running_server_it_leaves_the_making_of_files_to_the_server(
    command: Command, output: Callable[..., Any], tmp_path: Path
) -> None:
    with ProcessEngine(telemetry_reporter_activate=False):
        pass
    assert output("enable")["enabled"] is True
    assert not list(tmp_path.glob("*-telemetry/*.v1"))
    with ProcessEngine(telemetry_reporter_activate=False) as engine:
        engine.task_service.tasks()
        assert counted(engine)["TaskQueryImpl"] == {"count": 1}
    assert command("status").stderr == ""


def test_do_not_track_wins_here_too(engine: ProcessEngine, here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    assert engine.management_service.is_telemetry_enabled() is None
    monkeypatch.setenv("DO_NOT_TRACK", "1")
    status = json.loads(here("enable", "--json").stdout)
    assert (status["enabled"], status["configured"], status["decidedBy"]) == (False, True, "DO_NOT_TRACK")


def test_a_counter_file_that_cannot_be_trusted_is_a_note_and_the_decision_is_stored(
    engine: ProcessEngine, here: Here, tmp_path: Path
) -> None:
    [file] = tmp_path.glob("*-telemetry/*.v1")
    file.parent.chmod(0o777)
    done = here("enable")
    assert done.returncode == 0
    assert "do not learn of a change before their next flush" in done.stdout
    assert engine.management_service.is_telemetry_enabled() is True


def test_an_administrator_is_made_before_the_first_start(here: Here, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{PASSWORD}\nnot this\n")
    done = here("create-admin", "ann", "--password-file", "password")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("ann is an administrator now (sqlite:///")
    with ProcessEngine(telemetry_reporter_activate=False) as engine:
        assert engine.identity_service.check_password("ann", PASSWORD)
        assert engine.identity_service.is_admin("ann")


def typed_into_a_terminal(arguments: list[str], lines: list[str]) -> str:
    """What a terminal shows when each of the lines is typed after a prompt."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-m", "engine_telemetry.cli", *arguments])  # noqa: S606 - no shell
    shown = ""
    for line in lines:
        shown += read_until(terminal, ": ")
        os.write(terminal, f"{line}\n".encode())
    shown += read_until(terminal, ").")
    assert os.waitpid(child, 0)[1] == 0
    os.close(terminal)
    return shown


def read_until(terminal: int, end: str) -> str:
    text = ""
    while not text.rstrip("\r\n").endswith(end) and not text.endswith(end):
        text += os.read(terminal, 1024).decode()
    return text


def test_a_password_is_asked_for_twice_and_not_shown(engine: ProcessEngine) -> None:
    shown = typed_into_a_terminal(["create-admin", "ann"], [PASSWORD, "mistyped", PASSWORD, PASSWORD])
    assert shown.count("Password, once more: ") == 2
    assert "do not match" in shown
    assert PASSWORD not in shown
    assert "ann is an administrator now" in shown
    assert engine.identity_service.check_password("ann", PASSWORD)


def test_without_a_terminal_nobody_is_asked(here: Here) -> None:
    done = here("create-admin", "ann", stdin=f"{PASSWORD}\n{PASSWORD}\n")
    assert done.returncode == 1
    assert "--password-file" in done.stderr


def test_a_forgotten_password_is_set_anew(engine: ProcessEngine, here: Here) -> None:
    engine.identity_service.create_user("ann", "forgotten one")
    refused = here("create-admin", "ann", "--password-file", "-", stdin=PASSWORD)
    assert refused.returncode == 1
    assert refused.stderr == "engine-telemetry: There is a user 'ann' already. --reset sets its password anew.\n"
    assert not engine.identity_service.is_admin("ann")
    assert here("create-admin", "ann", "--reset", "--password-file", "-", stdin=PASSWORD).returncode == 0
    assert engine.identity_service.check_password("ann", PASSWORD)
    assert engine.identity_service.is_admin("ann")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["status", "--config", "no.xml"], "The configuration file 'no.xml' cannot be read"),
        (["create-admin", "ann", "--password-file", "no"], "The password file 'no' cannot be read"),
        (["create-admin", "a b", "--password-file", "-"], "The id 'a b' cannot be used"),
        (["create-admin", "ann", "--password-file", "-"], "The password has 5 characters"),
        (["create-admin", "ann", "--reset", "--password-file", "-"], "The password has 5 characters"),
    ],
)
def test_what_goes_wrong_is_one_line_and_ends_with_1(here: Here, arguments: list[str], message: str) -> None:
    done = here(*arguments, stdin="short")
    assert done.returncode == 1
    assert done.stderr.startswith(f"engine-telemetry: {message}")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize("name", ["status", "preview", "history", "enable", "disable"])
def test_no_database_is_made_by_looking_in_the_wrong_place(here: Here, tmp_path: Path, name: str) -> None:
    done = here(name)
    assert done.returncode == 1
    assert "There is no database 'sqlite:///" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_settings_may_come_from_a_file(
    engine: ProcessEngine, here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = engine.configuration.database_url
    monkeypatch.setenv("ENGINE_DATABASE_URL", "")
    setting = f'<property name="databaseUrl">{url}</property>'
    (tmp_path / "engine.xml").write_text(f"<process-engine><properties>{setting}</properties></process-engine>")
    assert here("status").returncode == 1
    assert here("status", "--config", "engine.xml").stdout.startswith("Telemetry is off")


def test_a_database_that_does_not_answer_is_one_line(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENGINE_DATABASE_URL", "postgresql+psycopg://ann:secret@127.0.0.1:9/none")
    done = here("status")
    assert done.returncode == 1
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr
