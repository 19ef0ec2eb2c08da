"""Forms of user tasks and start events: what they ask for, what they show, and what they accept."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from engine_telemetry.engine.entities import TypedValue
from engine_telemetry.engine.scopes import plain
from engine_telemetry.exceptions import FormFieldValidationException

DATE_PATTERN = "dd/MM/yyyy"

_LONG = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_DATE_PARTS = {"dd": "%d", "MM": "%m", "yyyy": "%Y", "HH": "%H", "mm": "%M", "ss": "%S"}
_LETTERS = re.compile(r"([A-Za-z])\1*")


@dataclass(frozen=True)
class FormField:
    """One field of a form.

    Attributes:
        id: The name of its variable.
        type: string, long, boolean, date or enum.
        default: A text, maybe with expressions.
        date_pattern: How a date is written: ``dd``, ``MM``, ``yyyy``, ``HH``, ``mm`` and ``ss`` with signs between.
        values: Of an enum: the label of each value.
        constraints: What ``CONSTRAINTS`` of this module its value keeps, each with its setting.
        properties: What the model says beside that, for who shows the form.
        value: What it shows: its variable, else its default; of its type if the variable can be taken as that.
    """

    id: str
    type: str
    label: str | None = None
    default: str | None = None
    date_pattern: str = DATE_PATTERN
    values: Mapping[str, str] = field(default_factory=dict)
    constraints: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    value: object = None

    @property
    def required(self) -> bool:
        """Whether it must have a value."""
        return "required" in self.constraints

    @property
    def readonly(self) -> bool:
        """Whether nobody may submit a value."""
        return "readonly" in self.constraints

    @property
    def text(self) -> str:
        """Its value as a person writes it; empty for none."""
        match self.value:
            case None:
                return ""
            case bool():
                return "true" if self.value else "false"
            case datetime() if self.type == "date":
                return self.value.astimezone(UTC).strftime(to_strptime(self.date_pattern))
        return str(self.value)

    def typed(self, value: object) -> TypedValue:
        """The variable for a value of this field."""
        return TypedValue(_VARIABLE_TYPES[self.type], value)


@dataclass(frozen=True)
class Form:
    """A form.

    Attributes:
        key: What ``camunda:formKey`` says about a form that is elsewhere; nothing here looks at it.
        fields: What is asked for, if the model says so itself.
        business_key: The field whose value is also meant as the business key, if there is one.
    """

    key: str | None = None
    fields: tuple[FormField, ...] = ()
    business_key: str | None = None

    def filled(self, variables: Mapping[str, TypedValue], evaluate: Callable[[str], object]) -> "Form":
        """The form with the values it shows, and its key evaluated.

        Args:
            variables: Those that can be seen where the form belongs.
            evaluate: Gives the value of a text with expressions.

        Raises:
            ExpressionException: An expression cannot be evaluated.
            FormFieldValidationException: A default is no value of its field.
        """
        fields = tuple(replace(one, value=_shown(one, variables, evaluate)) for one in self.fields)
        key = None if self.key is None else str(evaluate(self.key))
        return replace(self, key=key, fields=fields)

    def accept(self, submitted: Mapping[str, object], variables: Mapping[str, TypedValue]) -> dict[str, object]:
        """The variables that a submission of the filled form sets: its fields', typed, and further ones as they are.

        A default becomes a variable where nothing is submitted and the variable is not there.

        Args:
            submitted: Plain or typed values by name.
            variables: As for ``filled``.

        Raises:
            FormFieldValidationException: A value is not acceptable.
        """
        accepted = dict(submitted)
        for one in self.fields:
            if one.id in submitted:
                value = to_value(one, _untyped(submitted[one.id]))
                _validate(one, value, variables)
                accepted[one.id] = one.typed(value)
            else:
                _validate(one, None, variables)
                if one.id not in variables and one.value is not None:
                    accepted[one.id] = one.typed(one.value)
        return accepted


def to_value(form_field: FormField, value: object) -> object:
    """A value of the field's type for one that was submitted; none for an empty text, but in a field for texts.

    Raises:
        FormFieldValidationException: It cannot be taken as that.
    """
    if value is None or (value == "" and form_field.type != "string"):
        return None
    converted = _CONVERTERS[form_field.type](form_field, value)
    if converted is None:
        raise FormFieldValidationException(
            f"Invalid value submitted for form field '{form_field.id}': {str(value)[:100]!r} is no"
            f" {form_field.type}{_expected(form_field)}."
        )
    return converted


def to_strptime(date_pattern: str) -> str:
    """The format of ``strptime`` for a date pattern of Java.

    Raises:
        ValueError: It has letters other than those of ``FormField.date_pattern``.
    """
    for match in _LETTERS.finditer(date_pattern):
        if match[0] not in _DATE_PARTS:
            raise ValueError(f"{match[0]!r} in the date pattern {date_pattern!r} is not supported")
    return _LETTERS.sub(lambda match: _DATE_PARTS[match[0]], date_pattern.replace("%", "%%"))


def _shown(form_field: FormField, variables: Mapping[str, TypedValue], evaluate: Callable[[str], object]) -> object:
    if form_field.id in variables:
        value = plain(variables[form_field.id])
        converted = _CONVERTERS[form_field.type](form_field, value)
        return value if converted is None else converted
    if form_field.default is None:
        return None
    return to_value(form_field, evaluate(form_field.default))


def _validate(form_field: FormField, value: object, variables: Mapping[str, TypedValue]) -> None:
    known = variables[form_field.id].value if form_field.id in variables else None
    for name, setting in form_field.constraints.items():
        if not CONSTRAINTS[name](value, setting, known):
            raise FormFieldValidationException(
                f"Invalid value submitted for form field '{form_field.id}': validation of {name}({setting}) failed."
            )


def _untyped(value: object) -> object:
    return value.value if isinstance(value, TypedValue) else value


def _expected(form_field: FormField) -> str:
    match form_field.type:
        case "date":
            return f" in the form {form_field.date_pattern} or ISO 8601"
        case "enum":
            return f"; use one of {', '.join(form_field.values)[:200]}"
    return ""


def _to_string(_: FormField, value: object) -> object:
    return value if isinstance(value, str) else str(value) if isinstance(value, int | float) else None


def _to_long(_: FormField, value: object) -> object:
    text = str(value).strip().removesuffix(".0") if isinstance(value, str | float) else ""
    if _LONG.fullmatch(text):
        value = int(text)
    return value if type(value) is int and -(2**63) <= value < 2**63 else None


def _to_boolean(_: FormField, value: object) -> object:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def _to_date(form_field: FormField, value: object) -> object:
    """A date without an offset is in UTC."""
    if isinstance(value, str):
        value = _parse_date(value.strip(), to_strptime(form_field.date_pattern))
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo is not None else value.replace(tzinfo=UTC)


def _parse_date(text: str, date_format: str) -> datetime | None:
    with suppress(ValueError):
        return datetime.strptime(text, date_format)  # noqa: DTZ007  the caller sees to the offset
    with suppress(ValueError):
        return datetime.fromisoformat(text)
    return None


def _to_enum(form_field: FormField, value: object) -> object:
    return value if isinstance(value, str) and value in form_field.values else None


_CONVERTERS: Mapping[str, Callable[[FormField, object], object]] = {
    "string": _to_string,
    "long": _to_long,
    "boolean": _to_boolean,
    "date": _to_date,
    "enum": _to_enum,
}
_VARIABLE_TYPES = {"string": "String", "long": "Long", "boolean": "Boolean", "date": "Date", "enum": "String"}

FIELD_TYPES = frozenset(_CONVERTERS)

# Each is given the value submitted, the constraint's setting, and the value that the variable has.
CONSTRAINTS: Mapping[str, Callable[[object, str, object], bool]] = {
    "required": lambda value, _, known: value not in {None, ""} or (value is None and known is not None),
    "readonly": lambda value, _, __: value is None,
    "minlength": lambda value, setting, _: value is None or len(str(value)) >= int(setting),
    "maxlength": lambda value, setting, _: value is None or len(str(value)) <= int(setting),
    "min": lambda value, setting, _: not isinstance(value, int) or value >= int(setting),
    "max": lambda value, setting, _: not isinstance(value, int) or value <= int(setting),
}
