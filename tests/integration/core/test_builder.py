"""The builder: what is known becomes the document."""

import sqlite3
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from engine_telemetry.application_server import ApplicationServer
from engine_telemetry.builder import ReportBuilder, server_from_text, server_to_text
from engine_telemetry.configuration import Configuration
from engine_telemetry.database import Database
from engine_telemetry.report import Component, Count, Report
from engine_telemetry.store import State

STATE = State(str(uuid.uuid4()), flag=True, change_no=1, pending={}, window_start=None, next_due=None)
GUNICORN = ApplicationServer("gunicorn", "gunicorn/27.0.1 (uvicorn/0.54.0)")


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[Connection]:
    database = Database(f"sqlite:///{tmp_path}/engine.db")
    with database.read() as opened:
        yield opened
    database.dispose()


def build(connection: Connection, server: ApplicationServer | None = None, **settings: object) -> Report:
    configuration = Configuration.load(**settings)
    return ReportBuilder(configuration).build(connection, STATE, {"b": 2, "a": 1, "never": 0}, server)


def test_the_report_names_the_installation_the_product_and_the_database(connection: Connection) -> None:
    report = build(connection, product_name="Our Engine", product_version="7.13.0", product_edition="enterprise")
    assert report.installation == STATE.installation
    product = report.product
    assert (product.name, product.version, product.edition) == ("Our Engine", "7.13.0", "enterprise")
    assert product.internals.database == Component("SQLite", sqlite3.sqlite_version)


def test_commands_that_ran_are_listed_by_name(connection: Connection) -> None:
    assert build(connection).product.internals.commands == {"a": Count(1), "b": Count(2)}


def test_a_server_that_is_not_known_is_absent(connection: Connection) -> None:
    assert build(connection).product.internals.application_server is None
    assert "application-server" not in build(connection).to_dict()["product"]["internals"]


def test_the_recognised_server_is_named(connection: Connection) -> None:
    server = build(connection, GUNICORN).product.internals.application_server
    assert server == Component("gunicorn", "gunicorn/27.0.1 (uvicorn/0.54.0)")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WildFly/19.0.0", Component("WildFly", "WildFly/19.0.0")),
        ("Our Server / 7 / b", Component("Our Server", "Our Server / 7 / b")),
        ("WildFly", Component("WildFly", None)),
    ],
)
def test_the_operators_word_wins_over_what_was_recognised(
    connection: Connection, text: str, expected: Component
) -> None:
    report = build(connection, GUNICORN, application_server=text)
    assert report.product.internals.application_server == expected


@pytest.mark.parametrize("server", [GUNICORN, ApplicationServer("AWS Lambda"), ApplicationServer("Bücher", "1")])
def test_a_server_survives_the_way_through_the_counter_file_and_the_database(server: ApplicationServer) -> None:
    assert server_from_text(server_to_text(server)) == server


def test_no_text_is_no_server() -> None:
    assert server_from_text(None) is None
