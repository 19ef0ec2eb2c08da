"""The command ``engine-telemetry``: telemetry and the first administrator, from a terminal.

It works beside running servers on the same database: what it does is not counted, it reports nothing, and what it
decides holds for the servers of this node at once.
"""

import json
import os
import pwd
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from engine_telemetry.engine import ProcessEngine
from engine_telemetry.engine.commands.identity import ADMINISTRATORS
from engine_telemetry.exceptions import EngineTelemetryError
from engine_telemetry.history import History
from engine_telemetry.status import Status, rfc3339

Config = Annotated[
    Path | None,
    typer.Option(
        "--config", metavar="FILE", help="The XML file with the settings; by default what ENGINE_CONFIG names."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

app = typer.Typer(
    name="engine-telemetry",
    help=(
        "Usage telemetry of a process engine, and its first administrator.\n\n"
        "Settings come from where the server has them: variables like ENGINE_DATABASE_URL, and the XML file. Run it as"
        " the user that runs the server, in the same directory if the database's path is relative."
    ),
    epilog="It ends with 0 if all went well, 1 if not, and 2 if it was called in a wrong way.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> None:
    """Run it; what is wrong is one sentence on the standard error."""
    try:
        app()
    except EngineTelemetryError as exc:
        sys.exit(f"engine-telemetry: {exc}")


@app.command()
def status(config: Config = None, *, as_json: AsJson = False) -> None:
    """Say whether telemetry is on, what decided it, and how the last report fared."""
    with _engine(config) as engine:
        found = engine.management_service.get_telemetry_status()
    _print(found.to_dict() if as_json else _status_lines(found))


@app.command()
def preview(config: Config = None, *, as_json: AsJson = False) -> None:
    """Show what the next report would say now. Nothing is taken or sent."""
    with _engine(config) as engine:
        report = engine.management_service.get_telemetry_data().to_dict()
    _print(report if as_json else [json.dumps(report, indent=2, ensure_ascii=False)])


@app.command()
def history(config: Config = None, *, as_json: AsJson = False) -> None:
    """List the last 30 reports, with their bytes in JSON, and the last 30 changes of the switch."""
    with _engine(config) as engine:
        found = engine.management_service.get_telemetry_history()
    _print(found.to_dict() if as_json else _history_lines(found))


@app.command()
def enable(config: Config = None, *, as_json: AsJson = False) -> None:
    """Switch telemetry on.

    Whoever does that must be entitled to decide it for their organisation.
    """
    _switch(config, on=True, as_json=as_json)


@app.command()
def disable(config: Config = None, *, as_json: AsJson = False) -> None:
    """Switch telemetry off. What was counted and not sent is dropped."""
    _switch(config, on=False, as_json=as_json)


@app.command()
def create_admin(
    name: Annotated[str, typer.Argument(help="To log in with: letters, digits and . _ @ + -")],
    config: Config = None,
    *,
    password_file: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Take the password from this file's first line; '-' is the standard input."),
    ] = None,
    reset: Annotated[
        bool, typer.Option("--reset", help="The user is there: set the password anew, and make it an administrator.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a user that is an administrator. Asks for the password twice."""
    password = _ask_password() if password_file is None else _first_line(password_file)
    with _engine(config, may_be_new=True) as engine:
        if reset:
            engine.identity_service.set_password(name, password)
            engine.identity_service.add_to_group(name, ADMINISTRATORS)
        else:
            _create(engine, name, password)
        database = engine.database_name
    done = {"user": name, "groups": [ADMINISTRATORS], "database": database}
    _print(done if as_json else [f"{name} is an administrator now ({database})."])


def _create(engine: ProcessEngine, name: str, password: str) -> None:
    if engine.identity_service.count_users(user_id=name):
        sys.exit(f"engine-telemetry: There is a user {name!r} already. --reset sets its password anew.")
    engine.identity_service.create_user(name, password, groups=[ADMINISTRATORS])


def _switch(config: Path | None, *, on: bool, as_json: bool) -> None:
    with _engine(config) as engine:
        engine.management_service.toggle_telemetry(on, user_id=_os_user())
        found = engine.management_service.get_telemetry_status()
    _print(found.to_dict() if as_json else _status_lines(found))


@contextmanager
def _engine(config: Path | None, *, may_be_new: bool = False) -> Iterator[ProcessEngine]:
    engine = ProcessEngine(config_file=config, telemetry_reporter_activate=False)
    if not may_be_new:
        engine.require_database()
    try:
        engine.visit()
        yield engine
    finally:
        engine.close()


def _os_user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run as a number without a name
        return str(os.getuid())


def _ask_password() -> str:
    if not sys.stdin.isatty():
        sys.exit("engine-telemetry: There is no terminal to ask for a password. Give one with --password-file FILE.")
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt="Password, once more", err=True)
    return password


def _first_line(file: Path) -> str:
    try:
        text = sys.stdin.readline() if str(file) == "-" else file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        why = exc.strerror if isinstance(exc, OSError) else "it is not UTF-8"
        sys.exit(f"engine-telemetry: The password file {str(file)!r} cannot be read ({why}).")
    return text.split("\n", 1)[0].rstrip("\r")


def _print(what: dict[str, Any] | list[str]) -> None:
    if isinstance(what, dict):
        typer.echo(json.dumps(what, indent=2, ensure_ascii=False))
    else:
        typer.echo("\n".join(what))


def _status_lines(found: Status) -> list[str]:
    lines = [
        found.reason,
        f"Reports go to:    {found.endpoint or 'nowhere, as no endpoint is set here'}",
        f"Counted since:    {rfc3339(found.counting_since) or 'nothing is counted'}",
        f"Next report due:  {rfc3339(found.next_report_due) or 'none is planned'}",
    ]
    if found.waiting is not None:
        lines.append(f"Waiting report:   {found.waiting.answer or 'not tried yet'}, attempts: {found.waiting.attempts}")
    if found.last is not None:
        lines.append(f"Last report:      {found.last.state}, {rfc3339(found.last.created_at)}")
    return lines + [f"Note: {problem}" for problem in found.problems]


def _history_lines(found: History) -> list[str]:
    reports = [
        f"{rfc3339(report.created_at)}  {report.cause:<8}  {report.state:<9}  {len(report.body):>6} bytes"
        f"  attempts: {report.attempts}  {report.endpoint or 'not sent'}  {report.answer or ''}".rstrip()
        for report in found.reports
    ]
    changes = [
        f"{rfc3339(change.at)}  {'on' if change.new else 'off':<3}  by {change.who or 'somebody'}, with {change.cause}"
        for change in found.changes
    ]
    return ["Reports:", *(reports or ["none"]), "", "Switched:", *(changes or ["never"])]


if __name__ == "__main__":
    main()
