"""The fields of a generated form: how a page shows them, and what was filled in."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from engine_telemetry.engine.forms import CONSTRAINTS, Form, FormField, to_value
from engine_telemetry.exceptions import FormFieldValidationException

_NOT_A_VALUE = {
    "long": "Enter a whole number.",
    "date": "Enter a date, for example 2026-12-24.",
    "enum": "Choose one of these.",
}
_BROKEN = {
    "min": "Enter {0} or more.",
    "max": "Enter {0} or less.",
    "minlength": "Enter at least {0} characters.",
    "maxlength": "Enter at most {0} characters.",
}


@dataclass(frozen=True)
class Field:
    """A field on a page.

    Attributes:
        name: On the page; the field's own id may be any text.
        of: What the model says about it.
        text: What is in it, as the page's control has it.
        error: What is wrong with that.
    """

    name: str
    of: FormField
    text: str
    error: str = ""

    @property
    def label(self) -> str:
        """What it asks for."""
        return self.of.label or self.of.id

    @property
    def typed(self) -> bool:
        """Whether somebody has changed what it showed first."""
        if self.of.type == "boolean":  # a box that is not ticked sends nothing
            return not self.of.readonly and (self.text == "true") != (self.of.text == "true")
        return not self.of.readonly and self.text != _text(self.of)

    @property
    def control(self) -> str:
        """What it is filled in with: choice, check, area, readonly, or a type of ``input``."""
        if self.of.readonly:
            return "readonly"
        if self.of.type == "date":
            return "datetime-local" if _has_time(self.of) else "date"
        if self.of.type == "string" and "\n" in self.text:
            return "area"
        return {"long": "number", "boolean": "check", "enum": "choice"}.get(self.of.type, "text")

    @property
    def readable(self) -> str:
        """What is in it, for who cannot change it."""
        match self.of.type:
            case "boolean":
                return {"true": "Yes", "false": "No"}.get(self.text, self.text)
            case "enum":
                return self.of.values.get(self.text, self.text)
        return self.text.replace("T", " ") if self.of.type == "date" else self.text

    @property
    def hint(self) -> str:
        """What helps to fill it in."""
        return "The time is in UTC." if self.control == "datetime-local" else ""

    @property
    def options(self) -> list[tuple[str, str]]:
        """Of a choice: values and texts; nothing is chosen before somebody chooses."""
        nothing = [("", "Choose…" if self.of.required else "No choice")]
        return [*([] if self.of.required and self.text in self.of.values else nothing), *self.of.values.items()]

    @property
    def attributes(self) -> dict[str, str]:
        """What browsers check before they send it."""
        names = {"number": ("min", "max"), "text": ("minlength", "maxlength")}.get(self.control, ())
        return {name: self.of.constraints[name] for name in names if name in self.of.constraints}

    @property
    def value(self) -> object:
        """What the engine gets for the text; nothing for an empty one.

        Raises:
            FormFieldValidationException: It is no value of this field.
        """
        if self.of.type == "boolean":
            return self.text == "true"
        if not self.text:
            return None
        if self.of.type == "date":
            with suppress(ValueError):  # browsers send ISO 8601, whatever the pattern
                return datetime.fromisoformat(self.text).replace(tzinfo=UTC)
        return to_value(self.of, self.text)


def fields_of(form: Form) -> list[Field]:
    """The fields with what they show first."""
    return [Field(_name(index), field, _text(field)) for index, field in enumerate(form.fields)]


def filled_in(form: Form, sent: Mapping[str, object]) -> list[Field]:
    """The fields with what was sent, and what is wrong with it."""
    fields = []
    for shown in fields_of(form):
        text = shown.text if shown.of.readonly else str(sent.get(shown.name, "")).replace("\r\n", "\n")
        fields.append(Field(shown.name, shown.of, text, _error(Field(shown.name, shown.of, text))))
    return fields


def _name(index: int) -> str:
    return f"field-{index}"


def _text(field: FormField) -> str:
    if field.type != "date" or not isinstance(field.value, datetime):
        return field.text
    time = field.value.astimezone(UTC)
    return time.strftime("%Y-%m-%dT%H:%M" if _has_time(field) else "%Y-%m-%d").rjust(10, "0")


def _has_time(field: FormField) -> bool:
    return any(part in field.date_pattern for part in ("HH", "mm", "ss"))


def _error(field: Field) -> str:
    """What is wrong, if anything; the engine checks the same once more, and says it in its own words."""
    if field.of.readonly:
        return ""
    try:
        value = field.value
    except FormFieldValidationException:
        return _NOT_A_VALUE[field.of.type]
    for name, setting in field.of.constraints.items():
        if not CONSTRAINTS[name](value, setting, None):
            return _BROKEN.get(name, "Choose one." if field.of.type == "enum" else "Fill this in.").format(setting)
    return ""
