"""A server that is in no table is named by its distribution; where no server is, none is named."""

from pathlib import Path

import pytest

from tests.servers.conftest import (
    HOSTILE_HEADERS,
    NO_HEADERS,
    PROGRAMS,
    Answer,
    Environment,
    Install,
    Serve,
    base_environment,
    run,
    server_in,
)

pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]


def answer_of(environment: Environment, home: Path, program: str, *arguments: str) -> Answer:
    """The server in the report that a program prints."""
    variables = (f"{name}={value}" for name, value in base_environment(home).items())
    command = (str(environment.bin / "python"), str(PROGRAMS / f"{program}.py"), *arguments)
    return server_in(run("env", "-i", *variables, *command))


def test_an_unheard_of_server_is_named_by_its_distribution(install: Install, serve: Serve) -> None:
    with serve(f"{install('unheard-of').bin}/python -m serve unheard_of {{port}}") as site:
        assert site.ask(HOSTILE_HEADERS) == ["Unheard-Of", "Unheard-Of/7.8.9"]
        assert site.ask(NO_HEADERS) == ["Unheard-Of", "Unheard-Of/7.8.9"]


@pytest.mark.parametrize("adapter", ["mangum", "apig_wsgi", "serverless_wsgi"])
def test_aws_lambda_is_named_without_a_version(adapter: str, install: Install, tmp_path: Path) -> None:
    assert answer_of(install("lambda"), tmp_path, "lambdas", adapter) == ["AWS Lambda", None]


def test_no_server_is_named_in_djangos_test_client(install: Install, tmp_path: Path) -> None:
    assert answer_of(install("django"), tmp_path, "clients") is None
