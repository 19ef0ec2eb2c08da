"""Reads forms out of models: ``camunda:formData`` and ``camunda:formKey`` of user tasks and start events."""

from collections.abc import Collection, Iterator

from lxml import etree

from engine_telemetry.engine.bpmn.document import BPMN, MAX_MESSAGE_LENGTH, element_id, line_of
from engine_telemetry.engine.expressions import find_problem, is_expression
from engine_telemetry.engine.forms import (
    CONSTRAINTS,
    DATE_PATTERN,
    FIELD_TYPES,
    Form,
    FormField,
    to_strptime,
    to_value,
)
from engine_telemetry.engine.variables import MAX_NAME_LENGTH
from engine_telemetry.exceptions import FormFieldValidationException, Problem

_CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
_FLAGS = frozenset({"required", "readonly"})
_OF_TYPES = {
    "min": {"long"},
    "max": {"long"},
    "minlength": {"string", "enum"},
    "maxlength": {"string", "enum"},
}
_CHILDREN = {"formData": {"formField"}, "formField": {"properties", "validation", "value"}}


def read_form(root: etree._Element, activity_id: str) -> Form:
    """The form of an activity, or of the start event without a trigger of a process; empty if it has none.

    Args:
        root: The document, which has been deployed.
        activity_id: The id of a user task, a start event or a process.
    """
    node = next((one for one in root.iter(f"{BPMN}*") if one.get("id") == activity_id), None)
    if node is not None and node.tag == f"{BPMN}process":
        node = next((one for one in node.iterchildren(f"{BPMN}startEvent") if not _has_trigger(one)), None)
    if node is None:
        return Form()
    data = next(node.iterfind(f"{BPMN}extensionElements/{_CAMUNDA}formData"), None)
    key = node.get(f"{_CAMUNDA}formKey")
    if data is None:
        return Form(key)
    return Form(key, tuple(_read_field(one) for one in _children(data, "formField")), data.get("businessKey"))


def find_form_problems(data: etree._Element, beans: Collection[str] = ()) -> Iterator[Problem]:
    """Why a ``camunda:formData`` cannot be deployed.

    Args:
        data: The element.
        beans: What its expressions may call.
    """
    seen: set[str] = set()
    for one in data.iter():
        unknown = {str(child.tag).removeprefix(_CAMUNDA) for child in one} - _allowed_children(one)
        if unknown:
            yield _problem(one, f"Element {min(unknown)!r} is not supported in a form")
    for one in _children(data, "formField"):
        identifier = one.get("id", "")
        for message in (*_field_problems(one, beans), *_constraint_problems(one)):
            yield _problem(one, f"Form field {identifier[:50]!r}: {message}")
        if identifier in seen:
            yield _problem(one, f"There are two form fields {identifier[:50]!r}")
        seen.add(identifier)
    if (business_key := data.get("businessKey")) is not None and business_key not in seen:
        yield _problem(data, f"The business key {business_key[:50]!r} is no field of the form")


def _has_trigger(start_event: etree._Element) -> bool:
    return any(str(child.tag).endswith("EventDefinition") for child in start_event)


def _allowed_children(element: etree._Element) -> set[str]:
    name = str(element.tag).removeprefix(_CAMUNDA)
    return _CHILDREN.get(name) or {"validation": {"constraint"}, "properties": {"property"}}.get(name, set())


def _field_problems(element: etree._Element, beans: Collection[str]) -> Iterator[str]:
    if not 0 < len(element.get("id", "")) <= MAX_NAME_LENGTH:
        yield f"it needs an id of at most {MAX_NAME_LENGTH} characters"
    if (kind := element.get("type")) not in FIELD_TYPES:
        yield f"its type is {kind!r}; use one of {', '.join(sorted(FIELD_TYPES))}"
        return
    try:
        to_strptime(element.get("datePattern", DATE_PATTERN))
    except ValueError as exc:
        yield f"{exc}; use dd, MM, yyyy, HH, mm, ss"
        return
    if any(not value.get("id") for value in _children(element, "value")):
        yield "each of its values needs an id"
    yield from _default_problems(_read_field(element), beans)


def _default_problems(form_field: FormField, beans: Collection[str]) -> Iterator[str]:
    if form_field.default is None:
        return
    if is_expression(form_field.default):
        if problem := find_problem(form_field.default, beans):
            yield problem
        return
    try:
        to_value(form_field, form_field.default)
    except FormFieldValidationException as exc:
        yield f"its default cannot be used: {exc}"


def _constraint_problems(element: etree._Element) -> Iterator[str]:
    for one in element.iterfind(f"{_CAMUNDA}validation/{_CAMUNDA}constraint"):
        name, setting = one.get("name", ""), one.get("config")
        if name not in CONSTRAINTS:
            yield f"the constraint {name[:50]!r} is unknown; there are {', '.join(CONSTRAINTS)}"
        elif name in _FLAGS:
            if setting not in {None, "", "true"}:
                yield f"the constraint {name!r} takes no setting, and has {setting[:50]!r}"
        elif element.get("type") not in _OF_TYPES[name]:
            yield f"the constraint {name!r} is for fields of type {' or '.join(sorted(_OF_TYPES[name]))}"
        elif not _is_whole(setting or ""):
            yield f"the constraint {name!r} needs a whole number, and has {(setting or '')[:50]!r}"


def _is_whole(text: str) -> bool:
    return text.isascii() and text.removeprefix("-").isdigit() and len(text) < 20  # noqa: PLR2004  64 bits


def _read_field(element: etree._Element) -> FormField:
    constraints = element.iterfind(f"{_CAMUNDA}validation/{_CAMUNDA}constraint")
    properties = element.iterfind(f"{_CAMUNDA}properties/{_CAMUNDA}property")
    return FormField(
        id=element.get("id", ""),
        type=element.get("type", ""),
        label=element.get("label"),
        default=element.get("defaultValue"),
        date_pattern=element.get("datePattern", DATE_PATTERN),
        values={
            key: value.get("name") or key for value in _children(element, "value") for key in [value.get("id", "")]
        },
        constraints={one.get("name", ""): one.get("config") or "" for one in constraints},
        properties={one.get("id", ""): one.get("value", "") for one in properties},
    )


def _children(element: etree._Element, name: str) -> Iterator[etree._Element]:
    return element.iterchildren(f"{_CAMUNDA}{name}")


def _problem(element: etree._Element, message: str) -> Problem:
    return Problem(message[:MAX_MESSAGE_LENGTH], element_id(element), line_of(element))
