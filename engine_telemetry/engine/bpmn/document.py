"""Reads a BPMN file into a tree, and refuses what is not plain, valid BPMN 2.0 XML."""

from functools import cache
from itertools import islice
from threading import Lock
from typing import Any, cast

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnValidator

from engine_telemetry.exceptions import ParseException, Problem

MAX_FILE_SIZE = 5_000_000
MAX_PROBLEMS = 100
MAX_MESSAGE_LENGTH = 500  # a message names a value, which may be as long as the file
_validating = Lock()  # the schema's log of errors is one for all threads
_CALLED = "attribute 'calledElement'"  # an expression is no QName, as the schema wants it, but fine for Camunda
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"


def read_document(resource: str, content: bytes) -> etree._Element:
    """The root element of a BPMN file.

    Args:
        resource: The name of the file, for errors.
        content: The file.

    Raises:
        ParseException: It is not fit for ``read_xml``, or not valid by the BPMN 2.0 schema.
    """
    root = read_xml(resource, content)
    if root.tag != f"{BPMN}definitions":
        raise ParseException(
            resource,
            (Problem(f"The root element is {root.tag!r}, not BPMN 2.0 'definitions'", line=line_of(root)),),
        )
    if problems := _schema_problems(root):
        raise ParseException(resource, problems)
    return root


def read_xml(resource: str, content: bytes) -> etree._Element:
    """The root element of an XML file. No entity is expanded into it, and nothing else is read to make it.

    Raises:
        ParseException: It is too big, is no XML, or has a DOCTYPE.
    """
    if len(content) > MAX_FILE_SIZE:
        raise ParseException(
            resource, (Problem(f"The file has {len(content)} bytes; at most {MAX_FILE_SIZE} can be deployed"),)
        )
    root = _parse(resource, content)
    if root.getroottree().docinfo.internalDTD is not None:
        raise ParseException(resource, (Problem("A DOCTYPE is not allowed; remove it", line=1),))
    return root


def line_of(element: etree._Element) -> int:
    """The line of an element's start tag, from 1; of its last line, if it has several."""
    return cast("int | None", element.sourceline) or 0


def element_id(element: etree._Element) -> tuple[str, ...]:
    """The id of the element drawn in a process that this is or belongs to; else the nearest id around it."""
    around = [element, *element.iterancestors()]
    inside = [one for one in around if any(other.tag == f"{BPMN}process" for other in one.iterancestors())]
    ids = (one.get("id") for one in (*inside[-1:], *around))
    return tuple(name for name in ids if name)[:1]


def _parse(resource: str, content: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(content, parser)
    except etree.XMLSyntaxError as exc:
        line, column = exc.position
        raise ParseException(resource, (Problem(f"Not well-formed XML: {exc.msg}", line=line, column=column),)) from exc


def _schema_problems(root: etree._Element) -> tuple[Problem, ...]:
    with _validating:
        schema = _schema()
        if schema.validate(root):
            return ()
        entries = (entry for entry in schema.error_log if _CALLED not in entry.message)
        return tuple(_schema_problem(root, entry) for entry in islice(entries, MAX_PROBLEMS))


@cache
def _schema() -> Any:  # noqa: ANN401  the package has no types
    """Made once: that takes ten times as long as to validate a file."""
    return BpmnValidator().validator


def _schema_problem(root: etree._Element, entry: etree._LogEntry) -> Problem:
    path, prefix, _ = (entry.path or "").partition(":")
    if prefix:  # an element of another namespace, whose prefix is not known here: take the one around it
        path = path.rpartition("/")[0]
    found: Any = root.getroottree().xpath(path) if path else []
    ids = element_id(found[0]) if found else ()
    return Problem(entry.message.replace(BPMN, "")[:MAX_MESSAGE_LENGTH], ids, entry.line, entry.column)
