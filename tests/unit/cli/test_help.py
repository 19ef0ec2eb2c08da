"""The command's help."""

import pytest
from typer.testing import CliRunner

from engine_telemetry.cli import app

COMMANDS = ["status", "preview", "history", "enable", "disable", "create-admin"]


def test_it_names_each_command_where_the_settings_come_from_and_the_exit_codes() -> None:
    help_text = " ".join(CliRunner().invoke(app, ["--help"]).output.split())
    for part in (
        *COMMANDS,
        "ENGINE_DATABASE_URL",
        "as the user that runs the server",
        "2 if it was called in a wrong way",
    ):
        assert part in help_text


def test_without_a_command_it_shows_the_help() -> None:
    assert "Usage:" in CliRunner().invoke(app, []).output


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help_of_its_own(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert "--config FILE" in result.output
    assert "--json" in result.output


def test_enabling_reminds_of_who_may_decide() -> None:
    assert "entitled" in CliRunner().invoke(app, ["enable", "--help"]).output


@pytest.mark.parametrize("arguments", [["no-such"], ["create-admin"], ["status", "--no-such"]])
def test_a_wrong_call_ends_with_2(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, arguments).exit_code == 2
