"""The documentation and the shipped files say what the settings are."""

import re
from dataclasses import MISSING
from pathlib import Path

import pytest

from engine_telemetry.configuration import Configuration, Setting, settings
from engine_telemetry.exceptions import ConfigurationError

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
ROWS = [[cell.strip().strip("`") for cell in line.split("|")[1:-1]] for line in PAGE.splitlines() if line[:3] == "| `"]
SETTINGS = settings()
WITHOUT_TEXT: dict[str, object] = {"unset": None, "the installed version": MISSING}


def said(setting: Setting, default: str) -> object:
    return WITHOUT_TEXT[default] if default in WITHOUT_TEXT else setting.kind.read(default)


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
def test_the_page_has_each_setting_as_it_is(setting: Setting) -> None:
    [row] = [row for row in ROWS if row[2] == setting.field]
    xml_name, variable, _, default, unit, meaning, accepted = row
    assert (xml_name, variable) == (setting.xml_name, setting.variable)
    assert said(setting, default) == setting.default
    assert (unit, accepted) == (setting.kind.unit, setting.kind.accepted)
    assert meaning


def test_the_page_has_no_other_setting_and_the_same_order() -> None:
    assert [row[2] for row in ROWS] == list(SETTINGS)


def test_the_docstring_describes_each_setting() -> None:
    described = re.findall(r"^    {0,8}(\w+): ", Configuration.__doc__ or "", re.MULTILINE)
    assert described == [*SETTINGS, "sources", "ConfigurationError"]


def test_the_errors_on_the_page_are_real(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def message(**keywords: object) -> str:
        with pytest.raises(ConfigurationError) as caught:
            Configuration.load(**keywords)
        return str(caught.value)

    shipped = (ROOT / "conf" / "engine.xml").read_text(encoding="utf-8")
    (tmp_path / "engine.xml").write_text(shipped.replace("initializeTelemetry", "initializeTelemetri"))
    broken_file = message(config_file=tmp_path / "engine.xml").replace(str(tmp_path), "conf")
    broken_keyword = message(telemetry_reporting_period=0)
    monkeypatch.setenv("ENGINE_INITIALIZE_TELEMETRY", "maybe")
    assert f"```text\n{broken_keyword}\n{message()}\n{broken_file}\n```" in PAGE


def test_the_shipped_xml_file_switches_telemetry_on_and_nothing_else() -> None:
    configuration = Configuration.load(config_file=ROOT / "conf" / "engine.xml")
    assert configuration == Configuration(initialize_telemetry=True)


def examples(file: str, line: str) -> dict[str, tuple[str, str]]:
    text = (ROOT / "conf" / file).read_text(encoding="utf-8")
    return {name: (value, remark.strip()) for name, value, remark in re.findall(line, text, re.MULTILINE)}


def check(example: tuple[str, str], setting: Setting) -> None:
    value, remark = example
    read = setting.kind.read(value)
    if remark in WITHOUT_TEXT:
        assert WITHOUT_TEXT[remark] == setting.default
    else:
        assert (read, remark) == (setting.default, setting.kind.unit)


def test_the_shipped_xml_file_shows_each_default() -> None:
    shown = examples("engine.xml", r'<property name="(\w+)">(.*)</property> ?(.*?) ?(?:-->)?$')
    assert set(shown) == {setting.xml_name for setting in SETTINGS.values()}
    for setting in SETTINGS.values():
        if setting.field != "initialize_telemetry":
            check(shown[setting.xml_name], setting)


def test_the_shipped_gunicorn_file_shows_each_default() -> None:
    shown = examples("gunicorn.conf.py", r'^    # "(\w+)=(.*?)",(?:  # )?(.*)$')
    assert set(shown) == {"ENGINE_CONFIG", *(setting.variable for setting in SETTINGS.values())}
    for setting in SETTINGS.values():
        check(shown[setting.variable], setting)
