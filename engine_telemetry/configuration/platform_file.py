"""Reads the properties of a process engine from an XML file in the form of a Camunda platform file.

This module needs lxml, so it is imported only when there is a file to read.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from lxml import etree

from engine_telemetry.exceptions import ConfigurationError

_NAMESPACE = "http://www.camunda.org/schema/1.0/BpmPlatform"
_LARGEST = 1024 * 1024


def read_properties(path: Path) -> dict[str, tuple[str, str]]:
    """The properties as ``{name: (text, "path, line n")}``.

    The root is ``bpm-platform`` or ``process-engine``. Of several engines the one named ``default`` is read, or else
    the only one.

    Raises:
        ConfigurationError: The file cannot be read, is not of this form, or names a property twice.
    """
    properties: dict[str, tuple[str, str]] = {}
    for group in _children(path, _engine(path, _parse(path)), "properties"):
        for element in _children(path, group, "property"):
            name, place = element.get("name", ""), _place(path, element)
            if not name:
                _fail(place, 'the property has no name; write <property name="...">')
            if name in properties:
                _fail(place, f"the property {name!r} is given twice, first in {properties[name][1]}")
            properties[name] = (_value(element, name, place), place)
    return properties


def _parse(path: Path) -> etree._Element:
    content = _read(path)
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as exc:
        _fail(f"{path}, line {exc.lineno or 1}", f"this is not well-formed XML: {exc.msg}", exc)
    if root.getroottree().docinfo.internalDTD is not None:
        _fail(str(path), "a DOCTYPE is not accepted; remove it")
    return root


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as exc:
        raise ConfigurationError(f"The configuration file {str(path)!r} cannot be read: {exc.strerror}.") from exc
    if len(content) > _LARGEST:
        raise ConfigurationError(f"The configuration file {str(path)!r} is larger than {_LARGEST} bytes.")
    return content


def _engine(path: Path, root: etree._Element) -> etree._Element:
    if _tag(root) == "process-engine":
        return root
    if _tag(root) != "bpm-platform":
        _fail(_place(path, root), f"the root is {root.tag!r}; expected bpm-platform or process-engine")
    engines = list(_children(path, root, "process-engine"))
    chosen = [engine for engine in engines if engine.get("name") == "default"] or engines
    if len(chosen) != 1:
        names = [engine.get("name") for engine in chosen]
        _fail(_place(path, root), f'expected one <process-engine name="default">, found the names {names!r}')
    return chosen[0]


def _children(path: Path, parent: etree._Element, tag: str) -> Iterator[etree._Element]:
    for child in parent:
        if _tag(child) != tag:
            _fail(_place(path, child), f"{child.tag!r} is not read; <{_tag(parent)}> may hold <{tag}> only")
        yield child


def _value(element: etree._Element, name: str, place: str) -> str:
    text, attribute = (element.text or "").strip(), element.get("value")
    if len(element) or (text and attribute is not None):
        _fail(place, f"the property {name!r} must have one value, as text or as attribute 'value'")
    return text if attribute is None else attribute


def _tag(element: etree._Element) -> str:
    return str(element.tag).removeprefix(f"{{{_NAMESPACE}}}")


def _place(path: Path, element: etree._Element) -> str:
    return f"{path}, line {element.sourceline}"


def _fail(place: str, problem: str, cause: Exception | None = None) -> NoReturn:
    raise ConfigurationError(f"{place}: {problem}.") from cause
