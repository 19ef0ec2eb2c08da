"""URLs, and what servers say of themselves; nothing is opened here."""

import traceback
from pathlib import Path

import pytest

from engine_telemetry.database import Database, DatabaseServer, _mysql, _postgresql, canonical_url, parse_url
from engine_telemetry.exceptions import ConfigurationError

PASSWORD = "S3" + "cret"  # in two parts, as a traceback shows this file too


@pytest.mark.parametrize(
    "url",
    [
        "",
        PASSWORD,
        f"://{PASSWORD}",
        f"postgresql://user:{PASSWORD}@host:port/name",
        f"postgresql://user:p@ss:{PASSWORD}@host/name",  # what follows the last colon is taken for a port
    ],
)
def test_a_url_that_cannot_be_read_is_an_error_that_shows_no_password(url: str) -> None:
    with pytest.raises(ConfigurationError, match="database URL cannot be read") as caught:
        parse_url(url)
    assert PASSWORD not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("driver", ["oracel", "postgresql+no_such_driver", "sqlite+no_such_driver"])
def test_a_driver_that_cannot_be_loaded_is_an_error_that_names_it_and_shows_no_password(driver: str) -> None:
    with pytest.raises(ConfigurationError, match="cannot be loaded") as caught:
        Database(f"{driver}://user:{PASSWORD}@host/name")
    message = "".join(traceback.format_exception(caught.value))
    assert repr(driver) in message
    assert PASSWORD not in message


def test_a_relative_and_a_linked_sqlite_path_are_the_same_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path)
    urls = ["sqlite:///engine.db", f"sqlite:///{tmp_path}/engine.db", f"sqlite:///{tmp_path}/link/engine.db"]
    assert {canonical_url(url) for url in urls} == {f"sqlite:///{tmp_path.resolve()}/engine.db"}


def test_passwords_make_no_difference_between_databases() -> None:
    urls = ["postgresql://me@host/name", "postgresql://me:one@host/name", "postgresql://me:two@host/name"]
    assert {canonical_url(url) for url in urls} == {"postgresql://me@host/name"}
    assert canonical_url("postgresql://me@host/other") != canonical_url(urls[0])


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:"])
def test_a_database_in_memory_is_known_as_such(url: str) -> None:
    assert Database(url).in_memory


@pytest.mark.parametrize(
    ("said", "server"),
    [
        ("PostgreSQL 15.8 (Debian 15.8-0+deb12u1) on x86_64-pc-linux-gnu", DatabaseServer("PostgreSQL", "15.8")),
        ("PostgreSQL 17beta1 on aarch64-apple-darwin, compiled by clang", DatabaseServer("PostgreSQL", "17beta1")),
        (
            "CockroachDB CCL v24.1.4 (x86_64-pc-linux-gnu, built 2024/08/26 14:51:32, go1.22.5)",
            DatabaseServer("CockroachDB", "v24.1.4"),
        ),
        ("CockroachDB OSS nightly", DatabaseServer("CockroachDB", "CockroachDB OSS nightly")),
    ],
)
def test_postgresql_and_what_speaks_like_it_are_told_apart(said: str, server: DatabaseServer) -> None:
    assert _postgresql(said) == server


@pytest.mark.parametrize(
    ("said", "server"),
    [
        ("8.0.39", DatabaseServer("MySQL", "8.0.39")),
        ("8.0.39-0ubuntu0.22.04.1", DatabaseServer("MySQL", "8.0.39")),
        ("10.11.6-MariaDB-0+deb12u1", DatabaseServer("MariaDB", "10.11.6")),
        ("5.5.5-10.11.6-MariaDB", DatabaseServer("MariaDB", "10.11.6")),
        ("11.4.2-mariadb-log", DatabaseServer("MariaDB", "11.4.2")),
    ],
)
def test_mysql_and_mariadb_are_told_apart(said: str, server: DatabaseServer) -> None:
    assert _mysql(said) == server
