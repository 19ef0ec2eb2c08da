"""What is read from an XML file, and what is refused with its line."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from engine_telemetry.configuration import Configuration
from engine_telemetry.exceptions import ConfigurationError

Write = Callable[[str], Path]
NAMESPACE = "http://www.camunda.org/schema/1.0/BpmPlatform"
PROPERTY = '<property name="initializeTelemetry">true</property>'

PREFIXED = (
    f'<p:bpm-platform xmlns:p="{NAMESPACE}"><p:process-engine><p:properties>'
    '<p:property name="initializeTelemetry" value="true"/>'
    "</p:properties></p:process-engine></p:bpm-platform>"
)


def refusal(path: Path) -> str:
    with pytest.raises(ConfigurationError) as caught:
        Configuration.load(config_file=path)
    return str(caught.value)


def engine(properties: str, name: str = "default") -> str:
    return f'<process-engine name="{name}"><properties>{properties}</properties></process-engine>'


@pytest.mark.parametrize(
    "text",
    [
        f'<?xml version="1.0" encoding="UTF-8"?>\n<bpm-platform xmlns="{NAMESPACE}">{engine(PROPERTY)}</bpm-platform>',
        PREFIXED,
        f"<bpm-platform>{engine(PROPERTY, 'only')}</bpm-platform>",
        f"<bpm-platform>{engine('', 'other')}{engine(PROPERTY)}</bpm-platform>",
        engine(PROPERTY),
        engine('<property name="initializeTelemetry" value=" TRUE "/>'),
        engine('<property name="initializeTelemetry">\n  o<!-- a remark -->n\n</property>'),
    ],
)
def test_each_form_of_the_file_is_read(write: Write, text: str) -> None:
    assert Configuration.load(config_file=write(text)).initialize_telemetry is True


def test_a_file_without_the_property_leaves_telemetry_undecided(write: Write) -> None:
    assert Configuration.load(config_file=write(engine(""))).initialize_telemetry is None


def test_a_refused_value_is_named_with_file_and_line(write: Write) -> None:
    path = write(engine('\n\n<property name="initializeTelemetry">maybe</property>'))
    assert refusal(path).startswith(
        f"{path}, line 3: the property initializeTelemetry has the value 'maybe'. Accepted:"
    )


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        (engine('\n<property name="initializeTelemetri">1</property>'), 2, "Did you mean 'initializeTelemetry'?"),
        (engine('\n<property name="initialize_telemetry">1</property>'), 2, "Did you mean 'initializeTelemetry'?"),
        (engine(f"{PROPERTY}\n{PROPERTY}"), 2, "the property 'initializeTelemetry' is given twice, first in "),
        (engine("<property>true</property>"), 1, "the property has no name"),
        (engine('<property name="initializeTelemetry" value="true">true</property>'), 1, "must have one value"),
        (engine('<property name="initializeTelemetry">true<b/></property>'), 1, "must have one value"),
        (engine('<property name="initializeTelemetry"/>'), 1, "has the value ''"),
        (engine("\n<option/>"), 2, "'option' is not read; <properties> may hold <property> only"),
        ("<process-engine>\n<plugins/></process-engine>", 2, "'plugins' is not read; <process-engine> may hold"),
        ("<bpm-platform>\n<job-executor/></bpm-platform>", 2, "'job-executor' is not read"),
        ("<beans/>", 1, "the root is 'beans'; expected bpm-platform or process-engine"),
        ('<process-engine xmlns="urn:other"/>', 1, "the root is '{urn:other}process-engine'"),
        ("<bpm-platform/>", 1, "found the names []"),
        (f"<bpm-platform>{engine('', 'a')}{engine('', 'b')}</bpm-platform>", 1, "found the names ['a', 'b']"),
        (f"<bpm-platform>{engine('') * 2}</bpm-platform>", 1, "found the names ['default', 'default']"),
        ("<process-engine>\n<properties>\n</process-engine>", 3, "this is not well-formed XML: Opening and ending tag"),
        ("", 1, "this is not well-formed XML"),
        ('<?xml version="1.0" encoding="none"?><process-engine/>', 1, "this is not well-formed XML"),
        (engine('\n<property name="productName">&undefined;</property>'), 2, "Entity 'undefined' not defined"),
    ],
)
def test_a_mistake_is_refused_with_file_and_line(write: Write, text: str, line: int, problem: str) -> None:
    path = write(text)
    message = refusal(path)
    assert message.startswith(f"{path}, line {line}: ")
    assert problem in message


@pytest.mark.parametrize(
    "declaration",
    [
        "<!DOCTYPE process-engine>",
        '<!DOCTYPE process-engine SYSTEM "https://example.com/platform.dtd">',
        '<!DOCTYPE process-engine [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
    ],
)
def test_a_doctype_is_refused(write: Write, declaration: str) -> None:
    text = declaration + engine('<property name="productName">x</property>')
    assert refusal(write(text)).endswith("engine.xml: a DOCTYPE is not accepted; remove it.")


def test_entities_are_not_expanded(write: Write, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hidden")
    declaration = f'<!DOCTYPE process-engine [<!ENTITY x SYSTEM "{(tmp_path / "secret").as_uri()}">]>'
    message = refusal(write(declaration + engine('<property name="productEdition">&x;</property>')))
    assert "a DOCTYPE is not accepted" in message


def test_entities_that_grow_are_refused_at_once(write: Write) -> None:
    entities = '<!ENTITY e0 "0123456789">'
    entities += "".join(f'<!ENTITY e{level} "{f"&e{level - 1};" * 10}">' for level in range(1, 9))
    text = f"<!DOCTYPE process-engine [{entities}]>" + engine('<property name="productName" value="&e8;"/>')
    assert "engine.xml" in refusal(write(text))


def test_a_file_that_is_too_large_is_refused(write: Write) -> None:
    assert "is larger than 1048576 bytes" in refusal(write(engine(" " * 1024 * 1024)))


def test_a_file_that_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "none.xml"
    expected = f"The configuration file {str(path)!r} cannot be read: No such file or directory."
    assert refusal(path) == expected
    assert "cannot be read: Is a directory" in refusal(tmp_path)
    monkeypatch.setenv("ENGINE_CONFIG", str(path))
    with pytest.raises(ConfigurationError, match="cannot be read"):
        Configuration.load()


def test_without_lxml_the_error_names_the_package_to_install(write: Write) -> None:
    program = (
        "import sys; sys.modules['lxml'] = None\n"
        "from engine_telemetry.configuration import Configuration\n"
        "Configuration.load()\n"
        "Configuration.load(config_file=sys.argv[1])"
    )
    command = [sys.executable, "-c", program, str(write(engine("")))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr.endswith("needs lxml. Install it: pip install 'engine-telemetry[engine]'\n")
