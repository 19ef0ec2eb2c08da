"""Versions come from what the running server shows, or from the installed distributions."""

import platform
from importlib import import_module, metadata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine_telemetry.application_server import versions

import_module("gunicorn")
GUNICORN = metadata.version("gunicorn")


def test_a_loaded_module_tells_its_version() -> None:
    assert versions.attribute("gunicorn", "__version__")({}) == GUNICORN


def test_a_tuple_is_a_version() -> None:
    assert versions.attribute("gunicorn", "version_info")({}) == GUNICORN


@pytest.mark.parametrize(
    ("module", "name"), [("not_loaded", "__version__"), ("gunicorn", "absent"), ("gunicorn", "app")]
)
def test_a_module_that_does_not_tell_leaves_the_version_open(module: str, name: str) -> None:
    assert versions.attribute(module, name)({}) is None


@pytest.mark.parametrize(
    ("kind", "value", "version"),
    [(bytes, b"2.0.31", "2.0.31"), (tuple, (4, 9, 4), "4.9.4"), (bytes, "6.6.6", None), (tuple, "6.6.6", None)],
)
def test_an_entry_of_the_environ_counts_by_its_type(kind: type, value: object, version: str | None) -> None:
    assert versions.entry("server.version", kind)({"server.version": value}) == version


@pytest.mark.parametrize(
    ("software", "products"),
    [
        ("Apache/2.4.71 (Debian) mod_wsgi/4.9.4 Python/3.11", ["Apache/2.4.71", "mod_wsgi/4.9.4", "Python/3.11"]),
        ("Apache/2.4.71 (Debian) Phusion_Passenger/6.0.17", ["Apache/2.4.71", "Phusion_Passenger/6.0.17"]),
        ("waitress", ["waitress"]),
        ("nginx/1.22.1", ["nginx/1.22.1"]),
        ("My Server/1.0 (a long comment/2 here)", ["My", "Server/1.0"]),
        ("", []),
        (None, []),
        (b"nginx/1.22.1", []),
        ("<script>/1.0 {}", []),
    ],
)
def test_server_software_is_read_as_products(software: object, products: list[str]) -> None:
    found = versions.products({"SERVER_SOFTWARE": software})
    assert [f"{name}/{version}" if version else name for name, version in found] == products


@given(st.text())
def test_products_of_any_text_are_plain_words(software: str) -> None:
    for name, version in versions.products({"SERVER_SOFTWARE": software}):
        assert f"{name}{version or ''}".isascii()
        assert name.isprintable()


def test_a_product_has_its_version() -> None:
    assert versions.product("Unit")({"SERVER_SOFTWARE": "Unit/1.35.0"}) == "1.35.0"


def test_a_product_that_is_not_there_leaves_the_version_open() -> None:
    assert versions.product("Unit")({"SERVER_SOFTWARE": "nginx/1.22.1"}) is None


def test_the_standard_librarys_server_has_pythons_version() -> None:
    assert versions.interpreter({}) == platform.python_version()


def test_an_installed_distribution_has_a_version() -> None:
    assert versions.installed("uvicorn") == metadata.version("uvicorn")


def test_a_distribution_that_is_not_installed_leaves_the_version_open() -> None:
    assert versions.installed("engine-telemetry-absent") is None


def test_a_module_is_traced_to_its_distribution() -> None:
    assert versions.distribution_of("werkzeug.serving") == ("Werkzeug", metadata.version("werkzeug"))


@pytest.mark.parametrize("name", ["first", "second"])
def test_a_module_of_a_shared_package_is_traced_by_its_file(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part, path in (("first", "shared_package/first.py"), ("second", "shared_package/second/__init__.py")):
        folder = tmp_path / f"shared_{part}-1.{len(part)}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Name: Shared-{part}\nVersion: 1.{len(part)}\n")
        (folder / "RECORD").write_text(f"{path},,\n")
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    monkeypatch.syspath_prepend(tmp_path)
    assert versions.distribution_of(f"shared_package.{name}") == (f"Shared-{name}", f"1.{len(name)}")


def test_a_module_of_no_distribution_is_traced_to_none() -> None:
    assert versions.distribution_of("json") is None
