"""What people fill in to start a process or to complete a task: the fields of its form, or variables one by one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from engine_telemetry.engine.forms import Form
from webapps.tasklist.fields import Field, fields_of, filled_in
from webapps.tasklist.rows import VariableRow, entered_rows


@dataclass(frozen=True)
class Sheet:
    """Something filled in, or still blank.

    Attributes:
        fields: Those of the form.
        rows: Where there is no form.
    """

    fields: tuple[Field, ...] = ()
    rows: tuple[VariableRow, ...] = ()

    @property
    def errors(self) -> list[tuple[str, str, str]]:
        """What is wrong: the ids of the controls, their labels, and why."""
        return [(field.name, field.label, field.error) for field in self.fields if field.error] + [*self._row_errors()]

    @property
    def values(self) -> dict[str, object]:
        """The variables; only where there are no errors."""
        entered = {row.name: row.value for row in self.rows if not row.empty}
        return entered | {field.of.id: field.value for field in self.fields if not field.of.readonly}

    @property
    def texts(self) -> list[tuple[str, str]]:
        """What was filled in, to be read: labels and texts."""
        rows = [(row.name, row.text) for row in self.rows if not row.empty]
        return [(field.label, field.readable) for field in self.fields if not field.of.readonly] + rows

    @property
    def typed(self) -> dict[str, str]:
        """What was typed, by the names of its controls; nothing that the page brought along."""
        texts = {field.name: field.text for field in self.fields if field.typed}
        rows = self.rows if any(not row.empty for row in self.rows) else ()
        for index, row in enumerate(rows):
            parts = {"name": row.name, "type": row.type, "value": row.text}
            texts |= {f"variable-{index}-{part}": text for part, text in parts.items()}
        return texts

    def longer(self) -> "Sheet":
        """The same with one more row."""
        return replace(self, rows=(*self.rows, VariableRow()))

    def _row_errors(self) -> Iterator[tuple[str, str, str]]:
        for index, row in enumerate(self.rows):
            for part, error in (("name", row.name_error), ("value", row.error)):
                if error:
                    yield f"variable-{index}-{part}", row.name or f"Variable {index + 1}", error


def blank_sheet(form: Form) -> Sheet:
    """What there is to fill in."""
    return Sheet(fields=tuple(fields_of(form))) if form.fields else Sheet(rows=(VariableRow(),))


def filled_sheet(form: Form, sent: Mapping[str, object]) -> Sheet:
    """What was filled in."""
    return Sheet(tuple(filled_in(form, sent)), () if form.fields else tuple(entered_rows(sent)))


def restored_sheet(form: Form, typed: Mapping[str, str]) -> Sheet:
    """What was typed before, as ``Sheet.typed`` had it; nobody is told yet what is wrong with it."""
    if form.fields:
        return Sheet(fields=tuple(replace(field, text=typed.get(field.name, field.text)) for field in fields_of(form)))
    rows = [replace(row, name_error="", error="") for row in entered_rows(typed)]
    return Sheet(rows=tuple(rows or [VariableRow()]))


def sent_texts(sent: Mapping[str, object]) -> list[tuple[str, str]]:
    """What was filled in where the form is no longer known: as far as names tell, labels and texts."""
    labels = {name: str(text) for name, text in sent.items() if name.endswith("-label")}
    fields = [(label, str(sent.get(name.removesuffix("-label"), ""))) for name, label in labels.items()]
    return fields + [(row.name, row.text) for row in entered_rows(sent) if not row.empty]
